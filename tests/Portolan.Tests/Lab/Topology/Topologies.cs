using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Tests.Lab.Topology;

/// <summary>Topologies that tests read.</summary>
internal static class Topologies
{
    /// <summary>Each key and each form of a value once.</summary>
    public const string Everything =
        """
        name: office
        description: Two networks behind two routers
        seed: 7
        networks:
          office: { prefix: [198.18.0.0/24, 2001:db8:1::/64] }
          servers:
            prefix: [198.18.1.0/24, 2001:db8:2::/64]
            latency: 2ms
            jitter: 0.5ms
            loss: 1%
            bandwidth: 100Mbit
            mtu: 1400
          far: 198.18.2.0/24
        routers:
          gateway:
            networks:
              office: [198.18.0.1, "2001:db8:1::1"]
              servers: [198.18.1.1, "2001:db8:2::1"]
            firewall:
              default: reject with admin-prohibited
              rules:
                - drop tcp from 198.18.0.0/24 to 198.18.1.0/24 port 23
                - reject with admin-prohibited udp port snmp
                - allow from office to servers
                - allow tcp to www.example.com port http,https
            forward:
              - tcp 8080 to web:80
              - udp 5353 to [2001:db8:2::10]:53
          core: { networks: { far: 198.18.2.1 } }
        links:
          - { between: [gateway, core], latency: 20ms, bandwidth: 2Mbit, shaping: [udp 5004 priority 1, "tcp 25,80 priority 200"] }
        hosts:
          web:
            network: servers
            address: [198.18.1.10, 2001:db8:2::10]
            names: www.example.com
            personality: freebsd
            ping: no
            icmp-rate: 5
            ephemeral-ports: 50000-50999
            default-tcp: filtered
            default-udp: reject with host-prohibited
            ports:
              80: { service: http, text: hello }
              22/tcp: daytime
              echo: open
              443: filtered
              8000-8100,9000: closed
              161/udp: reject
              514/udp: reject with net-prohibited
              1000: { rate-limit: 100 }
              1001: { rate-limit: 10, with: host-unreachable }
              1002: { flapping: echo, period: 5s, open: 25% }
              1003: tarpit
              1004: { syn-proxy: { service: http, text: behind } }
              1005: syn-proxy
              1006: { knock: [7000, 8000, 9000], service: daytime, open-for: 1m }
              1007: { tarpit: 2s }
              1008: { proxy: /run/web.sock }
              1009: { exec: [cat, -u, "it's: a word"] }
          pc: { addresses: [198.18.0.10-198.18.0.99, 198.18.0.200] }
          usual: { address: 198.18.2.9, ports: [daytime, 80, echo/udp] }
        vantage: { network: office, address: 198.18.0.250 }
        scenario: two-browsers
        """;

    /// <summary>The ports of the host 'web' in <see cref="Everything"/>.</summary>
    public static IReadOnlyList<string> EverythingPolicies { get; } =
    [
        "80 OpenPort", "22 OpenPort", "7 OpenPort", "443 FilteredPort", "8000-8100,9000 ClosedPort", "161/udp RejectedPort",
        "514/udp RejectedPort",
        "1000 RateLimitedPort", "1001 RateLimitedPort", "1002 FlappingPort", "1003 TarpitPort", "1004 SynProxyPort", "1005 SynProxyPort",
        "1006 KnockPort", "1007 TarpitPort",
        "1008 ProxyPort", "1009 ExecPort",
    ];

    /// <summary>Reads a text that has no faults; its name is <c>test</c> unless it says another.</summary>
    public static LabTopology Read(string text)
    {
        var reading = TopologyReader.Read(text, "test");
        Assert.Empty(reading.Faults.Select(f => f.ToString()));
        return reading.OrThrow("test");
    }
}
