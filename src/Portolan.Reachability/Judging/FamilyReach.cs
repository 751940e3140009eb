using System.Runtime.InteropServices;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Judging.Ports;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Judging;

/// <summary>
/// Who reaches a port over one family: the senders to expect, sorted by what becomes of an ordinary client's packets. What else they may
/// send is among the exceptions.
/// </summary>
public sealed class FamilyReach
{
    // A larger set is not joined with others as long as the sum is not needed.
    private const int MaximumSmall = 1024;

    private readonly List<Share> _shares = [];
    private readonly List<Share> _exceptions = [];
    private List<IntervalSet> _stopped = [];
    private IntervalSet _through = IntervalSet.Empty;

    private FamilyReach(bool isIPv4) => IsIPv4 = isIPv4;

    /// <summary>The family.</summary>
    public bool IsIPv4 { get; }

    /// <summary>Senders who get in with every packet of an ordinary client, replies too.</summary>
    public IntervalSet Accepted { get; private set; } = IntervalSet.Empty;

    /// <summary>Senders of whose packets none gets through.</summary>
    public IntervalSet Denied => field ??= IntervalSet.UnionOf(_stopped).Except(_through).Except(Open);

    /// <summary>
    /// Sets that together hold everyone who is not in <see cref="Accepted"/>; they may overlap. None when there is nobody else.
    /// </summary>
    public IReadOnlyList<IntervalSet> Others { get; private set; } = [];

    /// <summary>
    /// Senders who get in with a part of an ordinary client's packets only: to some of the addresses, from some source ports.
    /// </summary>
    public IntervalSet Mixed { get; private set; } = IntervalSet.Empty;

    /// <summary>Senders whose fate depends on what is not known, or on how many packets they exchange.</summary>
    public IntervalSet Open { get; private set; } = IntervalSet.Empty;

    /// <summary>The regions that matter, the largest first, each with the senders to expect in it.</summary>
    public IReadOnlyList<Share> Shares => _shares;

    /// <summary>Regions of packets that no ordinary client sends, which decide nothing: the largest first.</summary>
    public IReadOnlyList<Share> Exceptions => _exceptions;

    /// <summary>Whether no sender can be expected at all: no interface is up, or the addresses are not of this machine.</summary>
    public bool HasNoWayIn => _shares.TrueForAll(s => s.Fate == ReachFate.NoRoute);

    /// <summary>Whether every region is proved, up to the socket.</summary>
    public bool IsProved =>
        _shares.TrueForAll(
            s => s.Landing is { Kind: not LandingKind.Unseen, There: null or { Proof: FlowProof.Proved } }
                && s.Region.Outcome.Proof == FlowProof.Proved && s.Region.Outcome.Replies is null or { Proof: FlowProof.Proved }
                && s.Region.Outcome.Hindrance is null or { Proof: FlowProof.Proved });

    /// <summary>Sums up answers about the same port.</summary>
    /// <param name="isIPv4">The family.</param>
    /// <param name="answers">The answers.</param>
    /// <param name="likely">Which senders to expect; <c>null</c> to take every one, as where they were asked for by name.</param>
    /// <param name="land">Where packets of these senders end that are let through; <c>null</c> where that is known.</param>
    public static FamilyReach Of(
        bool isIPv4, IReadOnlyList<FlowAnswer> answers, LikelySources? likely, Func<FlowRegion, IntervalSet, Landing>? land = null)
    {
        var reach = new FamilyReach(isIPv4);
        var pool = new IntervalPool();
        foreach (var answer in answers)
        {
            foreach (var region in answer.Regions)
            {
                foreach (var (part, senders) in Parts(region, likely, isIPv4))
                {
                    var expected = pool.Share(senders);
                    if (!expected.IsEmpty)
                    {
                        reach.Add(part, expected, isAsked: likely is null, land);
                    }
                }
            }
        }

        CollectionsMarshal.AsSpan(reach._shares).Sort(static (a, b) => b.Size.CompareTo(a.Size));
        CollectionsMarshal.AsSpan(reach._exceptions).Sort(static (a, b) => b.Size.CompareTo(a.Size));
        reach.Sort();
        return reach;
    }

    /// <summary>The same of another port, about which other rules do the same.</summary>
    /// <param name="exchange">The rules.</param>
    public FamilyReach With(RuleExchange exchange)
    {
        var reach = new FamilyReach(IsIPv4)
        {
            _stopped = _stopped,
            _through = _through,
            Accepted = Accepted,
            Others = Others,
            Mixed = Mixed,
            Open = Open,
        };
        reach._shares.AddRange(_shares.Select(Exchanged));
        reach._exceptions.AddRange(_exceptions.Select(Exchanged));
        return reach;

        Share Exchanged(Share share) => share with { Region = share.Region with { Outcome = exchange.Of(share.Region.Outcome)! } };
    }

    private void Add(FlowRegion region, IntervalSet expected, bool isAsked, Func<FlowRegion, IntervalSet, Landing>? land)
    {
        var fate = FateOf(region.Outcome, isAsked);
        var isException = region.Packets.Unusual.Count > 0;
        var landing = fate is ReachFate.Accepted or ReachFate.NoReply && land is not null ? land(region, expected) : Landing.Taken;
        (isException ? _exceptions : _shares).Add(new Share(region, expected, landing.Kind switch
        {
            LandingKind.NotTaken => ReachFate.Refused,
            LandingKind.Stopped => ReachFate.Denied,
            _ => fate,
        })
        {
            Landing = landing,
        });
    }

    // Own addresses that are answered by other routes have other senders to expect.
    private static List<(FlowRegion Region, IntervalSet Senders)> Parts(FlowRegion region, LikelySources? likely, bool isIPv4)
    {
        var packets = region.Packets;
        if (likely is null || packets.Interfaces.Count == 0)
        {
            return [(region, packets.Sources)];
        }

        var groups = likely.Groups(isIPv4);
        if (groups.Count == 0)
        {
            return [(region, likely.Expected(packets.Sources, packets.Interfaces, isIPv4))];
        }

        if (region.Outcome is { Delivery: DeliveryKind.Local, Rewriting: { } to })
        {
            var answering = to.Address is { } one ? IntervalSet.Of(one.Number) : to.Addresses ?? packets.Destinations;
            var senders = groups.Where(g => g.Overlaps(answering)).Select(
                g => likely.Expected(packets.Sources, packets.Interfaces, isIPv4, g)).ToList();
            return
            [
                (region, senders.Count > 0
                    ? IntervalSet.UnionOf(senders)
                    : likely.Expected(packets.Sources, packets.Interfaces, isIPv4)),
            ];
        }

        var rest = packets.Destinations;
        var result = new List<(FlowRegion, IntervalSet)>();
        foreach (var group in groups)
        {
            var part = packets.Destinations.Intersect(group);
            if (!part.IsEmpty)
            {
                rest = rest.Except(part);
                result.Add((
                    part.Equals(packets.Destinations) ? region : region with { Packets = packets with { Destinations = part } },
                    likely.Expected(packets.Sources, packets.Interfaces, isIPv4, part)));
            }
        }

        if (!rest.IsEmpty || result.Count == 0)
        {
            result.Add((
                region with { Packets = packets with { Destinations = rest } },
                likely.Expected(packets.Sources, packets.Interfaces, isIPv4)));
        }

        return result;
    }

    private void Sort()
    {
        _through = IntervalSet.UnionOf(SendersOf(ReachFate.Accepted));
        Open = IntervalSet.UnionOf(SendersOf(ReachFate.Open));
        _stopped = JoinSmall([.. SendersOf(ReachFate.Denied), .. SendersOf(ReachFate.NoReply), .. SendersOf(ReachFate.Refused)]);
        var mixed = new List<IntervalSet>();
        Accepted = _through;
        foreach (var stopped in _stopped)
        {
            mixed.Add(_through.Intersect(stopped));
            Accepted = Accepted.Except(stopped);
        }

        Mixed = IntervalSet.UnionOf(mixed).Except(Open);
        Accepted = Accepted.Except(Open);
        Others = Open.IsEmpty ? _stopped : [.. _stopped, Open];
    }

    private List<IntervalSet> SendersOf(ReachFate fate)
    {
        var result = new List<IntervalSet>();
        foreach (var share in _shares)
        {
            if (share.Fate == fate)
            {
                result.Add(share.Senders);
            }
        }

        return result;
    }

    private static List<IntervalSet> JoinSmall(List<IntervalSet> sets)
    {
        var small = sets.FindAll(static set => set.Count <= MaximumSmall);
        var result = sets.FindAll(static set => set.Count > MaximumSmall);
        if (small.Count > 0)
        {
            result.Add(IntervalSet.UnionOf(small));
        }

        return result;
    }

    /// <summary>The largest share with one of these fates.</summary>
    public Share? Largest(params ReadOnlySpan<ReachFate> fates)
    {
        foreach (var share in _shares)
        {
            foreach (var fate in fates)
            {
                if (share.Fate == fate)
                {
                    return share;
                }
            }
        }

        return null;
    }

    // Unless single senders were asked about, those without a route back are none to expect, as martians are.
    private static ReachFate FateOf(FlowOutcome outcome, bool isAsked) => outcome.Decision switch
    {
        FlowDecision.Accept => outcome.Hindrance?.Decision switch
        {
            null or FlowDecision.Accept => ReachFate.Accepted,
            _ when outcome.Hindrance.IsLate => ReachFate.Open,
            FlowDecision.NoRoute when !isAsked && outcome.Hindrance?.IsForwardingOff != true => ReachFate.NoRoute,
            FlowDecision.Depends or FlowDecision.Queue => ReachFate.Open,
            _ => ReachFate.NoReply,
        },
        FlowDecision.Drop or FlowDecision.Reject => ReachFate.Denied,
        FlowDecision.NoRoute => ReachFate.NoRoute,
        _ => ReachFate.Open,
    };
}

/// <summary>A region of the judge's answer, as far as senders are to be expected in it.</summary>
/// <param name="Region">The region.</param>
/// <param name="Senders">The senders.</param>
/// <param name="Fate">What becomes of their packets.</param>
public sealed record Share(FlowRegion Region, IntervalSet Senders, ReachFate Fate)
{
    /// <summary>How many senders, roughly.</summary>
    public double Size { get; } = Senders.Size;

    /// <summary>Where they end, of those that rules let through.</summary>
    public Landing Landing { get; init; } = Landing.Taken;

    /// <summary>What decides: the rules here, or those of the namespace that they are handed over to.</summary>
    public FlowOutcome Deciding => Landing is { Kind: LandingKind.Stopped, There: { } there } ? there : Region.Outcome;
}

/// <summary>What becomes of packets, for the one who sends them.</summary>
public enum ReachFate
{
    /// <summary>They get through, and replies come back.</summary>
    Accepted,

    /// <summary>A rule drops or rejects them.</summary>
    Denied,

    /// <summary>They get through; the replies do not, or what follows on these.</summary>
    NoReply,

    /// <summary>They get through, and no socket takes them.</summary>
    Refused,

    /// <summary>Routing does not let them through.</summary>
    NoRoute,

    /// <summary>It is not known, or some exchanges are over before anything is stopped and others are not.</summary>
    Open,
}
