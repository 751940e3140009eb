using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Packets that arrive on loopback, whose index is 1 in every namespace (LOOPBACK_IFINDEX).</summary>
public sealed record LoopbackStatement : Statement
{
    /// <inheritdoc/>
    public override string Text => "iif \"lo\"";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.Meta(MetaKey.InputInterface);
        writer.Compare(CompareOperation.Equal, 1);
    }
}
