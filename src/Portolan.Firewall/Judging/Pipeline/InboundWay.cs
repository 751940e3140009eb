using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// The way of packets that arrive on an interface: ingress, prerouting, the route, then input, or forward and postrouting.
/// </summary>
internal static class InboundWay
{
    private const byte Tcp = 6;
    private const byte Dccp = 33;
    private const byte Sctp = 132;

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
        local = HookStage.Run(run, HookPoint.Input, local);
        End(run, run.Context.Protocol is Tcp or Dccp or Sctp ? ForThisHostAlone(run, local) : local, Fate.Local);
        forward = HookStage.Run(run, HookPoint.Forward, ForThisHostAlone(run, Unassigned(run, forward)));
        End(run, DeviceStage.Egress(run, HookStage.Run(run, HookPoint.Postrouting, forward)), Fate.Forwarded);
    }

    /// <summary>Ends the way of packets.</summary>
    public static void End(FlowRun run, List<FlowState> states, Fate fate)
    {
        foreach (var state in states)
        {
            run.Ends.Add(new Terminal(state, fate));
            if (state.View.Marks.Written is { } question
                && (fate.Delivery != DeliveryKind.Local || question.Topic != QuestionTopic.HopLimit))
            {
                // It got through as another packet than the sender's: who takes that, and whose answer the sender takes, is not judged.
                run.Ends.Add(new Terminal(state.Ask(question), Fate.Open));
            }
        }
    }

    // What has a socket is not forwarded (ip_forward, ip6_forward: skb->sk); what its mark did not bring here never gets to it.
    private static List<FlowState> Unassigned(FlowRun run, List<FlowState> states)
    {
        foreach (var state in states)
        {
            if (state.View.Marks.Proxy is { } proxy)
            {
                run.Ends.Add(new Terminal(state, new Fate(FlowDecision.Drop, proxy.Rule)));
            }
        }

        return states.FindAll(static state => state.View.Marks.Proxy is null);
    }

    // What came in a frame to many is not forwarded, and begins no connection (ip_forward, ip6_forward, tcp_v4_rcv, sctp_rcv: PACKET_HOST).
    private static List<FlowState> ForThisHostAlone(FlowRun run, List<FlowState> states)
    {
        var result = new List<FlowState>(states.Count);
        var alone = IntervalSet.Of(0);
        foreach (var state in states)
        {
            var types = FieldSplitter.Domain(state, PacketField.PacketType);
            var (inside, outside) = (types.Intersect(alone), types.Except(alone));
            var question = new OpenQuestion(null, state.View[PacketField.PacketType].Why ?? "");
            if (!outside.IsEmpty)
            {
                run.Ends.Add(new Terminal(
                    FieldSplitter.Narrow(state, PacketField.PacketType, outside, question),
                    new Fate(
                        FlowDecision.NoRoute, RouteProblem: RouteProblem.LinkMulticast)));
            }

            if (!inside.IsEmpty)
            {
                result.Add(FieldSplitter.Narrow(state, PacketField.PacketType, inside, question));
            }
        }

        return result;
    }

    // IPv4 looks at addresses only when it routes, behind the rules of prerouting; IPv6 at some of them before (ip6_rcv_core).
    private static List<FlowState> RefuseAtOnce(FlowRun run, List<FlowState> states)
    {
        var loopback = IntervalSet.Of((uint)RoutingStage.LoopbackOf(run.Host));
        var question = new OpenQuestion(null, "the packet may arrive on several interfaces, or from several addresses");
        var result = new List<FlowState>();
        foreach (var state in states)
        {
            var interfaces = FieldSplitter.Domain(state, PacketField.InputInterface);
            foreach (var (part, isLoopback) in ((IntervalSet, bool)[])[
                (interfaces.Intersect(loopback), true), (interfaces.Except(loopback), false)])
            {
                if (part.IsEmpty)
                {
                    continue;
                }

                var rest = FieldSplitter.Narrow(state, PacketField.InputInterface, part, question);
                if (Refuse(run, rest, PacketField.SourceAddress, InputRouting.RefusedIPv6Senders(isLoopback), question) is { } known
                    && Refuse(
                        run, known, PacketField.DestinationAddress, InputRouting.RefusedIPv6Destinations(isLoopback),
                        question) is { } passed)
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
                new Fate(FlowDecision.NoRoute, RouteProblem: RouteProblem.Martian)));
        }

        return outside.IsEmpty ? null : FieldSplitter.Narrow(state, field, outside, question);
    }
}
