using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// Routes answers to senders on the link, which go back by the interface that the packet arrived on. Links on which the same is found
/// stay together.
/// </summary>
internal static class LinkRouting
{
    /// <summary>Routes answers whose way is bound to the interface that they are dimensioned by.</summary>
    public static void RouteBack(FlowRun run, in FlowState state, List<FlowState> result)
    {
        var key = new RouteKey(run.Context.IsIPv4)
        {
            Mark = RoutingStage.MarkOf(state),
            Sources = FieldSplitter.Domain(state, PacketField.SourceAddress),
            Transport = PortRouting.TransportOf(run, state, isInput: false),
        };
        var asked = (key, FieldSplitter.Domain(state, PacketField.DestinationAddress), state.Cube[PacketField.InputInterface]);
        if (!run.Couplings.LinkWays.TryGetValue(asked, out var groups))
        {
            run.Couplings.LinkWays.Add(asked, groups = Find(run, key, asked.Item2, asked.Item3));
        }

        foreach (var (ways, interfaces) in groups)
        {
            var here = state with { Cube = state.Cube.With(PacketField.InputInterface, interfaces) };
            foreach (var way in ways)
            {
                var part = RoutingStage.Narrow(here, way.Sources, way.Destinations, way.Doubt);
                if (way.Problem is { } problem)
                {
                    run.Ends.Add(new Terminal(part, new Fate(FlowDecision.NoRoute, RouteProblem: problem)));
                }
                else
                {
                    RoutingStage.Send(part, way.Output ?? FieldValue.Open(PacketField.InputInterface), result);
                }
            }
        }
    }

    private static List<LinkWays> Find(FlowRun run, RouteKey key, IntervalSet destinations, IntervalSet links)
    {
        // Own addresses, which nobody sends from, make a thousand holes: they are looked up too, and left out at the end.
        var hull = IntervalSet.Of(destinations.Intervals[0].First, destinations.Intervals[^1].Last);
        var groups = new List<(IReadOnlyList<LinkWay> Ways, List<Interval> Interfaces)>();
        foreach (var interval in links.Intervals)
        {
            for (var index = interval.First; index <= interval.Last; index++)
            {
                run.Budget.Check();
                var ways = WaysOf(run, run.Routes.Find(hull, key with { OutputInterface = (int)index }), destinations, (int)index);
                var known = groups.FindIndex(g => g.Ways.SequenceEqual(ways));
                if (known < 0)
                {
                    known = groups.Count;
                    groups.Add((ways, []));
                }

                groups[known].Interfaces.Add(new Interval(index, index));
            }
        }

        return groups.ConvertAll(
            g => new LinkWays(
                [.. g.Ways.Select(w => w with { Destinations = w.Destinations.Intersect(destinations) })], IntervalSet.From(g.Interfaces)));
    }

    // What is not a destination may be in any of the ways: then they are the same for all links.
    private static List<LinkWay> WaysOf(FlowRun run, IReadOnlyList<RoutePiece> pieces, IntervalSet destinations, int index)
    {
        var (ways, others) = (new List<LinkWay>(), IntervalSet.Empty);
        foreach (var piece in pieces)
        {
            if (piece.Destinations.Overlaps(destinations))
            {
                ways.Add(WayOf(run, piece, index));
            }
            else
            {
                others = others.Union(piece.Destinations);
            }
        }

        return others.IsEmpty ? ways : ways.ConvertAll(w => w with { Destinations = w.Destinations.Union(others) });
    }

    private static LinkWay WayOf(FlowRun run, RoutePiece piece, int index)
    {
        var output = RoutingStage.OutputOf(piece.Outcome, run.Host);
        var isBack = output == FieldValue.Constant((uint)index);
        return new LinkWay(
            piece.Sources!, piece.Destinations, RoutingStage.ProblemOf(piece.Outcome, run.Host), piece.Outcome.Doubt,
            isBack ? null : output);
    }
}

/// <summary>Where answers go that leave by the interface of the question.</summary>
/// <param name="Ways">The ways, by address.</param>
/// <param name="Interfaces">The interfaces for which they are so.</param>
internal sealed record LinkWays(IReadOnlyList<LinkWay> Ways, IntervalSet Interfaces);

/// <summary>Where answers go.</summary>
/// <param name="Sources">From these addresses.</param>
/// <param name="Destinations">To these.</param>
/// <param name="Problem">Why they go nowhere, or <c>null</c>.</param>
/// <param name="Doubt">Why that is not sure, or <c>null</c>.</param>
/// <param name="Output">The interface, where it is not that of the question.</param>
internal sealed record LinkWay(IntervalSet Sources, IntervalSet Destinations, RouteProblem? Problem, string? Doubt, FieldValue? Output);
