using Portolan.Firewall.Host;
using Portolan.Firewall.Intervals;
using Portolan.Model;

namespace Portolan.Tests.Firewall.Judging;

/// <summary>
/// Hosts of a seed with a few cables: settings of interfaces, addresses, routes, policy rules and a VRF are anything a host may have.
/// </summary>
internal sealed class RandomHost
{
    private const uint Base = 0xc6120000; // 198.18.0.0
    private static readonly UInt128 Global = (UInt128)0x20010db8 << 96;
    private static readonly UInt128 Link = (UInt128)0xfe80 << 112;
    private static readonly UInt128 Groups = (UInt128)0xff00 << 112;

    private readonly Random _random;
    private readonly List<HostInterface> _interfaces = [];
    private readonly List<HostAddress> _addresses = [];
    private readonly List<HostRoute> _routes = [];
    private readonly int _cables;

    private RandomHost(int seed)
    {
        _random = new Random(seed);
        _cables = 2 + _random.Next(6);
    }

    /// <summary>The host of a seed.</summary>
    public static HostFacts Make(int seed) => new RandomHost(seed).Make();

    /// <summary>A host with many cables that are all alike: a /26 and an address of the link on each.</summary>
    public static HostFacts Alike(int cables, int filter, int spread = 1)
    {
        var host = new RandomHost(0);
        host.AddLoopback();
        for (var at = 0; at < cables; at++)
        {
            var index = at + 2;
            host._interfaces.Add(new HostInterface(index, $"v{index}") { IsUp = true, HardwareType = 1, ReversePathFilter = filter });
            host.AddIPv4(at, index, 255, 254);
            host.AddLink(index, (UInt128)(100 + (at * spread)), 255, 254, hasNet: true);
        }

        return host.Facts([.. Rules(true), .. Rules(false)], isForwarding: false);
    }

    private static PolicyRule[] Rules(bool isIPv4) => isIPv4
        ? [new(true, 0, 255), new(true, 32766, 254), new(true, 32767, 253)]
        : [new(false, 0, 255), new(false, 32766, 254)];

    /// <summary>A sender that may matter.</summary>
    public static UInt128 Sender(Random random, bool isIPv4) => isIPv4
        ? random.Next(4) switch
        {
            0 => Base + (uint)random.Next(1024),
            1 => 0x0a000000u + (uint)random.Next(1 << 24),
            2 => 0xe0000005,
            _ => (uint)random.NextInt64(1L << 32),
        }
        : random.Next(4) switch
        {
            0 => Global | ((UInt128)random.Next(10) << 64) | (uint)random.Next(99),
            1 => Link | (uint)random.Next(200),
            2 => Global | ((UInt128)(0x100 + random.Next(16)) << 64) | 3,
            _ => ((UInt128)0x2a00 << 112) | (uint)random.Next(),
        };

    /// <summary>Some of the host's addresses, of others, and of groups.</summary>
    public static IntervalSet Destinations(Random random, HostFacts host, bool isIPv4)
    {
        var found =
            host.Addresses.Where(a => a.Address.IsIPv4 == isIPv4 && random.Next(2) == 0).Select(static a => a.Address.Number).ToList();
        found.Add(Sender(random, isIPv4));
        found.AddRange(
            isIPv4 ? [Base + 63, uint.MaxValue, 0xe0000001] : [Groups | ((UInt128)2 << 112) | 1, Groups | ((UInt128)2 << 112) | 2]);
        return IntervalSet.From(found.Select(static n => new Interval(n, n)));
    }

    private HostFacts Make()
    {
        AddLoopback();
        var (forwards, vrf, filter) = (Chance(2), Chance(6) ? 50 : 0, _random.Next(4));
        for (var at = 0; at < _cables; at++)
        {
            AddCable(at, forwards, vrf, filter);
        }

        if (vrf != 0)
        {
            _interfaces.Add(new HostInterface(vrf, "red") { IsUp = true, HardwareType = 1, Kind = "vrf", VrfTable = 100 });
        }

        AddDefaults();
        for (var count = _random.Next(6); count > 0; count--)
        {
            AddNets();
        }

        return Facts(PolicyRules(vrf), forwards);
    }

    private void AddLoopback()
    {
        var (ipv4, ipv6) = (V4(0x7f000001), V6(1));
        _interfaces.Add(new HostInterface(1, "lo") { IsUp = true, IsLoopback = true, HardwareType = 772 });
        _addresses.AddRange([new HostAddress(1, ipv4, 8), new HostAddress(1, ipv6, 128)]);
        _routes.AddRange([Route(255, ipv4, 32, HostRouteKind.Local, 0, 1), Route(255, ipv6, 128, HostRouteKind.Local, 0, 1)]);
    }

    private void AddCable(int at, bool forwards, int vrf, int filter)
    {
        var index = at + 2;
        var device = new HostInterface(index, $"v{index}")
        {
            IsUp = !Chance(12),
            HardwareType = 1,
            ReversePathFilter = filter == 3 ? _random.Next(3) : filter,
            AcceptsLocalSources = Chance(10),
            SendsRedirects = !Chance(4),
            ForwardsIPv4 = forwards && !Chance(8),
            ForwardsIPv6 = forwards && !Chance(8),
            HasNoIPv6 = Chance(10),
            ChecksSourcesByMark = Chance(10),
            RoutesLoopback = Chance(20),
            Master = vrf != 0 && Chance(2) ? vrf : 0,
        };
        _interfaces.Add(device);
        var (local, main) = device.Master != 0 ? (100u, 100u) : (255u, 254u);
        if (!Chance(8))
        {
            AddIPv4(at, index, local, main);
        }

        if (!Chance(5))
        {
            var (own, net) = (Global | ((UInt128)at << 64) | 1, Global | ((UInt128)at << 64));
            _addresses.Add(new HostAddress(index, V6(own), 64));
            _routes.AddRange(
                [Route(local, V6(own), 128, HostRouteKind.Local, 0, index), Route(main, V6(net), 64, HostRouteKind.Unicast, 256, index)]);
        }

        if (!Chance(6))
        {
            // VLANs of one card have one address of the link.
            AddLink(index, Chance(3) ? 7 : (UInt128)(100 + at), local, main, hasNet: !Chance(8));
        }
    }

    private void AddIPv4(int at, int index, uint local, uint main)
    {
        var net = Base + ((uint)at * 64);
        _addresses.Add(new HostAddress(index, V4(net + 1), 26));
        _routes.AddRange(
        [
            Route(local, V4(net + 1), 32, HostRouteKind.Local, 0, index),
            Route(local, V4(net + 63), 32, HostRouteKind.Broadcast, 0, index),
            Route(main, V4(net), 26, HostRouteKind.Unicast, 0, index),
        ]);
    }

    private void AddLink(int index, UInt128 host, uint local, uint main, bool hasNet)
    {
        _addresses.Add(new HostAddress(index, V6(Link | host), 64));
        _routes.Add(Route(local, V6(Link | host), 128, HostRouteKind.Local, 0, index));
        _routes.AddRange(hasNet ? [Route(main, V6(Link), 64, HostRouteKind.Unicast, 256, index)] : []);
        _routes.Add(Route(local, V6(Groups), 8, HostRouteKind.Multicast, 256, index));
    }

    private void AddDefaults()
    {
        if (!Chance(3))
        {
            var route = Route(254, V4(0), 0, HostRouteKind.Unicast, 0, Some()) with { Gateway = V4(Base + 2) };
            _routes.Add(!Chance(4) ? route : Several(route, V4(Base + 66)));
        }

        for (var count = _random.Next(3); count > 0; count--)
        {
            _routes.Add(Route(254, V6(0), 0, HostRouteKind.Unicast, 1024, Some()) with { Gateway = V6(Link | (uint)(9 + count)) });
        }
    }

    private HostRoute Several(HostRoute route, InternetAddress second)
    {
        var other = Some();
        return route.Interfaces[0] == other ? route : route with
        {
            Interfaces = [route.Interfaces[0], other],
            Hops = [(route.Interfaces[0], route.Gateway), (other, second)],
        };
    }

    private void AddNets()
    {
        var kind = Chance(6) ? HostRouteKind.Blackhole : Chance(6) ? HostRouteKind.Unreachable : HostRouteKind.Unicast;
        var (ipv4, ipv6) = (V4(0x0a000000u + (uint)(_random.Next(16) << 20)), V6(Global | ((UInt128)(0x100 + _random.Next(16)) << 64)));
        _routes.Add(
            kind == HostRouteKind.Unicast
                ? Route(254, ipv4, 12, kind, 0, Some()) with { Gateway = V4(Base + 2) }
                : Route(254, ipv4, 12, kind, 0));
        _routes.Add(
            kind == HostRouteKind.Unicast
                ? Route(254, ipv6, 64, kind, 1024, Some()) with { Gateway = V6(Link | 9) }
                : Route(254, ipv6, 64, kind, 1024));
    }

    private List<PolicyRule> PolicyRules(int vrf)
    {
        List<PolicyRule> result = [new(true, 0, 255), new(false, 0, 255)];
        if (Chance(4))
        {
            var rule = new PolicyRule(true, 100, 77);
            rule = _random.Next(3) switch
            {
                0 => rule with { Source = V4(Base), SourceLength = 24 + _random.Next(5) },
                1 => rule with { InputInterface = $"v{Some()}" },
                _ => rule with { Mark = 1, MarkMask = 1 },
            };
            result.AddRange([rule, rule with
            {
                IsIPv4 = false,
                Source = rule.Source is null ? null : V6(Global),
                SourceLength = rule.Source is null ? 0 : 64,
            }]);
            _routes.Add(Route(77, V4(0), 0, HostRouteKind.Unicast, 0, Some()) with { Gateway = V4(Base + 2) });
            _routes.Add(Route(77, V6(0), 0, HostRouteKind.Unicast, 1024, Some()) with { Gateway = V6(Link | 9) });
        }

        result.AddRange(vrf == 0 ? [] : [new PolicyRule(true, 1000, 0) { IsVrf = true }, new PolicyRule(false, 1000, 0) { IsVrf = true }]);
        result.AddRange([new(true, 32766, 254), new(true, 32767, 253), new(false, 32766, 254)]);
        return result;
    }

    private HostFacts Facts(IReadOnlyList<PolicyRule> rules, bool isForwarding) => new()
    {
        Interfaces = _interfaces,
        Addresses = _addresses,
        Routes = [.. _routes.DistinctBy(static r => (r.Table, r.Destination, r.PrefixLength, r.Kind, string.Join(' ', r.Interfaces)))],
        PolicyRules = rules,
        ForwardsIPv4 = isForwarding,
        ForwardsIPv6 = isForwarding,
    };

    private static HostRoute Route(uint table, InternetAddress to, int length, HostRouteKind kind, uint metric, params int[] interfaces) =>
        new(table, to, length, kind, metric) { Interfaces = interfaces };

    private bool Chance(int of) => _random.Next(of) == 0;

    private int Some() => 2 + _random.Next(_cables);

    private static InternetAddress V4(uint number) => InternetAddress.FromNumber(number, true);

    private static InternetAddress V6(UInt128 number) => InternetAddress.FromNumber(number, false);
}
