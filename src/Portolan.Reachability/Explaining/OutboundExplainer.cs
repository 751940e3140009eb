using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>Explains why this machine reaches another one's port, or does not: what can be seen from here.</summary>
internal sealed class OutboundExplainer(ExplainQuestion question, ExplainFacts facts, CancellationToken cancellationToken)
{
    private readonly RuleLayer _rules = new(question, facts);
    private readonly bool _isIPv4 = question.Address!.Value.IsIPv4;

    /// <summary>Explains.</summary>
    internal FamilyExplanation Explain()
    {
        var result = new FamilyExplanation(_isIPv4);
        if (facts.Firewall.Host is not { } host)
        {
            result.Add(new ExplanationStep("route out", StepResult.Unknown, "the routes could not be read"));
            return result.End(ReachVerdict.Unknown, null, "the routes could not be read");
        }

        var route = Route(host);
        if (route.Kind is HostRouteKind.None or >= HostRouteKind.Blackhole)
        {
            var what = route.Kind switch
            {
                HostRouteKind.Blackhole => $"a blackhole route drops packets to {question.Address}",
                HostRouteKind.Unreachable => $"a route says that {question.Address} is unreachable",
                HostRouteKind.Prohibit => $"a route prohibits {question.Address}",
                _ => $"no route leads to {question.Address}",
            };
            result.Add(new ExplanationStep("route out", StepResult.Fail, what));
            result.Fixes.Add($"ip route get {question.Address}    # then add a route: sudo ip route add {question.Address} via GATEWAY");
            return result.End(ReachVerdict.Unreachable, route.Kind == HostRouteKind.Blackhole ? null : ClientSymptom.Unreachable, what);
        }

        result.Interfaces.AddRange(route.Interfaces);
        result.Add(new ExplanationStep("route out", route.Doubt is null ? StepResult.Ok : StepResult.Unknown, RouteText(route, host)));
        if (facts.Judge is not { } judge)
        {
            var missing = facts.Firewall.Missing ?? new MissingFact("the firewall's rules", "they were not looked at");
            result.Add(new ExplanationStep("firewall", StepResult.Unknown, $"not known: {missing.What}: {missing.Why}"));
            result.Fixes.Add($"sudo {question.Command}");
            return result.End(ReachVerdict.Unknown, null, $"{missing.What} could not be read");
        }

        return Judged(result, judge);
    }

    private FamilyExplanation Judged(FamilyExplanation result, NamespaceJudge judge)
    {
        var query = new FlowQuery
        {
            Direction = FlowDirection.Outbound,
            IsIPv4 = _isIPv4,
            Protocol = NamespaceJudge.Number(question.Protocol),
            DestinationPort = question.Port.Value,
            Destinations = IntervalSet.Of(question.Address!.Value.Number),
            Sources = question.From?.Addresses,
            UserId = question.UserId,
        };
        var reach = FamilyReach.Of(_isIPv4, [judge.Judge(query, cancellationToken)], null);
        var main = reach.Largest(ReachFate.Denied, ReachFate.NoReply) ?? reach.Largest(ReachFate.Open) ?? reach.Largest(ReachFate.Accepted) ?? reach.Largest(ReachFate.NoRoute);
        if (main is null)
        {
            result.Add(new ExplanationStep("firewall", StepResult.Unknown, "the rules give no answer for it"));
            return result.End(ReachVerdict.Unknown, null, "the rules give no answer for it");
        }

        var outcome = main.Region.Outcome;
        result.Decisive = new DecisivePackets(_isIPv4, query, main);
        result.Add(_rules.Translation(outcome));
        switch (main.Fate)
        {
            case ReachFate.Denied:
                result.Add(_rules.Step("firewall", StepResult.Fail, outcome));
                result.Fixes.AddRange(outcome.Decider is { } decider ? [Remedy.For(decider, Outgoing, facts, isReply: false)] : []);
                var symptom = outcome.Decision == FlowDecision.Drop ? ClientSymptom.TimesOut : Symptoms.Of(outcome, _isIPv4, question.Protocol);
                return result.End(
                    reach.Largest(ReachFate.Accepted) is null ? ReachVerdict.Unreachable : ReachVerdict.Depends,
                    symptom,
                    $"this machine's own rules {(outcome.Decision == FlowDecision.Reject ? "reject" : "drop")} the packets; the client {Symptoms.Words(symptom)}");
            case ReachFate.NoRoute:
                result.Add(new ExplanationStep("route out", StepResult.Fail, outcome.RouteProblem ?? "no route"));
                return result.End(ReachVerdict.Unreachable, ClientSymptom.Unreachable, outcome.RouteProblem ?? "no route leads there");
            case ReachFate.Open when outcome.Decision != FlowDecision.Accept:
                result.Add(_rules.Step("firewall", StepResult.Unknown, outcome));
                return result.End(ReachVerdict.Depends, null, "it hangs on a rule that cannot be judged");
        }

        result.Add(_rules.Step("firewall", StepResult.Ok, outcome));
        if (outcome.Replies is { } replies)
        {
            var isOk = replies.Decision == FlowDecision.Accept;
            result.Add(replies.Decider is null && isOk
                ? new ExplanationStep("replies", StepResult.Ok, "no rule stops them") { IsProved = replies.Proof == FlowProof.Proved }
                : _rules.Step("replies", isOk ? StepResult.Ok : main.Fate == ReachFate.Open ? StepResult.Unknown : StepResult.Fail, replies));
            if (main.Fate == ReachFate.NoReply)
            {
                result.Fixes.AddRange(replies.Decider is { } stops ? [Remedy.For(stops, Outgoing, facts, isReply: true)] : []);
                return result.End(ReachVerdict.Unreachable, ClientSymptom.TimesOut, "packets go out, but this machine's rules drop the replies");
            }

            if (main.Fate == ReachFate.Open)
            {
                return result.End(ReachVerdict.Depends, null, "whether replies get in hangs on a rule that cannot be judged");
            }
        }

        result.Add(new ExplanationStep("beyond", StepResult.NotChecked, "the network and the other machine: --probe tries it"));
        return outcome.Proof == FlowProof.Proved
            ? result.End(ReachVerdict.Depends, null, "nothing on this machine is in the way; the network and the other machine decide")
            : result.End(ReachVerdict.Depends, null, "it hangs on a rule that cannot be judged");
    }

    /// <summary>The question for a remedy: who sends is this machine, and needs no naming.</summary>
    private ExplainQuestion Outgoing => question with { From = null };

    private RouteOutcome Route(HostFacts host)
    {
        var sources = question.From?.Addresses;
        var pieces = new RouteMap(host).Find(
            IntervalSet.Of(question.Address!.Value.Number),
            new RouteKey(_isIPv4) { Sources = sources, OutputInterface = question.From?.Interface ?? 0 });
        return pieces.Count > 0 ? pieces[0].Outcome : RouteOutcome.None;
    }

    private static string RouteText(RouteOutcome route, HostFacts host)
    {
        var names = string.Join(" or ", route.Interfaces.Select(i => host.Interface(i)?.Name ?? i.ToString(CultureInfo.InvariantCulture)));
        return route.Kind == HostRouteKind.Local ? "this machine itself"
            : $"{names}{(route.Gateway is { } gateway ? $" via {gateway}" : ", on the link")}{(route.Source is { } source ? $" from {source}" : "")}{(route.Doubt is { } doubt ? $" (not sure: {doubt})" : "")}";
    }
}
