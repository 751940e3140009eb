using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Remedies;

/// <summary>Judges a change of rules for all senders: whom it lets in besides, what it closes, and whose protection it undoes.</summary>
/// <param name="rules">The rules as they are.</param>
/// <param name="judge">Judges packets.</param>
/// <param name="protective">Reports which rules protect.</param>
/// <param name="decider">What stops the packets asked about.</param>
/// <param name="unopened">The rules without openings that were chosen before: what these pass over protects no less.</param>
internal sealed class ChangeJudge(Ruleset rules, RulesJudge judge, ProtectiveRules protective, RuleReference decider, Ruleset unopened)
{
    // More drops one behind the other than that nobody writes for one port.
    private const int MostBehind = 8;

    private readonly Dictionary<FlowQuery, FlowAnswer> _before = [];
    private (int Stage, double Senders)? _now;

    /// <summary>
    /// Whether packets of the query come further past the rule that stops them than they do now, or fewer are stopped: what it stops of a
    /// connection behind them is another matter.
    /// </summary>
    public bool IsFurther(FlowAnswer answer, FlowQuery query)
    {
        var ((stage, senders), now) = (Stage(answer), _now ??= Stage(judge(rules, query)));
        return stage > now.Stage || (stage == now.Stage && senders < now.Senders);
    }

    /// <summary>How many senders the rule stops.</summary>
    public double StoppedBy(
        FlowAnswer answer) =>
            IntervalSet.UnionOf(
                [.. answer.Regions.Where(r => Stopper(r.Outcome) is { } by && IsSame(by, decider)).Select(
                    static r => r.Packets.Sources)]).Size;

    /// <summary>Judges; <c>null</c> where the packets are still stopped by the same rule.</summary>
    public OpeningChoice? Judge(IReadOnlyList<Opening> openings, IReadOnlyList<Passage> passages, FlowQuery query)
    {
        var after = openings.Aggregate(rules, static (all, o) => o.Of(all));
        if (openings.Any(static o => o.Rules.Count == 0) || !IsFurther(judge(after, query), query))
        {
            return null;
        }

        var behind = new RulesBehind(unopened, judge, decider, passages, protective);
        var choice = new OpeningChoice { After = after, Openings = openings };
        var isInbound = query.Direction == FlowDirection.Inbound;
        var wide = isInbound ? query with { Sources = null, Interfaces = null } : query;
        choice = Compare(choice, wide, after, behind, out var opened);
        choice = choice with { OtherSenders = query.Sources is { } asked ? opened.Except(asked) : IntervalSet.Empty };
        if (isInbound)
        {
            choice = Compare(choice, wide with { IsIPv4 = !query.IsIPv4, Destinations = null }, after, behind, out var others);
            choice = choice with { OpensOtherFamily = !others.IsEmpty };
            if (passages[0] is { Server: { } server, IsReply: false } passage && query.Destinations?.Contains(server.Number) != true)
            {
                var direct = wide with { Destinations = IntervalSet.Of(server.Number), DestinationPort = passage.Ports.First.Value };
                choice = Compare(choice, direct, after, behind, out var opens);
                choice = choice with { OpensTarget = !opens.IsEmpty };
            }
        }

        return choice.Protector is null && !choice.Closes ? choice : choice with { Openings = [], After = rules };
    }

    /// <summary>The first part of a connection that the rule stops of some packets, and how many senders it stops there.</summary>
    private (int Stage, double Senders) Stage(FlowAnswer answer)
    {
        var stopped = answer.Regions.Where(r => Stopper(r.Outcome) is { } by && IsSame(by, decider)).GroupBy(static r => Passed(r.Outcome))
            .MinBy(static g => g.Key);
        return stopped is null
            ? (int.MaxValue, 0)
            : (stopped.Key, IntervalSet.UnionOf([.. stopped.Select(static r => r.Packets.Sources)]).Size);
    }

    private OpeningChoice Compare(OpeningChoice choice, FlowQuery query, Ruleset after, RulesBehind behind, out IntervalSet opened)
    {
        var now = _before.TryGetValue(query, out var known) ? known : _before[query] = judge(rules, query);
        var then = judge(after, query);
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
                    choice = old.Outcome.Limit is { } limit && changed.Outcome.Limit is null
                        ? Undone(choice, behind.AsItStands(limit.Rule), Protection.Limit)
                        : choice;
                    continue;
                }

                found.Add(senders);
                if (ProtectorOf(old.Outcome) is { } own)
                {
                    choice = Undone(choice, behind.AsItStands(own.Rule), own.From);
                    continue;
                }

                if (FindBehind(behind, PacketOverlap.Both(old.Packets, changed.Packets, senders), query, changed.Outcome) is { } other)
                {
                    choice = Undone(choice, behind.AsItStands(other.Rule), other.From);
                }
            }
        }

        opened = IntervalSet.UnionOf(found);
        return choice;
    }

    /// <summary>Whom the rule stops that is to be passed, others behind it may stop too: the first of them that protects.</summary>
    private (RuleReference Rule, Protection From)? FindBehind(RulesBehind behind, PacketSet packets, FlowQuery query, FlowOutcome opened)
    {
        var open = new Queue<Ruleset>([behind.First]);
        for (var round = 0; round < MostBehind && open.TryDequeue(out var under); round++)
        {
            foreach (var region in behind.Judge(under, query).Regions)
            {
                if (PacketOverlap.Senders(packets, region.Packets).IsEmpty)
                {
                    continue;
                }

                if (region.Outcome.Limit is { } limit && opened.Limit is null)
                {
                    return (limit.Rule, Protection.Limit);
                }

                if (Passed(region.Outcome) >= Passed(opened))
                {
                    continue;
                }

                if (ProtectorOf(region.Outcome) is { } protector)
                {
                    return protector;
                }

                if (Stopper(region.Outcome) is not { } stopper || behind.Next(under, stopper) is not { } next)
                {
                    continue;
                }

                if (Above(behind, under, stopper, packets, query) is { } caller)
                {
                    return caller;
                }

                open.Enqueue(next);
            }
        }

        return null;
    }

    /// <summary>The rule that protects by having these packets go on to the chain where they are stopped.</summary>
    private (RuleReference Rule, Protection From)? Above(
        RulesBehind behind, Ruleset under, RuleReference stopper, PacketSet packets, FlowQuery query)
    {
        var callers = protective.CallersIn(stopper.Table);
        var (seen, open) = (new HashSet<string>(StringComparer.Ordinal) { stopper.Chain.Name }, new Queue<RuleChain>([stopper.Chain]));
        while (open.TryDequeue(out var chain))
        {
            foreach (var place in callers.Of(chain))
            {
                var rule = new RuleReference(place.Table, place.Chain, place.Before);
                if (protective.Of(rule) is { } from && behind.Next(under, rule) is { } without
                    && !behind.Judge(without, query).Regions.Any(
                        r => Stopper(r.Outcome) is { } by && IsSame(by, stopper) && !PacketOverlap.Senders(packets, r.Packets).IsEmpty))
                {
                    return (rule, from);
                }

                if (seen.Add(place.Chain.Name))
                {
                    open.Enqueue(place.Chain);
                }
            }
        }

        return null;
    }

    private static OpeningChoice Undone(OpeningChoice choice, RuleReference rule, Protection from) =>
        choice.Protector is not null ? choice : choice with { Protector = rule, Protection = from, IsPassedOver = true };

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

    private static RuleReference? Stopper(FlowOutcome outcome) =>
        outcome.Decision == FlowDecision.Accept ? outcome.Hindrance?.Decider : outcome.Decider;

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
        one.Table.Name == other.Table.Name && one.Table.Family == other.Table.Family && one.Chain.Name == other.Chain.Name
            && ReferenceEquals(one.Rule, other.Rule);
}
