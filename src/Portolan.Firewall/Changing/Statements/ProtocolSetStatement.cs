using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Packets of protocols that are not in a set of the table.</summary>
/// <param name="Set">The set.</param>
public sealed record ProtocolSetStatement(string Set) : Statement
{
    /// <inheritdoc/>
    public override string Text => $"meta l4proto != @{Set}";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.Meta(MetaKey.TransportProtocol);
        writer.Lookup(Set, isNegated: true);
    }
}
