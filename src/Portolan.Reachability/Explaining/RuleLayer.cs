using Portolan.Firewall.Forwarding;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Explaining;

/// <summary>What rules do with packets, as steps.</summary>
internal sealed class RuleLayer(ExplainQuestion question, ExplainFacts facts)
{
    private const int ShownPrefixes = 4;

    /// <summary>The layer a packet ended at: <c>prerouting</c>, <c>firewall</c> or <c>output</c>.</summary>
    internal static string LayerOf(FlowOutcome outcome) => outcome.Path is [.., { Chain.Hook: { } hook }]
        ? hook.Point switch
        {
            HookPoint.Ingress or HookPoint.Prerouting => "prerouting",
            HookPoint.Output or HookPoint.Postrouting or HookPoint.Egress => "output",
            _ => "firewall",
        }
        : "firewall";

    /// <summary>A step for rules that decide.</summary>
    internal ExplanationStep Step(string layer, LayerResult result, FlowOutcome outcome, string? before = null)
    {
        var decider = outcome.Decider;
        var words = decider is null
            ? result == LayerResult.Ok ? "no rule applies to it" : "no rule"
            : decider.Rule is null
                ? outcome.Decision == FlowDecision.Accept
                    ? $"{RuleLabel.Full(decider)}"
                    : $"{RuleLabel.Chain(decider)}: no accept matched, {facts.RuleText(decider)}"
                : RuleLabel.Full(decider);
        var text = decider?.Rule is null ? null : facts.RuleText(decider);
        var limited = outcome is { Limit: { } limit, Decision: FlowDecision.Accept }
            ? $"; {limit.Text}, by {RuleLabel.Full(limit.Rule)}"
            : "";
        return new ExplanationStep(layer, result, $"{before}{words}{(text is null ? "" : $": {text}")}{limited}")
        {
            Rule = decider is null ? null : RuleLabel.Full(decider),
            RuleText = text,
            IsProved = outcome.Proof == FlowProof.Proved,
            More = [.. outcome.Questions.Select(q => $"cannot be evaluated: {RuleLabel.Question(q)}")],
        };
    }

    /// <summary>What an answer depends on: a rule, or what is not known of this machine.</summary>
    internal static string Open(FlowOutcome outcome) => outcome.Questions.Count > 0 && outcome.Questions.All(static q => q.Rule is null)
        ? $"it depends on unknown facts: {outcome.Questions[0].Why}"
        : $"it depends on {Unjudged(outcome)}";

    /// <summary>The rule that cannot be judged, by its name, and why.</summary>
    internal static string Unjudged(FlowOutcome outcome) => outcome.Questions.FirstOrDefault(static q => q.Rule is not null) is { } question
        ? $"a rule that cannot be evaluated: {RuleLabel.Question(question)}"
        : "a rule that cannot be evaluated";

    /// <summary>The rule nearest to letting it in: who else gets in, and by which rule.</summary>
    internal string? Nearest(FamilyReach all)
    {
        var accepted =
            all.Shares.Concat(all.Exceptions).Where(s => s.Fate == ReachFate.Accepted && s.Region.Outcome.Decider is not null).ToList();
        // A policy that accepts is for everybody else.
        if (accepted.Count == 0 || accepted[0].Region.Outcome.Decider is not { Rule: not null } decider)
        {
            return null;
        }

        var (senders, ports) = (IntervalSet.Empty, IntervalSet.Empty);
        foreach (var share in accepted.Where(s => s.Region.Outcome.Decider == decider))
        {
            senders = senders.Union(share.Senders);
            ports = ports.Union(share.Region.Packets.SourcePorts);
        }

        // Who gets in from some ports only is among those whom a rule drops.
        var isByPort = !ports.IsEmpty && !IntervalSet.Of(1, ushort.MaxValue).Except(ports).IsEmpty;
        var others = all.Denied.Union(all.Open).Except(senders);
        var isSenderLetIn = question.From is { Addresses: { } asked } ? asked.Except(senders).IsEmpty : others.IsEmpty;
        var from = isByPort && isSenderLetIn ? "" : Prefixes(senders, others, all.IsIPv4);
        return $"nearest: handle {decider.Rule.Handle} accepts {question.PortWords} only from "
            + $"{from}{(from.Length > 0 && isByPort ? ", " : "")}{(isByPort ? $"source port {Ports(ports)}" : "")}";
    }

    private static string Ports(IntervalSet ports)
    {
        var parts = new List<string>();
        foreach (var interval in ports.Intervals.Take(ShownPrefixes))
        {
            parts.Add(interval.First == interval.Last ? $"{interval.First}" : $"{interval.First}-{interval.Last}");
        }

        return $"{string.Join(", ", parts)}{(ports.Count > ShownPrefixes ? " and more" : "")}";
    }

    /// <summary>A few prefixes in words.</summary>
    internal static string Prefixes(IntervalSet inside, IntervalSet outside, bool isIPv4)
    {
        var all = PrefixCover.Find(inside, outside, isIPv4, 1000);
        return all.Count <= ShownPrefixes
            ? string.Join(", ", all)
            : $"{string.Join(", ", all.Take(ShownPrefixes - 1))} and {all.Count - ShownPrefixes + 1} more";
    }

    /// <summary>The step of translation of packets that all have one outcome.</summary>
    internal ExplanationStep Translation(FlowOutcome outcome) => Translation(outcome, null);

    /// <summary>The step of translation: where packets are sent on to.</summary>
    /// <param name="outcome">What becomes of the packets that the other steps are about.</param>
    /// <param name="reach">All packets that were asked about: a rule may send on some of them alone.</param>
    internal ExplanationStep Translation(FlowOutcome outcome, FamilyReach? reach)
    {
        var others = reach?.Shares.Select(static s => s.Region.Outcome).ToList() ?? [];
        if ((outcome.Translation ?? others.Find(static o => o.Translation is not null)?.Translation) is not { } to)
        {
            return new ExplanationStep("NAT", LayerResult.Ok, "no rule");
        }

        var target = TargetText.Of(to, question.Port);
        if (outcome.Translation is null)
        {
            return new ExplanationStep(
                "NAT", LayerResult.Ok, $"{RuleLabel.Full(to.Rule)} redirects some of them to {target}; the others match no rule")
            {
                Rule = RuleLabel.Full(to.Rule),
                RuleText = facts.RuleText(to.Rule),
            };
        }

        return new ExplanationStep(
            "NAT", LayerResult.Ok,
            to.IsProxy
                ? $"{RuleLabel.Full(to.Rule)} passes packets to the transparent proxy at {target}; INPUT sees port {question.Port}"
                : $"redirected to {target} by {RuleLabel.Full(to.Rule)}"
                    + $"{(ForwardPlanning.IsAtWork(to.Rule.Table) ? ", for as long as its portolan forward runs" : "")}"
                    + $"{(outcome.Delivery == DeliveryKind.Forwarded ? ": FORWARD decides, not INPUT" : "")}")
        {
            Rule = RuleLabel.Full(to.Rule),
            RuleText = facts.RuleText(to.Rule),
        };
    }
}
