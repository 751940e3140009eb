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
    public const string MartianProblem = "the kernel refuses the sender or the destination: such an address cannot come in here";

    /// <summary>Routes packets that came in: to a socket, to another machine, or nowhere.</summary>
    public static void RouteIn(FlowRun run, List<FlowState> states, List<FlowState> local, List<FlowState> forward)
    {
        foreach (var state in states)
        {
            foreach (var interval in FieldSplitter.Domain(state, PacketField.InputInterface).Intervals)
            {
                for (var index = interval.First; index <= interval.Last; index++)
                {
                    var part = FieldSplitter.Narrow(state, PacketField.InputInterface, IntervalSet.Of(index), new OpenQuestion(null, SeveralInterfaces));
                    RouteIn(run, part, (int)index, local, forward);
                }
            }
        }
    }

    private static void RouteIn(FlowRun run, in FlowState state, int index, List<FlowState> local, List<FlowState> forward)
    {
        var sources = FieldSplitter.Domain(state, PacketField.SourceAddress);
        var destinations = FieldSplitter.Domain(state, PacketField.DestinationAddress);
        foreach (var piece in run.Input.Route(run.Context.IsIPv4, sources, destinations, index, MarkOf(state)))
        {
            var part = Narrow(state, piece.Sources, piece.Destinations, piece.Doubt);
            if (piece.Doubt is { } doubt)
            {
                // Or else it goes another way, and none of the others is known: that it ends here stands for all of them.
                run.Ends.Add(new Terminal(part, new Fate(FlowDecision.NoRoute, RouteProblem: doubt)));
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
    }

    /// <summary>Routes packets of this machine; those that go nowhere end.</summary>
    public static List<FlowState> RouteOut(FlowRun run, List<FlowState> states)
    {
        var result = new List<FlowState>();
        foreach (var state in states)
        {
            var key = new RouteKey(run.Context.IsIPv4)
            {
                Mark = MarkOf(state),
                Sources = FieldSplitter.Domain(state, PacketField.SourceAddress),
                OutputInterface = state.View.Marks.BoundInterface,
            };
            foreach (var piece in run.Routes.Find(FieldSplitter.Domain(state, PacketField.DestinationAddress), key))
            {
                var part = Narrow(state, piece.Sources!, piece.Destinations, piece.Outcome.Doubt);
                if (ProblemOf(piece.Outcome) is { } problem)
                {
                    run.Ends.Add(new Terminal(part, new Fate(FlowDecision.NoRoute, RouteProblem: problem)));
                    continue;
                }

                // What goes to an own address goes by loopback, whatever interface the address is on.
                var output = piece.Outcome.Kind is HostRouteKind.Local or HostRouteKind.Anycast
                    ? FieldValue.Constant((uint)LoopbackOf(run.Host))
                    : OutputOf(piece.Outcome);
                StateMerger.Add(result, part with { View = part.View.With(PacketField.OutputInterface, output).With(part.View.Marks with { MustReroute = false }) });
            }
        }

        return result;
    }

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

    private static FlowState Narrow(in FlowState state, IntervalSet sources, IntervalSet destinations, string? doubt)
    {
        var question = new OpenQuestion(null, "the address is one of several, which are routed differently");
        var part = FieldSplitter.Narrow(state, PacketField.SourceAddress, sources, question);
        part = FieldSplitter.Narrow(part, PacketField.DestinationAddress, destinations, question);
        return doubt is null ? part : part.Ask(new OpenQuestion(null, $"the route is not sure: {doubt}"));
    }

    private static uint? MarkOf(in FlowState state)
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

    private static string ProblemOf(InputPiece piece) => piece.Fate switch
    {
        InputFate.Martian => MartianProblem,
        InputFate.ReversePath => "the way back to the sender is by another interface (rp_filter)",
        InputFate.NotForwarding => "it is for another machine, and forwarding is off",
        InputFate.NoIPv6 => "IPv6 is off on the interface it comes in by",
        _ => piece.Route is { } route ? ProblemOf(route) ?? "there is no route to the destination" : "there is no route to the destination",
    };

    private static string? ProblemOf(RouteOutcome outcome) => outcome.Kind switch
    {
        HostRouteKind.None => "there is no route to the destination",
        HostRouteKind.Blackhole => "the route to the destination is a blackhole",
        HostRouteKind.Unreachable => "the route to the destination says unreachable",
        HostRouteKind.Prohibit => "the route to the destination says prohibited",
        _ => null,
    };
}
