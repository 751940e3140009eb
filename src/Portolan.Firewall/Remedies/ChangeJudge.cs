using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Remedies;

/// <summary>Judges a change of rules for all senders: whom it lets in besides, what it closes, and whose protection it undoes.</summary>
/// <param name="rules">The rules as they are.</param>
/// <param name="judge">Judges packets.</param>
/// <param name="protective">Tells which rules protect.</param>
/// <param name="decider">What stops the packets asked about.</param>
internal sealed class ChangeJudge(Ruleset rules, RulesJudge judge, ProtectiveRules protective, RuleReference decider)
{
    private readonly Dictionary<FlowQuery, FlowAnswer> _before = [];
    private int? _stage;

    /// <summary>Whether packets of the query come further past the rule that stops them than they do now: what it stops of a connection behind them is another matter.</summary>
    public bool IsFurther(FlowAnswer answer, FlowQuery query) => Stage(answer) > (_stage ??= Stage(judge(rules, query)));

    /// <summary>Judges; <c>null</c> where the packets are still stopped by the same rule.</summary>
    public OpeningChoice? Judge(IReadOnlyList<Opening> openings, IReadOnlyList<Passage> passages, FlowQuery query)
    {
        var after = openings.Aggregate(rules, static (all, o) => o.Of(all));
        if (openings.Any(static o => o.Rules.Count == 0) || !IsFurther(judge(after, query), query))
        {
            return null;
        }

        var around = new RulePlace(decider.Table, decider.Chain, decider.Rule);
        var without = passages.Aggregate(rules, (all, p) => around.Without(all, p.Rule));
        var choice = new OpeningChoice { After = after, Openings = openings };
        var isInbound = query.Direction == FlowDirection.Inbound;
        var wide = isInbound ? query with { Sources = null, Interfaces = null } : query;
        choice = Compare(choice, wide, after, without, out var opened);
        choice = choice with { OtherSenders = query.Sources is { } asked ? opened.Except(asked) : IntervalSet.Empty };
        if (isInbound)
        {
            choice = Compare(choice, wide with { IsIPv4 = !query.IsIPv4, Destinations = null }, after, without, out var others);
            choice = choice with { OpensOtherFamily = !others.IsEmpty };
            if (passages[0] is { Server: { } server, IsReply: false } passage && query.Destinations?.Contains(server.Number) != true)
            {
                var direct = wide with { Destinations = IntervalSet.Of(server.Number), DestinationPort = passage.Ports.First.Value };
                choice = Compare(choice, direct, after, without, out var opens);
                choice = choice with { OpensTarget = !opens.IsEmpty };
            }
        }

        return choice.Protector is null && !choice.Closes ? choice : choice with { Openings = [], After = rules };
    }

    /// <summary>The first part of a connection that the rule stops of some packets.</summary>
    private int Stage(FlowAnswer answer) => answer.Regions.Where(r => Stopper(r.Outcome) is { } by && IsSame(by, decider)).Select(static r => Passed(r.Outcome)).DefaultIfEmpty(int.MaxValue).Min();

    private OpeningChoice Compare(OpeningChoice choice, FlowQuery query, Ruleset after, Ruleset without, out IntervalSet opened)
    {
        var now = _before.TryGetValue(query, out var known) ? known : _before[query] = judge(rules, query);
        var then = judge(after, query);
        FlowAnswer? skipped = null;
        var found = new List<IntervalSet>();
        foreach (var old in now.Regions)
        {
            foreach (var changed in then.Regions)
            {
                var senders = PacketOverlap.Senders(old.Packets, changed.Packets);
                if (senders.IsEmpty || choice.Protector is not null)
                {
                    continue;
                }

                var (was, isNow) = (Passed(old.Outcome), Passed(changed.Outcome));
                if (isNow < was)
                {
                    choice = choice with { Closes = true };
                    continue;
                }

                if (isNow == was)
                {
                    choice = old.Outcome.FirstLimit is { } limit && changed.Outcome.FirstLimit is null ? Undone(choice, limit.Rule, Protection.Limit) : choice;
                    continue;
                }

                found.Add(senders);
                if (ProtectorOf(old.Outcome) is { } own)
                {
                    choice = Undone(choice, own.Rule, own.From);
                    continue;
                }

                // Whom the rule stops that is to be passed, another one behind it may stop too.
                var packets = PacketOverlap.Both(old.Packets, changed.Packets, senders);
                foreach (var region in (skipped ??= judge(without, query)).Regions)
                {
                    if (PacketOverlap.Senders(packets, region.Packets).IsEmpty)
                    {
                        continue;
                    }

                    if (Passed(region.Outcome) < isNow && ProtectorOf(region.Outcome) is { } other)
                    {
                        choice = Undone(choice, other.Rule, other.From);
                    }
                    else if (region.Outcome.FirstLimit is { } limit && changed.Outcome.FirstLimit is null)
                    {
                        choice = Undone(choice, limit.Rule, Protection.Limit);
                    }
                }
            }
        }

        opened = IntervalSet.UnionOf(found);
        return choice;
    }

    // The rest of the chain that is passed over has a chain of its own in the model.
    private OpeningChoice Undone(OpeningChoice choice, RuleReference rule, Protection from) =>
        choice.Protector is not null ? choice
        : choice with { Protector = rule.Chain.Handle == 0 && !rule.Table.IsLegacy ? new RuleReference(decider.Table, decider.Chain, rule.Rule) : rule, Protection = from, IsPassedOver = true };

    private (RuleReference Rule, Protection From)? ProtectorOf(FlowOutcome outcome)
    {
        IEnumerable<RuleReference?> stoppers = [Stopper(outcome), .. outcome.Questions.Select(static q => q.Rule)];
        foreach (var rule in stoppers)
        {
            if (rule is not null && protective.Of(rule) is { } from)
            {
                return (rule, from);
            }
        }

        return null;
    }

    private static RuleReference? Stopper(FlowOutcome outcome) => outcome.Decision == FlowDecision.Accept ? outcome.Hindrance?.Decider : outcome.Decider;

    /// <summary>How many parts of a connection get through: its first packet, the reply, what follows, the replies to that.</summary>
    private static int Passed(FlowOutcome outcome) => outcome switch
    {
        { Decision: not FlowDecision.Accept } => 0,
        { Replies.Decision: not FlowDecision.Accept } => 1,
        { Following.Decision: not FlowDecision.Accept } => 2,
        { Following.Replies.Decision: not FlowDecision.Accept } => 3,
        _ => 4,
    };

    // Chains and rules of a changed table are made anew; those that did not change are the same objects.
    private static bool IsSame(RuleReference one, RuleReference other) =>
        one.Table.Name == other.Table.Name && one.Table.Family == other.Table.Family && one.Chain.Name == other.Chain.Name && ReferenceEquals(one.Rule, other.Rule);
}
