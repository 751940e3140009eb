using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>Asks the routes where packets go, and splits them by the answer.</summary>
internal static class RoutingStage
{
    /// <summary>Asked where a route has several next hops.</summary>
    public const string SeveralInterfaces = "the route leads out of several interfaces";

    /// <summary>What is said of addresses that the kernel refuses.</summary>
    public const string MartianProblem = "the kernel rejects the source or destination address as invalid on this interface (martian)";

    /// <summary>Routes packets that came in: to a socket, to another machine, or nowhere.</summary>
    public static void RouteIn(FlowRun run, List<FlowState> states, List<FlowState> local, List<FlowState> forward)
    {
        foreach (var state in PortRouting.Split(run, states))
        {
            var interfaces = FieldSplitter.Domain(state, PacketField.InputInterface);
            if (state.View[PacketField.InputInterface].Kind == FieldValueKind.Open)
            {
                RouteIn(run, state, interfaces, local, forward);
                continue;
            }

            // Which one it is is unknown.
            foreach (var interval in interfaces.Intervals)
            {
                for (var index = interval.First; index <= interval.Last; index++)
                {
                    var one = IntervalSet.Of(index);
                    var part = FieldSplitter.Narrow(state, PacketField.InputInterface, one, new OpenQuestion(null, SeveralInterfaces));
                    RouteIn(run, part, one, local, forward);
                }
            }
        }
    }

    private static void RouteIn(FlowRun run, in FlowState state, IntervalSet interfaces, List<FlowState> local, List<FlowState> forward)
    {
        var destinations = FieldSplitter.Domain(state, PacketField.DestinationAddress);
        if (state.View[PacketField.InputInterface].Kind == FieldValueKind.Open
            && state.View[PacketField.DestinationAddress] is { Kind: FieldValueKind.Open } target
            && state.Cube.Find(PacketField.InputInterface, (PacketField)target.Dimension) is { } coupling)
        {
            RouteCoupled(run, state, coupling.Parts(destinations, interfaces), local, forward);
            return;
        }

        foreach (var piece in Find(run, state, destinations, interfaces))
        {
            Take(run, state, piece, local, forward);
        }
    }

    // Each of the addresses is asked for on its links alone. Those to which all is the same stay together.
    private static void RouteCoupled(
        FlowRun run, in FlowState state, List<(IntervalSet Addresses, IntervalSet Interfaces)> parts, List<FlowState> local,
        List<FlowState> forward)
    {
        var alike = new Dictionary<(InputFate Fate, HostRouteKind? Kind, string? Doubt, IntervalSet Sources), List<InputPiece>>();
        foreach (var (addresses, interfaces) in parts)
        {
            foreach (var piece in Find(run, state, addresses, interfaces))
            {
                var key = (piece.Fate, piece.Route?.Kind, piece.Doubt, piece.Sources);
                var isWhole = piece is { Pairing: null, Fate: not InputFate.Forward } && piece.Destinations.Equals(addresses)
                    && piece.Interfaces.Equals(interfaces);
                if (!isWhole)
                {
                    Take(run, state, piece, local, forward);
                }
                else if (alike.TryGetValue(key, out var known))
                {
                    known.Add(piece);
                }
                else
                {
                    alike.Add(key, [piece]);
                }
            }
        }

        foreach (var pieces in alike.Values)
        {
            Take(
                run, state,
                pieces[0] with
                {
                    Destinations = Union(pieces, static p => p.Destinations),
                    Interfaces = Union(pieces, static p => p.Interfaces)
                }, local, forward);
        }
    }

    private static IntervalSet Union(List<InputPiece> pieces, Func<InputPiece, IntervalSet> of) =>
        pieces.Count == 1 ? of(pieces[0]) : IntervalSet.From(pieces.SelectMany(p => of(p).Intervals.ToArray()));

    private static IEnumerable<InputPiece> Find(FlowRun run, in FlowState state, IntervalSet destinations, IntervalSet interfaces)
    {
        run.Budget.Check();
        var sources = FieldSplitter.Domain(state, PacketField.SourceAddress);
        var pieces = run.Input.Route(
            run.Context.IsIPv4, sources, destinations, interfaces, MarkOf(state), PortRouting.TransportOf(run, state, isInput: true));
        var mayPair = state.View[PacketField.SourceAddress].Kind == FieldValueKind.Open
            && state.View[PacketField.InputInterface].Kind == FieldValueKind.Open;
        return mayPair ? pieces : pieces.SelectMany(static p => p.Apart());
    }

    private static void Take(FlowRun run, in FlowState state, InputPiece piece, List<FlowState> local, List<FlowState> forward)
    {
        var part = Narrow(state, piece.Sources, piece.Destinations, piece.Doubt);
        part = FieldSplitter.Narrow(part, PacketField.InputInterface, piece.Interfaces, new OpenQuestion(null, SeveralInterfaces));
        if (piece.Pairing is { } pairing)
        {
            var coupling = run.Couplings.Of(pairing, (PacketField)state.View[PacketField.SourceAddress].Dimension);
            part = part with { Cube = part.Cube.With(piece.IsUnpaired ? coupling.Negation : coupling) };
        }

        if (piece.Doubt is { } doubt)
        {
            // Or else it goes another way, and none of the others is known: that it ends here stands for all of them.
            run.Ends.Add(new Terminal(part, new Fate(FlowDecision.NoRoute, RouteProblem: RouteProblem.Doubtful)));
        }

        switch (piece.Fate)
        {
            case InputFate.Local or InputFate.Group:
                StateMerger.Add(local, part);
                break;
            case InputFate.Forward:
                StateMerger.Add(forward, part with { View = part.View.With(PacketField.OutputInterface, OutputOf(piece.Route!)) });
                break;
            default:
                run.Ends.Add(new Terminal(part, new Fate(FlowDecision.NoRoute, RouteProblem: ProblemOf(piece))));
                break;
        }
    }

    /// <summary>Routes packets of this machine; those that go nowhere end.</summary>
    /// <param name="run">What they are judged with.</param>
    /// <param name="states">The packets.</param>
    /// <param name="areAnswers">Whether they answer others: on which interface they leave matters to rules alone.</param>
    public static List<FlowState> RouteOut(FlowRun run, List<FlowState> states, bool areAnswers)
    {
        var result = new List<FlowState>();
        foreach (var state in PortRouting.Split(run, states))
        {
            if (state.View.Marks.BoundInterface == ViewMarks.InputInterface)
            {
                LinkRouting.RouteBack(run, state, result);
            }
            else
            {
                RouteOut(run, state, areAnswers, result);
            }
        }

        return result;
    }

    private static void RouteOut(FlowRun run, FlowState state, bool areAnswers, List<FlowState> result)
    {
        run.Budget.Check();
        var key = new RouteKey(run.Context.IsIPv4)
        {
            Mark = MarkOf(state),
            Sources = FieldSplitter.Domain(state, PacketField.SourceAddress),
            OutputInterface = state.View.Marks.BoundInterface,
            Transport = PortRouting.TransportOf(run, state, isInput: false),
        };
        var destinations = FieldSplitter.Domain(state, PacketField.DestinationAddress);
        if (areAnswers && state.View[PacketField.DestinationAddress] is { Kind: FieldValueKind.Open } target)
        {
            var ways = run.Couplings.Ways(run.Routes, key, (PacketField)target.Dimension, LoopbackOf(run.Host));
            var many = destinations.Intersect(ways.Coupled);
            var interfaces = many.IsEmpty
                ? IntervalSet.Empty
                : IntervalSet.From(ways.Coupling.Parts(many, IntervalSet.All(32)).SelectMany(static p => p.Interfaces.Intervals.ToArray()));
            if (interfaces.Count > 0)
            {
                var part = Narrow(state, key.Sources, many, null);
                var isOne = interfaces.Count == 1 && interfaces.Intervals[0].First == interfaces.Intervals[0].Last;
                var output = isOne ? FieldValue.Constant(interfaces.Intervals[0].First) : FieldValue.Open(PacketField.AnswerInterface);
                var cube = isOne ? part.Cube : part.Cube.With(PacketField.AnswerInterface, interfaces).With(ways.Coupling);
                Send(part with { Cube = cube }, output, result);
                destinations = destinations.Except(many);
            }
        }

        foreach (var piece in run.Routes.Find(destinations, key))
        {
            var part = Narrow(state, piece.Sources!, piece.Destinations, piece.Outcome.Doubt);
            if (ProblemOf(piece.Outcome, run.Host) is { } problem)
            {
                run.Ends.Add(new Terminal(part, new Fate(FlowDecision.NoRoute, RouteProblem: problem)));
                continue;
            }

            Send(part, OutputOf(piece.Outcome, run.Host), result);
        }
    }

    /// <summary>Gives packets the interface that they leave by.</summary>
    public static void Send(in FlowState part, FieldValue output, List<FlowState> result) =>
        StateMerger.Add(
            result,
            part with { View = part.View.With(PacketField.OutputInterface, output).With(part.View.Marks with { MustReroute = false }) });

    /// <summary>
    /// The interface that packets of this machine leave by: what goes to an own address goes by loopback, whatever interface the address is
    /// on.
    /// </summary>
    public static FieldValue OutputOf(RouteOutcome outcome, HostFacts host) =>
        outcome.Kind is HostRouteKind.Local or HostRouteKind.Anycast ? FieldValue.Constant((uint)LoopbackOf(host)) : OutputOf(outcome);

    /// <summary>The index of lo.</summary>
    public static int LoopbackOf(HostFacts host)
    {
        foreach (var candidate in host.Interfaces)
        {
            if (candidate.IsLoopback)
            {
                return candidate.Index;
            }
        }

        return 1;
    }

    /// <summary>The packets with these addresses.</summary>
    public static FlowState Narrow(in FlowState state, IntervalSet sources, IntervalSet destinations, string? doubt)
    {
        var question = new OpenQuestion(null, "the address is one of several, which are routed differently");
        var part = FieldSplitter.Narrow(state, PacketField.SourceAddress, sources, question);
        part = FieldSplitter.Narrow(part, PacketField.DestinationAddress, destinations, question);
        return doubt is null ? part : part.Ask(new OpenQuestion(null, "the route is uncertain: " + doubt) { Topic = QuestionTopic.Route });
    }

    /// <summary>The mark used to look up routes; <c>null</c> where it is not known.</summary>
    public static uint? MarkOf(in FlowState state)
    {
        var mark = state.View[PacketField.Mark];
        return mark.Kind == FieldValueKind.Constant ? (uint)mark.Number : null;
    }

    private static FieldValue OutputOf(RouteOutcome outcome)
    {
        var indexes = new List<Interval>();
        foreach (var index in outcome.Interfaces)
        {
            indexes.Add(new Interval((uint)index, (uint)index));
        }

        return indexes.Count == 0 ? FieldValue.Constant(0) : FieldValue.Choice(IntervalSet.From(indexes), SeveralInterfaces);
    }

    private static RouteProblem ProblemOf(InputPiece piece) => piece.Fate switch
    {
        InputFate.Martian => RouteProblem.Martian,
        InputFate.ReversePath => RouteProblem.ReversePath,
        InputFate.NotForwarding => RouteProblem.ForwardingOff,
        InputFate.NoIPv6 => RouteProblem.IPv6Off,
        _ => piece.Route is { } route ? ProblemOf(route) ?? RouteProblem.NoRoute : RouteProblem.NoRoute,
    };

    /// <summary>
    /// Why packets of this machine that are routed so go nowhere; <c>null</c> where they go somewhere. What a route sends by lo without
    /// being local comes back with that route, which takes nothing in (dst_discard).
    /// </summary>
    public static RouteProblem? ProblemOf(RouteOutcome outcome, HostFacts host) => ProblemOf(outcome)
        ?? (outcome is { Kind: HostRouteKind.Unicast, Interfaces: [var only] } && only == LoopbackOf(host) ? RouteProblem.Loopback : null);

    /// <summary>Why packets that are routed so go nowhere; <c>null</c> where they go somewhere.</summary>
    public static RouteProblem? ProblemOf(RouteOutcome outcome) => outcome.Kind switch
    {
        HostRouteKind.None => RouteProblem.NoRoute,
        HostRouteKind.Blackhole => RouteProblem.Blackhole,
        HostRouteKind.Unreachable => RouteProblem.Unreachable,
        HostRouteKind.Prohibit => RouteProblem.Prohibited,
        _ => null,
    };
}
