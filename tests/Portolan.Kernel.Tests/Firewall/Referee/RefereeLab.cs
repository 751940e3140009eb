using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Links;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Namespaces;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>
/// A target with two cables to a host that sends from any address, and a host behind it. What becomes of a packet is observed in the
/// kernel's trace, on the cables, and at the host behind.
/// </summary>
/// <remarks>
/// <code>
/// outside c0 ─── eth0 target eth2 ─── b0 behind
/// outside c1 ─── eth1
/// </code>
/// The outside has no address: it never answers by itself, and is asked for no neighbour, for all of the target's are permanent.
/// </remarks>
internal sealed partial class RefereeLab : IDisposable
{
    internal static readonly int[] TcpPorts = [22, 80, 443, 5432, 8080];
    internal static readonly int[] UdpPorts = [53, 123, 4000];
    internal static readonly string[] TargetAddresses = [
        "198.18.0.2", "198.18.0.3", "198.18.1.2", "198.18.2.1", "2001:db8::2", "2001:db8::3", "2001:db8:1::2", "2001:db8:2::1"];
    internal static readonly string[] BehindAddresses = ["198.18.2.2", "198.18.2.3", "2001:db8:2::2", "2001:db8:2::3"];

    private const string Gateway4 = "198.18.0.1";
    private const string Gateway6 = "2001:db8::1";

    private readonly List<FrameTap> _outside = [];
    private readonly List<FrameTap> _target = [];
    private readonly List<Socket> _echoes = [];
    private readonly List<Socket> _listeners = [];
    private readonly List<Socket> _accepted = [];
    private readonly MacAddress[] _hardware;
    private readonly MacAddress[] _outsideHardware;
    private FrameTap _behind = null!;
    private Socket _raw4 = null!;
    private Socket _raw6 = null!;
    private FrameTap _towardsBehind = null!;
    private ushort _nextPort = 1024;

    private RefereeLab()
    {
        LabHost.Connect(Outside, "c0", Target, "eth0");
        LabHost.Connect(Outside, "c1", Target, "eth1");
        LabHost.Connect(Behind, "b0", Target, "eth2");
        Settings();
        Addresses();
        _hardware = [TestPackets.HardwareAddress(Target, "eth0"), TestPackets.HardwareAddress(Target, "eth1")];
        _outsideHardware = [TestPackets.HardwareAddress(Outside, "c0"), TestPackets.HardwareAddress(Outside, "c1")];
        Neighbours();
        OpenTaps();
        OpenPorts();
        Trace = Target.Run(() => new TraceSocket());
        Target.Nft(OwnTables);
    }

    /// <summary>The host whose rules are judged.</summary>
    internal LabHost Target { get; } = new();

    /// <summary>The sender.</summary>
    internal LabHost Outside { get; } = new();

    /// <summary>The host that the target forwards to.</summary>
    internal LabHost Behind { get; } = new();

    /// <summary>The kernel's trace.</summary>
    internal TraceSocket Trace { get; }

    /// <summary>Indexes of eth0, eth1 and eth2 in the target.</summary>
    internal int[] Interfaces { get; private set; } = [];

    /// <summary>Skips the test where namespaces are not allowed, or the programs that set them up are not installed.</summary>
    internal static RefereeLab Create()
    {
        Tool.Find("ip");
        Tool.Find("nft");
        try
        {
            return new RefereeLab();
        }
        catch (NetworkNamespaceException exception) when (exception.IsPermission)
        {
            Assert.Skip("needs CAP_SYS_ADMIN to make a network namespace: run as root");
            throw;
        }
    }

    /// <summary>Whether it is a group, or all on a link: no error answers what was sent to it.</summary>
    internal static bool IsForMany(InternetAddress address) => address.IsIPv4
        ? address.IPv4Bits >> 28 >= 14
            || (address.IPv4Bits >> 16 == 0xc612 && (address.IPv4Bits >> 8 & 255) < 3 && (address.IPv4Bits & 255) == 15)
        : address.UpperBits >> 56 == 0xff;

    /// <summary>
    /// Whether an answer to an address comes out on a cable: a unicast address of the outside, with a neighbour or behind a gateway.
    /// </summary>
    internal static bool HearsAnswersTo(InternetAddress address)
    {
        if (TargetAddresses.Contains(address.ToString()))
        {
            return false;
        }

        if (address.IsIPv4)
        {
            var bits = address.IPv4Bits;
            var isOnLink = bits >> 16 == 0xc612 && (bits >> 8 & 255) < 2 && (bits & 0xf0) == 0;
            return bits >> 24 is > 0 and < 224 and not 127 && bits >> 8 != 0xc61202 && (!isOnLink || (bits & 15) is > 0 and < 15);
        }

        var link = address.UpperBits is 0x2001_0db8_0000_0000 or 0x2001_0db8_0001_0000 && address.LowerBits < 16;
        return address.UpperBits >> 61 == 1 && address.UpperBits != 0x2001_0db8_0002_0000 && (!link || address.LowerBits is > 0 and < 15);
    }

    public void Dispose()
    {
        Trace.Dispose();
        _outside.ForEach(t => t.Dispose());
        _target.ForEach(t => t.Dispose());
        _behind.Dispose();
        _towardsBehind.Dispose();
        _raw4.Dispose();
        _raw6.Dispose();
        _echoes.ForEach(s => s.Dispose());
        _listeners.ForEach(s => s.Dispose());
        _accepted.ForEach(s => s.Dispose());
        Outside.Dispose();
        Target.Dispose();
        Behind.Dispose();
    }

    private void Settings()
    {
        Target.Setting("net/ipv4/ip_forward", "1");
        Target.Setting("net/ipv6/conf/all/forwarding", "1");
        foreach (var host in (LabHost[])[Target, Behind])
        {
            // Every answer counts: no limits on errors and resets.
            host.Setting("net/ipv4/icmp_ratelimit", "0");
            host.Setting("net/ipv4/icmp_ratemask", "0");
            host.Setting("net/ipv6/icmp/ratelimit", "0");
            host.Setting("net/ipv4/icmp_msgs_per_sec", "1000000");
            host.Setting("net/ipv4/icmp_msgs_burst", "1000000");

            // A half-open connection goes after a second, and its answer is sent once.
            host.Setting("net/ipv4/tcp_synack_retries", "0");
            host.Setting("net/ipv4/tcp_syncookies", "0");
            host.Setting("net/ipv4/tcp_max_syn_backlog", "65536");
            host.Setting("net/core/somaxconn", "65536");
        }

        foreach (var name in (string[])["all", "default", "eth0", "eth1", "eth2"])
        {
            Target.Setting($"net/ipv4/conf/{name}/send_redirects", "0");
            Target.Setting($"net/ipv4/conf/{name}/rp_filter", "0");
        }

        foreach (var name in (string[])["c0", "c1"])
        {
            Outside.Setting($"net/ipv6/conf/{name}/disable_ipv6", "1");
        }
    }

    private void Addresses()
    {
        // A small network on each link, so that there are broadcast addresses and neighbours; all else comes by a gateway.
        Target.Address("eth0", "198.18.0.2/28");
        Target.Address("eth0", "198.18.0.3/28");
        Target.Address("eth1", "198.18.1.2/28");
        Target.Address("eth2", "198.18.2.1/28");
        Target.Address("eth0", "2001:db8::2/124");
        Target.Address("eth0", "2001:db8::3/124");
        Target.Address("eth1", "2001:db8:1::2/124");
        Target.Address("eth2", "2001:db8:2::1/124");
        Target.Ip("route add 198.18.1.0/24 via 198.18.1.1 dev eth1");
        Target.Ip("route add 198.51.100.0/24 via 198.18.1.1 dev eth1");
        Target.Ip($"route add default via {Gateway4} dev eth0");
        Target.Ip("-6 route add 2001:db8:1::/48 via 2001:db8:1::1 dev eth1");
        Target.Ip($"-6 route add default via {Gateway6} dev eth0");
        Target.Ip("link set eth1 group 7");
        foreach (var (address, length) in (ReadOnlySpan<(string, int)>)[
            ("198.18.2.2", 28), ("198.18.2.3", 28), ("2001:db8:2::2", 124), ("2001:db8:2::3", 124)])
        {
            Behind.Address("b0", $"{address}/{length}");
        }

        Behind.Ip("route add default via 198.18.2.1 dev b0");
        Behind.Ip("-6 route add default via 2001:db8:2::1 dev b0");
    }

    private void Neighbours()
    {
        var batch = new List<string>();
        void Add(string address, string name, MacAddress hardware) =>
            batch.Add($"neigh replace {address} lladdr {hardware} dev {name} nud permanent");
        for (var i = 0; i < 2; i++)
        {
            Add($"198.18.{i}.0", $"eth{i}", _outsideHardware[i]);
            Add(i == 0 ? "2001:db8::f" : "2001:db8:1::f", $"eth{i}", _outsideHardware[i]);
            for (var host = 1; host < 15; host++)
            {
                Add($"198.18.{i}.{host}", $"eth{i}", _outsideHardware[i]);
                Add(i == 0 ? $"2001:db8::{host:x}" : $"2001:db8:1::{host:x}", $"eth{i}", _outsideHardware[i]);
            }
        }

        var behind = TestPackets.HardwareAddress(Behind, "b0");
        Add("198.18.2.0", "eth2", behind);
        Add("2001:db8:2::f", "eth2", behind);
        for (var host = 2; host < 15; host++)
        {
            Add($"198.18.2.{host}", "eth2", behind);
            Add($"2001:db8:2::{host:x}", "eth2", behind);
        }

        Target.Tool("ip", string.Join('\n', batch), "-batch", "-");
        var towards = TestPackets.HardwareAddress(Target, "eth2");
        Behind.Ip($"neigh replace 198.18.2.1 lladdr {towards} dev b0 nud permanent");
        Behind.Ip($"neigh replace 2001:db8:2::1 lladdr {towards} dev b0 nud permanent");
    }

    private void OpenTaps()
    {
        Outside.Run(() =>
        {
            _outside.Add(new FrameTap(Index("c0")));
            _outside.Add(new FrameTap(Index("c1")));
        });
        Target.Run(() =>
        {
            Interfaces = [Index("eth0"), Index("eth1"), Index("eth2")];
            _target.Add(new FrameTap(Interfaces[0]));
            _target.Add(new FrameTap(Interfaces[1]));
            _towardsBehind = new FrameTap(Interfaces[2]);

            // IPPROTO_RAW: whoever sends writes the IP header; IPV6_HDRINCL says so for IPv6.
            _raw4 = NativeSocket.Open(NativeSocket.IPv4, NativeSocket.Raw, 255);
            _raw4.EnableBroadcast = true;
            _raw6 = NativeSocket.Open(NativeSocket.IPv6, NativeSocket.Raw, 255);
            _raw6.SetRawSocketOption(41, 36, BitConverter.GetBytes(1));
        });
        Behind.Run(() => { _behind = new FrameTap(Index("b0")); });
    }

    private static int Index(string name) => FrameTap.IndexOf(name);

    private void OpenPorts()
    {
        Target.Run(() => Open(TargetAddresses));
        Behind.Run(() => Open(BehindAddresses));
    }

    // A datagram socket for each address, so that its answer comes from the address that was asked.
    private void Open(string[] addresses)
    {
        foreach (var port in TcpPorts)
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp)
            {
                DualMode = true,
                Blocking = false,
            };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(60_000);
            _listeners.Add(socket);
        }

        foreach (var address in addresses.Select(IPAddress.Parse))
        {
            foreach (var port in UdpPorts)
            {
                var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
                socket.Bind(new IPEndPoint(address, port));
                _echoes.Add(socket);
            }
        }
    }

    /// <summary>
    /// Marks each packet for tracing, keeps connection tracking on, and shows what came to the end of input and postrouting.
    /// </summary>
    internal const string OwnTable = "referee";

    private const string OwnTables = $$"""
        table netdev {{OwnTable}} {
            chain first {
                type filter hook ingress devices = { eth0, eth1 } priority -2000000000; policy accept;
                ether type { ip, ip6 } meta nftrace set 1
            }
        }
        table inet {{OwnTable}} {
            chain tracking { type filter hook prerouting priority -150; policy accept; ct state invalid counter; }
            chain own { type filter hook output priority -2000000000; policy accept; ip dscp 42 meta nftrace set 1; ip6 dscp 42 meta nftrace set 1; }
            chain input_last { type filter hook input priority 2000000000; policy accept; }
            chain post_last { type filter hook postrouting priority 2000000000; policy accept; }
        }
        """;
}
