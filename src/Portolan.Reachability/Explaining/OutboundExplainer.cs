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

    internal FamilyExplanation Explain()
    {
        var result = new FamilyExplanation();
        if (facts.Firewall.Host is not { } host)
        {
            result.Add(new ExplanationStep("route out", LayerResult.Unknown, "the routes could not be read"));
            return result.End(ReachVerdict.Unknown, null, "the routes could not be read");
        }

        var route = Route(host);
        if (route.Kind is HostRouteKind.None or >= HostRouteKind.Blackhole)
        {
            var what = route.Kind switch
            {
                HostRouteKind.Blackhole => $"a blackhole route drops packets to {question.Address}",
                HostRouteKind.Unreachable => $"the route to {question.Address} is of type unreachable",
                HostRouteKind.Prohibit => $"a route prohibits {question.Address}",
                _ => $"no route to {question.Address}",
            };
            result.Add(new ExplanationStep("route out", LayerResult.Fail, what));
            result.Fixes.Add($"ip route get {question.Address}    # then: sudo ip route replace {question.Address} via GATEWAY");
            return result.End(ReachVerdict.Unreachable, route.Kind == HostRouteKind.Blackhole ? null : ClientSymptom.Unreachable, what);
        }

        var source = OwnSource.Of(question, question.Address!.Value, route, host);
        result.Interfaces.AddRange(route.Interfaces);
        result.Add(new ExplanationStep(
            "route out", route.Doubt is null ? LayerResult.Ok : LayerResult.Unknown, RouteText(route, source, host)));
        if (facts.Judge is not { } judge)
        {
            if (facts.Late is { } late)
            {
                result.Add(new ExplanationStep("firewall", LayerResult.Unknown, late));
                result.Fixes.Add($"{question.Command} --judge-time 0    # removes the limit");
                result.IsLate = true;
                return result.End(ReachVerdict.Unknown, null, $"rules and routes were {late}");
            }

            var missing = facts.Firewall.Missing ?? FirewallReading.NotAsked;
            result.Add(new ExplanationStep("firewall", LayerResult.Unknown, $"unknown: {missing.What}: {missing.Why}"));
            result.Fixes.Add($"sudo {question.Command}");
            return result.End(ReachVerdict.Unknown, null, $"{missing.What} could not be read");
        }

        return Judged(result, judge, source with { IsSure = source.IsSure && IsRoutedSo(route, source, judge) });
    }

    // A connection of IPv4 is routed once more with the source that was chosen (ip_route_connect); what only a datagram or IPv6 is routed
    // by is the look-up without one (udp_sendmsg, ip6_dst_lookup_tail).
    private bool IsRoutedSo(RouteOutcome route, OwnSource source, NamespaceJudge judge) =>
        (_isIPv4 && question.Protocol == TransportProtocol.Tcp) || question.From is { Addresses: not null }
            || source.Addresses is not { } sources
        || judge.Routes.Find(IntervalSet.Of(question.Address!.Value.Number), new RouteKey(_isIPv4)
        {
            Sources = sources,
            OutputInterface = OutputInterface,
        })
            .All(p => p.Outcome.Kind == route.Kind && p.Outcome.Interfaces.SequenceEqual(route.Interfaces));

    private FamilyExplanation Judged(FamilyExplanation result, NamespaceJudge judge, OwnSource source)
    {
        var query = new FlowQuery
        {
            Direction = FlowDirection.Outbound,
            IsIPv4 = _isIPv4,
            Protocol = (byte)question.Protocol,
            DestinationPort = question.Port.Value,
            Destinations = IntervalSet.Of(question.Address!.Value.Number),
            Sources = source.Addresses,
            OutputInterface = OutputInterface,

            // Nearly every client lets the kernel choose.
            SourcePorts = facts.Machine.Ephemeral is { Range: var range } ? IntervalSet.Of(range.First.Value, range.Last.Value) : null,
            UserId = question.UserId,

            // Who answers a group or a broadcast does so from an address of its own, which no rule knows beforehand.
            WithReplies = !IsGroup,
        };
        var reach = FamilyReach.Of(_isIPv4, [judge.Judge(query, cancellationToken)], null);
        var main = reach.Largest(ReachFate.Denied, ReachFate.NoReply)
            ?? reach.Largest(ReachFate.Open) ?? reach.Largest(ReachFate.Accepted) ?? reach.Largest(ReachFate.NoRoute);
        if (main is null)
        {
            result.Add(new ExplanationStep("firewall", LayerResult.Unknown, "the rules give no result"));
            return result.End(ReachVerdict.Unknown, null, "the rules give no result");
        }

        var outcome = main.Region.Outcome;
        result.Decisive = new DecisivePackets(_isIPv4, query, main);
        result.Add(_rules.Translation(outcome));
        switch (main.Fate)
        {
            case ReachFate.Denied:
                result.Add(_rules.Step("firewall", LayerResult.Fail, outcome));
                result.SearchLater(token => new RemedyPlan(Outgoing, facts, token).Find(outcome, isReply: false, query, judge));
                var symptom = outcome.Decision == FlowDecision.Drop ? ClientSymptom.TimesOut
                    : new AnswerPath(judge, _isIPv4, question, facts, cancellationToken).OfOwnReject(
                        main, Symptoms.Of(outcome, _isIPv4, question.Protocol));
                return Stopped(
                    result,
                    reach,
                    source,
                    symptom,
                    $"this machine's own rules {(outcome.Decision == FlowDecision.Reject ? "reject" : "drop")} the packets; the client "
                        + $"{Symptoms.Words(symptom, question.Protocol)}");
            case ReachFate.NoRoute:
                result.Add(new ExplanationStep("route out", LayerResult.Fail, outcome.RouteProblem?.ToText() ?? "no route"));
                return Stopped(
                    result, reach, source,
                    outcome.RouteProblem == RouteProblem.Blackhole ? null : ClientSymptom.Unreachable,
                    outcome.RouteProblem?.ToText() ?? "no route to it");
            case ReachFate.Open when outcome.Decision != FlowDecision.Accept:
                result.Add(_rules.Step("firewall", LayerResult.Unknown, outcome));
                return result.Unknown(RuleLayer.Open(outcome));
        }

        result.Add(_rules.Step("firewall", LayerResult.Ok, outcome));
        if (outcome.Replies is { } replies)
        {
            var isOk = replies.Decision == FlowDecision.Accept;
            result.Add(replies.Decider is null && isOk
                ? new ExplanationStep("replies", LayerResult.Ok, "no rule stops them") { IsProved = replies.Proof == FlowProof.Proved }
                : replies.Decision == FlowDecision.NoRoute
                    ? new ExplanationStep(
                        "replies", LayerResult.Fail,
                        $"routing drops them{(replies.RouteProblem is { } problem ? $": {problem.ToText()}" : "")}")
                : _rules.Step(
                    "replies", isOk ? LayerResult.Ok : main.Fate == ReachFate.Open ? LayerResult.Unknown : LayerResult.Fail, replies));
            if (isOk && outcome.Hindrance is { } later)
            {
                return Later(main, reach, source, later, result, query, judge);
            }

            if (main.Fate == ReachFate.NoReply)
            {
                result.SearchLater(token => new RemedyPlan(Outgoing, facts, token).Find(
                    replies with { Translation = outcome.Translation }, isReply: true, query, judge));
                return Stopped(
                    result, reach, source, ClientSymptom.TimesOut,
                    $"packets go out, but this machine's "
                        + $"{(replies.Decision == FlowDecision.NoRoute ? "routing drops" : "rules drop")} the replies");
            }

            if (main.Fate == ReachFate.Open)
            {
                return result.Unknown($"whether replies get in depends on {RuleLayer.Unjudged(replies)}");
            }
        }

        if (DeadTarget(outcome) is { } target)
        {
            var what =
                $"{RuleLabel.Full(outcome.Translation!.Rule)} redirects packets to {target} of this machine, where nothing listens";
            result.Add(new ExplanationStep("listener", LayerResult.Fail, what)
            {
                Rule = RuleLabel.Full(outcome.Translation.Rule),
                RuleText = facts.RuleText(outcome.Translation.Rule),
            });
            result.Fixes.Add($"# start the program that serves {target}");
            var reason =
                $"rules of this machine redirect it to {target} here, where nothing listens; the client "
                    + $"{Symptoms.Words(ClientSymptom.Refused, question.Protocol)}";
            return reach.Shares.All(s => s.Fate is ReachFate.Accepted && DeadTarget(s.Region.Outcome) is not null)
                ? result.End(ReachVerdict.Unreachable, ClientSymptom.Refused, reason)
                : result.Depends("the packet", $"of some, {reason}");
        }

        if (!_isIPv4 && !IsGroup
            && new NeighbourLayer(question, judge, facts).Look(
                result, result.Interfaces, IntervalSet.Of(question.Address!.Value.Number), main.Region.Packets.Sources,
                cancellationToken) is { } hindrance)
        {
            return result.Depends("neighbour discovery", hindrance);
        }

        result.Add(new ExplanationStep("beyond", LayerResult.NotChecked, "the network and the other machine: --probe tries it"));
        if (reach.Largest(ReachFate.NoRoute) is { Region.Outcome: var lost })
        {
            return result.Depends(
                "the source address", $"for some of this machine's addresses, {lost.RouteProblem?.ToText() ?? "there is no route"}");
        }

        if (outcome.Proof == FlowProof.Proved
            && (outcome.Replies is { Proof: not FlowProof.Proved }
                ? outcome.Replies
                : outcome.Hindrance) is { Proof: not FlowProof.Proved } open)
        {
            return result.Depends("rules that were not evaluated", $"whether replies get in is uncertain: {RuleLayer.Open(open)}");
        }

        return outcome.Proof == FlowProof.Proved
            ? result.Depends("the network and the other machine", "nothing on this machine blocks it")
            : result.Depends("rules that were not evaluated", RuleLayer.Open(outcome));
    }

    // What stops packets of some of its own addresses or ports need not stop those that it sends.
    private static FamilyExplanation Stopped(
        FamilyExplanation result, FamilyReach reach, OwnSource source, ClientSymptom? symptom, string reason) =>
        reach.Largest(ReachFate.Accepted, ReachFate.Open) is not null
            ? result.Depends("the packet", $"for some, {reason}; others get through")
        : source.IsSure || reach.Largest(ReachFate.NoRoute) is null ? result.End(ReachVerdict.Unreachable, symptom, reason)
        : result.Depends("the program's source address", reason);

    /// <summary>
    /// The port here that a rule sends the packets on to, where nothing listens; <c>null</c> where something does, or they go elsewhere.
    /// </summary>
    private string? DeadTarget(FlowOutcome outcome)
    {
        if (outcome is not { Delivery: DeliveryKind.Local, Translation: { Ports: null, Addresses: null } to }
            || facts.Firewall.Host is not { } host)
        {
            return null;
        }

        // A redirect of what this machine sends goes to loopback (nf_nat_redirect_ipv4, nf_nat_redirect_ipv6).
        var port = new PortNumber(to.Port ?? question.Port.Value);
        var address = to.Address ?? (_isIPv4 ? InternetAddress.LoopbackIPv4 : InternetAddress.LoopbackIPv6);
        var asked = question with { Address = address, From = null };
        var loopback = host.Interfaces.Where(static i => i.IsLoopback).Select(static i => i.Index).ToArray();
        return new ListenerLayer(asked, facts).Landing(to, port).Takes(loopback, _isIPv4)
            ? null
            : TargetText.Of(to with { Address = address }, question.Port);
    }

    // The other machine's answer comes in, and then nothing more goes out or comes in.
    private FamilyExplanation Later(
        Share main, FamilyReach reach, OwnSource source, FlowOutcome later, FamilyExplanation result, FlowQuery query, NamespaceJudge judge)
    {
        var outcome = main.Region.Outcome;
        var isReply = outcome.IsReplyHindered;
        var words = new LaterPackets(question.Protocol, later, isReply);
        var isOpen = later.Decision is FlowDecision.Depends or FlowDecision.Queue;
        result.Add(_rules.Step(
            LaterPackets.Name, isOpen ? LayerResult.Unknown : LayerResult.Fail, later, isReply ? "to here: " : "from here: "));
        if (isOpen)
        {
            var open = $"the first packets get through; whether later ones do depends on {RuleLayer.Unjudged(later)}";
            return later.IsLate ? result.Depends(LaterPackets.Name, open) : result.Unknown(open);
        }

        result.SearchLater(token => new RemedyPlan(Outgoing, facts, token).Find(
            later with { Translation = outcome.Translation }, isReply, query, judge));
        return later.IsLate
            ? result.Depends(LaterPackets.Name, words.Reason)
            : Stopped(result, reach, source, later.Spent is null ? ClientSymptom.Connects : null, words.Reason);
    }

    /// <summary>Whether it is sent to many: a multicast group, or a broadcast of a network here.</summary>
    private bool IsGroup => question.Address!.Value is var to && (to.IsMulticast
        || facts.Firewall.Host is { } host
            && new RouteMap(host).Find(
                IntervalSet.Of(to.Number), new RouteKey(_isIPv4)) is [{ Outcome.Kind: HostRouteKind.Broadcast }, ..]);

    /// <summary>The question for a remedy: who sends is this machine, and needs no naming.</summary>
    private ExplainQuestion Outgoing => question with { From = null };

    /// <summary>The interface that it must go out by, 0 for any.</summary>
    private int OutputInterface => question.From is { IsThisMachine: false } from ? from.Interface : 0;

    private RouteOutcome Route(HostFacts host)
    {
        var sources = question.From?.Addresses;
        var pieces = new RouteMap(host).Find(
            IntervalSet.Of(question.Address!.Value.Number),
            new RouteKey(_isIPv4) { Sources = sources, OutputInterface = OutputInterface });
        return pieces.Count > 0 ? pieces[0].Outcome : RouteOutcome.None;
    }

    private static string RouteText(RouteOutcome route, OwnSource source, HostFacts host)
    {
        var names = string.Join(" or ", route.Interfaces.Select(i => host.Interface(i)?.Name ?? i.ToString(CultureInfo.InvariantCulture)));
        return route.Kind == HostRouteKind.Local ? "this machine itself"
            : $"{names}{(route.Gateway is { } gateway ? $" via {gateway}" : ", on the link")}"
                + $"{(source.Text is { } own ? $" from {own}" : "")}{(route.Doubt is { } doubt ? $" (not sure: {doubt})" : "")}";
    }
}
