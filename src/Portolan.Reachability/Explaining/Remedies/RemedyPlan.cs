using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Remedies;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Explaining.Remedies;

/// <summary>All the commands that it takes: behind the rule that drops first there may be another that drops too.</summary>
internal sealed class RemedyPlan(ExplainQuestion question, ExplainFacts facts, CancellationToken cancellationToken)
{
    /// <summary>More than that many drops one behind the other are left for the next time.</summary>
    private const int Most = 6;

    /// <summary>Commands take one sender each; more of them nobody pastes, and they are left for the next time.</summary>
    private const int MostSenders = 12;

    /// <summary>The commands, in the order in which rules stop the packets.</summary>
    /// <param name="outcome">The first fate, with its decider.</param>
    /// <param name="isReply">Whether replies are what is stopped.</param>
    /// <param name="query">The question to the judge.</param>
    /// <param name="judge">Under the rules as they are.</param>
    internal List<Advice> Find(FlowOutcome outcome, bool isReply, FlowQuery query, NamespaceJudge judge) =>
        InTime(judge, plan => plan.Search(outcome, isReply, query, judge));

    /// <summary>The commands that let neighbour discovery through.</summary>
    /// <param name="judge">Under the rules as they are.</param>
    /// <param name="interfaces">On which interfaces; <c>null</c> for all.</param>
    /// <param name="peers">Who is on the other side; <c>null</c> for all on the link.</param>
    /// <param name="own">The addresses here; <c>null</c> for all.</param>
    internal List<Advice> FindNeighbours(
        NamespaceJudge judge, IReadOnlyList<int>? interfaces, IntervalSet? peers, IntervalSet? own) =>
        InTime(judge, plan => plan.Neighbours(judge, interfaces, peers, own));

    private List<Advice> InTime(NamespaceJudge judge, Func<RemedyPlan, List<Advice>> search) => facts.RemedyTime is not { } time
        ? search(this)
        : time.Within(
            judge.Rules, token => search(new RemedyPlan(question, facts, token)),
            () => [$"{question.Command} --judge-time {time.Option(judge.Rules)}    # {Advice.Prose(time.Why(judge.Rules))}"],
            cancellationToken);

    private List<Advice> Search(FlowOutcome outcome, bool isReply, FlowQuery query, NamespaceJudge judge)
    {
        var lines = new List<Advice>();
        var under = judge;
        FlowQuery? part = null;
        if (IsForAll(query) && Stopped(judge, query) is { } first)
        {
            // Of several that a rule stops, those whom nothing protects from.
            (outcome, isReply, part) = first;
        }

        for (var round = 0; outcome.Decider is { } decider && round < Most; round++)
        {
            if (outcome.Spent is { } spent)
            {
                lines.Add(Remedy.OfLimit(spent.Limit));
                break;
            }

            var (choice, passages, asked) = Choose(outcome, isReply, query, under, part);
            if (lines.Count > 0 && IsForAll(query) && choice is { Protector: not null, IsPassedOver: false })
            {
                // A banned sender among all stays banned.
                break;
            }

            lines.AddRange(Remedy.Lines(choice, decider, passages, asked, question).Where(l => !lines.Contains(l)));
            if (choice.Openings.Count == 0)
            {
                return lines;
            }

            under = under.Under(choice.After);
            if (Stopped(under, query) is not { } next)
            {
                break;
            }

            (outcome, isReply, part) = next;
        }

        lines.AddRange(query.IsIPv4 ? [] : Neighbours(under, null, null, null));
        return lines;
    }

    // Without neighbour discovery nothing else helps over IPv6.
    private List<Advice> Neighbours(NamespaceJudge judge, IReadOnlyList<int>? interfaces, IntervalSet? peers, IntervalSet? own)
    {
        var lines = new List<Advice>();
        var icmp = new FlowQuery { Direction = FlowDirection.Inbound, IsIPv4 = false, Protocol = 58 };
        for (var round = 0; round < Most
            && new NeighbourReach(judge).FindBreaker(interfaces, peers, own, cancellationToken) is { Rule: var breaker }; round++)
        {
            var choice = FinderOf(judge).Insert(breaker, Passage.Neighbours);
            lines.AddRange(Remedy.Lines(choice, breaker, Passage.Neighbours, icmp, question).Where(l => !lines.Contains(l)));
            if (choice.Openings.Count == 0)
            {
                break;
            }

            judge = judge.Under(choice.After);
        }

        return lines;
    }

    private (OpeningChoice Choice, IReadOnlyList<Passage> Passages, FlowQuery Asked) Choose(
        FlowOutcome outcome, bool isReply, FlowQuery query, NamespaceJudge under, FlowQuery? part)
    {
        var finder = FinderOf(under);
        var passage = PassageFinder.Of(question, outcome, query, facts.Firewall.Host, isReply);
        var few = FewStopped(under, outcome.Decider!, query);
        IReadOnlyList<Passage> passages = few.Prefixes.Count > 0 ? [.. few.Prefixes.Select(p => passage with { Client = p })] : [passage];
        var asked = few.Prefixes.Count > 0 ? query with { Sources = few.Senders } : query;
        if (isReply && KnowsConnections(outcome))
        {
            // Who only claims to answer is let in by the bare port, so that is the last resort: where connections are not tracked.
            IReadOnlyList<Passage> known = [.. passages.Select(static p => p with { IsOfConnection = true })];
            if (Find(known) is { Openings.Count: > 0 } found)
            {
                return (found, known, asked);
            }
        }

        return (Find(passages), passages, asked);

        OpeningChoice Find(IReadOnlyList<Passage> packets) =>
            finder.Find(outcome, packets, asked, InterfaceNames(query), question.RulesFile is not null, part);
    }

    private static bool IsForAll(FlowQuery query) => query.Sources is null && query.Direction == FlowDirection.Inbound;

    // NF_IP_PRI_CONNTRACK; chains of devices and bridges stand outside of it.
    private static bool KnowsConnections(FlowOutcome outcome) =>
        outcome.Decider!.Table.Family is RuleFamily.Inet or RuleFamily.Ip or RuleFamily.Ip6
            && PassageFinder.HookOf(outcome) is { Point: not (HookPoint.Ingress or HookPoint.Egress), Priority: > -200 };

    private OpeningFinder FinderOf(NamespaceJudge under) =>
        new(
            under.Rules,
            (rules, query) => (ReferenceEquals(rules, under.Rules) ? under : under.Under(rules)).Judge(query, cancellationToken),
            facts.Judge?.Rules);

    private List<string> InterfaceNames(FlowQuery query) =>
        [.. facts.Firewall.Host?.Interfaces.Where(i => query.Interfaces?.Contains(i.Index) ?? i is { IsUp: true, IsLoopback: false })
            .Select(static i => i.Name) ?? []];

    /// <summary>
    /// The senders whom a rule stops, as prefixes, where everybody was asked about and it stops the lesser part; else none: then it is to
    /// be opened to whoever was asked about.
    /// </summary>
    private (IntervalSet Senders, List<AddressPrefix> Prefixes) FewStopped(NamespaceJudge judge, RuleReference decider, FlowQuery query)
    {
        if (question.From is not null || query.Direction != FlowDirection.Inbound || query.Sources is not null)
        {
            return (IntervalSet.Empty, []);
        }

        var reach = FamilyReach.Of(query.IsIPv4, [judge.Judge(query, cancellationToken)], judge.Likely);
        var finder = FinderOf(judge);
        var stopped = IntervalSet.UnionOf([.. reach.Shares.Where(s => StoppedBy(s) is ({ Decider: { } by } outcome, var isReply)
            && ReferenceEquals(by.Rule, decider.Rule) && by.Chain.Name == decider.Chain.Name && by.Table.Name == decider.Table.Name
            && !IsProtected(finder, outcome, isReply, s, query)).Select(static s => s.Senders)]);
        var letIn = reach.Accepted.Except(stopped);
        if (stopped.IsEmpty || letIn.Size <= stopped.Size)
        {
            return (IntervalSet.Empty, []);
        }

        List<AddressPrefix> prefixes = [.. PrefixCover.Find(stopped, letIn, query.IsIPv4, MostSenders)];
        return (stopped.Intersect(IntervalSet.From(prefixes.Select(static p => new Interval(p.Address.Number, p.Last.Number)))), prefixes);
    }

    /// <summary>What still stops the packets, or their replies; <c>null</c> when nothing does that a fix may pass.</summary>
    private (FlowOutcome Outcome, bool IsReply, FlowQuery Part)? Stopped(NamespaceJudge judge, FlowQuery query)
    {
        var isForAll = IsForAll(query);
        var reach = FamilyReach.Of(query.IsIPv4, [judge.Judge(query, cancellationToken)], isForAll ? judge.Likely : null);
        var finder = FinderOf(judge);
        foreach (var share in reach.Shares)
        {
            // A banned sender among all stays banned.
            if (StoppedBy(share) is var (outcome, isReply) && !(isForAll && IsProtected(finder, outcome, isReply, share, query)))
            {
                return (outcome, isReply, PartOf(query, share));
            }
        }

        return null;
    }

    private static (FlowOutcome Outcome, bool IsReply)? StoppedBy(Share share) => share switch
    {
        { Fate: ReachFate.Denied, Region.Outcome: { Decider: not null } denied } => (denied, false),
        { Fate: ReachFate.NoReply, Region.Outcome: { Hindrance: { Decider: not null } later } outcome } =>
            (later with { Translation = outcome.Translation }, outcome.IsReplyHindered),
        _ => null,
    };

    private bool IsProtected(OpeningFinder finder, FlowOutcome outcome, bool isReply, Share share, FlowQuery query) =>
        finder.ProtectorOf(
            outcome, PassageFinder.Of(question, outcome, query, facts.Firewall.Host, isReply), PartOf(query, share)) is not null;

    private static FlowQuery PartOf(FlowQuery query, Share share) =>
        query with
        {
            Sources = share.Senders,
            Interfaces = share.Region.Packets.Interfaces.Count == 0 ? query.Interfaces : share.Region.Packets.Interfaces,
        };
}
