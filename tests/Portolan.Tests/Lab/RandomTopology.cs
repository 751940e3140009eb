using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Tests.Lab;

/// <summary>
/// Valid topologies by a seed: networks in trees, chains and rings, hosts and ranges with every policy, firewalls and forwarded ports. The
/// vantage is on the first network.
/// </summary>
internal static class RandomTopology
{
    /// <summary>The ports that hosts and rules are about, and some more.</summary>
    public static PortSet Ports => PortSet.Parse("1-60");

    /// <summary>The topology of a seed: the same one each time.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="isSteady">No port changes with time.</param>
    public static LabTopology Of(ulong seed, bool isSteady = false) => new Maker(new Random((int)seed), isSteady).Make(seed);

    private sealed class Maker(Random random, bool isSteady)
    {
        private readonly List<NetworkSpec> _networks = [];
        private readonly List<HostSpec> _hosts = [];
        private readonly List<RouterSpec> _routers = [];
        private readonly List<LinkSpec> _links = [];

        public LabTopology Make(ulong seed)
        {
            var count = random.Next(1, 6);
            for (var i = 0; i < count; i++)
            {
                _networks.Add(new NetworkSpec
                {
                    Name = $"net{i}",
                    Ipv4 = Prefix($"198.18.{i}.0/24"),
                    Ipv6 = random.Next(3) == 0 ? Prefix($"2001:db8:{i + 1:x}::/64") : null,
                });
                AddHosts(i);
            }

            for (var i = 1; i < count; i++)
            {
                AddRouters(i, random.Next(i));
            }

            for (var i = 0; i + 1 < _routers.Count; i++)
            {
                if (random.Next(6) == 0)
                {
                    _links.Add(new LinkSpec(_routers[i].Name, _routers[random.Next(i + 1, _routers.Count)].Name, LinkQuality.Perfect));
                }
            }

            return new LabTopology
            {
                Name = $"random-{seed}",
                Seed = seed,
                Networks = _networks,
                Routers = [.. _routers.Select(Filtered)],
                Links = _links,
                Hosts = _hosts,
                Vantage = new VantageSpec("net0", Address("198.18.0.250"), _networks[0].Ipv6 is null ? null : Address("2001:db8:1::fa")),
            };
        }

        private void AddHosts(int network)
        {
            var at = 10;
            var count = random.Next(1, 5);
            for (var i = 0; i < count; i++)
            {
                var size = random.Next(3) == 0 ? random.Next(2, 12) : 1;
                List<AddressRange> addresses = [Range($"198.18.{network}.{at}", $"198.18.{network}.{at + size - 1}")];
                if (_networks[network].Ipv6 is not null && random.Next(2) == 0)
                {
                    addresses.Add(Range($"2001:db8:{network + 1:x}::{at:x}", $"2001:db8:{network + 1:x}::{at + size - 1:x}"));
                }

                at += size + random.Next(3);
                _hosts.Add(new HostSpec
                {
                    Name = $"host{network}-{i}",
                    Network = $"net{network}",
                    Addresses = addresses,
                    IsRange = size > 1,
                    AnswersPing = random.Next(4) != 0,
                    DefaultTcp = Default(),
                    DefaultUdp = Default(),
                    Ports = Rules(),
                });
            }
        }

        private PortPolicy Default() => random.Next(5) switch
        {
            0 or 1 => PortPolicy.Filtered,
            2 => new RejectedPort((RefusalKind)random.Next(8)),
            _ => PortPolicy.Closed,
        };

        private List<PortRule> Rules()
        {
            var rules = new List<PortRule>();
            foreach (var protocol in (ReadOnlySpan<TransportProtocol>)[TransportProtocol.Tcp, TransportProtocol.Udp])
            {
                for (var port = random.Next(1, 12); port < 55; port += random.Next(1, 15))
                {
                    var last = port + random.Next(4);
                    rules.Add(new PortRule(
                        protocol, new PortSet(new PortRange(new PortNumber((ushort)port), new PortNumber((ushort)last))), Policy()));
                    port = last + 1;
                }
            }

            return rules;
        }

        private PortPolicy Policy() => random.Next(isSteady ? 10 : 14) switch
        {
            0 or 1 or 2 or 3 => PortPolicy.Open,
            4 => PortPolicy.Closed,
            5 => PortPolicy.Filtered,
            6 or 7 => new RejectedPort((RefusalKind)random.Next(8)),
            8 => new TarpitPort(TimeSpan.FromSeconds(1)),
            9 => new SynProxyPort(random.Next(2) == 0 ? null : ServiceSpec.Mute),
            10 => new RateLimitedPort((RefusalKind)random.Next(8), random.Next(1, 20)),
            11 => new FlappingPort(ServiceSpec.Mute, TimeSpan.FromSeconds(1), 0.5),
            12 => new KnockPort([new PortNumber(7), new PortNumber(9)], ServiceSpec.Mute, TimeSpan.FromSeconds(5)),
            _ => PortPolicy.Open,
        };

        // A network is attached to an earlier one: by a router in both, by two such routers, or by two routers and a link.
        private void AddRouters(int network, int parent)
        {
            switch (random.Next(4))
            {
                case 0:
                    _routers.Add(new RouterSpec { Name = NextName(), Ports = [Port(parent, 0)] });
                    _routers.Add(new RouterSpec { Name = NextName(), Ports = [Port(network, 0)] });
                    _links.Add(new LinkSpec(_routers[^2].Name, _routers[^1].Name, LinkQuality.Perfect));
                    break;
                case 1:
                    _routers.Add(new RouterSpec { Name = NextName(), Ports = [Port(parent, 0), Port(network, 1)] });
                    _routers.Add(new RouterSpec { Name = NextName(), Ports = [Port(network, 2), Port(parent, 1)] });
                    break;
                default:
                    _routers.Add(new RouterSpec { Name = NextName(), Ports = [Port(parent, 0), Port(network, 1)] });
                    break;
            }
        }

        private string NextName() => $"r{_routers.Count:d2}";

        // Each router takes addresses of its own in a network: four for each.
        private RouterPort Port(int network, int which)
        {
            var last = 200 + (_routers.Count * 4 % 48) + which;
            return new RouterPort(
                $"net{network}", Address($"198.18.{network}.{last}"),
                _networks[network].Ipv6 is null ? null : Address($"2001:db8:{network + 1:x}::{last:x}"));
        }

        private RouterSpec Filtered(RouterSpec router)
        {
            var rules = new List<FirewallRule>();
            for (var left = random.Next(4); left > 0; left--)
            {
                var protocol = random.Next(3) switch
                {
                    0 => TransportProtocol.Udp,
                    1 => TransportProtocol.Tcp,
                    _ => (TransportProtocol?)null,
                };
                var first = (ushort)random.Next(1, 50);
                rules.Add(new FirewallRule(
                    Action(),
                    protocol,
                    random.Next(3) == 0 ? Prefix("198.18.0.0/24") : null,
                    random.Next(2) == 0 ? Prefix($"198.18.{random.Next(_networks.Count)}.{random.Next(4) * 8}/29") : null,
                    protocol is null || random.Next(3) == 0
                        ? null
                        : new PortSet(new PortRange(new PortNumber(first), new PortNumber((ushort)(first + random.Next(10)))))));
            }

            var forwards = new List<RouterForward>();
            for (var left = random.Next(3); left > 0; left--)
            {
                var target = _hosts[random.Next(_hosts.Count)].Addresses[0].First;
                var protocol = random.Next(3) == 0 ? TransportProtocol.Udp : TransportProtocol.Tcp;
                var port = new PortNumber((ushort)random.Next(1, 60));
                if (!forwards.Exists(f => f.Protocol == protocol && f.Port == port))
                {
                    forwards.Add(new RouterForward(protocol, port, target, new PortNumber((ushort)random.Next(1, 60))));
                }
            }

            return router with
            {
                Rules = rules,
                Forwards = forwards,
                DefaultAction = random.Next(5) == 0 ? Action() : FirewallAction.Allow,
            };
        }

        private FirewallAction Action() => random.Next(3) switch
        {
            0 => FirewallAction.Allow,
            1 => FirewallAction.Drop,
            _ => new FirewallAction(FirewallActionKind.Reject, (RefusalKind)random.Next(8)),
        };

        private static AddressPrefix Prefix(string text) =>
            AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);

        private static InternetAddress Address(string text) =>
            InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

        private static AddressRange Range(string first, string last) => new(Address(first), Address(last));
    }
}
