namespace Portolan.Firewall.Host.Routing;

/// <summary>What routing does with packets that come in by an interface: the destination's route, and the check of senders (rp_filter).</summary>
/// <remarks>ip_route_input_slow and __fib_validate_source (net/ipv4), ip6_rcv_core and ip6_route_input (net/ipv6). Safe for any thread.</remarks>
public sealed class InputRouting(RouteMap map)
{
    // Since Linux 5.3 the rest of 0.0.0.0/8 is as good as any (ipv4_is_zeronet).
    private static readonly IntervalSet Nobody = IntervalSet.Of(0);
    private static readonly IntervalSet LoopbackNet = IntervalSet.Prefix(0x7f000000, 8, 32);
    private static readonly IntervalSet MulticastNet = IntervalSet.Prefix(0xe0000000, 4, 32);
    private static readonly IntervalSet LimitedBroadcast = IntervalSet.Of(uint.MaxValue);
    private static readonly IntervalSet MulticastIPv6 = IntervalSet.Prefix((UInt128)0xff00 << 112, 8, 128);
    private static readonly IntervalSet LoopbackIPv6 = IntervalSet.Of(1);
    private static readonly IntervalSet MappedIPv6 = IntervalSet.Prefix((UInt128)0xffff << 32, 96, 128);

    // Such an address is of one link, or of nobody yet: routers do not send it on (ip6_forward).
    private static readonly IntervalSet NotForwardedIPv6 = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128).Union(Nobody);

    // 224.0.0.1 and ff02::1: all nodes, joined with the interface (ip_mc_up, ipv6_add_dev).
    private static readonly IntervalSet AllNodes = IntervalSet.Of(0xe0000001);
    private static readonly IntervalSet AllNodesIPv6 = IntervalSet.Of(((UInt128)0xff02 << 112) | 1);
    private const string UnknownGroup = "whether this machine has joined the multicast group is not read";

    /// <summary>IPv6 senders that are refused as soon as a packet is received, before any rule but those of ingress sees it (ip6_rcv_core).</summary>
    /// <param name="isLoopback">Whether it is received by loopback.</param>
    public static IntervalSet RefusedIPv6Senders(bool isLoopback) => MulticastIPv6.Union(MappedIPv6).Union(isLoopback ? IntervalSet.Empty : LoopbackIPv6);

    /// <summary>IPv6 destinations that are refused as soon as a packet is received.</summary>
    /// <param name="isLoopback">Whether it is received by loopback.</param>
    public static IntervalSet RefusedIPv6Destinations(bool isLoopback) => isLoopback ? IntervalSet.Empty : LoopbackIPv6;

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
            var martian = MulticastNet.Union(LimitedBroadcast);
            Add(sources.Intersect(martian), destinations, InputFate.Martian);
            sources = sources.Except(martian);

            // A sender without an address yet may speak to everybody (DHCP), and to nobody else. Loopback's net is looked at only afterwards.
            Group(sources, destinations.Intersect(LimitedBroadcast), null);
            destinations = destinations.Except(LimitedBroadcast);

            // From nobody to nobody is the broadcast of old: brd_input, as 255.255.255.255 is.
            var (toNobody, fromNobody) = (destinations.Intersect(Nobody), sources.Intersect(Nobody));
            Group(fromNobody, toNobody, null);
            Add(sources.Except(Nobody), toNobody, InputFate.Martian);
            destinations = destinations.Except(Nobody);
            var loopback = device.IsLoopback || device.RoutesLoopback ? IntervalSet.Empty : LoopbackNet;
            Add(sources.Intersect(loopback), destinations, InputFate.Martian);
            sources = sources.Except(loopback);
            Group(sources, destinations.Intersect(AllNodes), null);
            Group(sources, destinations.Intersect(MulticastNet).Except(AllNodes), UnknownGroup);
            destinations = destinations.Except(MulticastNet);
            Add(sources.Intersect(Nobody), destinations, InputFate.Martian);
            sources = sources.Except(Nobody);

            var nowhere = device.IsLoopback || device.RoutesLoopback ? IntervalSet.Empty : LoopbackNet;
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

            var martian = RefusedIPv6Senders(device.IsLoopback);
            Add(sources.Intersect(martian), destinations, InputFate.Martian);
            sources = sources.Except(martian);
            var joined = destinations.Intersect(MulticastIPv6).Intersect(JoinedIPv6());
            Add(sources, joined, InputFate.Group);
            Add(sources, destinations.Intersect(MulticastIPv6).Except(joined), InputFate.Group, null, UnknownGroup);
            destinations = destinations.Except(MulticastIPv6);
            var nowhere = RefusedIPv6Destinations(device.IsLoopback);
            Add(sources, destinations.Intersect(nowhere), InputFate.Martian);
            foreach (var piece in Find(sources, destinations.Except(nowhere), isIPv4: false))
            {
                IPv6Piece(piece);
            }
        }

        // All nodes, and the solicited-node group of each address (RFC 4291 section 2.7.1).
        private IntervalSet JoinedIPv6()
        {
            var groups = new List<Interval> { AllNodesIPv6.Intervals[0] };
            foreach (var address in map.Facts.Addresses)
            {
                if (!address.Address.IsIPv4 && address.InterfaceIndex == device.Index)
                {
                    var group = ((UInt128)0xff02 << 112) | 0x1_ff00_0000 | (address.Address.Number & 0xff_ffff);
                    groups.Add(new Interval(group, group));
                }
            }

            return IntervalSet.From(groups);
        }

        private void IPv6Piece(RoutePiece piece)
        {
            var (sources, destinations, outcome) = (piece.Sources!, piece.Destinations, piece.Outcome);
            var fate = outcome.Kind switch
            {
                HostRouteKind.Local or HostRouteKind.Anycast => InputFate.Local,
                HostRouteKind.Multicast => InputFate.Group,
                HostRouteKind.Unicast when device.ForwardsIPv6 => InputFate.Forward,
                HostRouteKind.Unicast => InputFate.NotForwarding,
                _ => InputFate.NoRoute,
            };

            // Back out of the interface it came in by, a packet is sent on whoever sent it.
            if (fate == InputFate.Forward && !(outcome.Interfaces.Count == 1 && outcome.Interfaces[0] == device.Index))
            {
                var doubt = outcome.Interfaces.Contains(device.Index) ? "it may leave by the interface it came in by" : outcome.Doubt;
                Add(sources.Intersect(NotForwardedIPv6), destinations, InputFate.Martian, outcome, doubt);
                sources = sources.Except(NotForwardedIPv6);
            }

            Add(sources, destinations, fate, outcome, outcome.Doubt);
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

        private void Group(IntervalSet sources, IntervalSet destinations, string? doubt)
        {
            Add(sources.Intersect(Nobody), destinations, InputFate.Group, null, doubt);
            Check(sources.Except(Nobody), destinations, 0, InputFate.Group, null, doubt);
        }

        /// <summary>fib_validate_source: is the sender one that may come in here?</summary>
        /// <param name="sources">The senders.</param>
        /// <param name="destinations">Where they send to.</param>
        /// <param name="output">The interface the packet leaves by; 0 for none, -1 for one of several.</param>
        /// <param name="fate">What becomes of the packet if the sender may.</param>
        /// <param name="outcome">The route to the destination.</param>
        /// <param name="doubt">Why the fate is not sure, or <c>null</c>.</param>
        private void Check(IntervalSet sources, IntervalSet destinations, int output, InputFate fate, RouteOutcome? outcome, string? doubt = null)
        {
            if (sources.IsEmpty || destinations.IsEmpty)
            {
                return;
            }

            var filter = device.ReversePathFilter;
            var isOtherWay = output != device.Index || !device.SendsRedirects;
            if (filter == 0 && device.AcceptsLocalSources && isOtherWay)
            {
                Add(sources, destinations, fate, outcome, doubt ?? outcome?.Doubt);
                return;
            }

            var isQuick = filter == 0 && !map.HasCustomIPv4Rules && isOtherWay;
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
                Add(back.Destinations, back.Sources!, verdict, outcome, (verdict == fate ? doubt : null) ?? outcome?.Doubt ?? (isQuick ? null : back.Outcome.Doubt) ?? manyOutputs);
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
