using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// Policy rules that test protocol and ports (<c>ip rule … ipproto tcp dport 25</c>): packets are split by the ports, and looked up with
/// them.
/// </summary>
internal static class PortRouting
{
    private const byte Icmp = 1;
    private const byte IcmpIPv6 = 58;

    /// <summary>Splits packets by the ports that policy rules test.</summary>
    internal static List<FlowState> Split(FlowRun run, List<FlowState> states)
    {
        if (!run.Routes.ChoosesByTransport(run.Context.IsIPv4))
        {
            return states;
        }

        foreach (var field in (ReadOnlySpan<PacketField>)[PacketField.SourcePort, PacketField.DestinationPort])
        {
            var parts = new List<FlowState>();
            foreach (var state in states)
            {
                var question = new OpenQuestion(null, "the port is one of several, which are routed differently");
                foreach (var ports in run.Routes.SplitPorts(run.Context.IsIPv4, Domain(run, state, field)))
                {
                    parts.Add(FieldSplitter.Narrow(state, field, ports, question));
                }
            }

            states = parts;
        }

        return states;
    }

    /// <summary>Protocol and ports of packets for look-ups; <c>null</c> where no rule asks for them, or they are not known.</summary>
    internal static RouteTransport? TransportOf(FlowRun run, in FlowState state, bool isInput)
    {
        if (!run.Routes.ChoosesByTransport(run.Context.IsIPv4) || (!isInput && run.Context.Protocol is Icmp or IcmpIPv6))
        {
            return null;
        }

        // Routed again, IPv4 is looked up by addresses and mark alone (ip_route_me_harder).
        return !isInput && run.Context.IsIPv4 && state.View.Marks.MustReroute
            ? RouteTransport.None
            : new RouteTransport(
                run.Context.Protocol, Domain(run, state, PacketField.SourcePort), Domain(run, state, PacketField.DestinationPort));
    }

    // Ports that rules do not tell apart have the same answer.
    private static IntervalSet Domain(FlowRun run, in FlowState state, PacketField field)
    {
        var value = state.View[field];
        if (!state.View.IsAsked(field))
        {
            return FieldSplitter.Domain(state, field);
        }

        foreach (var ports in run.Couplings.PortsOf(run.Routes, run.Context.IsIPv4))
        {
            state.View.Ask(field, ports);
        }

        return IntervalSet.Of(value.Number);
    }
}
