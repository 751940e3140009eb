using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Charting;

/// <summary>
/// Whether the rules let neighbour discovery through (RFC 4861): without it IPv6 ends when the neighbours' entries expire.
/// </summary>
/// <remarks>
/// Judged as the kernel sends it (ndisc_solicit, ndisc_send_na): a question goes to the group of the address that is asked about, from the
/// address that wants to send; its answer comes from the address that was asked about. Questions to one address, whether it is still there,
/// may fail: the next goes to the group again.
/// </remarks>
public sealed class NeighbourReach(NamespaceJudge judge)
{
    private const byte Icmp = 58;
    private const byte Solicitation = 135;
    private const byte Advertisement = 136;
    private const byte LinkHopLimit = 255;
    private const int LowBits = 24;
    private const int MaximumGroups = 64;

    /// <summary>Longer prefixes than this have no anycast address of their routers (addrconf_join_anycast).</summary>
    private const int LongestWithAnycast = 126;

    private static readonly UInt128 FirstGroup = ((UInt128)0xff02 << 112) | 0x1_ff00_0000;
    private static readonly UInt128 LowMask = ((UInt128)1 << LowBits) - 1;
    private static readonly IntervalSet LinkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 64, 128);

    /// <summary>The rule that drops it, or <c>null</c>.</summary>
    /// <param name="interfaces">The interfaces asked about; <c>null</c> or none for all.</param>
    /// <param name="peers">Who is on the other side, on the link or behind a gateway; <c>null</c> for all on the link.</param>
    /// <param name="own">The addresses here that are talked to; <c>null</c> for all.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    public NeighbourBreak? FindBreaker(
        IReadOnlyList<int>? interfaces, IntervalSet? peers, IntervalSet? own, CancellationToken cancellationToken)
    {
        NeighbourBreak? unsure = null;
        foreach (var link in judge.Host.Interfaces)
        {
            if (link is not { IsUp: true, IsLoopback: false, HasNoIPv6: false, HardwareType: 1 }
                || (interfaces is { Count: > 0 } && !interfaces.Contains(link.Index))
                || !judge.Host.Addresses.Any(a => a.InterfaceIndex == link.Index && !a.Address.IsIPv4 && !a.Address.IsLinkLocal))
            {
                continue;
            }

            foreach (var (message, query) in Messages(link.Index, peers, own))
            {
                var found = Look(query, message, cancellationToken);
                if (found is { IsSure: true })
                {
                    return found;
                }

                unsure ??= found;
            }
        }

        return unsure;
    }

    internal IEnumerable<ChartWarning> Warnings(CancellationToken cancellationToken)
    {
        foreach (var link in judge.Host.Interfaces.Where(static i => i is { IsUp: true, IsSilent: true }))
        {
            yield return new ChartWarning(
                "arp-off", $"{link.Name} has ARP and neighbour discovery off (NOARP): only permanent neighbour entries work");
        }

        if (FindBreaker(null, null, null, cancellationToken) is { IsSure: true, Rule: var breaker })
        {
            yield return new ChartWarning(
                "neighbour-discovery",
                $"{RuleLabel.Full(breaker)} drops neighbour discovery: IPv6 stops when the neighbour entries expire (accept "
                    + $"ICMPv6 types 133 to 137)");
        }
    }

    private IEnumerable<(string Message, FlowQuery Query)> Messages(int link, IntervalSet? peers, IntervalSet? asked)
    {
        var addresses = judge.Host.Addresses.Where(a => a.InterfaceIndex == link && !a.Address.IsIPv4).ToList();
        var all = IntervalSet.From(addresses.Select(a => new Interval(a.Address.Number, a.Address.Number)));
        var near = addresses.Where(static a => a.PrefixLength <= LongestWithAnycast).Aggregate(
            addresses.Aggregate(LinkLocal, static (sum, a) => sum.Union(IntervalSet.Prefix(a.Address.Number, a.PrefixLength, 128))),
            static (sum, a) => sum.Except(IntervalSet.Of(IntervalSet.Prefix(a.Address.Number, a.PrefixLength, 128).Intervals[0].First)))
            .Except(all);
        var own = asked?.Intersect(all) is { IsEmpty: false } some ? some : all;
        var (askers, answerers) = peers is null ? (near, near) : Near(link, peers, near);
        if (askers.IsEmpty && answerers.IsEmpty)
        {
            yield break;
        }

        yield return ("neighbour solicitations for this address", Query(FlowDirection.Inbound, Solicitation, askers, Groups(own), link));
        yield return ("neighbour advertisements from this host", Query(FlowDirection.Outbound, Advertisement, own, askers, link));
        yield return ("neighbour solicitations from this host",
            Query(FlowDirection.Outbound, Solicitation, own, Groups(answerers), link));
        yield return ("neighbour advertisements from neighbours", Query(FlowDirection.Inbound, Advertisement, answerers, own, link));
    }

    // A gateway asks from its address of the link, since what it passes on is not from itself.
    private (IntervalSet Askers, IntervalSet Answerers) Near(int link, IntervalSet peers, IntervalSet near)
    {
        var here = peers.Intersect(near);
        var (askers, answerers) = (here, here);
        foreach (var piece in judge.Routes.Find(peers.Except(near), new RouteKey(false)))
        {
            if (piece.Outcome is { Kind: HostRouteKind.Unicast } way && !piece.Destinations.IsEmpty && way.Interfaces.Contains(link))
            {
                var next = (way.Route?.GatewayBeyond(link) ?? way.Gateway) is { } gateway
                    ? IntervalSet.Of(gateway.Number)
                    : piece.Destinations;
                answerers = answerers.Union(next);
                askers = askers.Union(next.Except(LinkLocal).IsEmpty || way.Gateway is null ? next : LinkLocal.Intersect(near));
            }
        }

        return (askers, answerers);
    }

    private static IntervalSet Groups(IntervalSet addresses)
    {
        var any = IntervalSet.Of(FirstGroup, FirstGroup | LowMask);
        if (addresses.Count > MaximumGroups)
        {
            return any;
        }

        var groups = new List<Interval>();
        foreach (var interval in addresses.Intervals)
        {
            if (interval.First != interval.Last)
            {
                return any;
            }

            var group = FirstGroup | (interval.First & LowMask);
            groups.Add(new Interval(group, group));
        }

        return IntervalSet.From(groups);
    }

    private NeighbourBreak? Look(FlowQuery query, string message, CancellationToken cancellationToken)
    {
        if (query.Sources!.IsEmpty || query.Destinations!.IsEmpty)
        {
            return null;
        }

        NeighbourBreak? unsure = null;
        var passes = false;
        foreach (var region in judge.Judge(query, cancellationToken).Regions)
        {
            // That the hop limit is 255 is part of the question.
            var (outcome, isWhole) = (region.Outcome,
                region.Packets.Conditions.Count == (region.Packets.Headers.ContainsKey(HeaderField.HopLimit) ? 1 : 0));
            if (outcome is { Decision: FlowDecision.Drop or FlowDecision.Reject, Proof: FlowProof.Proved, Decider: { } decider } && isWhole)
            {
                return new NeighbourBreak(decider, message, IsSure: true);
            }

            passes |= isWhole && outcome.Decision is FlowDecision.Accept or FlowDecision.NoRoute;
            if (outcome.Decision is not (FlowDecision.Accept or FlowDecision.NoRoute) && RuleOf(outcome) is { } rule
                && (isWhole || unsure is null))
            {
                unsure = new NeighbourBreak(rule, message, IsSure: false) { IsWhole = isWhole };
            }
        }

        // Odd headers may be dropped, as long as plain ones pass.
        return unsure is { IsWhole: true } || !passes ? unsure : null;
    }

    private static RuleReference? RuleOf(FlowOutcome outcome) =>
        outcome.Decision is FlowDecision.Drop or FlowDecision.Reject && outcome.Decider is { } decider
            ? decider
            : outcome.Questions.FirstOrDefault(static q => q.Rule is not null)?.Rule;

    private static FlowQuery Query(FlowDirection direction, byte type, IntervalSet from, IntervalSet to, int link) => new()
    {
        Direction = direction,
        IsIPv4 = false,
        Protocol = Icmp,
        IcmpType = type,
        HopLimit = LinkHopLimit,
        Sources = from,
        Destinations = to,
        Interfaces = direction == FlowDirection.Inbound ? [link] : null,
        OutputInterface = direction == FlowDirection.Inbound ? 0 : link,
        State = ConnectionState.Untracked, // nf_conntrack_icmpv6 leaves neighbour discovery alone
        UserId = 0,
        GroupId = 0,
        WithReplies = false,
    };
}

/// <summary>A rule that neighbour discovery does not get past.</summary>
/// <param name="Rule">The rule, or the policy.</param>
/// <param name="Message">What does not get past it, in words.</param>
/// <param name="IsSure">Whether it is dropped for sure.</param>
public sealed record NeighbourBreak(RuleReference Rule, string Message, bool IsSure)
{
    /// <summary>Whether all packets of that message are meant, not only some with other headers.</summary>
    internal bool IsWhole { get; init; }
}
