using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Tests.Lab.Running;

/// <summary>Two networks behind a router, with a client, a server and a range of hosts.</summary>
internal static class SmallLab
{
    internal static LabTopology Topology(params PortRule[] ports) => new()
    {
        Name = "small",
        Networks =
        [
            new NetworkSpec { Name = "left", Ipv4 = Prefix("198.18.0.0/24"), Ipv6 = Prefix("2001:db8:1::/64") },
            new NetworkSpec { Name = "right", Ipv4 = Prefix("198.18.1.0/24"), Ipv6 = Prefix("2001:db8:2::/64") },
        ],
        Routers =
        [
            new RouterSpec
            {
                Name = "gateway",
                Ports =
                [
                    new RouterPort("left", Address("198.18.0.1"), Address("2001:db8:1::1")),
                    new RouterPort("right", Address("198.18.1.1"), Address("2001:db8:2::1")),
                ],
            },
        ],
        Hosts =
        [
            Host("pc", "left", "198.18.0.10", "2001:db8:1::10"),
            Host("server", "right", "198.18.1.10", "2001:db8:2::10") with { Ports = ports },
            new HostSpec
            {
                Name = "crowd",
                Network = "right",
                IsRange = true,
                Addresses = [Range("198.18.1.100", "198.18.1.199")],
                Ports = ports,
            },
        ],
    };

    internal static HostSpec Host(string name, string network, params string[] addresses) => new()
    {
        Name = name,
        Network = network,
        Addresses = [.. addresses.Select(static a => Range(a, a))],
    };

    internal static PortRule Tcp(string ports, PortPolicy policy) => new(TransportProtocol.Tcp, PortSet.Parse(ports), policy);

    internal static PortRule Udp(string ports, PortPolicy policy) => new(TransportProtocol.Udp, PortSet.Parse(ports), policy);

    internal static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    internal static AddressPrefix Prefix(string text) =>
        AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);

    internal static AddressRange Range(string first, string last) => new(Address(first), Address(last));
}
