using System.Buffers.Binary;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
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

    private static readonly Register PortRegister = new(0);

    /// <summary>Only messages of neighbour discovery are judged with it.</summary>
    private static readonly Rule AcceptIcmp = new(0, [new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Accept))]);

    /// <summary>The commands, in the order in which rules stop the packets.</summary>
    /// <param name="outcome">The first fate, with its decider.</param>
    /// <param name="isReply">Whether replies are what is stopped.</param>
    /// <param name="query">The question to the judge.</param>
    /// <param name="judge">Under the rules as they are.</param>
    internal List<string> Find(FlowOutcome outcome, bool isReply, FlowQuery query, NamespaceJudge judge)
    {
        var commands = new List<string>();
        var under = judge;
        while (outcome.Decider is { } decider && commands.Count < Most)
        {
            var few = FewStopped(under, decider, query);
            var found = few.Count > 0
                ? few.Select(p => Remedy.For(outcome, question with { From = new SenderChoice(p) { Addresses = IntervalSet.Empty, IsIPv4 = query.IsIPv4 } }, facts, isReply)).ToList()
                : [Remedy.For(outcome, question, facts, isReply)];
            if (found.TrueForAll(commands.Contains))
            {
                break;
            }

            commands.AddRange(found);
            under = under.Under(With(under.Rules, decider, Rule(Passage.Of(question, outcome, facts.Firewall.Host, isReply), query)));
            if (Stopped(under, query) is not { } next)
            {
                break;
            }

            (outcome, isReply) = next;
        }

        commands.AddRange(query.IsIPv4 ? [] : Neighbours(under, null, null, null, cancellationToken));
        return commands;
    }

    /// <summary>The commands that let neighbour discovery through, without which nothing else helps over IPv6.</summary>
    /// <param name="judge">Under the rules as they are.</param>
    /// <param name="interfaces">By which interfaces; <c>null</c> for all.</param>
    /// <param name="peers">Who is on the other side; <c>null</c> for all on the link.</param>
    /// <param name="own">The addresses here; <c>null</c> for all.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    internal List<string> Neighbours(NamespaceJudge judge, IReadOnlyList<int>? interfaces, IntervalSet? peers, IntervalSet? own, CancellationToken cancellationToken)
    {
        var commands = new List<string>();
        while (commands.Count < Most && new NeighbourDiscovery(judge).FindBreaker(interfaces, peers, own, cancellationToken) is { Rule: var breaker })
        {
            var isIptables = Remedy.IsOfIptables(breaker.Table);
            var command = question.RulesFile is { } file
                ? RuleInsertion.NeighboursInFile(file, breaker.Table, breaker.Chain, isIptables)
                : RuleInsertion.AcceptNeighbours(breaker.Table, breaker.Chain, isIptables);
            if (commands.Contains(command))
            {
                break;
            }

            commands.Add(command);
            judge = judge.Under(With(judge.Rules, breaker, AcceptIcmp));
        }

        return commands;
    }

    /// <summary>The senders whom a rule stops, as prefixes, where everybody was asked about and it stops the lesser part; else none: then it is to be opened to whoever was asked about.</summary>
    private List<string> FewStopped(NamespaceJudge judge, RuleReference decider, FlowQuery query)
    {
        if (question.From is not null || query.Direction != FlowDirection.Inbound || query.Sources is not null)
        {
            return [];
        }

        var reach = FamilyReach.Of(query.IsIPv4, [judge.Judge(query, cancellationToken)], judge.Likely);
        var stopped = IntervalSet.UnionOf([.. reach.Shares.Where(s => (s.Fate switch
        {
            ReachFate.Denied => s.Region.Outcome,
            ReachFate.NoReply => s.Region.Outcome.Hindrance,
            _ => null,
        })?.Decider is { } by && ReferenceEquals(by.Rule, decider.Rule) && by.Chain.Name == decider.Chain.Name && by.Table.Name == decider.Table.Name).Select(static s => s.Senders)]);
        var letIn = reach.Accepted.Except(stopped);
        return stopped.IsEmpty || letIn.Size <= stopped.Size ? []
            : [.. PrefixCover.Find(stopped, letIn, query.IsIPv4, MostSenders).Select(static p => p.ToString())];
    }

    /// <summary>Whether what stops an accepted packet's connection stops answers, not what its sender sends later.</summary>
    internal static bool IsReply(FlowOutcome outcome) => outcome.Following is null or { Decision: FlowDecision.Accept };

    /// <summary>What still stops the packets, or their replies; <c>null</c> when nothing does.</summary>
    private (FlowOutcome Outcome, bool IsReply)? Stopped(NamespaceJudge judge, FlowQuery query)
    {
        var reach = FamilyReach.Of(query.IsIPv4, [judge.Judge(query, cancellationToken)], query.Sources is null && query.Direction == FlowDirection.Inbound ? judge.Likely : null);
        return reach.Largest(ReachFate.Denied, ReachFate.NoReply) switch
        {
            { Fate: ReachFate.Denied } denied => (denied.Region.Outcome, false),
            { Region.Outcome: { Hindrance: { Decider: not null } later } outcome } => (later with { Translation = outcome.Translation }, IsReply(outcome)),
            _ => null,
        };
    }

    // Only packets of the question, their replies and neighbour discovery are judged, so the rule need tell no more than these apart. A reply
    // to a client that sends from the same port is told by the client's address, as the command tells it.
    private Rule Rule(Passage passage, FlowQuery query)
    {
        var address = Array.Empty<Expression>();
        if (query is { Direction: FlowDirection.Inbound, Sources: { Count: 1 } sources } && sources.Intervals[0] is var client && client.First == client.Last)
        {
            var bytes = new byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(bytes, client.First);
            bytes = query.IsIPv4 ? bytes[12..] : bytes;
            var offset = query.IsIPv4 ? (passage.IsReply ? 16 : 12) : passage.IsReply ? 24 : 8;
            address = [new PayloadExpression(PortRegister, PayloadBase.Network, offset, bytes.Length), new CompareExpression(PortRegister, CompareOperation.Equal, bytes)];
        }

        var port = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(port, passage.Port);
        return new Rule(0,
        [
            .. address,
            new MetaExpression(PortRegister, MetaKey.TransportProtocol),
            new CompareExpression(PortRegister, CompareOperation.Equal, new[] { (byte)question.Protocol }),
            new PayloadExpression(PortRegister, PayloadBase.Transport, passage.IsReply ? 0 : 2, port.Length),
            new CompareExpression(PortRegister, CompareOperation.Equal, port),
            new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Accept)),
        ]);
    }

    private static Ruleset With(Ruleset rules, RuleReference decider, Rule rule) => rules with
    {
        Tables = [.. rules.Tables.Select(t => t.Family != decider.Table.Family || t.Name != decider.Table.Name || t.IsLegacy != decider.Table.IsLegacy ? t : t with
        {
            Chains = [.. t.Chains.Select(c => c.Name == decider.Chain.Name ? c with { Rules = [rule, .. c.Rules] } : c)],
        })],
    };
}
