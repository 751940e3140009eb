using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Charting;

/// <summary>Who reaches a port over one family, in a few words.</summary>
public sealed class FamilySummary
{
    /// <summary>How many prefixes a cell shows.</summary>
    private const int Shown = 2;

    /// <summary>How many prefixes the machine format lists.</summary>
    private const int Listed = 1000;

    /// <summary>More than sums of rounded numbers may differ.</summary>
    private const double AboutMore = 1.000001;

    private readonly FamilyReach _reach;

    /// <summary>Sums up.</summary>
    public FamilySummary(FamilyReach reach)
    {
        _reach = reach;
        Extent = reach.HasNoWayIn ? ReachExtent.NoWayIn
            : reach.Others.Count == 0 ? ReachExtent.Everybody
            : reach.Accepted.IsEmpty && reach.Mixed.IsEmpty ? reach.Open.IsEmpty ? ReachExtent.Nobody : ReachExtent.Open
            : IsHalf(reach.Accepted) ? ReachExtent.Most
            : reach.Accepted.IsEmpty && IsHalf(reach.Open) ? ReachExtent.Open
            : ReachExtent.Some;
        Decider = Extent switch
        {
            ReachExtent.Everybody or ReachExtent.Most => reach.Largest(ReachFate.Accepted),
            ReachExtent.Some => reach.Largest(ReachFate.Accepted) ?? reach.Largest(ReachFate.Denied, ReachFate.NoReply, ReachFate.Refused),
            ReachExtent.Open => reach.Largest(ReachFate.Open),
            _ => reach.Largest(ReachFate.Denied, ReachFate.NoReply, ReachFate.Refused) ?? reach.Largest(ReachFate.NoRoute),
        };
    }

    /// <summary>The family.</summary>
    public bool IsIPv4 => _reach.IsIPv4;

    /// <summary>How many reach it.</summary>
    public ReachExtent Extent { get; }

    /// <summary>The share whose rule is named.</summary>
    public Share? Decider { get; }

    /// <summary>The rule that is named, or <c>null</c> when no chain looked.</summary>
    public RuleReference? Rule => Decider?.Deciding switch
    {
        null => null,
        { Translation: { } to } when Decider is { Fate: ReachFate.Refused } => to.Rule,
        { Decision: FlowDecision.Accept, Hindrance: { } later } => later.Decider,
        var outcome => outcome.Decider,
    };

    /// <summary>The senders let in, as prefixes without any other sender.</summary>
    public IReadOnlyList<AddressPrefix> From => field ??= Extent == ReachExtent.Everybody
        ? [new AddressPrefix(IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6, 0)]
        : PrefixCover.Find(_reach.Accepted, _reach.Others, IsIPv4, Listed);

    /// <summary>Senders of whose ordinary packets a part gets in.</summary>
    public IReadOnlyList<AddressPrefix> Partly =>
        field ??= _reach.Mixed.IsEmpty ? [] : PrefixCover.Find(_reach.Mixed, [_reach.Accepted, _reach.Denied, _reach.Open], IsIPv4, Listed);

    /// <summary>
    /// By what the packets of <see cref="Partly"/> are distinguished, such as <c>with source port 1024-4999</c>; or <c>null</c>.
    /// </summary>
    public string? PartlyHow => _reach.Mixed.IsEmpty ? null : HowMixed;

    /// <summary>Senders of whom it is not known.</summary>
    public IReadOnlyList<AddressPrefix> Undecided =>
        field ??= _reach.Open.IsEmpty ? [] : PrefixCover.Find(_reach.Open, [_reach.Accepted, _reach.Denied, _reach.Mixed], IsIPv4, Listed);

    /// <summary>Whether one of the lists stops before its end.</summary>
    public bool IsCut => From.Count == Listed || Partly.Count == Listed || Undecided.Count == Listed;

    /// <summary>The limit within which they get in; or <c>null</c>.</summary>
    public FlowLimit? Limit => _reach.Largest(ReachFate.Accepted)?.Region.Outcome.Limit;

    /// <summary>
    /// Whom alone it is let in from, such as <c>10.88.0.0/16</c>; <c>null</c> where that is most of the senders, or nobody.
    /// </summary>
    public string? OnlyFrom => Extent == ReachExtent.Some && !_reach.Accepted.IsEmpty ? Short(From) : null;

    /// <summary>The same with the limit within which they get in; <c>null</c> where that is.</summary>
    public string? Selected => OnlyFrom is { } from ? from + Limited : null;

    /// <summary>The words, without the rule: <c>allow</c>, <c>only 10.0.0.0/8</c>, <c>drop</c>.</summary>
    public string Words => Extent switch
    {
        ReachExtent.Everybody => "allow" + Limited,
        ReachExtent.Most => $"allow except {Prefixes(NotIn, [_reach.Accepted])}{Limited}",
        ReachExtent.Some when _reach.Accepted.IsEmpty => $"partly: {Prefixes(_reach.Mixed, [_reach.Denied])} {HowMixed}{Limited}",
        ReachExtent.Some => $"only {Selected}",
        ReachExtent.Open => "depends",
        ReachExtent.NoWayIn => "no inbound route",
        _ => Decider switch
        {
            { Fate: ReachFate.NoReply } => "replies dropped",
            { Fate: ReachFate.Refused } => "nothing listens",
            { Deciding.Decision: FlowDecision.Reject } => "reject",
            _ => "drop",
        },
    };

    /// <summary>The words with the rule that decides where all packets meet the same one.</summary>
    public string Text => Extent is ReachExtent.Some or ReachExtent.Most or ReachExtent.NoWayIn ? Words
        : Rule is { } rule ? $"{Words} {RuleLabel.Brief(rule)}"
        : Extent == ReachExtent.Everybody ? Words + ", no rule" : Words;

    private string Limited => Limit is { } limit ? $", {limit.Brief}" : "";

    /// <summary>By what packets of the same senders differ.</summary>
    private string HowMixed
    {
        get
        {
            var accepted = _reach.Largest(ReachFate.Accepted)!.Region.Packets;
            var denied = _reach.Largest(ReachFate.Denied, ReachFate.NoReply, ReachFate.Refused)!.Region.Packets;
            return accepted.Parts.Count > 0 ? $"with {accepted.Parts[0].What} {accepted.Parts[0].Which}"
                : !accepted.Destinations.Equals(denied.Destinations)
                ? $"to {Prefixes(accepted.Destinations, [denied.Destinations.Except(accepted.Destinations)])}"
                : denied.Parts.Count > 0 ? $"but with {denied.Parts[0].What} {denied.Parts[0].Which}"
                : "on some interfaces";
        }
    }

    /// <summary>Everyone who is not let in. Much work where a set is large: asked for only when it is shown, or decides.</summary>
    private IntervalSet NotIn => field ??= IntervalSet.UnionOf(_reach.Others);

    /// <summary>Whether a set is at least half of all addresses.</summary>
    private bool IsHalf(IntervalSet set)
    {
        var (accepted, least, most) = (_reach.Accepted.Size, 0.0, 0.0);
        foreach (var others in _reach.Others)
        {
            least = Math.Max(least, others.Size);
            most += others.Size;
        }

        // Nearly always the sizes tell, without what is in several sets being found.
        return set.Size * 2 > (accepted + most) * AboutMore
            || (set.Size * 2 * AboutMore >= accepted + least && set.Size * 2 >= accepted + NotIn.Size);
    }

    private static string Short(IReadOnlyList<AddressPrefix> all) => all.Count <= Shown + 1
        ? string.Join(", ", all)
        : $"{string.Join(", ", all.Take(Shown))} +{all.Count - Shown}{(all.Count == Listed ? " or more" : "")}";

    private string Prefixes(IntervalSet inside, IReadOnlyList<IntervalSet> outside) =>
        Short(PrefixCover.Find(inside, outside, IsIPv4, Listed));
}

/// <summary>How many of the senders to expect reach a port.</summary>
public enum ReachExtent
{
    /// <summary>Every sender to expect.</summary>
    Everybody,

    /// <summary>At least half of the addresses.</summary>
    Most,

    /// <summary>Fewer.</summary>
    Some,

    /// <summary>It is not known.</summary>
    Open,

    /// <summary>None.</summary>
    Nobody,

    /// <summary>None, for no interface or route leads there.</summary>
    NoWayIn,
}
