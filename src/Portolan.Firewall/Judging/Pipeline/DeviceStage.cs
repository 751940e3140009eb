using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// The chains at devices, ingress and egress: they see only what passes theirs. What devices below do is doubted where it may matter.
/// </summary>
internal static class DeviceStage
{
    private const ushort Ethernet = 1; // ARPHRD_ETHER

    private const string SeveralDevices = "the packet may pass several interfaces";

    /// <summary>What arrives on a device, before everything else.</summary>
    public static List<FlowState> Ingress(FlowRun run, List<FlowState> states)
    {
        states = Run(run, HookPoint.Ingress, PacketField.InputInterface, states);
        if (run.Hooks.OffloadingDevices.Count == 0)
        {
            return states;
        }

        // Only what answered once is offloaded.
        var later = states.FindAll(static state => state.View.Marks.Coming is { State: ConnectionState.Established, IsReply: false });
        var result = states.FindAll(static state => state.View.Marks.Coming is not { State: ConnectionState.Established, IsReply: false });
        Doubt(
            run,
            PacketField.InputInterface,
            later,
            IndexesOf(run, candidate => run.Hooks.OffloadingDevices.Contains(candidate.Name)),
            "an established connection may be offloaded (flowtable) and bypass the rules");
        result.AddRange(later);
        return result;
    }

    /// <summary>What leaves by a device, after everything else.</summary>
    public static List<FlowState> Egress(FlowRun run, List<FlowState> states) =>
        Run(run, HookPoint.Egress, PacketField.OutputInterface, states);

    private static List<FlowState> Run(FlowRun run, HookPoint point, PacketField field, List<FlowState> states)
    {
        Doubt(run, point, field, states);
        foreach (var (table, chain) in run.Hooks.Filters(point))
        {
            states = states.ConvertAll(state => state with { View = HookStage.AtHook(state.View, point) });
            var indexes = IndexesOf(run, candidate => chain.Hook!.Devices.Contains(candidate.Name));
            var (seen, others) = Split(states, field, indexes);
            foreach (var state in seen.Count > 0 ? ChainStage.Run(run, table, chain, seen) : [])
            {
                StateMerger.Add(others, state);
            }

            states = others;
        }

        return states;
    }

    // Below a bridge, a bond or a VRF the packet passes rules that are not judged here.
    private static void Doubt(FlowRun run, HookPoint point, PacketField field, List<FlowState> states)
    {
        if (run.Hooks.HasBridgeRules)
        {
            Doubt(
                run, field, states, IndexesOf(run, static candidate => candidate.Kind == "bridge"),
                "rules of family bridge are not evaluated");
        }

        if (run.Hooks.HasArpRules && run.Context.IsIPv4)
        {
            Doubt(
                run, field, states, IndexesOf(run, static candidate => candidate.HardwareType == Ethernet),
                "rules of family arp are not evaluated: if they block ARP, no neighbour is reachable");
        }

        if (field == PacketField.InputInterface && (run.Hooks.Filters(HookPoint.Prerouting).Count > 0 || run.Hooks.HasTranslators))
        {
            Doubt(
                run,
                field,
                states,
                IndexesOf(
                    run,
                    candidate =>
                        candidate.VrfTable is not null
                            || (candidate.Master != 0 && run.Host.Interface(candidate.Master)?.VrfTable is not null)),
                "packets of a VRF pass the rules of prerouting twice");
        }

        foreach (var (_, chain) in run.Hooks.Filters(point))
        {
            var masters = new HashSet<int>();
            foreach (var candidate in run.Host.Interfaces)
            {
                if (candidate.Master != 0 && chain.Hook!.Devices.Contains(candidate.Name))
                {
                    masters.Add(candidate.Master);
                }
            }

            if (masters.Count > 0)
            {
                Doubt(
                    run, field, states, IndexesOf(run, candidate => masters.Contains(candidate.Index)),
                    $"the packet may pass the chain {chain.Name} of a port below");
            }
        }
    }

    private static void Doubt(FlowRun run, PacketField field, List<FlowState> states, IntervalSet indexes, string why)
    {
        if (indexes.IsEmpty)
        {
            return;
        }

        var question = new OpenQuestion(null, why);
        var (doubted, others) = Split(states, field, indexes);
        states.Clear();
        states.AddRange(others);
        foreach (var state in doubted)
        {
            var asked = state.Ask(question);
            run.Ends.Add(new Terminal(asked, Fate.Open));
            states.Add(asked);
        }
    }

    private static (List<FlowState> Inside, List<FlowState> Outside) Split(List<FlowState> states, PacketField field, IntervalSet indexes)
    {
        var question = new OpenQuestion(null, SeveralDevices);
        var (seen, others) = (new List<FlowState>(), new List<FlowState>());
        foreach (var state in states)
        {
            var domain = FieldSplitter.Domain(state, field);
            var (inside, outside) = (domain.Intersect(indexes), domain.Except(indexes));
            if (!inside.IsEmpty)
            {
                seen.Add(FieldSplitter.Narrow(state, field, inside, question));
            }

            if (!outside.IsEmpty)
            {
                others.Add(FieldSplitter.Narrow(state, field, outside, question));
            }
        }

        return (seen, others);
    }

    private static IntervalSet IndexesOf(FlowRun run, Func<Host.HostInterface, bool> isMeant)
    {
        var result = new List<Interval>();
        foreach (var candidate in run.Host.Interfaces)
        {
            if (isMeant(candidate))
            {
                result.Add(new Interval((uint)candidate.Index, (uint)candidate.Index));
            }
        }

        return IntervalSet.From(result);
    }
}
