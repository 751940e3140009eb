using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Charting;

/// <summary>Whether the rules let neighbour discovery through (RFC 4861): without it IPv6 ends when the neighbours' entries expire.</summary>
public sealed class NeighbourDiscovery(NamespaceJudge judge)
{
    private const byte Icmp = 58;
    private const byte Solicitation = 135;
    private const byte Advertisement = 136;

    /// <summary>The rule that drops it, or <c>null</c>; of the interfaces asked about, or of all.</summary>
    public RuleReference? FindBreaker(IReadOnlyList<int>? interfaces, CancellationToken cancellationToken)
    {
        var links = judge.Host.Interfaces.Where(i => i is { IsUp: true, IsLoopback: false, HasNoIPv6: false, HardwareType: 1 } && (interfaces is null || interfaces.Contains(i.Index))).ToList();
        var indexes = links.Select(i => i.Index).Where(i => judge.Host.Addresses.Any(a => a.InterfaceIndex == i && !a.Address.IsIPv4 && !a.Address.IsLinkLocal)).ToList();
        if (indexes.Count == 0)
        {
            return null;
        }

        var linkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128);
        foreach (var type in (ReadOnlySpan<byte>)[Solicitation, Advertisement])
        {
            var answer = judge.Judge(new FlowQuery
            {
                Direction = FlowDirection.Inbound,
                IsIPv4 = false,
                Protocol = Icmp,
                IcmpType = type,
                Sources = linkLocal,
                Interfaces = indexes,
                State = ConnectionState.Untracked, // nf_conntrack_icmpv6 leaves neighbour discovery alone
                WithReplies = false,
            }, cancellationToken);
            foreach (var region in answer.Regions)
            {
                if (region.Outcome is { Decision: FlowDecision.Drop or FlowDecision.Reject, Decider: { } decider } && region.Packets.Conditions.Count == 0)
                {
                    return decider;
                }
            }
        }

        return null;
    }

    internal IEnumerable<ChartWarning> Warnings(CancellationToken cancellationToken)
    {
        if (FindBreaker(null, cancellationToken) is { } breaker)
        {
            yield return new ChartWarning(
                "neighbour-discovery",
                $"{RuleLabel.Full(breaker)} drops neighbour discovery: IPv6 ends when the neighbours' entries expire (let ICMPv6 types 133 to 137 in)");
        }
    }
}
