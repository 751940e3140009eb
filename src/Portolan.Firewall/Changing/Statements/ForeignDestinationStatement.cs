using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>
/// Packets to other machines, which only pass through this one: their destination is an ordinary address, and none of this machine's.
/// </summary>
public sealed record ForeignDestinationStatement : Statement
{
    /// <inheritdoc/>
    public override string Text => "fib daddr type unicast";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.DestinationKind();
        writer.Compare(CompareOperation.Equal, (uint)HostRouteKind.Unicast);
    }
}
