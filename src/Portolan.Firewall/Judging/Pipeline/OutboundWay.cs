using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// The way of packets of this machine: the route, output, another route where rules changed it, postrouting; by loopback back in again.
/// </summary>
internal static class OutboundWay
{
    /// <summary>Sends packets on their way.</summary>
    /// <param name="run">What they are judged with.</param>
    /// <param name="states">The packets.</param>
    /// <param name="areAnswers">Whether they answer others: on which interface they leave matters to rules alone.</param>
    public static void Run(FlowRun run, List<FlowState> states, bool areAnswers = false)
    {
        states = RoutingStage.RouteOut(run, states, areAnswers);
        states = HookStage.Run(run, HookPoint.Output, states);
        states = Reroute(run, states, areAnswers);
        states = HookStage.Run(run, HookPoint.Postrouting, states);
        var loopback = (uint)RoutingStage.LoopbackOf(run.Host);
        var question = new OpenQuestion(null, RoutingStage.SeveralInterfaces);
        var (back, sent) = (new List<FlowState>(), new List<FlowState>());
        foreach (var state in states)
        {
            var output = FieldSplitter.Domain(state, PacketField.OutputInterface);
            var (here, away) = (output.Intersect(IntervalSet.Of(loopback)), output.Except(IntervalSet.Of(loopback)));
            if (!here.IsEmpty)
            {
                StateMerger.Add(back, FieldSplitter.Narrow(state, PacketField.OutputInterface, here, question));
            }

            if (!away.IsEmpty)
            {
                sent.Add(FieldSplitter.Narrow(state, PacketField.OutputInterface, away, question));
            }
        }

        InboundWay.End(run, DeviceStage.Egress(run, sent), Fate.Sent);

        if (back.Count > 0)
        {
            // The packet keeps its route and its connection through loopback.
            back = DeviceStage.Egress(run, back).ConvertAll(state => state with { View = ComeBack(state.View, loopback) });
            back = DeviceStage.Ingress(run, back);
            back = HookStage.Run(run, HookPoint.Prerouting, back);
            InboundWay.End(run, HookStage.Run(run, HookPoint.Input, back), Fate.Local);
        }
    }

    private static List<FlowState> Reroute(FlowRun run, List<FlowState> states, bool areAnswers)
    {
        var (result, again) = (new List<FlowState>(), new List<FlowState>());
        foreach (var state in states)
        {
            if (!state.View.Marks.MustReroute)
            {
                StateMerger.Add(result, state);
            }
            else if (state.Cube.Without(PacketField.AnswerInterface, IntervalSet.All(32)) is { } cube)
            {
                StateMerger.Add(again, state with { Cube = cube });
            }
        }

        foreach (var state in again.Count > 0 ? RoutingStage.RouteOut(run, again, areAnswers) : [])
        {
            StateMerger.Add(result, state);
        }

        return result;
    }

    // Loopback takes the packet from its socket (loopback_xmit: skb_orphan), and leaves it its connection, which postrouting confirmed
    // (nf_confirm).
    private static PacketView ComeBack(PacketView view, uint loopback)
    {
        const uint confirmed = 8; // IPS_CONFIRMED
        var status = view[PacketField.ConnectionStatus];
        var isConfirmed = view[PacketField.HasConnection] is { Kind: FieldValueKind.Constant } tracked && tracked.Number != 0
            && status.Kind == FieldValueKind.Constant;
        return view.With(
            (PacketField.InputInterface, FieldValue.Constant(loopback)),
            (PacketField.OutputInterface, FieldValue.Constant(0)),
            (PacketField.HasSocket, FieldValue.Constant(0)),
            (PacketField.HasLinkHeader, FieldValue.Constant(1)),
            (PacketField.ConnectionStatus, isConfirmed ? FieldValue.Constant(status.Number | confirmed) : status));
    }
}
