using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Looks whether an address is on a list of those that were seen: by this packet before, or as the list was read.</summary>
/// <param name="match">What is looked for.</param>
/// <param name="list">Stands for the list in what the packet added.</param>
/// <param name="lists">The lists as they were read.</param>
/// <param name="field">The address.</param>
/// <param name="isIPv4">The family.</param>
/// <param name="limit">The limit, where it counts others than this packet.</param>
/// <param name="ownLimit">The limit, where it counts this packet too.</param>
/// <param name="question">Asked of addresses that are on the list.</param>
internal sealed class RecentTest(
    RecentMatch match, ElementSet list, IReadOnlyList<RecentList>? lists, PacketField field, bool isIPv4, FlowLimit limit, FlowLimit ownLimit, OpenQuestion question) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        for (var change = state.View.Marks.Additions; change is not null; change = change.Before)
        {
            if (ReferenceEquals(change.Set, list))
            {
                Decide(state, sink, isThere: !change.IsDeletion, isOwn: !change.IsDeletion);
                return;
            }
        }

        if (lists is null && match.HitCount <= 1)
        {
            sink.Fork(state, question);
            return;
        }

        var members = lists?.FirstOrDefault(l => l.Name == match.Name)?.Members(isIPv4) ?? IntervalSet.Empty;
        var domain = FieldSplitter.Domain(state, field);
        var (inside, outside) = (domain.Intersect(members), domain.Except(members));
        if (!inside.IsEmpty)
        {
            var member = FieldSplitter.Narrow(state, field, inside, question);
            if (match is { Seconds: 0, HitCount: <= 1 } && !match.Action.HasFlag(RecentAction.TimeToLive))
            {
                Decide(member, sink, isThere: true, isOwn: false);
            }
            else
            {
                sink.Fork(member, question);
            }
        }

        if (!outside.IsEmpty)
        {
            Decide(FieldSplitter.Narrow(state, field, outside, question), sink, isThere: false, isOwn: false);
        }
    }

    private void Decide(in FlowState state, StepSink sink, bool isThere, bool isOwn)
    {
        // Who comes more often than the count says is beyond the limit.
        if (match.HitCount > 1)
        {
            var exceeding = state with { Doubts = state.Doubts.Exceed(isOwn ? ownLimit : limit) };
            (match.IsInverted ? (Action<StepSink, FlowState>)Miss : Pass)(sink, exceeding);
            (match.IsInverted ? (Action<StepSink, FlowState>)Pass : Miss)(sink, state);
            return;
        }

        (isThere != match.IsInverted ? (Action<StepSink, FlowState>)Pass : Miss)(sink, state);
    }

    private static void Pass(StepSink sink, FlowState state) => sink.Pass(state);

    private static void Miss(StepSink sink, FlowState state) => sink.Miss(state);
}
