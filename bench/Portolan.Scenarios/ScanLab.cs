using System.Globalization;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Scenarios;

/// <summary>Networks to scan, with known truth, in namespaces without a route out.</summary>
internal sealed class ScanLab : IDisposable
{
    /// <summary>The address of the one target.</summary>
    public const string TargetAddress = "198.18.0.2";

    private readonly List<LabHost> _hosts = [];

    private ScanLab()
    {
        Scanner = Host();
        Target = Host();
    }

    public LabHost Scanner { get; }

    public LabHost Target { get; }

    /// <summary>
    /// A scanner and a target on one cable. The target has addresses 198.18.0.2 to 198.18.0.(1 + <paramref name="addresses"/>).
    /// </summary>
    public static ScanLab OnOneCable(int addresses = 1)
    {
        var lab = new ScanLab();
        LabHost.Connect(lab.Scanner, "scan0", lab.Target, "eth0");
        lab.Scanner.Address("scan0", "198.18.0.1/24");
        for (var i = 0; i < addresses; i++)
        {
            lab.Target.Address("eth0", string.Create(CultureInfo.InvariantCulture, $"198.18.0.{i + 2}/24"));
        }

        return lab;
    }

    /// <summary>A scanner and a target on one link, with a bridge between them that loses TCP segments each way.</summary>
    /// <param name="perMille">Segments lost out of a thousand, each way.</param>
    public static ScanLab WithLoss(int perMille)
    {
        var lab = new ScanLab();
        var bridge = lab.Host();
        LabHost.Connect(lab.Scanner, "scan0", bridge, "left");
        LabHost.Connect(lab.Target, "eth0", bridge, "right");
        bridge.Ip("link add br0 type bridge");
        bridge.Ip("link set left master br0");
        bridge.Ip("link set right master br0");
        bridge.Ip("link set br0 up");
        lab.Scanner.Address("scan0", "198.18.0.1/24");
        lab.Target.Address("eth0", TargetAddress + "/24");
        if (perMille > 0)
        {
            bridge.Nft(string.Create(CultureInfo.InvariantCulture, $$"""
                table netdev loss {
                  chain left { type filter hook ingress device "left" priority 0; ip protocol tcp numgen random mod 1000 < {{perMille}} drop; }
                  chain right { type filter hook ingress device "right" priority 0; ip protocol tcp numgen random mod 1000 < {{perMille}} drop; }
                }
                """));
        }

        return lab;
    }

    /// <summary>A target behind a router, which loses TCP segments each way.</summary>
    /// <param name="perMille">Segments lost out of a thousand, each way.</param>
    public static ScanLab BehindRouter(int perMille = 0)
    {
        var lab = new ScanLab();
        var router = lab.Host();
        LabHost.Connect(lab.Scanner, "scan0", router, "left");
        LabHost.Connect(lab.Target, "eth0", router, "right");
        lab.Scanner.Address("scan0", "192.0.2.1/24");
        router.Address("left", "192.0.2.2/24");
        router.Address("right", "198.18.0.1/24");
        lab.Target.Address("eth0", TargetAddress + "/24");
        lab.Scanner.Ip("route add default via 192.0.2.2");
        lab.Target.Ip("route add default via 198.18.0.1");
        router.Setting("net/ipv4/ip_forward", "1");
        if (perMille > 0)
        {
            router.Nft(string.Create(CultureInfo.InvariantCulture, $$"""
                table ip loss {
                  chain both { type filter hook forward priority 0; ip protocol tcp numgen random mod 1000 < {{perMille}} drop; }
                }
                """));
        }

        return lab;
    }

    /// <summary>
    /// Hosts 198.18.0.10 and so on, on one link with the scanner, whose UDP services send back what they get; other UDP ports are closed,
    /// or silent behind a firewall.
    /// </summary>
    public static ScanLab UdpHosts(params (int[] Services, bool IsSilent)[] hosts)
    {
        var lab = new ScanLab();
        var bridge = lab.Host();
        bridge.Ip("link add br0 type bridge");
        bridge.Ip("link set br0 up");
        Join(lab.Scanner, 0, "198.18.0.1/24");
        for (var i = 0; i < hosts.Length; i++)
        {
            var host = lab.Host();
            Join(host, i + 1, string.Create(CultureInfo.InvariantCulture, $"198.18.0.{10 + i}/24"));
            foreach (var port in hosts[i].Services)
            {
                host.EchoUdp(port);
            }

            if (hosts[i].IsSilent)
            {
                var services = hosts[i].Services is [_, ..] ports ? $"udp dport {{ {string.Join(", ", ports)} }} accept; " : "";
                host.Nft($$"""
                    table inet silence {
                      chain in { type filter hook input priority 0; {{services}}meta l4proto udp drop; }
                    }
                    """);
            }
        }

        return lab;

        void Join(LabHost host, int number, string prefix)
        {
            var port = string.Create(CultureInfo.InvariantCulture, $"port{number}");
            LabHost.Connect(host, "eth0", bridge, port);
            bridge.Ip($"link set {port} master br0");
            host.Address("eth0", prefix);
        }
    }

    /// <summary>198.18.0.0/15 behind a router: one host in 1,024 addresses is there, the rest is silence.</summary>
    public static ScanLab WideNetwork()
    {
        var lab = new ScanLab();
        LabHost.Connect(lab.Scanner, "scan0", lab.Target, "eth0");
        lab.Scanner.Address("scan0", "192.0.2.1/24");
        lab.Target.Address("eth0", "192.0.2.2/24");
        lab.Scanner.Ip("route add 198.18.0.0/15 via 192.0.2.2");
        lab.Target.Nft("""
            table netdev silence {
              chain in { type filter hook ingress device "eth0" priority 0; ip daddr 198.18.0.0/15 ip daddr & 0.0.3.255 != 0.0.0.7 drop; }
            }
            """);
        lab.Target.Ip("route add local 198.18.0.0/15 dev lo");
        return lab;
    }

    /// <summary>
    /// A scanner on a cable whose other end drops whatever comes, before it costs anything; 198.18.0.0/15 is routed there.
    /// </summary>
    public static ScanLab SilentCable(string interfaceName, string ownHardware, string gatewayHardware)
    {
        var lab = new ScanLab();
        LabHost.Connect(lab.Scanner, interfaceName, lab.Target, "eth0");
        lab.Scanner.Ip($"link set {interfaceName} address {ownHardware}");
        lab.Target.Ip($"link set eth0 address {gatewayHardware}");
        lab.Scanner.Address(interfaceName, "198.18.0.1/30");
        lab.Scanner.Ip($"route add 198.18.0.0/15 via {TargetAddress}");
        lab.Scanner.Ip($"neigh replace {TargetAddress} lladdr {gatewayHardware} dev {interfaceName}");
        lab.Target.Nft("""
            table netdev sink {
              chain in { type filter hook ingress device "eth0" priority 0; policy drop; }
            }
            """);
        return lab;
    }

    public void Dispose() => _hosts.ForEach(h => h.Dispose());

    private LabHost Host()
    {
        var host = new LabHost();
        _hosts.Add(host);
        return host;
    }
}
