using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Splits packets by the interface that a route to one of their addresses leads out of (nft_fib4_eval); the outcome is its index, 0 for none.</summary>
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

        var indexes = device is { } known ? FieldSplitter.Domain(state, known) : IntervalSet.Of(0);
        foreach (var interval in indexes.Intervals)
        {
            for (var index = interval.First; index <= interval.Last; index++)
            {
                var part = device is { } split ? FieldSplitter.Narrow(state, split, IntervalSet.Of(index), question) : state;
                var markSeen = (flags & FibFlags.Mark) != 0 ? (uint)mark.Number : 0;
                if (!Split(part, (int)index, markSeen, question, inside))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool Split(in FlowState part, int device, uint mark, OpenQuestion question, List<(FlowState State, int Outcome)> inside)
    {
        var isSource = (flags & FibFlags.Source) != 0;
        var (looked, other) = isSource
            ? (PacketField.SourceAddress, PacketField.DestinationAddress)
            : (PacketField.DestinationAddress, PacketField.SourceAddress);

        // Only an address of a link is looked up on the interface (nft_fib6_flowi_init); of others the route's interface is compared afterwards.
        var all = FieldSplitter.Domain(part, looked);
        var onLink = context.IsIPv4 || device == 0 ? IntervalSet.Empty : all.Intersect(LinkLocal);
        foreach (var (domain, isBound) in ((IntervalSet, bool)[])[(onLink, true), (onLink.IsEmpty ? all : all.Except(onLink), false)])
        {
            if (domain.IsEmpty)
            {
                continue;
            }

            var key = new RouteKey(context.IsIPv4)
            {
                Mark = mark,
                Sources = FieldSplitter.Domain(part, other),
                OutputInterface = isBound ? device : 0,
                IsStrict = isBound,
            };
            foreach (var piece in context.Routes.Find(domain, key))
            {
                if (piece.Outcome.Doubt is not null)
                {
                    return false;
                }

                var found = FieldSplitter.Narrow(FieldSplitter.Narrow(part, looked, piece.Destinations, question), other, piece.Sources!, question);
                // A socket that took packets from this interface before is believed instead of the routes (nft_fib_can_skip).
                if (InterfaceOf(piece.Outcome, device) is not { } index || (index != device && MayHaveSocket(part.View)))
                {
                    return false;
                }

                inside.Add((found, index));
            }
        }

        return true;
    }

    private bool MayHaveSocket(PacketView view) =>
        (flags & FibFlags.Input) != 0
        && view[PacketField.IsAtInput].Number != 0
        && view[PacketField.ConnectionState].Number == (uint)ConnectionState.Established;

    private int? InterfaceOf(RouteOutcome outcome, int device)
    {
        if (context.IsIPv4)
        {
            // A local route gives nothing (nft_fib4_eval: "Should not see RTN_LOCAL here").
            if (outcome.Kind is not (HostRouteKind.Unicast or HostRouteKind.Broadcast or HostRouteKind.Multicast or HostRouteKind.Anycast))
            {
                return 0;
            }

            if (device != 0)
            {
                return outcome.Interfaces.Contains(device) ? device : 0;
            }
        }
        else if (outcome.Kind != HostRouteKind.Unicast)
        {
            // RTF_REJECT, local and anycast routes give nothing (nft_fib6_eval).
            return 0;
        }

        return outcome.Interfaces switch
        {
            [] => 0,
            [var only] => !context.IsIPv4 && device != 0 && only != device ? 0 : only,
            // Of several the kernel takes one; where it is none of them that is asked for, it does not matter which.
            _ => device != 0 && !outcome.Interfaces.Contains(device) ? 0 : null,
        };
    }
}
