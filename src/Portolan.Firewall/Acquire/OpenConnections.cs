using Portolan.Firewall.Connections;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Acquire;

/// <summary>
/// The connections that are open now, read where a rule limits their number: listing them all takes long on a busy machine.
/// </summary>
internal static class OpenConnections
{
    private const byte Tcp = 6;

    /// <summary>Lists them; <c>null</c> where no rule asks, or the kernel does not tell.</summary>
    public static IReadOnlyList<OpenConnection>? ReadFor(Ruleset rules, INetlinkChannel netfilter, CancellationToken cancellationToken)
    {
        if (!rules.Tables.Any(HasLimit))
        {
            return null;
        }

        try
        {
            // Entries of TCP that have ended stay for a while and count no more (nf_conncount: already_closed).
            return [.. new ConnectionTracker(netfilter).List(static c => c.Protocol != Tcp || c.IsOpen, cancellationToken)
                .Select(static c => new OpenConnection(c.Protocol, c.Source, c.DestinationPort, c.AnsweringPort))];
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private static bool HasLimit(RuleTable table) =>
        table.Chains.Any(static c => c.Rules.Any(static r => r.Expressions.Any(IsLimit)))
        || table.Sets.Any(static s => s.Expressions.Any(IsLimit))
        || table.Objects.Any(static o => o.Kind == ObjectKind.ConnectionLimit);

    private static bool IsLimit(Expression expression) => expression switch
    {
        ConnectionLimitExpression => true,
        XtMatchExpression { Name: "connlimit" } => true,
        DynamicSetExpression dynamic => dynamic.Expressions.Any(IsLimit),
        _ => false,
    };
}
