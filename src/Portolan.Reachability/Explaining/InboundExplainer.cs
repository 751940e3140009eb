using System.Globalization;
using Portolan.Firewall.Forwarding;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Explaining.Remedies;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using static Portolan.Reachability.Explaining.ReachWords;

namespace Portolan.Reachability.Explaining;

/// <summary>Explains over one family who reaches a port of this machine: the layers in the order packets meet them.</summary>
internal sealed class InboundExplainer(ExplainQuestion question, ExplainFacts facts, bool isIPv4, CancellationToken cancellationToken)
{
    private const int MostNamed = 3;

    private readonly ListenerLayer _listener = new(question, facts);
    private readonly RuleLayer _rules = new(question, facts);
    private readonly FamilyExplanation _result = new();
    private readonly AllowLayer _allow = new(question, facts, isIPv4);
    private TransportProtocol Protocol => question.Protocol;

    private DeliveryLayer Landings => field ??= LandingsWithin(cancellationToken);

    /// <summary>The listeners that packets end at here; <c>null</c> where there are none.</summary>
    private ListenerLayer? _taking;

    internal FamilyExplanation Explain() => new SocketLayer(question, facts, isIPv4).AddTo(Find(), _taking);

    private FamilyExplanation Find()
    {
        if (new AddressLayer(question, facts, isIPv4).Look(_result) is { } unusable)
        {
            return unusable;
        }

        var binds = _listener.Fitting(isIPv4);
        var query = Query(binds);
        _result.Interfaces.AddRange(query.Interfaces ?? []);
        if (question.Address is null or { IsLoopback: false } && _listener.BoundElsewhere(isIPv4, Expected(), NameOf) is { } elsewhere)
        {
            _result.Add(elsewhere.Step);
            _result.Fixes.AddRange(elsewhere.Fixes);
            return _result.End(ReachVerdict.Unreachable, facts.Judge is null ? null : ClientSymptom.Refused, elsewhere.Reason);
        }

        var reach = facts.Judge is { } judge ? Reach(judge, query) : null;
        if (reach is not null)
        {
            _result.Footnotes.AddRange(Footnotes.Of(reach));
            _result.NoteLater(token => Note(facts.Judge!, reach, query, token));
        }

        var isSentOn = reach?.Shares.Any(s => s.Region.Outcome is { Translation: not null } outcome && !IsForUs(outcome)) == true;
        var published = reach;
        if (binds.Count == 0 && !isSentOn)
        {
            if (reach?.Largest(ReachFate.Open) is { Region.Outcome.Questions: var questions } open
                && questions.Any(static q => q.Topic == QuestionTopic.LocalSocket))
            {
                _result.Add(new ExplanationStep("listener", LayerResult.Unknown, $"nothing listens on {question.PortWords}"));
                _result.Add(_rules.Step("prerouting", LayerResult.Unknown, open.Region.Outcome));
                return Unsure(reach, RuleLayer.Open(open.Region.Outcome));
            }

            published = Unhindered(reach, query);
            if (published is null)
            {
                return NoListener(reach, query);
            }
        }

        _result.Add(Listener(binds, published));
        _taking = isSentOn
            ? reach!.Shares.Select(s => s.Region.Outcome).FirstOrDefault(o => o.Translation is not null) is { } first
                ? Landings.Listeners(first)
                : null
            : _listener;
        if (_taking?.FullQueue(isIPv4) is { } queue)
        {
            var lost = facts.Counters.ListenOverflows is > 0 and var count
                ? string.Create(CultureInfo.InvariantCulture, $"; {count} connections were lost to full queues so far (ListenOverflows)")
                : "";
            var which = queue.Full == queue.Listeners
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $", on {queue.Full} of {queue.Listeners} listeners that share the port");
            _result.Add(new ExplanationStep(
                "accept queue", LayerResult.Fail,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"full{which}: {queue.Waiting} waiting, limit {queue.Backlog}: the program does not accept connections{lost}")));
            _result.Fixes.Add($"portolan who {question.PortWords}    # the program hangs, or is too slow");
            return which.Length == 0
                ? _result.End(
                    ReachVerdict.Unreachable, ClientSymptom.TimesOut, "the accept queue is full: the program does not accept connections")
                : _result.Depends(
                    "the listener that receives a connection",
                    "some of the listeners that share the port have a full accept queue: connections to those time out");
        }

        if (reach is null)
        {
            if (facts.Late is { } late)
            {
                _result.Add(new ExplanationStep("firewall", LayerResult.Unknown, late));
                _result.Fixes.Add($"{question.Command} --judge-time 0    # removes the limit");
                _result.IsLate = true;
                return _result.End(ReachVerdict.Unknown, null, $"rules and routes were {late}");
            }

            var missing = facts.Firewall.Missing ?? FirewallReading.NotAsked;
            _result.Add(new ExplanationStep("firewall", LayerResult.Unknown, $"unknown: {missing.What}: {missing.Why}"));
            _result.Fixes.Add($"sudo {question.Command}");
            return _result.End(ReachVerdict.Unknown, null, $"{missing.What} could not be read");
        }

        var judged = Judged(facts.Judge!, query, reach);
        return judged.Verdict == ReachVerdict.Reachable && !isSentOn && _listener.Refusal(isIPv4) is { } refusal ? Reset(refusal) : judged;
    }

    // Both judge again what a verdict stands without.
    private void Note(NamespaceJudge judge, FamilyReach reach, FlowQuery query, CancellationToken stop)
    {
        if (judge.AsksForTime)
        {
            _result.Footnotes.AddRange(facts.Beside<IReadOnlyList<string>>(
                token => [.. new TimeNote(judge, token).Of([reach], j => [Reach(j, query, LandingsWithin(token), token)])],
                () => [$"rules depend on the time; whether this answer changes with it was {facts.Time!.Why}"], stop));
        }

        var past = new ForwardedPast(question, judge, isIPv4);
        if (ForwardedPast.Forwarded(reach) is { } to)
        {
            var (notes, closing) = facts.Beside<(IReadOnlyList<string>, IReadOnlyList<Advice>)>(
                token => past.Find(to, reach, query, token) is { } found ? ([found.Note], found.Closing) : ([], []),
                () => ([$"whether other rules deny what {RuleLabel.Full(to.Rule)} forwards was {facts.Time!.Why}"], []), stop);
            _result.Footnotes.AddRange(notes);
            _result.Closing.AddRange(closing);
        }
    }

    /// <summary>
    /// What would be, if no rule stopped packets before they are translated; <c>null</c> where none stops them so, or they are not sent on
    /// then either.
    /// </summary>
    private FamilyReach? Unhindered(FamilyReach? reach, FlowQuery query)
    {
        if (reach?.Largest(ReachFate.Denied) is null || !reach.Accepted.IsEmpty || !reach.Mixed.IsEmpty)
        {
            return null;
        }

        var found = FamilyReach.Of(
            isIPv4, [facts.Judge!.Unhindered.Judge(query, cancellationToken)],
            question.From is { Addresses: not null } ? null : facts.Judge.Likely);
        return found.Shares.Any(s => s.Region.Outcome is { Translation: not null } outcome && !IsForUs(outcome)) ? found : null;
    }

    /// <summary>The packets get there, and the program that takes the connection, a forward, ends it.</summary>
    private FamilyExplanation Reset(AllowLayer.Refusal refusal)
    {
        _result.Add(new ExplanationStep("allow", LayerResult.Fail, refusal.Detail));
        _result.Fixes.Add(refusal.Fix);
        _result.Decisive = null;
        var what = question.Protocol == TransportProtocol.Tcp
            ? "resets connections from other senders"
            : "does not answer datagrams from other senders";
        return refusal.IsOfAll
            ? _result.End(
                ReachVerdict.Unreachable, Symptoms.Reached(question.Protocol),
                $"{refusal.Reason}; the client {(question.Protocol == TransportProtocol.Tcp ? "connects and is reset" : "gets no answer")}")
            : _result.Depends("the sender", $"{refusal.Reason}, and it {what}");
    }

    private FamilyExplanation Judged(NamespaceJudge judge, FlowQuery query, FamilyReach reach)
    {
        if (reach.HasNoWayIn)
        {
            _result.Decisive = reach.Shares.Count > 0 ? new DecisivePackets(isIPv4, query, reach.Shares[0]) : null;
            return new RouteLayer(question, judge, isIPv4, _rules.Translation).Explain(_result, reach, query);
        }

        var (accepted, denied, open) = (reach.Largest(ReachFate.Accepted),
            reach.Largest(ReachFate.Denied, ReachFate.NoReply, ReachFate.Refused), reach.Largest(ReachFate.Open));
        if (denied is { Landing.Kind: LandingKind.Stopped })
        {
            return Stopped(reach, query, denied, new RouteLayer(question, judge, isIPv4, _rules.Translation).Describe(reach, query));
        }

        if (denied is { Fate: ReachFate.Refused })
        {
            return Refused(judge, query, reach, denied);
        }

        var routes = new RouteLayer(question, judge, isIPv4, _rules.Translation);
        _result.Add(routes.Step(routes.Describe(reach, query)));
        var main = denied ?? open ?? accepted!;
        var outcome = main.Region.Outcome;
        _result.Decisive = new DecisivePackets(isIPv4, query, main);
        if (main.Fate == ReachFate.Denied && RuleLayer.LayerOf(outcome) == "prerouting")
        {
            return Denied("prerouting", judge, query, reach, main, accepted);
        }

        _result.Add(_rules.Translation(outcome, reach));
        if (main.Fate == ReachFate.Denied)
        {
            return Denied(RuleLayer.LayerOf(outcome), judge, query, reach, main, accepted);
        }

        if (main.Fate == ReachFate.Open && outcome.Decision != FlowDecision.Accept)
        {
            _result.Add(_rules.Step("firewall", LayerResult.Unknown, outcome));
            return Unsure(reach, outcome.Decision == FlowDecision.Queue ? "a program decides (queue)" : RuleLayer.Open(outcome));
        }

        _result.Add(_rules.Step("firewall", LayerResult.Ok, outcome));
        if (outcome.Replies is { } replies)
        {
            var isOk = replies.Decision == FlowDecision.Accept;
            if (replies.Decision == FlowDecision.NoRoute && HangsOnSource(judge, main, query))
            {
                const string Why =
                    "a routing rule blocks replies from that address, and the program may let the kernel choose it";
                _result.Add(new ExplanationStep("replies", LayerResult.Unknown, Why));
                return _result.Depends("the source address of the program's replies", $"packets get in; {Why}");
            }

            _result.Add(replies.Decider is null && isOk
                ? new ExplanationStep("replies", LayerResult.Ok, "no rule stops them") { IsProved = replies.Proof == FlowProof.Proved }
                : replies.IsForwardingOff
                    ? new ExplanationStep(
                        "replies", LayerResult.Fail, $"they arrive on {NameOf(outcome.OutputInterface)}, where forwarding is off")
                : replies.Decision == FlowDecision.NoRoute
                    ? new ExplanationStep(
                        "replies", LayerResult.Fail, $"no route back{(replies.RouteProblem is { } problem ? $": {problem.ToText()}" : "")}")
                    : _rules.Step(
                        "replies", isOk ? LayerResult.Ok : main.Fate == ReachFate.Open ? LayerResult.Unknown : LayerResult.Fail, replies));
            if (isOk)
            {
                var way = new ReplyPath(question, judge, isIPv4, cancellationToken).Words(main, query);
                _result.Steps[^1] = _result.Steps[^1] with { More = [.. _result.Steps[^1].More, .. way] };
            }

            if (main.Fate == ReachFate.Open && !isOk)
            {
                return Unsure(reach, $"packets get in; whether replies get out depends on {RuleLayer.Unjudged(replies)}");
            }

            if (!isOk)
            {
                AddRemedy(replies with { Translation = outcome.Translation }, isReply: true, judge, query);
                _result.Fixes.AddRange(
                    replies.IsForwardingOff ? [RouteLayer.Forwarding(NameOf(outcome.OutputInterface), isIPv4)] : []);
                var seen = Common(
                    reach, Protocol,
                    new AnswerPath(judge, isIPv4, question, facts, cancellationToken).OfSilence(
                        main, Symptoms.Of(outcome, isIPv4, question.Protocol)));
                var again = outcome.Repeated?.Decider is { } stopping
                    ? $"; the client retransmits, and {RuleLabel.Full(stopping)} blocks that"
                    : "";
                return accepted is null && open is null
                    ? _result.End(
                        ReachVerdict.Unreachable, seen,
                        $"packets get in, but the replies do not get out{again}{Variety(reach, Protocol)}")
                    : _result.Depends(
                        On(reach),
                        $"replies to some senders do not get out; "
                            + $"{(accepted is null ? Others(reach, Protocol) : $"{Who(reach)} gets through")}");
            }

            if (outcome.Hindrance is { } later)
            {
                return Later(judge, query, reach, main, later);
            }
        }

        return Accepted(judge, reach, main);
    }

    // A datagram is routed by its source only where the program names one (udp_sendmsg, ip6_dst_lookup_tail).
    private bool HangsOnSource(NamespaceJudge judge, Share share, FlowQuery query) =>
        question.Protocol == TransportProtocol.Udp && !share.Senders.IsEmpty
        && judge.Routes.Find(
            IntervalSet.Of(TypicalSender.Of(judge, share.Senders, share.Region.Packets.Interfaces, isIPv4)),
            new RouteKey(isIPv4) { Mark = (uint)(query.SocketMarks?.Intervals[0].First ?? 0) })
            is [{ Outcome.Kind: HostRouteKind.Unicast }, ..];

    // The handshake's beginning gets through both ways, and then nothing more does.
    private FamilyExplanation Later(NamespaceJudge judge, FlowQuery query, FamilyReach reach, Share main, FlowOutcome later)
    {
        var outcome = main.Region.Outcome;
        var isReply = outcome.IsReplyHindered;
        var words = new LaterPackets(question.Protocol, later, isReply);
        var isOpen = later.Decision is FlowDecision.Depends or FlowDecision.Queue;
        _result.Add(_rules.Step(
            LaterPackets.Name, isOpen ? LayerResult.Unknown : LayerResult.Fail, later, isReply ? "from here: " : "to here: "));
        if (isOpen)
        {
            var open = $"the first packets get through; whether later ones do depends on {RuleLayer.Unjudged(later)}";
            return later.IsLate ? _result.Depends(LaterPackets.Name, open) : Unsure(reach, open);
        }

        AddRemedy(later with { Translation = outcome.Translation }, isReply, judge, query);
        if (later.IsLate)
        {
            return reach.Accepted.IsEmpty && reach.Mixed.IsEmpty
                ? _result.Depends(LaterPackets.Name, words.Reason)
                : _result.Depends(On(reach), $"{Who(reach)} gets through; for the rest, {words.Reason}");
        }

        return reach.Largest(ReachFate.Accepted, ReachFate.Open) is null
            ? _result.End(
                ReachVerdict.Unreachable,
                Common(
                    reach, Protocol,
                    new AnswerPath(judge, isIPv4, question, facts, cancellationToken).OfLater(main, later, words.IsReset)),
                $"{words.Reason}{Variety(reach, Protocol)}")
            : _result.Depends(On(reach), $"of some, {words.Reason}");
    }

    private FamilyExplanation Accepted(NamespaceJudge judge, FamilyReach reach, Share main)
    {
        var outcome = main.Region.Outcome;
        if (!isIPv4
            && new NeighbourLayer(question, judge, facts).Look(
                _result, main.Region.Packets.Interfaces, main.Senders, main.Region.Packets.Destinations, cancellationToken) is { } reason)
        {
            return _result.Depends("neighbour discovery", reason);
        }

        if (new ReplyLinkLayer(question, judge, facts, isIPv4).Look(_result, main) is { } link)
        {
            return _result.Depends(link.On, link.Reason);
        }

        if (reach.Shares.Where(static s => s.Region.Outcome.IsForwardingOff).ToList() is { Count: > 0 } unforwarded)
        {
            return NotForwarded(unforwarded);
        }

        if (question.From is null && outcome.Translation is null && BoundInterfaces(judge) is { Count: > 0 } only)
        {
            return OfInterfaces(only);
        }

        if (reach.Shares.FirstOrDefault(static s => s is { Fate: ReachFate.Accepted, Landing.Kind: LandingKind.Unseen }) is { } unseen)
        {
            return HandedOver(reach, unseen);
        }

        if (main.Landing is { Space: { } space, There: { } there })
        {
            _result.Add(_rules.Step("beyond", LayerResult.Ok, there, $"network namespace {space.Label}: "));
        }

        var isProved = outcome is { Proof: FlowProof.Proved, Replies: null or { Proof: FlowProof.Proved } }
            && main.Landing.There is null or { Proof: FlowProof.Proved };
        var limit = outcome.Limit ?? main.Landing.There?.Limit;
        _result.Limit = limit?.Text;
        var limited = limit is null ? "" : $", {limit.Text}";
        var sentOn = outcome.Translation is { } to ? $", redirected to {TargetText.Of(to, question.Port)}" : "";
        var who =
            $"{(question.From is null ? "anyone" : question.From is { Addresses: null, Interface: > 0, IsThisMachine: false } ? $"anyone behind {question.From.Text}" : question.From.Text)} can {Verb}{limited}{sentOn}";
        if (isProved)
        {
            return _result.End(ReachVerdict.Reachable, Symptoms.Of(outcome, isIPv4, question.Protocol), who);
        }

        var doubted = outcome.Proof == FlowProof.Proved && outcome.Replies is { } replies ? replies : outcome;
        _result.Depends(
            doubted.Questions is [var first, ..]
                ? first.Rule is null ? "rules that were not evaluated" : RuleLabel.Full(first.Rule)
                : "unknown facts", $"{who}; not proved: {RuleLayer.Open(doubted)}");
        return _result.WithSymptom(Symptoms.Of(outcome, isIPv4, question.Protocol));
    }

    /// <summary>Packets that arrive on some interfaces are forwarded, and on others not.</summary>
    private FamilyExplanation NotForwarded(List<Share> shares)
    {
        var names = shares.SelectMany(static s => s.Region.Packets.Interfaces).Distinct().Order().Select(NameOf).ToList();
        var some = string.Join(", ", names.Take(MostNamed)) + (names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "");
        _result.Add(new ExplanationStep("route on", LayerResult.Fail, $"forwarding is off for packets that arrive on {some}"));
        _result.Fixes.AddRange(names.Take(MostNamed).Select(name => RouteLayer.Forwarding(name, isIPv4)).Distinct());
        return _result.Depends(
            "the interface",
            $"packets that arrive on {some} are for another machine, but forwarding is off there; the rest get through");
    }

    /// <summary>The interfaces that all listeners are bound to, where there are others that clients use; else none.</summary>
    private List<int> BoundInterfaces(NamespaceJudge judge)
    {
        var binds = _listener.Fitting(isIPv4);
        var only = binds.Select(static b => b.InterfaceIndex).Distinct().ToList();
        return binds.Exists(static b => !b.IsWildcard) || only.Exists(i => i == 0 || judge.Routes.VrfOf(i) != 0) ? []
            : judge.Host.Addresses.Any(
                a => a.Address.IsIPv4 == isIPv4 && !a.Address.IsLinkLocal && !only.Contains(a.InterfaceIndex)
                    && judge.Host.Interface(a.InterfaceIndex) is { IsUp: true, IsLoopback: false }) ? only
            : [];
    }

    /// <summary>The listener takes packets of its own interfaces only.</summary>
    private FamilyExplanation OfInterfaces(List<int> only)
    {
        var names = string.Join(", ", only.Select(NameOf));
        var at = _result.Steps.FindLastIndex(static s => s.Layer == "listener");
        _result.Steps.Insert(
            at + 1,
            new ExplanationStep("listener", LayerResult.Fail, $"the listener accepts only packets that arrive on {names} "
                + $"(SO_BINDTODEVICE)"));
        _result.Fixes.Add($"# start the program without binding it to {Advice.Prose(names)}");
        return _result.Depends("the interface", $"anyone behind {names} can {Verb}; no listener accepts packets from other interfaces");
    }

    private string Verb => question.Protocol == TransportProtocol.Tcp ? "connect" : "send to it";

    /// <summary>Packets get through here, to where no more is seen of them.</summary>
    private FamilyExplanation HandedOver(FamilyReach reach, Share unseen)
    {
        var outcome = unseen.Region.Outcome;
        var target = TargetText.Of(outcome.Translation!, question.Port);
        var where = unseen.Landing.Space is { } space
            ? $"{target} is in network namespace {space.Label}, whose rules or program do not accept all of them"
            : outcome.Delivery == DeliveryKind.Local ? $"{target}: not all of these have a listener, or they are too many to check"
            : outcome.Translation is { Address: null } or { Ports: not null }
            ? $"{target}: which of these, and whether it accepts them, is unknown"
            : $"{target} is not visible on this machine: the network and that machine decide";
        _result.Add(new ExplanationStep("beyond", LayerResult.NotChecked, where));
        var who = question.From is { } from ? from.Text : reach.Others.Count == 0 ? "everybody" : Who(reach);
        return _result.Depends(
            outcome.Delivery == DeliveryKind.Local ? "the port that a packet is redirected to" : $"the listener at {target}",
            $"{who} gets through up to {target}; {(outcome.Delivery == DeliveryKind.Local ? "who gets that far meets a listener on some of the ports" : "what is there decides")}");
    }

    /// <summary>The rules of the namespace that packets are handed over to stop them.</summary>
    private FamilyExplanation Stopped(FamilyReach reach, FlowQuery query, Share stopped, string route)
    {
        var (outcome, there) = (stopped.Region.Outcome, stopped.Landing.There!);
        var space = stopped.Landing.Space?.Label;
        _result.Decisive = new DecisivePackets(isIPv4, query, stopped);
        _result.Ok("route in", route);
        _result.Add(_rules.Translation(outcome, reach));
        _result.Add(_rules.Step("firewall", LayerResult.Ok, outcome));
        if (there.Decision == FlowDecision.NoRoute)
        {
            return Unrouted(reach, there, stopped.Landing.IsOfReplies, space);
        }

        _result.Add(_rules.Step("beyond", LayerResult.Fail, there, $"network namespace {space}: "));
        _result.Fixes.Add($"# in network namespace {space}: let {question.Protocol.Name()} port "
            + $"{outcome.Translation?.Port ?? question.Port.Value} in, in "
            + $"{(there.Decider is { } decider ? Advice.Of($"table {decider.Table.Name}") : $"the table that drops it")}");
        var reason =
            $"rules of network namespace {space}, the redirect target, {(there.Decision == FlowDecision.Reject ? "reject" : "drop")} them";
        return reach.Accepted.IsEmpty && reach.Mixed.IsEmpty && reach.Open.IsEmpty
            ? _result.End(ReachVerdict.Unreachable, Symptoms.Of(there, isIPv4, question.Protocol), reason)
            : _result.Depends(On(reach), $"{Who(reach)} gets through; for others, {reason}");
    }

    /// <summary>The routes of the namespace that packets are sent on to stop them, or its replies: no rule of it does.</summary>
    private FamilyExplanation Unrouted(FamilyReach reach, FlowOutcome there, bool isOfReplies, string? space)
    {
        var problem = there.RouteProblem is { } lost ? $": {lost.ToText()}" : "";
        _result.Add(
            new ExplanationStep(
                "beyond", LayerResult.Fail,
                $"network namespace {space}: {(isOfReplies ? "no route back" : "its routing takes no such packet")}{problem}")
            {
                IsProved =
                    there.Proof == FlowProof.Proved
            });
        if (isOfReplies)
        {
            _result.Fixes.Add($"# in network namespace {space}: add a route back to the senders, e.g. a default route via this host");
        }

        var reason = isOfReplies
            ? $"network namespace {space}, the redirect target, has no route back, so its replies are not sent"
            : $"the routing of network namespace {space}, the redirect target, drops them";
        return reach.Accepted.IsEmpty && reach.Mixed.IsEmpty && reach.Open.IsEmpty
            ? _result.End(
                ReachVerdict.Unreachable, ClientSymptom.TimesOut,
                $"{reason}; the client {Symptoms.Words(ClientSymptom.TimesOut, question.Protocol)}")
            : _result.Depends(On(reach), $"{Who(reach)} gets through; for others, {reason}");
    }

    private FamilyExplanation Denied(string layer, NamespaceJudge judge, FlowQuery query, FamilyReach reach, Share denied, Share? accepted)
    {
        var outcome = denied.Region.Outcome;
        var step = _rules.Step(layer, LayerResult.Fail, outcome);
        var all = question.From is null
            ? reach
            : facts.Beside<FamilyReach?>(
                token => FamilyReach.Of(isIPv4, [judge.Judge(query with { Sources = null, Interfaces = null }, token)], judge.Likely),
                static () => null, cancellationToken);
        var refusal = outcome.Decider is { } decider && ForwardPlanning.IsOwn(decider.Table) ? _allow.OfKernel() : null;
        _result.Add(
            refusal is not null
                ? step with { More = [.. step.More, refusal.Detail] }
                : all is not null && _rules.Nearest(all) is { } nearest ? step with { More = [.. step.More, nearest] } : step);
        if (refusal is null)
        {
            AddRemedy(outcome, isReply: false, judge, query);
        }
        else
        {
            _result.Fixes.Add(refusal.Fix);
        }

        var answers = new AnswerPath(judge, isIPv4, question, facts, cancellationToken);
        var symptom = Common(reach, Protocol, answers.OfReject(denied, Symptoms.Of(outcome, isIPv4, question.Protocol)));
        if (answers.Question is { } open)
        {
            _result.Steps[^1] = _result.Steps[^1] with
            {
                More = [
                .. _result.Steps[^1].More, $"whether that answer gets out cannot be evaluated: {RuleLabel.Question(open)}"]
            };
        }

        var what = outcome.Decision == FlowDecision.Reject ? "rejected" : "dropped";
        if (accepted is null && reach.Largest(ReachFate.Open) is not null)
        {
            return _result.Depends(On(reach), IsOfSameSenders(reach) && denied.Region.Packets.Parts is [var part, ..]
                ? $"packets with {part.What} {part.Which} are {what}; {Others(reach, Protocol)}"
                : $"packets of some senders are {what}; {Others(reach, Protocol)}");
        }

        return accepted is null
            ? _result.End(
                ReachVerdict.Unreachable, symptom,
                $"{(refusal is null ? "" : $"{refusal.Reason}: ")}packets are {what}{(outcome.Decision == FlowDecision.Reject && symptom == ClientSymptom.TimesOut ? ", and a rule drops the answer to that" : "")}{(IsStoppedInSeveralWays(reach, Protocol) ? Variety(reach, Protocol) : $"; the client {Symptoms.Words(symptom, question.Protocol)}")}")
            : _result.Depends(
                On(reach),
                $"{Who(reach)} gets through; {OfOthers(reach, denied)} are {what}{(refusal is null ? "" : $", for {refusal.Reason}")}");
    }

    // Nobody gets in for sure: it cannot be known. Where somebody does, it depends.
    private FamilyExplanation Unsure(FamilyReach reach, string reason) =>
        reach.Accepted.IsEmpty && reach.Mixed.IsEmpty && reach.Denied.IsEmpty
        ? _result.Unknown(reason)
        : _result.Depends(
            On(reach),
            $"{(reach.Accepted.IsEmpty && reach.Mixed.IsEmpty ? "nobody gets in for sure" : $"{Who(reach)} gets through")}; for others, "
                + $"{reason}");

    private void AddRemedy(FlowOutcome outcome, bool isReply, NamespaceJudge judge, FlowQuery query) =>
        _result.SearchLater(token => new RemedyPlan(question, facts, token).Find(outcome, isReply, query, judge));

    /// <summary>Rules let packets through, to a place where no socket takes them.</summary>
    private FamilyExplanation Refused(NamespaceJudge judge, FlowQuery query, FamilyReach reach, Share refused)
    {
        _result.Steps.Clear();
        _result.Decisive = new DecisivePackets(isIPv4, query, refused);
        var symptom = new AnswerPath(judge, isIPv4, question, facts, cancellationToken).OfNoSocket(refused, query);
        var what = $"nothing listens on {question.PortWords} for them";
        if (refused.Region.Outcome.Translation is { } to)
        {
            var target = TargetText.Of(to, question.Port);
            var space = refused.Landing.Space is { } other ? Advice.Of($" in network namespace {other.Label}") : $"";
            what = $"rules redirect them to {target}{space}, where nothing listens";
            _result.Add(
                new ExplanationStep(
                    "listener", LayerResult.Fail,
                    $"{RuleLabel.Full(to.Rule)} redirects packets to {target}{space}, where nothing listens")
                {
                    Rule = RuleLabel.Full(to.Rule),
                    RuleText = facts.RuleText(to.Rule),
                });
            _result.Fixes.Add($"# start the program that serves {target}{space}");
            _result.SearchLater(stop => Deletion(judge, query, to.Rule, stop));
        }
        else if (_allow.OfKernel() is { } refusal)
        {
            what = refusal.Reason;
            _result.Add(new ExplanationStep("listener", LayerResult.Fail, refusal.Detail));
            _result.Fixes.Add(refusal.Fix);
        }
        else
        {
            _result.Add(new ExplanationStep(
                "listener", LayerResult.Fail, $"nothing listens on {question.PortWords}; rules redirect only packets of other senders"));
            _result.Fixes.Add($"# start the program that serves {question.PortWords}");
        }

        return reach.Accepted.IsEmpty && reach.Mixed.IsEmpty && reach.Open.IsEmpty
            ? _result.End(ReachVerdict.Unreachable, symptom, $"{what}; the client {Symptoms.Words(symptom, question.Protocol)}")
            : _result.Depends(On(reach), $"{Who(reach)} gets through; for others, {what}");
    }

    /// <summary>The offer to delete a rule that sends packets to where nothing listens; none where that alone does not help.</summary>
    private List<Advice> Deletion(NamespaceJudge judge, FlowQuery query, RuleReference translation, CancellationToken stop)
    {
        // Where nothing listens on the port itself either it would be refused all the same.
        if (_listener.Fitting(isIPv4).Count == 0 || translation.Rule is not { } rule)
        {
            return [];
        }

        var then = facts.Beside(
            token => WithoutRule(judge, query, new RulePlace(translation.Table, translation.Chain, rule), token),
            () => Advice.Of($"; the outcome then was {Advice.Prose(facts.Time!.Why)}"), stop);
        return question.RulesFile is { } file
            ? [$"# or instead, to stop redirecting: remove the rule from {Remedy.FileName(file)}{then}"]
            : RuleInsertion.Delete(translation.Table, translation.Chain, rule.Handle) is { } delete
            ? [$"{delete}    # or instead, to stop redirecting, including other senders and ports of that rule{then}"]
            : [];
    }

    /// <summary>
    /// What becomes of the packets without a rule that translates them, as words behind the offer to delete it.
    /// </summary>
    private Advice WithoutRule(NamespaceJudge judge, FlowQuery query, RulePlace translation, CancellationToken token)
    {
        var reach = Reach(judge.Under(translation.Deleted(judge.Rules)), query, LandingsWithin(token), token);
        if (reach.Largest(ReachFate.Denied, ReachFate.NoReply) is { } stopped)
        {
            var outcome = stopped.Fate == ReachFate.Denied ? stopped.Region.Outcome : stopped.Region.Outcome.Hindrance;
            return outcome?.Decider is { } decider
                ? Advice.Of($"; then {Advice.Prose(RuleLabel.Full(decider))} blocks packets")
                : Advice.Of($"; then packets are blocked");
        }

        return reach.Largest(ReachFate.Open) is not null ? Advice.Of($"; whether packets then get in cannot be evaluated") : Advice.Of($"");
    }

    private ExplanationStep Listener(List<PortBind> binds, FamilyReach? reach)
    {
        var sent = reach?.Shares.FirstOrDefault(s => s.Region.Outcome is { Translation: not null } outcome && !IsForUs(outcome));
        if (sent?.Region.Outcome is not { Translation: { } to } found)
        {
            return _listener.Describe(isIPv4);
        }

        var target = TargetText.Of(to, question.Port);
        var landing = Landings.Find(sent.Region, sent.Senders);
        var there = Landings.Names(found, landing);
        if (binds.Count == 0 && landing.Kind == LandingKind.NotTaken)
        {
            _result.Fixes.Add($"# start the program that serves {target}");
            return new ExplanationStep(
                "listener", LayerResult.Fail,
                $"nothing listens on it here; rules redirect it to {target}{there}, where nothing listens either");
        }

        if (binds.Count == 0)
        {
            return new ExplanationStep("listener", LayerResult.Ok, $"nothing listens on it here; rules redirect it to {target}{there}");
        }

        var own = _listener.Describe(isIPv4);
        return own with { More = [.. own.More, $"redirected packets never reach it; they go to {target}{there}"] };
    }

    /// <summary>The interfaces on which the senders that were asked about come in; empty when none were.</summary>
    private IReadOnlyList<int> Expected() => question.From switch
    {
        { IsThisMachine: true } => [],
        { Interface: > 0 and var index } => [index],
        { Addresses: { } sources } when facts.Judge is { } judge =>
        [
            .. judge.Likely.InterfacesTo(sources, isIPv4, _listener.Asked(isIPv4)).Where(
                i => judge.Host.Interface(i) is { IsLoopback: false }),
        ],
        _ => [],
    };

    private string NameOf(int index) =>
        facts.Firewall.Host?.Interface(index)?.Name ?? string.Create(CultureInfo.InvariantCulture, $"interface {index}");

    private FamilyExplanation NoListener(FamilyReach? reach, FlowQuery query)
    {
        var (step, reason, fixes) = _allow.OfKernel() is { } refusal
            ? (new ExplanationStep("listener", LayerResult.Fail, refusal.Detail), refusal.Reason, [refusal.Fix])
            : _listener.Explain(isIPv4);
        _result.Footnotes.AddRange(_listener.Elsewhere is { } elsewhere ? [elsewhere] : []);
        _result.Add(reach is null ? step with { More = [.. step.More, "unless rules redirect it: they could not be read"] } : step);
        _result.Fixes.AddRange(fixes);

        // A packet that rules drop never meets the missing listener: the client sees the rules' doing.
        var dropped = reach?.Largest(ReachFate.Denied) is { } denied && reach.Accepted.IsEmpty && reach.Mixed.IsEmpty
            && reach.Largest(ReachFate.Refused, ReachFate.NoReply) is null ? denied : null;
        var stopped = dropped?.Region.Outcome;
        var symptom = dropped is not null
            ? new AnswerPath(facts.Judge!, isIPv4, question, facts, cancellationToken).OfReject(
                dropped, Symptoms.Of(stopped!, isIPv4, question.Protocol))
            : reach is null or { HasNoWayIn: true } or { Open.IsEmpty: false }
                || reach.Largest(ReachFate.Accepted, ReachFate.NoReply, ReachFate.Refused) is not { } arriving ? null
            : new AnswerPath(facts.Judge!, isIPv4, question, facts, cancellationToken).OfNoSocket(arriving, query);
        if (stopped is not null)
        {
            AddRemedy(stopped, isReply: false, facts.Judge!, query);
        }

        var seen = symptom is null
            ? ""
            : $"; the client {Symptoms.Words(symptom, question.Protocol)}"
                + $"{(stopped is null && symptom == ClientSymptom.TimesOut ? ", for the refusal does not get out" : "")}";
        return _result.End(
            ReachVerdict.Unreachable, symptom,
            stopped?.Decider is { } decider ? $"{reason}, and {RuleLabel.Full(decider)} blocks packets earlier{seen}" : $"{reason}{seen}");
    }

    private FamilyReach Reach(NamespaceJudge judge, FlowQuery query) => Reach(judge, query, Landings, cancellationToken);

    private FamilyReach Reach(NamespaceJudge judge, FlowQuery query, DeliveryLayer landings, CancellationToken token) =>
        FamilyReach.Of(
            isIPv4, [judge.Judge(query, token)], question.From is { Addresses: not null } ? null : judge.Likely, landings.Find);

    private DeliveryLayer LandingsWithin(CancellationToken token) => new(question, facts, _listener, isIPv4, token);

    /// <summary>Whether a translated packet still ends at the port asked about.</summary>
    private bool IsForUs(FlowOutcome outcome) =>
        outcome.Delivery == DeliveryKind.Local && outcome.Translation?.Ports is null
            && (outcome.Translation?.Port ?? question.Port.Value) == question.Port.Value
        && (outcome.Translation?.Address is not { } address || address == question.Address
            || _listener.Fitting(isIPv4).Exists(static b => b.IsWildcard));

    private FlowQuery Query(List<PortBind> binds)
    {
        var device = binds.Count > 0 && binds.TrueForAll(b => b.InterfaceIndex != 0)
            ? binds.Select(b => b.InterfaceIndex).Distinct().ToArray()
            : null;
        var sources = question.From?.Addresses;
        IReadOnlyList<int>? interfaces = question.From is { Interface: > 0 } from ? [from.Interface] : null;
        if (interfaces is null && sources is not null && Expected() is { Count: > 0 } likely)
        {
            interfaces = likely;
        }

        var isLoopback = question.From is { IsThisMachine: true } || (question.From is null && question.Address is { IsLoopback: true });
        var loopback = IntervalSet.Of(isIPv4 ? 0x7f000001u : 1u);
        var wanted = question.Address is { } address ? IntervalSet.Of(address.Number)
            : question.Among is { } among ? among
            : binds.Count == 0 || binds.Exists(b => b.IsWildcard) ? isLoopback ? sources ?? loopback : null
            : IntervalSet.From(binds.Select(b => new Interval(b.Address.Unmap().Number, b.Address.Unmap().Number)));
        return new FlowQuery
        {
            Direction = isLoopback ? FlowDirection.Loopback : FlowDirection.Inbound,
            IsIPv4 = isIPv4,
            Protocol = (byte)question.Protocol,
            DestinationPort = question.Port.Value,
            Sources = isLoopback ? sources ?? wanted : sources,
            Destinations = wanted,
            SocketMarks = facts.Judge is { LooksAtMarks: true } ? _listener.Marks(isIPv4) : null,
            Interfaces = isLoopback ? null : device is null ? interfaces : interfaces is null ? device : [.. device.Intersect(interfaces)],
        };
    }
}
