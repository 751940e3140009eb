using Portolan.Firewall.Judging;

namespace Portolan.Firewall.Host.Routing;

/// <summary>What routing does with packets that come in by an interface: the destination's route, and the check of senders (rp_filter).</summary>
/// <remarks>ip_route_input_slow and __fib_validate_source (net/ipv4), ip6_rcv_core and ip6_route_input (net/ipv6). Safe for any thread.</remarks>
public sealed class InputRouting(RouteMap map)
{
    private static readonly IntervalSet ZeroNet = IntervalSet.Prefix(0, 8, 32);
    private static readonly IntervalSet LoopbackNet = IntervalSet.Prefix(0x7f000000, 8, 32);
    private static readonly IntervalSet MulticastNet = IntervalSet.Prefix(0xe0000000, 4, 32);
    private static readonly IntervalSet LimitedBroadcast = IntervalSet.Of(uint.MaxValue);
    private static readonly IntervalSet MulticastIPv6 = IntervalSet.Prefix((UInt128)0xff00 << 112, 8, 128);
    private static readonly IntervalSet LoopbackIPv6 = IntervalSet.Of(1);

    /// <summary>Splits packets by what routing does with them. The pieces share no packet and together are all of them.</summary>
    /// <param name="isIPv4">The family.</param>
    /// <param name="sources">Source addresses.</param>
    /// <param name="destinations">Destination addresses, after translation.</param>
    /// <param name="interfaceIndex">The interface they come in by.</param>
    /// <param name="mark">Their mark at that moment; <c>null</c> when it is not known.</param>
    public IReadOnlyList<InputPiece> Route(bool isIPv4, IntervalSet sources, IntervalSet destinations, int interfaceIndex, uint? mark)
    {
        var result = new List<InputPiece>();
        if (map.Facts.Interface(interfaceIndex) is { } device)
        {
            var work = new Work(map, device, mark, result);
            if (isIPv4)
            {
                work.IPv4(sources, destinations);
            }
            else
            {
                work.IPv6(sources, destinations);
            }
        }

        return result;
    }

    private sealed class Work(RouteMap map, HostInterface device, uint? mark, List<InputPiece> result)
    {
        internal void IPv4(IntervalSet sources, IntervalSet destinations)
        {
            var martian = device.IsLoopback ? MulticastNet.Union(LimitedBroadcast) : MulticastNet.Union(LimitedBroadcast).Union(device.RoutesLoopback ? IntervalSet.Empty : LoopbackNet);
            Add(sources.Intersect(martian), destinations, InputFate.Martian);
            sources = sources.Except(martian);

            // A sender without an address yet may speak to everybody (DHCP), and to nobody else.
            var everybody = destinations.Intersect(LimitedBroadcast.Union(MulticastNet));
            Group(sources, everybody);
            destinations = destinations.Except(everybody);
            Add(sources.Intersect(ZeroNet), destinations, InputFate.Martian);
            sources = sources.Except(ZeroNet);

            var nowhere = device.IsLoopback || device.RoutesLoopback ? ZeroNet : ZeroNet.Union(LoopbackNet);
            Add(sources, destinations.Intersect(nowhere), InputFate.Martian);
            foreach (var piece in Find(sources, destinations.Except(nowhere), isIPv4: true))
            {
                IPv4Piece(piece);
            }
        }

        internal void IPv6(IntervalSet sources, IntervalSet destinations)
        {
            if (device.HasNoIPv6)
            {
                Add(sources, destinations, InputFate.NoIPv6);
                return;
            }

            var martian = device.IsLoopback ? MulticastIPv6 : MulticastIPv6.Union(LoopbackIPv6);
            Add(sources.Intersect(martian), destinations, InputFate.Martian);
            sources = sources.Except(martian);
            Add(sources, destinations.Intersect(MulticastIPv6), InputFate.Group);
            destinations = destinations.Except(MulticastIPv6);
            var nowhere = device.IsLoopback ? IntervalSet.Of(0) : IntervalSet.Of(0, 1);
            Add(sources, destinations.Intersect(nowhere), InputFate.Martian);
            foreach (var piece in Find(sources, destinations.Except(nowhere), isIPv4: false))
            {
                var fate = piece.Outcome.Kind switch
                {
                    HostRouteKind.Local or HostRouteKind.Anycast => InputFate.Local,
                    HostRouteKind.Multicast => InputFate.Group,
                    HostRouteKind.Unicast when device.ForwardsIPv6 => InputFate.Forward,
                    HostRouteKind.Unicast => InputFate.NotForwarding,
                    _ => InputFate.NoRoute,
                };
                Add(piece.Sources!, piece.Destinations, fate, piece.Outcome, piece.Outcome.Doubt);
            }
        }

        private void IPv4Piece(RoutePiece piece)
        {
            var (sources, destinations, outcome) = (piece.Sources!, piece.Destinations, piece.Outcome);
            switch (outcome.Kind)
            {
                case HostRouteKind.Local:
                    Check(sources, destinations, 0, InputFate.Local, outcome);
                    break;
                case HostRouteKind.Broadcast:
                    Check(sources, destinations, 0, InputFate.Group, outcome);
                    break;
                case HostRouteKind.Unicast when device.ForwardsIPv4:
                    // The check of the sender looks the way back up as if it came in by the interface the packet leaves by.
                    Check(sources, destinations, outcome.Interfaces.Count == 1 ? outcome.Interfaces[0] : -1, InputFate.Forward, outcome);
                    break;
                case HostRouteKind.Unicast:
                    Add(sources, destinations, InputFate.NotForwarding, outcome, outcome.Doubt);
                    break;
                default:
                    Add(sources, destinations, InputFate.NoRoute, outcome, outcome.Doubt);
                    break;
            }
        }

        private IReadOnlyList<RoutePiece> Find(IntervalSet sources, IntervalSet destinations, bool isIPv4) =>
            map.Find(destinations, new RouteKey(isIPv4) { Mark = mark, InputInterface = device.Index, Sources = sources });

        private void Group(IntervalSet sources, IntervalSet destinations)
        {
            Add(sources.Intersect(ZeroNet), destinations, InputFate.Group);
            Check(sources.Except(ZeroNet), destinations, 0, InputFate.Group, null);
        }

        /// <summary>fib_validate_source: is the sender one that may come in here?</summary>
        /// <param name="sources">The senders.</param>
        /// <param name="destinations">Where they send to.</param>
        /// <param name="output">The interface the packet leaves by; 0 for none, -1 for one of several.</param>
        /// <param name="fate">What becomes of the packet if the sender may.</param>
        /// <param name="outcome">The route to the destination.</param>
        private void Check(IntervalSet sources, IntervalSet destinations, int output, InputFate fate, RouteOutcome? outcome)
        {
            if (sources.IsEmpty || destinations.IsEmpty)
            {
                return;
            }

            var filter = device.ReversePathFilter;
            if (filter == 0 && device.AcceptsLocalSources && output != device.Index)
            {
                Add(sources, destinations, fate, outcome, outcome?.Doubt);
                return;
            }

            var isQuick = filter == 0 && !map.HasCustomIPv4Rules && output != device.Index;
            var key = new RouteKey(true)
            {
                Mark = device.ChecksSourcesByMark ? mark : 0,
                InputInterface = Math.Max(output, 0),
                Sources = destinations,
                Vrf = map.VrfOf(device.Index),
            };
            var manyOutputs = output < 0 && map.HasCustomIPv4Rules ? "the packet may leave by several interfaces, and policy rules may test which" : null;
            foreach (var back in map.Find(sources, key))
            {
                var verdict = isQuick
                    ? back.Outcome.Kind == HostRouteKind.Local ? InputFate.Martian : fate
                    : Validate(back, filter, fate);
                Add(back.Destinations, back.Sources!, verdict, outcome, outcome?.Doubt ?? (isQuick ? null : back.Outcome.Doubt) ?? manyOutputs);
            }
        }

        private InputFate Validate(RoutePiece back, int filter, InputFate fate)
        {
            var kind = back.Outcome.Kind;
            if (kind is HostRouteKind.None or >= HostRouteKind.Blackhole)
            {
                return filter != 0 ? InputFate.ReversePath : fate;
            }

            if (kind != HostRouteKind.Unicast && (kind != HostRouteKind.Local || !device.AcceptsLocalSources))
            {
                return InputFate.Martian;
            }

            if (back.Outcome.Interfaces.Contains(device.Index) || (kind == HostRouteKind.Local && device.IsLoopback))
            {
                return fate;
            }

            // Without an IPv4 address of its own the interface has no way back (no_addr), even where loose checking is on.
            var hasNoAddress = !map.Facts.Addresses.Any(a => a.InterfaceIndex == device.Index && a.Address.IsIPv4);
            return filter == 1 || (hasNoAddress && filter != 0) ? InputFate.ReversePath : fate;
        }

        private void Add(IntervalSet sources, IntervalSet destinations, InputFate fate, RouteOutcome? outcome = null, string? doubt = null)
        {
            if (!sources.IsEmpty && !destinations.IsEmpty)
            {
                result.Add(new InputPiece(sources, destinations, fate, outcome) { Doubt = doubt });
            }
        }
    }
}
