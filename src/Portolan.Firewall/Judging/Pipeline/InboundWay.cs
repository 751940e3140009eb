using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The way of packets that come in by an interface: ingress, prerouting, the route, then input, or forward and postrouting.</summary>
internal static class InboundWay
{
    public static void Run(FlowRun run, List<FlowState> states)
    {
        states = DeviceStage.Ingress(run, states);
        if (!run.Context.IsIPv4)
        {
            states = RefuseAtOnce(run, states);
        }

        states = HookStage.Run(run, HookPoint.Prerouting, states);
        var local = new List<FlowState>();
        var forward = new List<FlowState>();
        RoutingStage.RouteIn(run, states, local, forward);
        End(run, HookStage.Run(run, HookPoint.Input, local), Fate.Local);
        forward = HookStage.Run(run, HookPoint.Forward, forward);
        End(run, DeviceStage.Egress(run, HookStage.Run(run, HookPoint.Postrouting, forward)), Fate.Forwarded);
    }

    /// <summary>Ends the way of packets.</summary>
    public static void End(FlowRun run, List<FlowState> states, Fate fate)
    {
        foreach (var state in states)
        {
            run.Ends.Add(new Terminal(state, fate));
        }
    }

    // IPv4 looks at addresses only when it routes, behind the rules of prerouting; IPv6 at some of them before (ip6_rcv_core).
    private static List<FlowState> RefuseAtOnce(FlowRun run, List<FlowState> states)
    {
        var loopback = IntervalSet.Of((uint)RoutingStage.LoopbackOf(run.Host));
        var question = new OpenQuestion(null, "the packet may come in by several interfaces, or from several addresses");
        var result = new List<FlowState>();
        foreach (var state in states)
        {
            var interfaces = FieldSplitter.Domain(state, PacketField.InputInterface);
            foreach (var (part, isLoopback) in ((IntervalSet, bool)[])[(interfaces.Intersect(loopback), true), (interfaces.Except(loopback), false)])
            {
                if (part.IsEmpty)
                {
                    continue;
                }

                var rest = FieldSplitter.Narrow(state, PacketField.InputInterface, part, question);
                if (Refuse(run, rest, PacketField.SourceAddress, InputRouting.RefusedIPv6Senders(isLoopback), question) is { } known
                    && Refuse(run, known, PacketField.DestinationAddress, InputRouting.RefusedIPv6Destinations(isLoopback), question) is { } passed)
                {
                    result.Add(passed);
                }
            }
        }

        return result;
    }

    private static FlowState? Refuse(FlowRun run, in FlowState state, PacketField field, IntervalSet refused, OpenQuestion question)
    {
        var domain = FieldSplitter.Domain(state, field);
        var (inside, outside) = (domain.Intersect(refused), domain.Except(refused));
        if (!inside.IsEmpty)
        {
            run.Ends.Add(new Terminal(
                FieldSplitter.Narrow(state, field, inside, question),
                new Fate(FlowDecision.NoRoute, RouteProblem: RoutingStage.MartianProblem)));
        }

        return outside.IsEmpty ? null : FieldSplitter.Narrow(state, field, outside, question);
    }
}
