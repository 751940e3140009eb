using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>Runs everything that is registered at a hook, by priority: base chains, connection tracking, translation.</summary>
internal static class HookStage
{
    private const int ConnectionPriority = -200;
    private const int DestinationPriority = -100;
    private const int SourcePriority = 100;
    private const byte Tcp = 6;
    private const byte Udp = 17;

    /// <summary>Runs a hook for packets; returns those that go on.</summary>
    public static List<FlowState> Run(FlowRun run, HookPoint point, List<FlowState> states)
    {
        run.Budget.Check();
        states = states.ConvertAll(state => state with { View = AtHook(state.View, point) });
        if (point == HookPoint.Input)
        {
            states = states.ConvertAll(state => state with { View = WithSocket(run, state.View) });
        }

        var tracks = point is HookPoint.Prerouting or HookPoint.Output;
        var translation = point switch
        {
            HookPoint.Prerouting or HookPoint.Output => DestinationPriority,
            HookPoint.Input or HookPoint.Postrouting => SourcePriority,
            _ => (int?)null,
        };
        var (isTracked, isTranslated) = (!tracks, translation is null);
        foreach (var (table, chain) in run.Hooks.Filters(point))
        {
            var priority = chain.Hook!.Priority;
            if (!isTracked && priority > ConnectionPriority)
            {
                states = ConnectionStage.Run(run, states);
                isTracked = true;
            }

            if (!isTranslated && priority > translation)
            {
                states = TranslationStage.Run(run, point, states);
                isTranslated = true;
            }

            if (states.Count == 0)
            {
                return states;
            }

            states = RunChain(run, table, chain, states);
        }

        if (!isTracked)
        {
            states = ConnectionStage.Run(run, states);
        }

        return isTranslated ? states : TranslationStage.Run(run, point, states);
    }

    /// <summary>The packet with the device that has it at a hook.</summary>
    public static PacketView AtHook(PacketView view, HookPoint point) => point == HookPoint.Egress ? AtEgress(view) : view.With(
        (PacketField.IsAtInput, FieldValue.Constant(point == HookPoint.Input ? 1u : 0u)),
        (PacketField.Device, point switch
        {
            HookPoint.Output => FieldValue.Constant(0),
            HookPoint.Postrouting => view[PacketField.OutputInterface],
            _ => view[PacketField.InputInterface],
        }));

    // The socket of a connection, or a connected one of datagrams, is found before the input hook (ip_rcv_finish_core); not over loopback,
    // where the route is known.
    private static PacketView WithSocket(FlowRun run, PacketView view)
    {
        var mayBeFound = run.Context.Protocol == Udp
            || (run.Context.Protocol == Tcp && view.Marks.Coming.State == ConnectionState.Established);
        var isLoopback = view[PacketField.InputInterface] is { Kind: FieldValueKind.Constant } input
            && input.Number == (uint)RoutingStage.LoopbackOf(run.Host);
        return mayBeFound && !isLoopback
            ? view.With(
                PacketField.HasSocket, FieldValue.Choice(IntervalSet.Of(0, 1), "it is unknown whether the packet already has a socket"))
            : view;
    }

    // At egress nothing is known of where it came in, and the frame is this host's (nf_hook_egress).
    private static PacketView AtEgress(PacketView view) => view.With(
        (PacketField.IsAtInput, FieldValue.Constant(0)),
        (PacketField.Device, view[PacketField.OutputInterface]),
        (PacketField.InputInterface, FieldValue.Constant(0)),
        (PacketField.HasLinkHeader, FieldValue.Constant(1)),
        (PacketField.EtherSource, FieldValue.Choice(IntervalSet.All(48), "the hardware addresses of this host are not modelled")));

    private static List<FlowState> RunChain(FlowRun run, RuleTable table, RuleChain chain, List<FlowState> states)
    {
        // Only a chain of type route looks whether the packet must be routed again (nf_route_table_hook4).
        if (chain.Hook is not { Type: "route", Point: HookPoint.Output })
        {
            return ChainStage.Run(run, table, chain, states);
        }

        var result = new List<FlowState>();
        foreach (var state in states)
        {
            foreach (var passed in ChainStage.Run(run, table, chain, [state]))
            {
                var isChanged = passed.View[PacketField.Mark] != state.View[PacketField.Mark]
                    || passed.View[PacketField.DestinationAddress] != state.View[PacketField.DestinationAddress]
                    || passed.View[PacketField.SourceAddress] != state.View[PacketField.SourceAddress]
                    || passed.View[PacketField.TrafficClass] != state.View[PacketField.TrafficClass];
                StateMerger.Add(
                    result, isChanged ? passed with { View = passed.View.With(passed.View.Marks with { MustReroute = true }) } : passed);
            }
        }

        return result;
    }
}
