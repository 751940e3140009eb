using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Tests.Lab.Topology;

/// <summary>Makes topologies by chance that have no faults: every kind of value, and values as far apart as they may be.</summary>
internal sealed class TopologyByChance(Random random)
{
    private static readonly string[] Networks = ["a", "b-2", "Net_3", "null", "no"];

    public static LabTopology Make(int seed) => new TopologyByChance(new Random(seed)).Make();

    private LabTopology Make()
    {
        var count = random.Next(1, Networks.Length + 1);
        var networks = Enumerable.Range(0, count).Select(Network).ToList();
        var routers = networks.Select((n, i) => Router(n, i)).Where(_ => Chance(80)).ToList();
        return new LabTopology
        {
            Name = "by-chance",
            Description = Chance(50) ? null : string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(1, 0xd800))),
            Seed = (ulong)random.NextInt64() * (ulong)random.Next(1, 4),
            Networks = networks,
            Routers = routers,
            Links = routers.Count < 2
                ? []
                : [.. routers.Skip(1).Select(
                    r => new LinkSpec(
                        routers[0].Name, r.Name,
                        Quality(1280)) { Shaping = [.. Some(2, () => new ShapingClass(Protocol(), Ports(), random.Next(1001)))] })],
            Hosts = [.. networks.SelectMany((n, i) => Enumerable.Range(0, random.Next(4)).Select(h => Host(n, i, h)))],
            Vantage = Chance(50)
                ? null
                : new VantageSpec(
                    networks[0].Name, networks[0].Ipv4 is { } ipv4 ? ipv4.Address.Plus(250) : null,
                    networks[0].Ipv6 is { } ipv6 && Chance(50)
                        ? ipv6.Address.Plus(250)
                        : networks[0].Ipv4 is null ? networks[0].Ipv6!.Value.Address.Plus(251) : null),
            Scenario = Chance(50) ? "two-browsers" : null,
        };
    }

    private NetworkSpec Network(int number)
    {
        var families = random.Next(3);
        return new NetworkSpec
        {
            Name = Networks[number],
            Ipv4 = families == 2 ? null : new AddressPrefix(InternetAddress.FromIPv4(0xc612_0000 + ((uint)number << 8)), 24),
            Ipv6 = families == 1
                ? null
                : new AddressPrefix(InternetAddress.FromNumber((UInt128)(0x2001_0db8_0000_0000 + (ulong)number) << 64, isIPv4: false), 64),
            Quality = Quality(1280),
        };
    }

    private LinkQuality Quality(int leastMtu) => Chance(40) ? LinkQuality.Perfect : new LinkQuality
    {
        Latency = Time(0),
        Jitter = Time(0),
        Loss = Share(),
        Bandwidth = Chance(30) ? 0 : random.NextInt64(1000, 1_000_000_000_001),
        Mtu = random.Next(leastMtu, 65_536),
    };

    private RouterSpec Router(NetworkSpec network, int number) => new()
    {
        Name = $"router-{number}x",
        Ports = [new RouterPort(network.Name, network.Ipv4?.Address.Plus(1), network.Ipv6?.Address.Plus(1))],
        DefaultAction = Action(),
        Rules = [.. Some(3, () => Rule(network))],
        Forwards = network.Ipv4 is { } ipv4
            ? [.. Enumerable.Range(1, random.Next(3)).Select(
                i => new RouterForward(Protocol(), new PortNumber((ushort)(8000 + i)), ipv4.Address.Plus(9), Port()))]
            : [new RouterForward(TransportProtocol.Tcp, Port(), network.Ipv6!.Value.Address.Plus(9), Port())],
    };

    private FirewallRule Rule(NetworkSpec network)
    {
        var protocol = Chance(50) ? Protocol() : (TransportProtocol?)null;
        var prefix = network.Ipv4 ?? network.Ipv6!.Value;
        return new FirewallRule(
            Action(),
            protocol,
            Chance(50) ? prefix : null,
            Chance(50) ? AddressPrefix.Of(prefix.Address.Plus(7), random.Next(prefix.Address.BitCount + 1)) : null,
            protocol is not null && Chance(60) ? Ports() : null);
    }

    private HostSpec Host(NetworkSpec network, int number, int host)
    {
        var isRange = Chance(40);
        var offset = (ulong)(10 + (host * 40));
        AddressPrefix[] prefixes = [
            .. (AddressPrefix[])(network.Ipv4 is { } four ? [four] : []), .. (AddressPrefix[])(network.Ipv6 is { } six ? [six] : [])];
        var addresses = isRange
            ? prefixes.Select(p => new AddressRange(p.Address.Plus(offset), p.Address.Plus(offset + (ulong)random.Next(30))))
            : prefixes.Take(random.Next(1, prefixes.Length + 1)).Select(
                p => new AddressRange(p.Address.Plus(offset), p.Address.Plus(offset)));
        return new HostSpec
        {
            Name = $"host-{number}-{host}x",
            Network = network.Name,
            IsRange = isRange,
            Addresses = [.. addresses],
            Personality = ((string[])["linux", "freebsd", "windows", "minimal"])[random.Next(4)],
            EphemeralPorts = Chance(50) ? null : new PortRange(new PortNumber(40_000), new PortNumber((ushort)random.Next(40_000, 65_536))),
            AnswersPing = Chance(50),
            IcmpErrorsPerSecond = Chance(50) ? 0 : random.Next(1_000_001),
            DefaultTcp = Policy(TransportProtocol.Tcp),
            DefaultUdp = Policy(TransportProtocol.Udp),
            Names = isRange ? [] : [.. Enumerable.Range(0, random.Next(3)).Select(i => $"www{i}.host{number}-{host}.example.com")],
            Ports = [.. Enumerable.Range(1, random.Next(6)).Select(i => (Port: i, Protocol: Protocol()))
                .Select(
                    p => new PortRule(
                        p.Protocol,
                        new PortSet(new PortRange(
                            new PortNumber((ushort)(p.Port * 1000)), new PortNumber((ushort)((p.Port * 1000) + random.Next(1000))))),
                            Policy(p.Protocol)))],
        };
    }

    private PortPolicy Policy(TransportProtocol protocol) => random.Next(protocol == TransportProtocol.Tcp ? 11 : 7) switch
    {
        0 => PortPolicy.Closed,
        1 => PortPolicy.Filtered,
        2 => new RejectedPort((RefusalKind)random.Next(8)),
        3 => new RateLimitedPort((RefusalKind)random.Next(8), random.Next(1, 1_000_001)),
        4 => new FlappingPort(Service(protocol), Time(1), Share()),
        5 => new KnockPort([.. Enumerable.Range(0, random.Next(1, 17)).Select(_ => Port())], Service(protocol), Time(1)),
        6 => new OpenPort(Service(protocol)),
        7 => new TarpitPort(Time(1)),
        8 => new ProxyPort($"/run/{random.Next(100)} {(char)random.Next(32, 127)}"),
        9 => new ExecPort(
            ["prog",
                .. Enumerable.Range(0, random.Next(4)).Select(
                    _ => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => (char)random.Next(32, 127))))]),
        _ => new SynProxyPort(Chance(50) ? null : Service(protocol)),
    };

    // A setting whose value no service checks, and services without settings.
    private ServiceSpec Service(TransportProtocol protocol)
    {
        if (protocol == TransportProtocol.Tcp && Chance(30))
        {
            return new ServiceSpec("http", new Dictionary<string, string>
            {
                ["text"] = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => (char)random.Next(32, 127))),
                ["status"] = "404",
            });
        }

        var able =
            ServiceCatalogue.All.Where(s => protocol == TransportProtocol.Tcp ? s is IStreamService : s is IDatagramService).ToList();
        var service = able[random.Next(able.Count)];
        return service.Name == "mute" ? ServiceSpec.Mute : new ServiceSpec(service.Name);
    }

    private FirewallAction Action() => random.Next(3) switch
    {
        0 => FirewallAction.Allow,
        1 => FirewallAction.Drop,
        _ => new FirewallAction(FirewallActionKind.Reject, (RefusalKind)random.Next(8)),
    };

    private PortSet Ports()
    {
        var ports = new PortSet();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            ports.Add(Port());
        }

        return ports;
    }

    private PortNumber Port() => new((ushort)random.Next(1, 65_536));

    private TransportProtocol Protocol() => Chance(50) ? TransportProtocol.Tcp : TransportProtocol.Udp;

    private double Share() => random.Next(4) switch
    {
        0 => 0,
        1 => 1,
        2 => random.Next(1001) / 1000d,
        _ => random.NextDouble(),
    };

    private TimeSpan Time(int leastMilliseconds) => random.Next(3) switch
    {
        0 => TimeSpan.FromMilliseconds(random.Next(leastMilliseconds, 2000)),
        1 => TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerMillisecond * leastMilliseconds, TimeSpan.TicksPerSecond)),
        _ => TimeSpan.FromSeconds(random.Next(1, 86_401)),
    };

    private bool Chance(int percent) => random.Next(100) < percent;

    private IEnumerable<T> Some<T>(int most, Func<T> make) => Enumerable.Range(0, random.Next(most + 1)).Select(_ => make());
}
