using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Reachability.Explaining.Remedies;
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
        var result = new FamilyExplanation();
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
            result.Fixes.Add($"ip route get {question.Address}    # then: sudo ip route replace {question.Address} via GATEWAY");
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
            Protocol = (byte)question.Protocol,
            DestinationPort = question.Port.Value,
            Destinations = IntervalSet.Of(question.Address!.Value.Number),
            Sources = question.From?.Addresses,

            // Nearly every client lets the kernel choose.
            SourcePorts = facts.Machine.Ephemeral is { Range: var range } ? IntervalSet.Of(range.First.Value, range.Last.Value) : null,
            UserId = question.UserId,

            // Who answers a group or a broadcast does so from an address of its own, which no rule knows beforehand.
            WithReplies = !IsGroup,
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
                result.Fixes.AddRange(new RemedyPlan(Outgoing, facts, cancellationToken).Find(outcome, isReply: false, query, judge));
                var symptom = outcome.Decision == FlowDecision.Drop ? ClientSymptom.TimesOut : Symptoms.Of(outcome, _isIPv4, question.Protocol);
                return result.End(
                    reach.Largest(ReachFate.Accepted, ReachFate.Open) is null ? ReachVerdict.Unreachable : ReachVerdict.Depends,
                    symptom,
                    $"this machine's own rules {(outcome.Decision == FlowDecision.Reject ? "reject" : "drop")} the packets; the client {Symptoms.Words(symptom, question.Protocol)}");
            case ReachFate.NoRoute:
                result.Add(new ExplanationStep("route out", StepResult.Fail, outcome.RouteProblem ?? "no route"));
                return result.End(ReachVerdict.Unreachable, ClientSymptom.Unreachable, outcome.RouteProblem ?? "no route leads there");
            case ReachFate.Open when outcome.Decision != FlowDecision.Accept:
                result.Add(_rules.Step("firewall", StepResult.Unknown, outcome));
                return result.End(ReachVerdict.Depends, null, RuleLayer.Open(outcome));
        }

        result.Add(_rules.Step("firewall", StepResult.Ok, outcome));
        if (outcome.Replies is { } replies)
        {
            var isOk = replies.Decision == FlowDecision.Accept;
            result.Add(replies.Decider is null && isOk
                ? new ExplanationStep("replies", StepResult.Ok, "no rule stops them") { IsProved = replies.Proof == FlowProof.Proved }
                : replies.Decision == FlowDecision.NoRoute
                    ? new ExplanationStep("replies", StepResult.Fail, $"routing drops them{(replies.RouteProblem is { } problem ? $": {problem}" : "")}")
                : _rules.Step("replies", isOk ? StepResult.Ok : main.Fate == ReachFate.Open ? StepResult.Unknown : StepResult.Fail, replies));
            if (isOk && outcome.Hindrance is { } later)
            {
                return Later(main, outcome, later, result, query, judge);
            }

            if (main.Fate == ReachFate.NoReply)
            {
                result.Fixes.AddRange(new RemedyPlan(Outgoing, facts, cancellationToken).Find(replies with { Translation = outcome.Translation }, isReply: true, query, judge));
                return result.End(ReachVerdict.Unreachable, ClientSymptom.TimesOut, $"packets go out, but this machine's {(replies.Decision == FlowDecision.NoRoute ? "routing drops" : "rules drop")} the replies");
            }

            if (main.Fate == ReachFate.Open)
            {
                return result.End(ReachVerdict.Depends, null, "whether replies get in hangs on a rule that cannot be judged");
            }
        }

        result.Add(new ExplanationStep("beyond", StepResult.NotChecked, "the network and the other machine: --probe tries it"));
        return outcome.Proof == FlowProof.Proved
            ? result.End(ReachVerdict.Depends, null, "nothing on this machine is in the way; the network and the other machine decide")
            : result.End(ReachVerdict.Depends, null, RuleLayer.Open(outcome));
    }

    // The other machine's answer comes in, and then nothing more goes out or comes in.
    private FamilyExplanation Later(Share main, FlowOutcome outcome, FlowOutcome later, FamilyExplanation result, FlowQuery query, NamespaceJudge judge)
    {
        var isReply = RemedyPlan.IsReply(outcome);
        result.Add(_rules.Step("later packets", main.Fate == ReachFate.Open ? StepResult.Unknown : StepResult.Fail, later, isReply ? "to here: " : "from here: "));
        if (main.Fate == ReachFate.Open)
        {
            return result.End(ReachVerdict.Depends, null, "whether more than the first packets gets through hangs on a rule that cannot be judged");
        }

        result.Fixes.AddRange(new RemedyPlan(Outgoing, facts, cancellationToken).Find(later with { Translation = outcome.Translation }, isReply, query, judge));
        return result.End(ReachVerdict.Unreachable, ClientSymptom.Connects, $"the connection begins, but this machine's rules drop {(isReply ? "what comes back later" : "what it sends after that")}");
    }

    /// <summary>Whether it is sent to many: a multicast group, or a broadcast of a network here.</summary>
    private bool IsGroup => question.Address!.Value is var to && (to.IsMulticast
        || facts.Firewall.Host is { } host && new RouteMap(host).Find(IntervalSet.Of(to.Number), new RouteKey(_isIPv4)) is [{ Outcome.Kind: HostRouteKind.Broadcast }, ..]);

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

    private string RouteText(RouteOutcome route, HostFacts host)
    {
        var names = string.Join(" or ", route.Interfaces.Select(i => host.Interface(i)?.Name ?? i.ToString(CultureInfo.InvariantCulture)));
        return route.Kind == HostRouteKind.Local ? "this machine itself"
            : $"{names}{(route.Gateway is { } gateway ? $" via {gateway}" : ", on the link")}{(Source(route, host) is { } source ? $" from {source}" : "")}{(route.Doubt is { } doubt ? $" (not sure: {doubt})" : "")}";
    }

    /// <summary>The own address that packets come from: the one asked about, the route's, or the interface's next to the next hop (inet_select_addr); IPv6 only where there is no choice.</summary>
    private string? Source(RouteOutcome route, HostFacts host)
    {
        if (question.From is { Addresses: not null } from)
        {
            return from.Text;
        }

        if (route.Source is { } preferred)
        {
            return preferred.ToString();
        }

        var own = host.Addresses.Where(a => route.Interfaces.Contains(a.InterfaceIndex) && a.Address.IsIPv4 == _isIPv4 && !a.Address.IsLinkLocal).ToList();
        var next = (route.Gateway ?? question.Address!.Value).Number;
        return own is [var only] ? only.Address.ToString()
            : _isIPv4 && own.Count > 0 ? (own.Find(a => IntervalSet.Prefix(a.Address.Number, a.PrefixLength, 32).Contains(next)) ?? own[0]).Address.ToString()
            : null;
    }
}
