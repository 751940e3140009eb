using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Scanning;

/// <summary>
/// A target whose every port is known, on the scanner's own link (198.18.0.2, 2001:db8::2) and again behind two routers (203.0.113.2,
/// 2001:db8:3::2). Rejections are not rate-limited.
/// </summary>
public sealed class TruthLab : IDisposable
{
    public const string OnLink = "198.18.0.2";
    public const string OnLinkIPv6 = "2001:db8::2";
    public const string Routed = "203.0.113.2";
    public const string RoutedIPv6 = "2001:db8:3::2";

    /// <summary>TCP: open.</summary>
    public const int Open = 22;

    /// <summary>TCP: nothing listens.</summary>
    public const int Closed = 23;

    /// <summary>TCP and UDP: the firewall drops.</summary>
    public const int Dropped = 81;

    /// <summary>UDP: sends everything back.</summary>
    public const int Echo = 53;

    /// <summary>UDP: takes everything, says nothing.</summary>
    public const int Mute = 54;

    /// <summary>All ports of the lab, for <c>-p</c>.</summary>
    public const string Ports = "22,23,53,54,80,81,101-108";

    private readonly LabPair _pair = LabPair.Create();

    private TruthLab()
    {
        PrepareTarget(_pair.Target);
        LabHost.Connect(Scanner, "out0", FirstRouter, "west0");
        LabHost.Connect(FirstRouter, "east0", SecondRouter, "west0");
        LabHost.Connect(SecondRouter, "east0", FarTarget, "eth0");
        Join(Scanner, "out0", "192.0.2.1", "2001:db8:1::1", FirstRouter, "west0", "192.0.2.2", "2001:db8:1::2");
        Join(FirstRouter, "east0", "198.51.100.1", "2001:db8:2::1", SecondRouter, "west0", "198.51.100.2", "2001:db8:2::2");
        Join(SecondRouter, "east0", "203.0.113.1", "2001:db8:3::1", FarTarget, "eth0", Routed, RoutedIPv6);
        foreach (var router in (LabHost[])[FirstRouter, SecondRouter])
        {
            router.Setting("net/ipv4/ip_forward", "1");
            router.Setting("net/ipv6/conf/all/forwarding", "1");
        }

        foreach (var (version, far, middle, first, second) in ((string, string, string, string, string)[])
            [("-4", "203.0.113.0/24", "198.51.100.0/24", "192.0.2.2", "198.51.100.2"),
                ("-6", "2001:db8:3::/64", "2001:db8:2::/64", "2001:db8:1::2", "2001:db8:2::2")])
        {
            Scanner.Ip($"{version} route add {far} via {first}");
            Scanner.Ip($"{version} route add {middle} via {first}");
            FirstRouter.Ip($"{version} route add {far} via {second}");
        }

        SecondRouter.Ip("-4 route add 192.0.2.0/24 via 198.51.100.1");
        SecondRouter.Ip("-6 route add 2001:db8:1::/64 via 2001:db8:2::1");
        FarTarget.Ip("-4 route add 192.0.2.0/24 via 203.0.113.1");
        FarTarget.Ip("-6 route add 2001:db8:1::/64 via 2001:db8:3::1");
        PrepareTarget(FarTarget);
    }

    private LabHost Scanner => _pair.Scanner;

    private LabHost FarTarget { get; } = new();

    private LabHost FirstRouter { get; } = new();

    private LabHost SecondRouter { get; } = new();

    public void Dispose()
    {
        _pair.Dispose();
        FarTarget.Dispose();
        FirstRouter.Dispose();
        SecondRouter.Dispose();
    }

    /// <summary>
    /// One lab for a class of tests, made by the first: one that may not make it is skipped, while a fixture's constructor could only fail.
    /// </summary>
    public sealed class OfClass : IDisposable
    {
        private readonly Lazy<TruthLab> _lab = new(static () => new TruthLab());

        internal LabHost Scanner => _lab.Value.Scanner;

        public void Dispose()
        {
            if (_lab.IsValueCreated)
            {
                _lab.Value.Dispose();
            }
        }
    }

    private static void Join(
        LabHost left, string leftName, string leftIPv4, string leftIPv6, LabHost right, string rightName, string rightIPv4,
        string rightIPv6)
    {
        left.Address(leftName, leftIPv4 + "/24");
        left.Address(leftName, leftIPv6 + "/64");
        right.Address(rightName, rightIPv4 + "/24");
        right.Address(rightName, rightIPv6 + "/64");
    }

    private static void PrepareTarget(LabHost target)
    {
        target.Setting("net/ipv4/icmp_ratelimit", "0");
        target.Setting("net/ipv6/icmp/ratelimit", "0");
        target.ListenTcp(Open, 80);
        target.EchoUdp(Echo);
        target.BindUdp(Mute);
        target.Nft("""
            table inet truth {
              chain in {
                type filter hook input priority 0
                meta l4proto { tcp, udp } th dport 81 drop
                meta nfproto ipv4 meta l4proto { tcp, udp } th dport 101 reject with icmp type net-unreachable
                meta nfproto ipv4 meta l4proto { tcp, udp } th dport 102 reject with icmp type host-unreachable
                meta nfproto ipv4 meta l4proto { tcp, udp } th dport 103 reject with icmp type prot-unreachable
                meta nfproto ipv4 meta l4proto { tcp, udp } th dport 104 reject with icmp type port-unreachable
                meta nfproto ipv4 meta l4proto { tcp, udp } th dport 105 reject with icmp type net-prohibited
                meta nfproto ipv4 meta l4proto { tcp, udp } th dport 106 reject with icmp type host-prohibited
                meta nfproto ipv4 meta l4proto { tcp, udp } th dport 107 reject with icmp type admin-prohibited
                meta nfproto ipv6 meta l4proto { tcp, udp } th dport { 101, 103 } reject with icmpv6 type no-route
                meta nfproto ipv6 meta l4proto { tcp, udp } th dport { 102, 106 } reject with icmpv6 type addr-unreachable
                meta nfproto ipv6 meta l4proto { tcp, udp } th dport 104 reject with icmpv6 type port-unreachable
                meta nfproto ipv6 meta l4proto { tcp, udp } th dport { 105, 107 } reject with icmpv6 type admin-prohibited
                tcp dport 108 reject with tcp reset
              }
            }
            """);
    }
}
