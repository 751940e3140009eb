using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>
/// Looks whether an address is on a list of those that were seen, often enough and lately enough: by this packet before, or as the list was
/// read.
/// </summary>
/// <param name="match">What is looked for.</param>
/// <param name="list">Stands for the list in what the packet added.</param>
/// <param name="lists">The lists as they were read.</param>
/// <param name="key">The address, and how many bits of it the list distinguishes.</param>
/// <param name="isIPv4">The family.</param>
/// <param name="limit">The limit, where it counts others than this packet.</param>
/// <param name="ownLimit">The limit, where it counts this packet too.</param>
/// <param name="question">Asked of addresses of which it is not known.</param>
internal sealed class RecentTest(
    RecentMatch match,
    ElementSet list,
    IReadOnlyList<RecentList>? lists,
    (PacketField Field, int PrefixLength) key,
    bool isIPv4,
    FlowLimit limit,
    FlowLimit ownLimit,
    OpenQuestion question) : RuleStep
{
    private readonly IReadOnlyList<RecentEntry>? _entries = lists is null
        ? null
        : [.. lists.FirstOrDefault(l => l.Name == match.Name)?.Entries.Where(e => e.Address.IsIPv4 == isIPv4) ?? []];
    private readonly (IntervalSet Sure, IntervalSet Maybe)?[] _members = new (IntervalSet, IntervalSet)?[2];

    public override void Run(in FlowState state, StepSink sink)
    {
        var own = 0;
        for (var change = state.View.Marks.Additions; change is not null; change = change.Before)
        {
            if (ReferenceEquals(change.Set, list))
            {
                if (change.IsDeletion)
                {
                    Decide(state, sink, isMatch: false);
                    return;
                }

                own = 1;
                break;
            }
        }

        if (own >= Needed)
        {
            Decide(state, sink, isMatch: true);
            return;
        }

        if (_entries is null && Needed <= 1)
        {
            sink.Fork(state, question);
            return;
        }

        var (sure, maybe) = _members[own] ??= Members(own);
        var domain = FieldSplitter.Domain(state, key.Field);
        if (domain.Intersect(sure) is { IsEmpty: false } known)
        {
            Decide(FieldSplitter.Narrow(state, key.Field, known, question), sink, isMatch: true);
        }

        if (domain.Intersect(maybe) is { IsEmpty: false } open)
        {
            sink.Fork(FieldSplitter.Narrow(state, key.Field, open, question), question);
        }

        if (domain.Except(sure).Except(maybe) is { IsEmpty: false } others)
        {
            Limit(FieldSplitter.Narrow(state, key.Field, others, question), sink, own);
        }
    }

    // recent_mt: a count of none is one.
    private int Needed => (int)Math.Max(1, match.HitCount);

    /// <summary>Who is on the list often enough now, for sure or perhaps.</summary>
    private (IntervalSet Sure, IntervalSet Maybe) Members(int own)
    {
        var (sure, maybe) = (new List<Interval>(), new List<Interval>());
        foreach (var entry in _entries ?? [])
        {
            var (least, most) = entry.CountWithin(match.Seconds);
            var isSure = least + own >= Needed && !match.Action.HasFlag(RecentAction.TimeToLive);
            var found = IntervalSet.Prefix(entry.Address.Number, key.PrefixLength, isIPv4 ? 32 : 128).Intervals[0];

            // What a program wrote into the list is not masked: no packet's address finds it then (recent_mt_proc_write).
            if (found.First == entry.Address.Number && (isSure || most + own >= Needed))
            {
                (isSure ? sure : maybe).Add(found);
            }
        }

        return (IntervalSet.From(sure), IntervalSet.From(maybe));
    }

    // Who comes more often than the count says is beyond the limit.
    private void Limit(in FlowState state, StepSink sink, int own)
    {
        Decide(state, sink, isMatch: false);
        if (Needed > 1)
        {
            Decide(state with { Doubts = state.Doubts.Exceed(own > 0 ? ownLimit : limit) }, sink, isMatch: true);
        }
    }

    private void Decide(in FlowState state, StepSink sink, bool isMatch)
    {
        if (isMatch != match.IsInverted)
        {
            sink.Pass(state);
        }
        else
        {
            sink.Miss(state);
        }
    }
}
