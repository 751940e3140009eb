using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Packets that arrive on an interface with this name, which need not exist yet.</summary>
/// <param name="Name">The name; see <see cref="RuleWords.IsInterfaceName"/>.</param>
public sealed record InterfaceStatement(string Name) : Statement
{
    /// <inheritdoc/>
    public override string Text => $"iifname \"{Name}\"";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.Meta(MetaKey.InputInterfaceName);
        writer.CompareName(CompareOperation.Equal, Name);
    }
}
