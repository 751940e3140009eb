namespace Portolan.Firewall.Host.Routing;

/// <summary>
/// What routing does with packets that arrive on an interface: the destination's route, and the check of senders (rp_filter).
/// </summary>
/// <remarks>
/// ip_route_input_slow and __fib_validate_source (net/ipv4), ip6_rcv_core and ip6_route_input (net/ipv6). Safe for any thread.
/// </remarks>
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

    // Such an address is of one link, or of no host yet: routers do not send it on (ip6_forward).
    private static readonly IntervalSet NotForwardedIPv6 = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128).Union(Nobody);

    // 224.0.0.1 and ff02::1: all nodes, joined with the interface (ip_mc_up, ipv6_add_dev).
    private static readonly IntervalSet AllNodes = IntervalSet.Of(0xe0000001);
    private static readonly IntervalSet AllNodesIPv6 = IntervalSet.Of(((UInt128)0xff02 << 112) | 1);
    private const string UnknownGroup = "whether this machine has joined the multicast group is not read";

    /// <summary>
    /// IPv6 senders that are refused as soon as a packet is received, before any rule but those of ingress sees it (ip6_rcv_core).
    /// </summary>
    /// <param name="isLoopback">Whether it is received by loopback.</param>
    public static IntervalSet RefusedIPv6Senders(bool isLoopback) =>
        MulticastIPv6.Union(MappedIPv6).Union(isLoopback ? IntervalSet.Empty : LoopbackIPv6);

    /// <summary>IPv6 destinations that are refused as soon as a packet is received.</summary>
    /// <param name="isLoopback">Whether it is received by loopback.</param>
    public static IntervalSet RefusedIPv6Destinations(bool isLoopback) => isLoopback ? IntervalSet.Empty : LoopbackIPv6;

    private readonly SenderChecks _checks = new(map);

    /// <summary>Splits packets by what routing does with them. The pieces share no packet and together are all of them.</summary>
    /// <param name="isIPv4">The family.</param>
    /// <param name="sources">Source addresses.</param>
    /// <param name="destinations">Destination addresses, after translation.</param>
    /// <param name="interfaceIndex">The interface they arrive on.</param>
    /// <param name="mark">Their mark at that moment; <c>null</c> when it is not known.</param>
    public IReadOnlyList<InputPiece> Route(bool isIPv4, IntervalSet sources, IntervalSet destinations, int interfaceIndex, uint? mark) =>
        [.. Route(isIPv4, sources, destinations, IntervalSet.Of((uint)interfaceIndex), mark).SelectMany(static p => p.Apart())];

    /// <summary>
    /// The same for several interfaces at once. Interfaces that routing treats alike are in one piece; one that does not exist is in none.
    /// </summary>
    /// <param name="isIPv4">The family.</param>
    /// <param name="sources">Source addresses.</param>
    /// <param name="destinations">Destination addresses, after translation.</param>
    /// <param name="interfaces">The interfaces they arrive on.</param>
    /// <param name="mark">Their mark at that moment; <c>null</c> when it is not known.</param>
    /// <param name="transport">Their protocol and ports; <c>null</c> when they are not known.</param>
    public IReadOnlyList<InputPiece> Route(
        bool isIPv4, IntervalSet sources, IntervalSet destinations, IntervalSet interfaces, uint? mark, RouteTransport? transport = null)
    {
        var result = new List<InputPiece>();
        foreach (var @class in map.Classes.Of(interfaces))
        {
            var work = new Work(map, _checks, @class, @class.Interfaces.Intersect(interfaces), mark, transport, result);
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

    private sealed class Work(
        RouteMap map, SenderChecks checks, InterfaceClass @class, IntervalSet interfaces, uint? mark, RouteTransport? transport,
        List<InputPiece> result)
    {
        private readonly HostInterface _device = @class.Settings;

        internal void IPv4(IntervalSet sources, IntervalSet destinations)
        {
            var martian = MulticastNet.Union(LimitedBroadcast);
            Add(sources.Intersect(martian), destinations, InputFate.Martian);
            sources = sources.Except(martian);

            // A sender without an address yet may speak to everybody (DHCP), and to no host else. Loopback's net is looked at only
            // afterwards.
            Group(sources, destinations.Intersect(LimitedBroadcast), null);
            destinations = destinations.Except(LimitedBroadcast);

            // From the unspecified address to the unspecified address is the broadcast of old: brd_input, as 255.255.255.255 is.
            var (toNobody, fromNobody) = (destinations.Intersect(Nobody), sources.Intersect(Nobody));
            Group(fromNobody, toNobody, null);
            Add(sources.Except(Nobody), toNobody, InputFate.Martian);
            destinations = destinations.Except(Nobody);
            var loopback = _device.IsLoopback || _device.RoutesLoopback ? IntervalSet.Empty : LoopbackNet;
            Add(sources.Intersect(loopback), destinations, InputFate.Martian);
            sources = sources.Except(loopback);
            Group(sources, destinations.Intersect(AllNodes), null);
            Group(sources, destinations.Intersect(MulticastNet).Except(AllNodes), UnknownGroup);
            destinations = destinations.Except(MulticastNet);
            Add(sources.Intersect(Nobody), destinations, InputFate.Martian);
            sources = sources.Except(Nobody);

            var nowhere = _device.IsLoopback || _device.RoutesLoopback ? IntervalSet.Empty : LoopbackNet;
            Add(sources, destinations.Intersect(nowhere), InputFate.Martian);
            foreach (var piece in Joined(Find(sources, destinations.Except(nowhere), isIPv4: true)))
            {
                IPv4Piece(piece);
            }
        }

        internal void IPv6(IntervalSet sources, IntervalSet destinations)
        {
            if (_device.HasNoIPv6)
            {
                Add(sources, destinations, InputFate.NoIPv6);
                return;
            }

            var martian = RefusedIPv6Senders(_device.IsLoopback);
            Add(sources.Intersect(martian), destinations, InputFate.Martian);
            sources = sources.Except(martian);
            ToGroups(sources, destinations.Intersect(MulticastIPv6));
            destinations = destinations.Except(MulticastIPv6);
            var nowhere = RefusedIPv6Destinations(_device.IsLoopback);
            Add(sources, destinations.Intersect(nowhere), InputFate.Martian);
            destinations = destinations.Except(nowhere);
            foreach (var piece in Joined(Find(sources, destinations.Except(RouteMap.StrictIPv6), isIPv4: false)))
            {
                IPv6Piece(piece);
            }

            ToLinks(sources, destinations.Intersect(RouteMap.StrictIPv6));
        }

        // Each interface has joined groups of its own.
        private void ToGroups(IntervalSet sources, IntervalSet destinations)
        {
            foreach (var one in destinations.IsEmpty ? [] : OneByOne())
            {
                var joined = destinations.Intersect(one.JoinedIPv6());
                one.Add(sources, joined, InputFate.Group);
                one.Add(sources, destinations.Except(joined), InputFate.Group, null, UnknownGroup);
                result.AddRange(one.Found);
            }
        }

        // An address of the link is looked up on the link alone. Links on which the same is found are one piece.
        private void ToLinks(IntervalSet sources, IntervalSet destinations)
        {
            var alike = new Dictionary<(InputFate Fate, HostRouteKind? Kind, string? Doubt, IntervalSet Sources, IntervalSet Destinations),
                List<InputPiece>>();
            foreach (var one in destinations.IsEmpty ? [] : OneByOne())
            {
                foreach (var piece in Joined(one.Find(sources, destinations, isIPv4: false)))
                {
                    one.IPv6Piece(piece);
                }

                foreach (var piece in one.Found)
                {
                    var key = (piece.Fate, piece.Route?.Kind, piece.Doubt, piece.Sources, piece.Destinations);
                    if (piece.Fate == InputFate.Forward)
                    {
                        result.Add(piece);
                    }
                    else if (alike.TryGetValue(key, out var known))
                    {
                        known.Add(piece);
                    }
                    else
                    {
                        alike.Add(key, [piece]);
                    }
                }
            }

            foreach (var pieces in alike.Values)
            {
                result.Add(pieces[0] with { Interfaces = IntervalSet.From(pieces.Select(static p => p.Interfaces.Intervals[0])) });
            }
        }

        private IEnumerable<Work> OneByOne()
        {
            foreach (var interval in interfaces.Intervals)
            {
                for (var index = interval.First; index <= interval.Last; index++)
                {
                    var own = @class with { Settings = map.Facts.Interface((int)index)! };
                    yield return new Work(map, checks, own, IntervalSet.Of(index), mark, transport, []);
                }
            }
        }

        private List<InputPiece> Found => result;

        // All nodes, and the solicited-node group of each address (RFC 4291 section 2.7.1).
        private IntervalSet JoinedIPv6()
        {
            var groups = new List<Interval> { AllNodesIPv6.Intervals[0] };
            foreach (var address in map.Facts.Addresses)
            {
                if (!address.Address.IsIPv4 && address.InterfaceIndex == _device.Index)
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
            switch (outcome.Kind)
            {
                case HostRouteKind.Local or HostRouteKind.Anycast:
                    Add(sources, destinations, InputFate.Local, outcome, outcome.Doubt);
                    break;
                case HostRouteKind.Multicast:
                    Add(sources, destinations, InputFate.Group, outcome, outcome.Doubt);
                    break;
                case HostRouteKind.Unicast when _device.ForwardsIPv6:
                    ForwardIPv6(sources, destinations, outcome);
                    break;
                case HostRouteKind.Unicast:
                    Add(sources, destinations, InputFate.NotForwarding, outcome, outcome.Doubt);
                    break;
                default:
                    Add(sources, destinations, InputFate.NoRoute, outcome, outcome.Doubt);
                    break;
            }
        }

        // Back out of the interface it arrived on, a packet is forwarded for any sender.
        private void ForwardIPv6(IntervalSet sources, IntervalSet destinations, RouteOutcome outcome)
        {
            var (same, other) = Split(outcome.Interfaces);
            var isOne = outcome.Interfaces.Count == 1;
            foreach (var (part, isSame) in ((IntervalSet, bool)[])[(same, true), (other, false)])
            {
                var allowed = sources;
                if (!(isSame && isOne))
                {
                    Add(
                        sources.Intersect(NotForwardedIPv6), destinations, InputFate.Martian, outcome,
                        isSame ? "it may leave by the interface it arrived on" : outcome.Doubt, part);
                    allowed = sources.Except(NotForwardedIPv6);
                }

                Add(allowed, destinations, InputFate.Forward, outcome, outcome.Doubt, part);
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
                case HostRouteKind.Unicast when _device.ForwardsIPv4:
                    // The check of the sender looks the way back up as if it arrived on the interface the packet leaves by.
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
            map.Find(
                destinations,
                new RouteKey(isIPv4) { Mark = mark, InputInterface = _device.Index, Sources = sources, Transport = transport });

        // What is not sent on is the same wherever it would be sent: a thousand own addresses are one piece.
        private static List<RoutePiece> Joined(IReadOnlyList<RoutePiece> pieces)
        {
            var result = new List<RoutePiece>();
            var alike = new Dictionary<(HostRouteKind Kind, string? Doubt, IntervalSet Sources), (int At, List<Interval> Destinations)>();
            foreach (var piece in pieces)
            {
                var key = (piece.Outcome.Kind, piece.Outcome.Doubt, piece.Sources!);
                if (piece.Outcome.Kind == HostRouteKind.Unicast)
                {
                    result.Add(piece);
                }
                else if (alike.TryGetValue(key, out var known))
                {
                    piece.Destinations.Intervals.AddTo(known.Destinations);
                }
                else
                {
                    alike.Add(key, (result.Count, [.. piece.Destinations.Intervals]));
                    result.Add(piece);
                }
            }

            foreach (var (at, destinations) in alike.Values)
            {
                result[at] = result[at] with { Destinations = IntervalSet.From(destinations) };
            }

            return result;
        }

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
        private void Check(
            IntervalSet sources, IntervalSet destinations, int output, InputFate fate, RouteOutcome? outcome, string? doubt = null)
        {
            if (sources.IsEmpty || destinations.IsEmpty)
            {
                return;
            }

            var (same, other) = output > 0 && _device.SendsRedirects ? Split([output]) : (IntervalSet.Empty, interfaces);
            foreach (var (part, isOtherWay) in ((IntervalSet, bool)[])[(same, false), (other, true)])
            {
                if (!part.IsEmpty)
                {
                    Check(sources, destinations, output, fate, outcome, doubt, part, isOtherWay);
                }
            }
        }

        private void Check(
            IntervalSet sources, IntervalSet destinations, int output, InputFate fate, RouteOutcome? outcome, string? doubt,
            IntervalSet part, bool isOtherWay)
        {
            var filter = _device.ReversePathFilter;
            if (filter == 0 && _device.AcceptsLocalSources && isOtherWay)
            {
                Add(sources, destinations, fate, outcome, doubt ?? outcome?.Doubt, part);
                return;
            }

            var isQuick = filter == 0 && !map.HasCustomIPv4Rules && isOtherWay;
            var key = new RouteKey(true)
            {
                Mark = _device.ChecksSourcesByMark ? mark : 0,
                InputInterface = Math.Max(output, 0),
                Sources = destinations,
                Vrf = map.VrfOf(_device.Index),
                Transport = transport?.Reverse,
            };
            var manyOutputs = output < 0 && map.HasCustomIPv4Rules
                ? "the packet may leave by several interfaces, and policy rules may test which"
                : null;
            foreach (var check in checks.Find(@class, key, isQuick))
            {
                var (senders, devices) = (check.Senders.Intersect(sources), check.Interfaces.Intersect(part));
                if (senders.IsEmpty || devices.IsEmpty)
                {
                    continue;
                }

                var isPassed = check.Fate == SenderFate.Passed;
                result.Add(
                    new InputPiece(
                        senders, check.Destinations,
                        isPassed ? fate : check.Fate == SenderFate.Martian ? InputFate.Martian : InputFate.ReversePath, outcome)
                    {
                        Doubt = (isPassed ? doubt : null) ?? outcome?.Doubt ?? check.Doubt ?? manyOutputs,
                        Interfaces = devices,
                        Pairing = check.Pairing,
                        IsUnpaired = check.IsUnpaired,
                    });
            }
        }

        private (IntervalSet Same, IntervalSet Other) Split(IReadOnlyList<int> outputs)
        {
            var leading = IntervalSet.From(outputs.Select(static i => new Interval((uint)i, (uint)i)));
            return (interfaces.Intersect(leading), interfaces.Except(leading));
        }

        private void Add(
            IntervalSet sources, IntervalSet destinations, InputFate fate, RouteOutcome? outcome = null, string? doubt = null,
            IntervalSet? part = null)
        {
            if (!sources.IsEmpty && !destinations.IsEmpty && part is not { IsEmpty: true })
            {
                result.Add(new InputPiece(sources, destinations, fate, outcome) { Doubt = doubt, Interfaces = part ?? interfaces });
            }
        }
    }
}
