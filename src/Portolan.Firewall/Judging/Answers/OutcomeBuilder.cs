using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Answers;

/// <summary>Says what becomes of packets that may come to certain ends.</summary>
internal static class OutcomeBuilder
{
    private const string OutlastedLimit = "it drops packets only up to its limit; retransmitted packets pass";

    /// <summary>The outcome.</summary>
    public static FlowOutcome Build(IReadOnlyList<Terminal> ends, bool isIPv4)
    {
        var possible = ends.Where(static end => end.State.Doubts.Exceeded.Count == 0).ToList();
        if (possible.Count == 0)
        {
            possible = [.. ends];
        }

        var first = FirstJudged(possible);
        var isOpen = possible.Exists(static end => end.Fate.Decision == FlowDecision.Depends)
            || possible.Exists(end => !IsSameFate(first, end));
        return isOpen ? Open(possible, isIPv4) : Sure(first, possible, ends, isIPv4);
    }

    // A rule that cannot be judged is not named as the one that decides, as long as another end is.
    private static Terminal FirstJudged(List<Terminal> possible)
    {
        foreach (var end in possible)
        {
            var decider = DeciderOf(end.State.Trail, end.Fate);
            if (!end.State.Doubts.Questions.Any(
                q => q.Rule is { } rule && ReferenceEquals(rule.Rule, decider?.Rule) && rule.Rule is not null))
            {
                return end;
            }
        }

        return possible[0];
    }

    private static FlowOutcome Open(List<Terminal> possible, bool isIPv4)
    {
        var questions = QuestionsOf(possible);
        return Describe(possible[0], isIPv4) with
        {
            Decider = questions.Find(static q => q.Rule is not null)?.Rule,
            Decision = FlowDecision.Depends,
            Proof = FlowProof.Depends,
            Delivery = DeliveryKind.None,
            Rejection = null,
            RouteProblem = null,
            Questions = questions,
        };
    }

    private static List<OpenQuestion> QuestionsOf(List<Terminal> ends)
    {
        var questions = new List<OpenQuestion>();
        foreach (var end in ends)
        {
            foreach (var question in end.State.Doubts.Questions)
            {
                if (!questions.Exists(known => known.Why == question.Why && ReferenceEquals(known.Rule?.Rule, question.Rule?.Rule)))
                {
                    questions.Add(question);
                }
            }
        }

        return questions;
    }

    private static FlowOutcome Sure(in Terminal first, List<Terminal> possible, IReadOnlyList<Terminal> ends, bool isIPv4)
    {
        var outcome = Describe(first, isIPv4) with { Questions = OpenQuestions(possible) };
        foreach (var end in possible)
        {
            // Ways that end alike but for where exactly: say only what all share.
            var other = Describe(end, isIPv4);
            outcome = outcome with
            {
                OutputInterface = outcome.OutputInterface == other.OutputInterface ? outcome.OutputInterface : 0,
            };
        }

        if (LimitsOf(first, ends, isIPv4) is not { Count: > 0 } limits)
        {
            return outcome;
        }

        return IsRepeated(first) && limits.Find(OrdinaryExchange.IsOutlasted) is { } outlasted
            ? outcome with
            {
                Decision = FlowDecision.Depends,
                Proof = FlowProof.Depends,
                Rejection = null,
                Questions = [.. outcome.Questions, new OpenQuestion(outlasted.Limit.Rule, OutlastedLimit)],
            }
            : outcome with { Limits = limits };
    }

    // A client sends again what is dropped, and a server also what is rejected: that error goes to this machine, not to the client.
    private static bool IsRepeated(in Terminal end) =>
        end.Fate.Decision == FlowDecision.Drop
        || (end.Fate.Decision == FlowDecision.Reject && end.State.View.Marks.Coming.IsReply);

    // Beyond which limits packets come to another end; of more limits than are needed for that the fewest.
    private static List<LimitUse>? LimitsOf(in Terminal first, IReadOnlyList<Terminal> ends, bool isIPv4)
    {
        List<LimitUse>? found = null;
        foreach (var end in ends)
        {
            var exceeded = end.State.Doubts.Exceeded;
            if (exceeded.Count == 0 || IsSameFate(first, end)
                || found?.Exists(f => f.Limits.All(l => exceeded.Contains(l, ReferenceEqualityComparer.Instance))) == true)
            {
                continue;
            }

            found?.RemoveAll(f => exceeded.All(l => f.Limits.Contains(l, ReferenceEqualityComparer.Instance)));
            (found ??= []).Add(new LimitUse(exceeded, Describe(end, isIPv4)) { IsCounted = AreFilled(exceeded, first.State.View) });
        }

        return found;
    }

    private static bool AreFilled(IReadOnlyList<FlowLimit> limits, PacketView passed)
    {
        foreach (var list in limits.Select(static l => l.List).OfType<ElementSet>())
        {
            var change = passed.Marks.Additions;
            while (change is not null && !ReferenceEquals(change.Set, list))
            {
                change = change.Before;
            }

            if (change is not { IsDeletion: false })
            {
                return false;
            }
        }

        return true;
    }

    // The order of chains that one and the same rule decides behind is nothing to tell.
    private static List<OpenQuestion> OpenQuestions(List<Terminal> possible)
    {
        var questions = QuestionsOf(possible);
        var decider = DeciderOf(possible[0].State.Trail, possible[0].Fate);
        if (possible.TrueForAll(
            end => ReferenceEquals(DeciderOf(end.State.Trail, end.Fate)?.Rule, decider?.Rule)
                && DeciderOf(end.State.Trail, end.Fate)?.Chain.Name == decider?.Chain.Name))
        {
            questions.RemoveAll(static question => question.Topic == QuestionTopic.ChainOrder);
        }

        return questions;
    }

    /// <summary>Whether two ends are the same to the sender.</summary>
    private static bool IsSameFate(in Terminal a, in Terminal b)
    {
        var (x, y) = (a.Fate, b.Fate);
        return x.Decision == y.Decision && x.Delivery == y.Delivery && x.RouteProblem == y.RouteProblem
            && x.Rejection?.Kind == y.Rejection?.Kind && x.Rejection?.Code == y.Rejection?.Code
            && (x.Decision != FlowDecision.Accept || IsSameTarget(a.State.View, b.State.View));
    }

    private static bool IsSameTarget(PacketView a, PacketView b) =>
        a.Marks.Proxy == b.Marks.Proxy
        && (a.Marks.DestinationRule is null) == (b.Marks.DestinationRule is null)
        && (a.Marks.DestinationRule is null
            || (a[PacketField.DestinationAddress] == b[PacketField.DestinationAddress]
                && a[PacketField.DestinationPort] == b[PacketField.DestinationPort]));

    private static FlowOutcome Describe(in Terminal end, bool isIPv4)
    {
        var (state, fate) = end;
        return new FlowOutcome
        {
            Decision = fate.Decision,
            Proof = FlowProof.Proved,
            Decider = DeciderOf(state.Trail, fate),
            Rejection = fate.Rejection,
            Delivery = fate.Delivery,
            Translation = TranslationOf(state.View, isIPv4),
            OutputInterface = state.View[PacketField.OutputInterface] is { Kind: FieldValueKind.Constant } output ? (int)output.Number : 0,
            RouteProblem = fate.RouteProblem,
            Path = Trail.InOrder(state.Trail),
        };
    }

    private static RuleReference? DeciderOf(Trail? trail, Fate fate)
    {
        if (fate.Decider is not null || fate.Decision == FlowDecision.NoRoute)
        {
            return fate.Decider;
        }

        // A chain that translates lets nothing through: it only says where to.
        RuleReference? policy = null;
        for (var at = trail; at is not null; at = at.Before)
        {
            if (at.Visit.Chain.Hook is { Type: "nat" } && at.Visit.Verdict == VerdictKind.Accept)
            {
                continue;
            }

            if (at.Visit.Decider.Rule is not null && at.Visit.Verdict == VerdictKind.Accept)
            {
                return at.Visit.Decider;
            }

            policy ??= at.Visit.Decider;
        }

        return policy;
    }

    private static Translation? TranslationOf(PacketView view, bool isIPv4)
    {
        if (view.Marks is { Proxy: { } proxy, Coming.IsReply: false })
        {
            var own = proxy.Socket.Address.Unmap();
            return new Translation(own.IsUnspecified ? null : own, proxy.Socket.Port, proxy.Rule) { IsProxy = true };
        }

        if (view.Marks.DestinationRule is not { } rule || view.Marks.Coming.IsReply)
        {
            return null;
        }

        var (address, port) = (view[PacketField.DestinationAddress], view[PacketField.DestinationPort]);
        return new Translation(
            address.Kind == FieldValueKind.Constant ? InternetAddress.FromNumber(address.Number, isIPv4) : null,
            port.Kind == FieldValueKind.Constant ? (ushort)port.Number : null,
            rule)
        {
            Addresses = address.Domain,
            Ports = port.Domain,
        };
    }
}
