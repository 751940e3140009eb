using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The way of packets of this machine: the route, output, another route where rules changed it, postrouting; by loopback back in again.</summary>
internal static class OutboundWay
{
    public static void Run(FlowRun run, List<FlowState> states)
    {
        states = RoutingStage.RouteOut(run, states);
        states = HookStage.Run(run, HookPoint.Output, states);
        states = Reroute(run, states);
        states = HookStage.Run(run, HookPoint.Postrouting, states);
        var loopback = (uint)RoutingStage.LoopbackOf(run.Host);
        var (back, sent) = (new List<FlowState>(), new List<FlowState>());
        foreach (var state in states)
        {
            var output = FieldSplitter.Domain(state, PacketField.OutputInterface);
            if (output.Contains(loopback))
            {
                StateMerger.Add(back, state with { View = ComeBack(state.View, loopback) });
            }
            else
            {
                sent.Add(state);
            }
        }

        InboundWay.End(run, DeviceStage.Egress(run, sent), Fate.Sent);

        if (back.Count > 0)
        {
            // The packet keeps its route and its connection through loopback.
            back = HookStage.Run(run, HookPoint.Prerouting, back);
            InboundWay.End(run, HookStage.Run(run, HookPoint.Input, back), Fate.Local);
        }
    }

    private static List<FlowState> Reroute(FlowRun run, List<FlowState> states)
    {
        var (result, again) = (new List<FlowState>(), new List<FlowState>());
        foreach (var state in states)
        {
            StateMerger.Add(state.View.Marks.MustReroute ? again : result, state);
        }

        foreach (var state in again.Count > 0 ? RoutingStage.RouteOut(run, again) : [])
        {
            StateMerger.Add(result, state);
        }

        return result;
    }

    private static PacketView ComeBack(PacketView view, uint loopback) => view.With(
        (PacketField.InputInterface, FieldValue.Constant(loopback)),
        (PacketField.OutputInterface, FieldValue.Constant(0)),
        (PacketField.HasLinkHeader, FieldValue.Constant(1)));
}
