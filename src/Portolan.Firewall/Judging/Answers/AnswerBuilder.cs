using System.Runtime.CompilerServices;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Pipeline;

namespace Portolan.Firewall.Judging.Answers;

/// <summary>Makes the answer out of the ends of all ways: regions with the same outcome are one where they fit together.</summary>
internal sealed class AnswerBuilder(FlowRun run, QueryStart start, FlowQuery query)
{
    // More outcomes than that name very many rules; what becomes of the packets is the same.
    private const int MaximumOutcomes = 256;

    // Each of a thousand links has senders of its own, which differ in one network.
    private readonly IntervalPool _pool = new();

    private readonly OrdinaryText _ordinary = new(query, start, run);

    private readonly ExchangeLimits _limits = new(query.Protocol, run.Context.IsIPv4, run.Budget);

    /// <summary>The answer.</summary>
    public FlowAnswer Build(List<Terminal> ends)
    {
        var groups = Group(FateCombiner.Combine(ends, run.Budget));
        var replies = query.WithReplies ? Replies(groups, ReplyWay.FirstAnswer(query)) : [];
        var hindered = replies.Count > 0 && LaterWay.IsOf(query) ? Hindered(replies) : [];
        var repeated = replies.Count > 0 && LaterWay.IsOfConnections(query) ? Repeated(groups, replies) : [];
        var regions = new List<FlowRegion>();
        var isOne = groups.FindAll(static group => IsDelivered(group.Outcome)).Count == 1;
        foreach (var group in groups)
        {
            run.Budget.Check();
            if (!IsDelivered(group.Outcome) || replies.Count == 0)
            {
                AddRegions(group.Cubes, group.Outcome, regions);
                continue;
            }

            foreach (var (cubes, outcome) in Answered(isOne ? null : group.Cubes, group.Outcome, replies, hindered, repeated))
            {
                if (outcome.Replies is null || outcome.Hindrance is { IsLate: false })
                {
                    AddRegions(cubes, outcome, regions);
                    continue;
                }

                foreach (var (part, limited) in _limits.Of(cubes, outcome))
                {
                    AddRegions(part, limited, regions);
                }
            }
        }

        return new FlowAnswer(regions);
    }

    private static bool IsDelivered(FlowOutcome outcome) => outcome.Decision == FlowDecision.Accept && outcome.Proof == FlowProof.Proved;

    private List<OutcomeGroup> Replies(List<OutcomeGroup> groups, FieldValue flags)
    {
        var accepted = Delivered(groups);
        accepted.RemoveAll(end => !ReplyWay.IsAnswered(run, end.State));

        // On which interface an answer leaves says nothing that the sender would see.
        return Sent(accepted, (way, ends) => ReplyWay.Run(way, ends, flags, query.SocketMarks));
    }

    // What follows on answered packets and does not get through, or is not answered. Nearly always it meets the same rules whatever its
    // kind: only where the flags make a difference is each kind judged by itself.
    private List<OutcomeGroup> Hindered(List<OutcomeGroup> replies)
    {
        var answered = Delivered(replies);
        var following = Follow(answered, ExchangePart.Later);
        var answers = Answers(following, ExchangePart.Later);
        if (!following.Concat(answers).Any(static group => group.Outcome.Questions.Any(static q => q.Topic == QuestionTopic.PacketKind)))
        {
            Count(following, answers, ExchangePart.Later);
            return Hindrances(following, answers, OrdinaryExchange.IsOfDatagrams(query.Protocol));
        }

        var request = Follow(answered, ExchangePart.Data);
        var reply = Answers(request, ExchangePart.Data);
        Count(request, reply, ExchangePart.Data);
        var result = Hindrances(request, reply, areLate: false);
        foreach (var part in (ReadOnlySpan<ExchangePart>)[ExchangePart.Acknowledgments, ExchangePart.Close])
        {
            var (sent, back) = (Follow(answered, part), Answers(request, part));
            Count(sent, back, part);
            result.AddRange(Hindrances(sent, [], areLate: true));
            result.AddRange(Hindrances(request, back, areLate: true).FindAll(static group => group.Outcome.Replies is not null));
        }

        return result;
    }

    private void Count(List<OutcomeGroup> sent, List<OutcomeGroup> answers, ExchangePart part)
    {
        sent.ForEach(group => _limits.Add(group.Cubes, group.Outcome, part, isReply: false));
        answers.ForEach(group => _limits.Add(group.Cubes, group.Outcome, part, isReply: true));
    }

    private List<OutcomeGroup> Follow(List<Terminal> answered, ExchangePart part) =>
        Sent(answered, (way, ends) => LaterWay.Run(way, start, query, ends, OrdinaryExchange.FlagsOf(part)));

    private List<OutcomeGroup> Answers(List<OutcomeGroup> following, ExchangePart part) =>
        Replies(following, OrdinaryExchange.FlagsOf(part));

    private List<OutcomeGroup> Hindrances(List<OutcomeGroup> following, List<OutcomeGroup> answers, bool areLate)
    {
        var stopped = answers.FindAll(static group => !IsDelivered(group.Outcome))
            .ConvertAll(group => areLate ? group with { Outcome = group.Outcome with { IsLate = true } } : group);
        var result = new List<OutcomeGroup>();
        foreach (var group in following)
        {
            if (!IsDelivered(group.Outcome))
            {
                result.Add(group with { Outcome = group.Outcome with { OutputInterface = 0, IsLate = areLate } });
            }
            else if (stopped.Count > 0)
            {
                foreach (var (cubes, outcome) in Answered(group.Cubes, group.Outcome with { OutputInterface = 0 }, stopped, [], []))
                {
                    if (outcome.Replies is not null)
                    {
                        result.Add(new OutcomeGroup(outcome, cubes, group.Ends));
                    }
                }
            }
        }

        return result;
    }

    // What is sent again behind a dropped reply and does not get through any more.
    private List<OutcomeGroup> Repeated(List<OutcomeGroup> groups, List<OutcomeGroup> replies)
    {
        var dropped = new List<Terminal>();
        foreach (var group in replies)
        {
            if (group.Outcome is { Decision: FlowDecision.Drop, Proof: FlowProof.Proved })
            {
                dropped.AddRange(
                    group.Ends.Where(static end => end.State.Doubts.Exceeded.Count == 0 && RepeatedWay.IsCounted(end.State.View)));
            }
        }

        // Which senders a rule of answers drops may be a set of a hundred thousand parts; nearly always all that come again get in, and
        // then so do they. That is asked of fewer and larger sets.
        return Widened(dropped, groups) is { } wide && Again(wide).TrueForAll(static group => IsDelivered(group.Outcome))
            ? []
            : Again(dropped).FindAll(static group => !IsDelivered(group.Outcome));
    }

    private List<OutcomeGroup> Again(List<Terminal> dropped) =>
        Sent(dropped, (way, ends) => RepeatedWay.Run(way, start, query, ends));

    // The same ends for all accepted packets that lie between them: a field that is one number stays it.
    // Null for more of them than it would be worth.
    private List<Terminal>? Widened(List<Terminal> ends, List<OutcomeGroup> groups)
    {
        var result = new List<Terminal>();
        foreach (var end in ends)
        {
            var hull = end.State.Cube.Hull;
            foreach (var group in groups)
            {
                run.Budget.Check();
                if (!IsDelivered(group.Outcome))
                {
                    continue;
                }

                foreach (var cube in group.Cubes)
                {
                    if (cube.Intersect(hull) is { } wide)
                    {
                        result.Add(end with { State = end.State with { Cube = wide } });
                    }

                    if (result.Count > MaximumOutcomes)
                    {
                        return null;
                    }
                }
            }
        }

        return result;
    }

    private List<OutcomeGroup> Sent(List<Terminal> accepted, Action<FlowRun, List<Terminal>> send)
    {
        if (accepted.Count == 0)
        {
            return [];
        }

        var way = run.Apart();
        send(way, accepted);
        foreach (var turned in run.Hooks.Turned)
        {
            var again = run with { Hooks = turned, Ends = [] };
            send(again, accepted);
            way.AddTurned(again.Ends);
        }

        // From here on nothing depends on the interface that they left by.
        var ends = new List<Terminal>(way.Ends.Count);
        foreach (var end in way.Ends)
        {
            if (end.State.Cube.Without(PacketField.AnswerInterface, start.Open(PacketField.AnswerInterface)) is { } cube)
            {
                ends.Add(end with { State = end.State with { Cube = cube } });
            }
        }

        return Group(FateCombiner.Combine(ends, run.Budget), ByAnswerComparer.Instance);
    }

    private List<Terminal> Delivered(List<OutcomeGroup> groups)
    {
        var accepted = new List<Terminal>();
        foreach (var group in groups)
        {
            if (!IsDelivered(group.Outcome))
            {
                continue;
            }

            foreach (var end in group.Ends)
            {
                if (end.Fate.Decision != FlowDecision.Accept || end.State.Doubts.Exceeded.Count > 0)
                {
                    continue;
                }

                run.Budget.Check();
                foreach (var cube in group.Cubes)
                {
                    if (end.State.Cube.Intersect(cube) is { } both)
                    {
                        // What was assumed stays assumed: another end of the same packets is answered too.
                        accepted.Add(end with { State = end.State with { Cube = both } });
                    }
                }
            }
        }

        return accepted;
    }

    // Takes packets apart by what becomes of their replies; null for the packets where the replies are those to them and to no others: then
    // large sets of senders need not be laid over each other, which is most of the work.
    private IEnumerable<(List<Cube> Cubes, FlowOutcome Outcome)> Answered(
        List<Cube>? cubes, FlowOutcome outcome, List<OutcomeGroup> replies, List<OutcomeGroup> hindered, List<OutcomeGroup> repeated)
    {
        var rest = cubes;
        foreach (var reply in replies)
        {
            var both = rest is null ? reply.Cubes : CubeLists.Intersect(rest, reply.Cubes, run.Budget);
            if (both.Count > 0)
            {
                rest = rest is null ? null : CubeLists.Except(rest, both, run.Budget);
                var answered = outcome with
                {
                    Replies = query.WithReplyInterface ? reply.Outcome : reply.Outcome with { OutputInterface = 0 },
                };
                var isAnswered = IsDelivered(reply.Outcome);
                foreach (var later in isAnswered ? hindered : repeated)
                {
                    var stopped = CubeLists.Intersect(both, later.Cubes, run.Budget);
                    if (stopped.Count > 0)
                    {
                        yield return (stopped,
                            isAnswered ? answered with { Following = later.Outcome } : answered with { Repeated = later.Outcome });
                        both = CubeLists.Except(both, stopped, run.Budget);
                    }
                }

                if (both.Count > 0)
                {
                    yield return (both, answered);
                }
            }

            if (rest is { Count: 0 })
            {
                yield break;
            }
        }

        if (rest is not null)
        {
            yield return (rest, outcome);
        }
    }

    private void AddRegions(List<Cube> cubes, FlowOutcome outcome, List<FlowRegion> regions)
    {
        var united = CubeLists.Unite(cubes);
        if (united.Exists(static cube => cube.IsCoupled))
        {
            united = CubeLists.Unite([.. united.SelectMany(static cube => cube.Expand())]);
        }

        foreach (var cube in united)
        {
            run.Budget.Check();
            regions.Add(new FlowRegion(PacketsOf(cube), outcome));
        }
    }

    private PacketSet PacketsOf(Cube cube)
    {
        var interfaces = new List<int>();
        if (query.Direction == FlowDirection.Inbound)
        {
            foreach (var interval in cube[PacketField.InputInterface].Intervals)
            {
                for (var index = interval.First; index <= interval.Last; index++)
                {
                    interfaces.Add((int)index);
                }
            }
        }

        var packets = new PacketSet(
            _pool.Share(cube[PacketField.SourceAddress]), cube[PacketField.DestinationAddress], cube[PacketField.SourcePort], interfaces)
        {
            Conditions = ConditionText.Of(cube, start, run.Context.IsIPv4),
            Unusual = _ordinary.Unusual(cube),
            Parts = _ordinary.Parts(cube),
        };
        return ConditionText.HeadersOf(cube, start) is { } headers ? packets with { Headers = headers } : packets;
    }

    private List<OutcomeGroup> Group(List<FatePiece> pieces)
    {
        var result = Group(pieces, ByWayComparer.Instance);
        if (result.Count > MaximumOutcomes)
        {
            result = Group(pieces, ByDeciderComparer.Instance);
        }

        return result.Count > MaximumOutcomes ? JoinSmallest(result) : result;
    }

    // The largest groups keep the rule that decides them, so that the answer names the right one for most packets.
    private static List<OutcomeGroup> JoinSmallest(List<OutcomeGroup> groups)
    {
        List<OutcomeGroup> ordered = [.. groups.OrderByDescending(static group => group.Cubes.Max(static cube => cube.LogarithmOfSize))];
        var result = ordered.GetRange(0, MaximumOutcomes / 2);
        var joined = new Dictionary<Terminal, OutcomeGroup>(ByFateComparer.Instance);
        foreach (var group in ordered.Skip(result.Count))
        {
            var first = group.Ends[0];
            if (!group.Ends.TrueForAll(end => ByDeciderComparer.Instance.Equals(end, first)))
            {
                result.Add(group);
            }
            else if (joined.TryGetValue(first, out var known))
            {
                known.Cubes.AddRange(group.Cubes);
                known.Ends.AddRange(group.Ends);
            }
            else
            {
                joined.Add(first, group);
                result.Add(group);
            }
        }

        return result;
    }

    private List<OutcomeGroup> Group(List<FatePiece> pieces, IEqualityComparer<Terminal> comparer)
    {
        var result = new List<OutcomeGroup>();
        var simple = new Dictionary<Terminal, OutcomeGroup>(comparer);
        foreach (var piece in pieces)
        {
            if (piece.Ends is [var only])
            {
                if (simple.TryGetValue(only, out var known))
                {
                    known.Cubes.AddRange(piece.Cubes);
                    known.Ends.Add(only);
                    continue;
                }

                var group = new OutcomeGroup(OutcomeBuilder.Build(piece.Ends, run.Context.IsIPv4), [.. piece.Cubes], [.. piece.Ends]);
                simple.Add(only, group);
                result.Add(group);
                continue;
            }

            result.Add(new OutcomeGroup(OutcomeBuilder.Build(piece.Ends, run.Context.IsIPv4), [.. piece.Cubes], [.. piece.Ends]));
        }

        return result;
    }

    private sealed record OutcomeGroup(FlowOutcome Outcome, List<Cube> Cubes, List<Terminal> Ends);

    private sealed class ByWayComparer : IEqualityComparer<Terminal>
    {
        public static ByWayComparer Instance { get; } = new();

        public bool Equals(Terminal x, Terminal y) => ReferenceEquals(x.State.Trail, y.State.Trail) && ByFateComparer.Instance.Equals(x, y);

        public int GetHashCode(Terminal obj) =>
            HashCode.Combine(
                obj.State.Trail is null ? 0 : RuntimeHelpers.GetHashCode(obj.State.Trail), ByFateComparer.Instance.GetHashCode(obj));
    }

    // Which of several rules accepted a packet last makes no difference to it; which one stopped it is what people ask.
    private sealed class ByDeciderComparer : IEqualityComparer<Terminal>
    {
        public static ByDeciderComparer Instance { get; } = new();

        public bool Equals(Terminal x, Terminal y) =>
            ByFateComparer.Instance.Equals(x, y)
            && (x.Fate.Decision == FlowDecision.Accept || ReferenceEquals(x.Fate.Decider, y.Fate.Decider));

        public int GetHashCode(Terminal obj) => ByFateComparer.Instance.GetHashCode(obj);
    }

    private sealed class ByAnswerComparer : IEqualityComparer<Terminal>
    {
        public static ByAnswerComparer Instance { get; } = new();

        public bool Equals(Terminal x, Terminal y) =>
            x.Fate.Decision == y.Fate.Decision && ReferenceEquals(x.Fate.Decider, y.Fate.Decider)
                && x.Fate.RouteProblem == y.Fate.RouteProblem
            && x.State.Doubts.Same(y.State.Doubts);

        public int GetHashCode(Terminal obj) => HashCode.Combine(obj.Fate.Decision, obj.Fate.Delivery);
    }

    private sealed class ByFateComparer : IEqualityComparer<Terminal>
    {
        public static ByFateComparer Instance { get; } = new();

        public bool Equals(Terminal x, Terminal y) =>
            x.Fate.Decision == y.Fate.Decision && x.Fate.Delivery == y.Fate.Delivery && x.Fate.RouteProblem == y.Fate.RouteProblem
            && x.Fate.Rejection == y.Fate.Rejection && x.State.Doubts.Same(y.State.Doubts)
            && ReferenceEquals(x.State.View.Marks.DestinationRule, y.State.View.Marks.DestinationRule)
            && x.State.View.Marks.Proxy == y.State.View.Marks.Proxy
            && x.State.View[PacketField.OutputInterface] == y.State.View[PacketField.OutputInterface]
            && (x.State.View.Marks.DestinationRule is null
                || (x.State.View[PacketField.DestinationAddress] == y.State.View[PacketField.DestinationAddress]
                    && x.State.View[PacketField.DestinationPort] == y.State.View[PacketField.DestinationPort]));

        public int GetHashCode(Terminal obj) => HashCode.Combine(obj.Fate.Decision, obj.Fate.Delivery);
    }
}
