using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>
/// Splits packets by the interface that a route to one of their addresses leads out of (nft_fib4_eval); the outcome is its index, 0 for
/// none.
/// </summary>
internal sealed class FibOutputIndex(JudgeContext context, FibFlags flags) : IKeyIndex
{
    private static readonly IntervalSet LinkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128);

    public bool TrySplit(in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside)
    {
        var device = (flags & FibFlags.Input) != 0 ? PacketField.InputInterface
            : (flags & FibFlags.Output) != 0 ? PacketField.OutputInterface : (PacketField?)null;
        var mark = state.View[PacketField.Mark];
        if ((flags & FibFlags.Mark) != 0 && mark.Kind != FieldValueKind.Constant)
        {
            return false;
        }

        foreach (var (index, part) in Parts(state, device, question))
        {
            var markSeen = (flags & FibFlags.Mark) != 0 ? (uint)mark.Number : 0;
            if (!Split(part, index, markSeen, question, inside))
            {
                return false;
            }
        }

        return true;
    }

    // An address of the link is looked up on the link that the packet is on.
    private List<(int Interface, FlowState State)> Parts(in FlowState state, PacketField? device, OpenQuestion question)
    {
        if (device is { } known)
        {
            return FieldSplitter.ByInterface(state, known, question);
        }

        var looked = (flags & FibFlags.Source) != 0 ? PacketField.SourceAddress : PacketField.DestinationAddress;
        return !context.IsIPv4 && state.View[PacketField.Device].Kind == FieldValueKind.Open
            && FieldSplitter.Domain(state, looked).Overlaps(LinkLocal)
            ? FieldSplitter.ByInterface(state, PacketField.Device, question).ConvertAll(static part => (0, part.State))
            : [(0, state)];
    }

    // 0 where unknown.
    private static int Single(in FlowState state, PacketField field)
    {
        var domain = FieldSplitter.Domain(state, field);
        return state.View[field].Kind != FieldValueKind.Choice && domain.Count == 1
            && domain.Intervals[0].First == domain.Intervals[0].Last ? (int)domain.Intervals[0].First : 0;
    }

    private bool Split(in FlowState part, int device, uint mark, OpenQuestion question, List<(FlowState State, int Outcome)> inside)
    {
        // What arrives on loopback is never looked up (nft_fib_can_skip).
        var input = FieldSplitter.Domain(part, PacketField.InputInterface);
        if (IsLoopback(input))
        {
            inside.Add((part, (int)input.Intervals[0].First));
            return true;
        }

        var looked = (flags & FibFlags.Source) != 0 ? PacketField.SourceAddress : PacketField.DestinationAddress;
        var addresses = FieldSplitter.Domain(part, looked);
        if (context.IsIPv4)
        {
            return Look(part, addresses, new RouteKey(true) { Mark = mark }, device, question, inside);
        }

        // Only a lookup of an address of the link is bound to it (nft_fib6_flowi_init).
        var near = addresses.Intersect(LinkLocal);
        if (!near.IsEmpty)
        {
            var link = device != 0 ? device : Single(part, PacketField.Device);
            if (link == 0
                || !Look(
                    part, near, new RouteKey(false) { Mark = mark, OutputInterface = link, IsStrict = true }, device, question, inside))
            {
                return false;
            }

            addresses = addresses.Except(near);
        }

        return Look(part, addresses, new RouteKey(false) { Mark = mark }, device, question, inside);
    }

    private bool Look(
        in FlowState part, IntervalSet addresses, RouteKey key, int device, OpenQuestion question,
        List<(FlowState State, int Outcome)> inside)
    {
        var isSource = (flags & FibFlags.Source) != 0;
        var (looked, other) = isSource
            ? (PacketField.SourceAddress, PacketField.DestinationAddress)
            : (PacketField.DestinationAddress, PacketField.SourceAddress);
        foreach (var piece in context.Routes.Find(addresses, key with { Sources = FieldSplitter.Domain(part, other) }))
        {
            if (piece.Outcome.Doubt is not null)
            {
                return false;
            }

            var found =
                FieldSplitter.Narrow(FieldSplitter.Narrow(part, looked, piece.Destinations, question), other, piece.Sources!, question);
            if (InterfaceOf(piece.Outcome, device) is not { } index || MayBeSkipped(part, index))
            {
                return false;
            }

            inside.Add((found, index));
        }

        return true;
    }

    // A packet that early demultiplexing gave to a connected socket of that interface is not looked up either.
    private static bool MayBeSkipped(in FlowState state, int index) =>
        state.View.Marks.Coming.State == ConnectionState.Established
            && state.View[PacketField.IsAtInput].Number != 0
            && (index == 0 || Single(state, PacketField.InputInterface) != index);

    private bool IsLoopback(IntervalSet input)
    {
        foreach (var candidate in context.Interfaces.Interfaces)
        {
            if (candidate.IsLoopback && input.Count == 1
                && input.Intervals[0] == new Interval((uint)candidate.Index, (uint)candidate.Index))
            {
                return true;
            }
        }

        return false;
    }

    private int? InterfaceOf(RouteOutcome outcome, int device)
    {
        // A route to this machine gives nothing ("Should not see RTN_LOCAL here"), nor does one to nowhere.
        var leads = context.IsIPv4
            ? outcome.Kind is HostRouteKind.Unicast or HostRouteKind.Broadcast or HostRouteKind.Multicast or HostRouteKind.Anycast
            : outcome.Kind is HostRouteKind.Unicast or HostRouteKind.Multicast;
        if (!leads || outcome.Interfaces.Count == 0)
        {
            return 0;
        }

        if (device != 0)
        {
            // IPv4 looks at all next hops, IPv6 at the one it would take.
            var isAmong = outcome.Interfaces.Contains(device);
            return !isAmong ? 0 : context.IsIPv4 || outcome.Interfaces.Count == 1 ? device : null;
        }

        return outcome.Interfaces.Count == 1 ? outcome.Interfaces[0] : null;
    }
}
