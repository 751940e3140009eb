using System.Buffers.Binary;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining.Remedies;

/// <summary>All the commands that it takes: behind the rule that drops first there may be another that drops too.</summary>
internal sealed class RemedyPlan(ExplainQuestion question, ExplainFacts facts, CancellationToken cancellationToken)
{
    /// <summary>More than that many drops one behind the other are left for the next time.</summary>
    private const int Most = 6;

    private static readonly Register PortRegister = new(0);

    /// <summary>The commands, in the order in which rules stop the packets.</summary>
    /// <param name="outcome">The first fate, with its decider.</param>
    /// <param name="isReply">Whether replies are what is stopped.</param>
    /// <param name="query">The question to the judge.</param>
    /// <param name="judge">Under the rules as they are.</param>
    internal List<string> Find(FlowOutcome outcome, bool isReply, FlowQuery query, NamespaceJudge judge)
    {
        var commands = new List<string>();
        var rules = judge.Rules;
        while (outcome.Decider is { } decider && commands.Count < Most)
        {
            var command = Remedy.For(outcome, question, facts, isReply);
            if (commands.Contains(command))
            {
                break;
            }

            commands.Add(command);
            rules = With(rules, decider, Rule(Passage.Of(question, outcome, facts.Firewall.Host, isReply), query));
            if (Stopped(judge.Under(rules), query) is not { } next)
            {
                break;
            }

            (outcome, isReply) = next;
        }

        return commands;
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

    // Only packets of the question and their replies are judged, so the rule need tell no more than these apart. A reply to a client that
    // sends from the same port is told by the client's address, as the command tells it.
    private static Rule Rule(Passage passage, FlowQuery query)
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
