using System.Collections.Concurrent;

namespace Portolan.Firewall.Host.Routing;

/// <summary>
/// Looks routes up as the kernel would, for whole sets of addresses at once: policy rules in order, then the tables they name.
/// </summary>
/// <remarks>
/// Sources: fib_rules_lookup (net/core/fib_rules.c), fib_table_lookup (net/ipv4/fib_trie.c), ip6_pol_route (net/ipv6/route.c),
/// l3mdev_update_flow (net/l3mdev/l3mdev.c). Neighbours, caches of path MTU and redirects are not looked at. Safe for any thread.
/// </remarks>
public sealed class RouteMap
{
    private const uint LocalTable = 255;
    private const uint MainTable = 254;
    private const uint DefaultTable = 253;

    /// <summary>Of more rules about ports each port is not told apart.</summary>
    private const int MostPortRules = 64;

    internal static readonly IntervalSet StrictIPv6 = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128)
        .Union(IntervalSet.Prefix((UInt128)0xff00 << 112, 8, 128)).Union(IntervalSet.Of(1));

    private readonly HostFacts _facts;
    private readonly PolicyRule[] _ipv4Rules;
    private readonly PolicyRule[] _ipv6Rules;
    private readonly int _ipv4Transports;
    private readonly int _ipv6Transports;
    private readonly bool _isMerged;
    private readonly ConcurrentDictionary<(uint Table, bool IsIPv4, RouteSelection Selection), RouteTableMap> _tables = new();
    private readonly int _loopback;
    private readonly Dictionary<(uint Table, bool IsIPv4), TableRoutes> _routes = [];
    private readonly HashSet<int> _preferred = [];
    private InterfaceClasses? _classes;

    /// <summary>Over the facts of a host.</summary>
    public RouteMap(HostFacts facts)
    {
        _facts = facts;
        _ipv4Rules = [.. facts.PolicyRules.Where(r => r.IsIPv4)];
        _ipv6Rules = [.. facts.PolicyRules.Where(r => !r.IsIPv4)];
        _ipv4Transports = _ipv4Rules.Count(static r => r.TestsTransport);
        _ipv6Transports = _ipv6Rules.Count(static r => r.TestsTransport);
        HasCustomIPv4Rules = !IsDefault(_ipv4Rules);
        _isMerged = !HasCustomIPv4Rules;
        _loopback = facts.Interfaces.FirstOrDefault(i => i.IsLoopback)?.Index ?? 1;
        foreach (var routes in facts.Routes.GroupBy(
            r => (Table: _isMerged && r.Destination.IsIPv4 && r.Table == MainTable ? LocalTable : r.Table, r.Destination.IsIPv4)))
        {
            _routes.Add(routes.Key, new TableRoutes([.. routes]));
            _preferred.UnionWith(routes.Key.IsIPv4 ? [] : _routes[routes.Key].Preferred(StrictIPv6));
        }
    }

    /// <summary>
    /// Whether an IPv6 lookup for what arrives on an interface may end at another route than one for any interface: of equal routes, that
    /// interface's comes first.
    /// </summary>
    internal bool IsPreferred(int interfaceIndex) => _preferred.Contains(interfaceIndex);

    /// <summary>Interfaces by what routing does with packets that arrive on them.</summary>
    internal InterfaceClasses Classes => LazyInitializer.EnsureInitialized(ref _classes, () => new InterfaceClasses(this));

    /// <summary>The facts it goes by.</summary>
    public HostFacts Facts => _facts;

    /// <summary>
    /// Whether the IPv4 rules are other than those the kernel starts with (fib4_has_custom_rules; also once there were others, which cannot
    /// be seen).
    /// </summary>
    public bool HasCustomIPv4Rules { get; }

    /// <summary>Whether the route may depend on the address that a packet comes from.</summary>
    public bool ChoosesBySource(bool isIPv4) =>
        Array.Exists(isIPv4 ? _ipv4Rules : _ipv6Rules, static r => r.Source is not null)
        || (!isIPv4 && _facts.Routes.Any(static r => r.From is not null));

    /// <summary>Whether the route may depend on a packet's mark.</summary>
    public bool ChoosesByMark(bool isIPv4) => Array.Exists(isIPv4 ? _ipv4Rules : _ipv6Rules, static r => r.MarkMask != 0);

    /// <summary>Whether the route may depend on a packet's protocol or ports.</summary>
    public bool ChoosesByTransport(bool isIPv4) => (isIPv4 ? _ipv4Transports : _ipv6Transports) > 0;

    /// <summary>
    /// Splits ports so that each rule of a family tests all ports of a part, or none; in one part where there are too many rules.
    /// </summary>
    public IReadOnlyList<IntervalSet> SplitPorts(bool isIPv4, IntervalSet ports)
    {
        var parts = new List<IntervalSet> { ports };
        if ((isIPv4 ? _ipv4Transports : _ipv6Transports) > MostPortRules)
        {
            return parts;
        }

        foreach (var rule in isIPv4 ? _ipv4Rules : _ipv6Rules)
        {
            foreach (var tested in (ReadOnlySpan<RulePorts?>)[rule.SourcePorts, rule.DestinationPorts])
            {
                for (var i = parts.Count - 1; tested is not null && i >= 0; i--)
                {
                    if (parts[i].Overlaps(tested.Ports) && parts[i].Except(tested.Ports) is { IsEmpty: false } outside)
                    {
                        parts[i] = parts[i].Intersect(tested.Ports);
                        parts.Add(outside);
                    }
                }
            }
        }

        return parts;
    }

    /// <summary>Splits destinations by where they are routed. The pieces share no packet and together are all of them.</summary>
    public IReadOnlyList<RoutePiece> Find(IntervalSet destinations, RouteKey key)
    {
        var result = new List<RoutePiece>();
        if (destinations.IsEmpty || key.Sources is { IsEmpty: true })
        {
            return result;
        }

        var lookup = Lookup(key);
        if (key.IsIPv4 || lookup.Device == 0 || lookup.IsStrict)
        {
            lookup.Walk(0, destinations, key.Sources, result);
            return result;
        }

        // Link-local, multicast and loopback destinations never leave by another interface (rt6_need_strict).
        lookup.Walk(0, destinations.Except(StrictIPv6), key.Sources, result);
        (lookup with { IsStrict = true }).Walk(0, destinations.Intersect(StrictIPv6), key.Sources, result);
        return result;
    }

    /// <summary>The VRF that an interface is or belongs to, 0 for none (l3mdev_master_ifindex).</summary>
    public int VrfOf(int interfaceIndex)
    {
        var device = _facts.Interface(interfaceIndex);
        return device is null ? 0
            : device.VrfTable is not null ? device.Index
            : device.Master != 0 && _facts.Interface(device.Master)?.VrfTable is not null ? device.Master : 0;
    }

    /// <summary>
    /// Splits addresses by what the table "local" says of them, as inet_addr_type does: Local, Broadcast, Multicast, else Unicast. IPv4
    /// only.
    /// </summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="interfaceIndex">The interface whose addresses alone count, 0 for any.</param>
    public IReadOnlyList<(IntervalSet Addresses, HostRouteKind Kind)> AddressKinds(IntervalSet addresses, int interfaceIndex)
    {
        var result = new List<(IntervalSet, HostRouteKind)>();
        void Take(IntervalSet part, HostRouteKind kind)
        {
            if (!part.IsEmpty)
            {
                result.Add((part, kind));
            }
        }

        var zeroNet = IntervalSet.Prefix(0, 8, 32).Union(IntervalSet.Of(uint.MaxValue));
        var multicast = IntervalSet.Prefix(0xe0000000, 4, 32);
        Take(addresses.Intersect(zeroNet), HostRouteKind.Broadcast);
        Take(addresses.Intersect(multicast), HostRouteKind.Multicast);
        var vrf = VrfOf(interfaceIndex);
        var table = vrf != 0 ? _facts.Interface(vrf)!.VrfTable!.Value : LocalTable;
        var unicast = Table(table, isIPv4: true, new RouteSelection(0, false, vrf)).Split(
            addresses.Except(zeroNet).Except(multicast), (part, candidates) =>
        {
            var found = candidates.FirstOrDefault(c => c.IsUnconditional);
            var isOther = found is null || found.Route.Kind >= HostRouteKind.Blackhole
                || (interfaceIndex != 0 && !found.Interfaces.Contains(interfaceIndex));
            Take(part, isOther ? HostRouteKind.Unicast : found!.Route.Kind);
        });
        Take(unicast, HostRouteKind.Unicast);
        return result;
    }

    internal RouteTableMap Table(uint table, bool isIPv4, RouteSelection selection)
    {
        // Without equal routes to choose from all interfaces see one table.
        var own = !isIPv4 && !selection.IsStrict && selection.Device != 0 && !IsPreferred(selection.Device)
            ? selection with { Device = 0 }
            : selection;
        return _tables.GetOrAdd((table, isIPv4, own), static (key, map) => map.Build(key.Table, key.IsIPv4, key.Selection), this);
    }

    internal HostInterface? Interface(int index) => _facts.Interface(index);

    private PolicyLookup Lookup(RouteKey key)
    {
        // A packet of this machine's own arrives on lo; an interface of a VRF directs the lookup to the VRF's table.
        var input = key.InputInterface == 0 ? _loopback : key.InputInterface;
        var (device, vrf) = (key.OutputInterface, key.Vrf);
        if (vrf == 0 && device != 0)
        {
            vrf = VrfOf(device);
            device = vrf == device ? 0 : device;
        }

        vrf = vrf == 0 && key.InputInterface != 0 ? VrfOf(key.InputInterface) : vrf;

        // IPv6 prefers, of equal routes, those of the input interface (ip6_pol_route_input), and is strict for a bound socket without an
        // address.
        var wanted = key.IsIPv4 || device != 0 ? device : key.InputInterface;
        var isStrict = key.IsStrict || key.IsIPv4 || (device != 0 && key.Sources is null);
        return new PolicyLookup(this, key.IsIPv4 ? _ipv4Rules : _ipv6Rules, key, _isMerged && key.IsIPv4, wanted, isStrict)
        {
            InputName = _facts.Interface(input)?.Name,
            OutputName = _facts.Interface(key.OutputInterface)?.Name,
            Vrf = _facts.Interface(vrf),
            MayHaveTunnel = key.InputInterface != 0 && _facts.Interface(key.InputInterface) is not { MayHandOnTunnels: false },
        };
    }

    private RouteTableMap Build(uint table, bool isIPv4, RouteSelection selection)
    {
        if (!_routes.TryGetValue((isIPv4 && _isMerged && table == MainTable ? LocalTable : table, isIPv4), out var known))
        {
            return RouteTableMap.Build([], isIPv4 ? 32 : 128, static _ => null, static _ => 0);
        }

        // Of the merged tables "main" is never looked up by itself, but for what a rule names.
        IEnumerable<HostRoute> routes = isIPv4 && _isMerged && table == MainTable ? known.All.Where(static r => r.Table == MainTable)
            : !isIPv4 && selection is { Device: not 0, IsStrict: true } ? known.Of(selection.Device) : known.All;
        IReadOnlyList<int>? Select(HostRoute route)
        {
            if (route.Kind >= HostRouteKind.Blackhole)
            {
                return isIPv4 || selection.Device == 0 || !selection.IsStrict ? [] : null;
            }

            IReadOnlyList<int> left = selection.Vrf == 0 ? route.Interfaces : [.. route.Interfaces.Where(i => VrfOf(i) == selection.Vrf)];
            return route.IsDead || left.Count == 0 ? null
                : selection.Device == 0 || !selection.IsStrict ? left
                : left.Contains(selection.Device) ? [selection.Device] : null;
        }

        return RouteTableMap.Build(
            routes, isIPv4 ? 32 : 128, Select, r => selection.Device == 0 || r.Interfaces.Contains(selection.Device) ? 0 : 1);
    }

    private static bool IsDefault(PolicyRule[] rules)
    {
        static bool Is(PolicyRule rule, uint priority, uint table) => rule == new PolicyRule(true, priority, table);
        return rules.Length == 0
            || (rules.Length == 3 && Is(rules[0], 0, LocalTable) && Is(rules[1], 32766, MainTable) && Is(rules[2], 32767, DefaultTable));
    }
}
