using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Owners;
using SocketFlags = Portolan.Sockets.SocketFlags;

namespace Portolan.Kernel.Tests.Sockets;

/// <summary>Portolan's sockets against those of ss, in a namespace where nothing else runs.</summary>
public sealed class SsDifferentialTests
{
    private const int Ipv6Level = 41;
    private const int Ipv6Only = 26;
    private const int BindToDevice = 25;
    private const int SocketLevel = 1;

    [Fact]
    public void Tcp_sockets_of_both_families_in_every_state_equal_ss() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.EveryState(IPAddress.Loopback);
        zoo.EveryState(IPAddress.IPv6Loopback);
        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Tcp });
        var states = Rows(snapshot).Select(row => row[..row.IndexOf(' ')]).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(
            ["CLOSE-WAIT", "CLOSING", "ESTAB", "FIN-WAIT-1", "FIN-WAIT-2", "LAST-ACK", "LISTEN", "SYN-RECV", "SYN-SENT", "TIME-WAIT"],
            states);
        Multiset.EqualWhenStill(() => Ss("-tanHe"), () => Rows(Read(new SocketQuery { Protocols = SocketProtocols.Tcp })), "ss");
    });

    [Fact]
    public void Five_thousand_at_once_span_many_messages_and_equal_ss() => Netns.Run(() =>
    {
        const int Pairs = 2500;
        using var zoo = new TcpZoo();
        var listeners =
            new[] { zoo.Listener(new IPEndPoint(IPAddress.Loopback, 0)), zoo.Listener(new IPEndPoint(IPAddress.IPv6Loopback, 0)) };
        for (var pair = 0; pair < Pairs; pair++)
        {
            zoo.Connected(listeners[pair % 2]);
        }

        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Tcp });
        Assert.Equal((2 * Pairs) + 2, snapshot.Sockets.Count);
        Multiset.Equal(Ss("-tanHe"), Rows(snapshot), "ss");
        using var processes = new ProcessReader();
        var inodes = snapshot.Entries().Select(entry => entry.Inode).ToArray();
        var owners = new OwnerFinder(processes).Find(inodes, TestContext.Current.CancellationToken);

        // A child that a test beside this one has just made holds the same descriptors until it runs its program.
        Assert.All(inodes, inode => Assert.Contains(Environment.ProcessId, owners.Pids(inode).ToArray()));
    });

    [Fact]
    public void An_ordinary_user_sees_the_same_sockets_with_inode_cookie_and_user() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.EveryState(IPAddress.Loopback);
        zoo.EveryState(IPAddress.IPv6Loopback);
        var expected = Ss("-tanHe").ToList();
        ThreadPrivileges.Drop();
        Multiset.Equal(expected, Rows(Read(new SocketQuery { Protocols = SocketProtocols.Tcp })), "ss");
    });

    [Fact]
    public void Wildcards_dual_stack_mapped_addresses_and_devices_equal_ss() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        var dual = zoo.Listener(new IPEndPoint(IPAddress.IPv6Any, 1080), prepare: socket => socket.DualMode = true);
        zoo.Listener(new IPEndPoint(IPAddress.IPv6Any, 1081), prepare: socket => TcpZoo.SetOption(socket, Ipv6Level, Ipv6Only, 1));
        zoo.Listener(new IPEndPoint(IPAddress.Any, 1081));
        zoo.Listener(new IPEndPoint(IPAddress.Any, 1082), prepare: BindToLoopbackDevice);
        zoo.Listener(new IPEndPoint(IPAddress.IPv6Any, 1083), prepare: BindToLoopbackDevice);
        var client = zoo.Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.Connect(IPAddress.Loopback, 1080);
        zoo.Keep(dual.Accept());
        // Not accepted: it has no file and no user yet.
        zoo.Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).Connect(IPAddress.Loopback, 1080);
        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Tcp });
        Multiset.Equal(Ss("-tanHe"), Rows(snapshot), "ss");
        Assert.Contains(
            Rows(snapshot),
            row => row.Contains("[::ffff:127.0.0.1]:1080", StringComparison.Ordinal) && row.Contains("ino:-", StringComparison.Ordinal));
    });

    [Fact]
    public void Reuseport_groups_are_listed_once_per_socket() => Netns.Run(() =>
    {
        const int ReusePort = 15;
        using var zoo = new TcpZoo();
        for (var member = 0; member < 7; member++)
        {
            zoo.Listener(new IPEndPoint(IPAddress.Any, 1090), prepare: socket => TcpZoo.SetOption(socket, SocketLevel, ReusePort, 1));
        }

        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Tcp });
        Assert.Equal(7, snapshot.Sockets.Count);
        Multiset.Equal(Ss("-tanHe"), Rows(snapshot), "ss");
    });

    [Fact]
    public void Udp_sockets_with_and_without_a_peer_equal_ss() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        OpenDatagrams(zoo, family => new Socket((AddressFamily)(family == NativeSocket.IPv4 ? 2 : 23), SocketType.Dgram, ProtocolType.Udp));
        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Udp });
        Assert.Equal(8, snapshot.Sockets.Count);
        Multiset.Equal(Ss("-uanHe"), Rows(snapshot), "ss");
        var connected = Read(new SocketQuery { Protocols = SocketProtocols.Udp, States = 1u << (int)SocketState.Established });
        Multiset.Equal(Tool.Lines("ss", "-unHe").Select(line => SsRow.FromSs("ESTAB " + line)), Rows(connected), "ss without -a");
    });

    [Fact]
    public void Udplite_sockets_equal_the_kernels_own_table() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        OpenDatagrams(zoo, family => NativeSocket.Open(family, NativeSocket.Datagram, NativeSocket.UdpLite));
        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.UdpLite });
        Assert.Equal(8, snapshot.Sockets.Count);
        Multiset.Equal(ProcNetRows("udplite").Concat(ProcNetRows("udplite6")), snapshot.Inodes(), "/proc/net/udplite");
        Assert.Equal([new SocketSourceNote(SocketProtocols.UdpLite, "netlink")], snapshot.Sources);
    });

    [Fact]
    public void Raw_sockets_equal_ss_whichever_source_serves() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.Keep(NativeSocket.Open(NativeSocket.IPv4, NativeSocket.Raw, 1));
        zoo.Keep(NativeSocket.Open(NativeSocket.IPv6, NativeSocket.Raw, 58));
        zoo.Keep(NativeSocket.Open(NativeSocket.IPv4, NativeSocket.Raw, 89)).Connect(IPAddress.Loopback, 0);
        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Raw });
        // From /proc/net/raw ss learns no inode and writes any IPv6 wildcard as a star.
        static string WithoutDetails(string row) =>
            row[..row.IndexOf(" ino:", StringComparison.Ordinal)].Replace("[::]", "*", StringComparison.Ordinal);
        Multiset.Equal(Ss("-wanHe").Select(WithoutDetails), Rows(snapshot).Select(WithoutDetails), "ss");
        Multiset.Equal(ProcNetRows("raw").Concat(ProcNetRows("raw6")), snapshot.Inodes(), "/proc/net/raw");
    });

    [Fact]
    public void Packet_sockets_equal_the_kernels_own_table_and_name_their_interface() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        var bound = zoo.Keep(NativeSocket.Open(NativeSocket.PacketFamily, NativeSocket.Raw, 0));
        NativeSocket.BindPacket(bound, interfaceIndex: 1, etherType: 0x0800);
        zoo.Keep(NativeSocket.Open(NativeSocket.PacketFamily, NativeSocket.Datagram, 0));
        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Packet });
        var file = File.ReadLines("/proc/thread-self/net/packet").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(fields => $"{fields[3]} {fields[4]} {fields[8]}");
        Multiset.Equal(
            file, snapshot.Entries().Select(entry => $"{entry.LocalPort:x4} {entry.InterfaceIndex} {entry.Inode}"), "/proc/net/packet");
        var named = Assert.Single(snapshot.Entries(), entry => entry.InterfaceIndex == 1);
        Assert.Equal("lo", snapshot.Interfaces.Find(0, 1));
        Assert.Equal(0x0800, named.LocalPort);
    });

    [Fact]
    public void Mptcp_connections_equal_ss_and_their_subflows_are_marked() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        var listener = zoo.Keep(NativeSocket.Open(NativeSocket.IPv4, NativeSocket.Stream, NativeSocket.Mptcp));
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 3000));
        listener.Listen(4);
        var client = zoo.Keep(NativeSocket.Open(NativeSocket.IPv4, NativeSocket.Stream, NativeSocket.Mptcp));
        client.Connect(IPAddress.Loopback, 3000);
        zoo.Keep(listener.Accept());
        zoo.Listener(new IPEndPoint(IPAddress.Loopback, 3001));
        var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Tcp | SocketProtocols.Mptcp });
        Multiset.Equal(Ss("-ManHe"), Rows(Only(snapshot, SocketProtocol.Mptcp), snapshot), "ss -M");
        Multiset.Equal(Ss("-tanHe"), Rows(Only(snapshot, SocketProtocol.Tcp), snapshot), "ss -t");
        foreach (var entry in Only(snapshot, SocketProtocol.Tcp))
        {
            Assert.Equal(entry.LocalPort != 3001, (entry.Flags & SocketFlags.MptcpSubflow) != 0);
        }
    });

    [Fact]
    public void Unix_sockets_equal_ss_with_path_and_peer() => Netns.Run(() =>
    {
        var path = Path.Combine(Path.GetTempPath(), $"portolan-test-{Environment.ProcessId}.sock");
        File.Delete(path);
        try
        {
            using var zoo = new TcpZoo();
            UnixSockets(zoo, path);
            var snapshot = Read(new SocketQuery { Protocols = SocketProtocols.Unix });
            var rows = snapshot.Entries().Select(entry =>
            {
                var details = snapshot.Sockets.Unix[entry.UnixIndex];
                var type = details.Type switch { 1 => "u_str", 2 => "u_dgr", _ => "u_seq" };
                return $"{type} {SsRow.States[entry.State]} {entry.ReceiveQueue} {entry.SendQueue} {details.Path ?? "*"} {entry.Inode} * "
                    + $"{details.PeerInode}";
            }).ToList();
            Assert.Contains(rows, row => row.Contains(" @portolan ", StringComparison.Ordinal));
            Multiset.Equal(Tool.Lines("ss", "-xanHe").Select(WithoutTail), rows, "ss -x");
        }
        finally
        {
            File.Delete(path);
        }

        static string WithoutTail(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..8]);
    });

    [Fact]
    public void Bound_but_idle_tcp_sockets_are_listed_when_asked_for() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.Bound(new IPEndPoint(IPAddress.Loopback, 4000));
        zoo.Bound(new IPEndPoint(IPAddress.IPv6Loopback, 4001));
        zoo.Listener(new IPEndPoint(IPAddress.Loopback, 4002));
        string[] Found(
            SocketQuery query) =>
                [.. Read(query).Entries().Select(entry => $"{entry.LocalAddress} {entry.LocalPort} {entry.State.Name()}").Order(
                    StringComparer.Ordinal)];
        var tcp = new SocketQuery { Protocols = SocketProtocols.Tcp };
        Assert.Equal(["127.0.0.1 4002 LISTEN"], Found(tcp));
        Assert.Equal(["127.0.0.1 4000 BOUND", "127.0.0.1 4002 LISTEN", "::1 4001 BOUND"], Found(tcp with { Bound = true }));
        Assert.Equal(["127.0.0.1 4000 BOUND", "::1 4001 BOUND"], Found(tcp with { Bound = true, States = 0 }));
        Assert.Equal(["::1 4001 BOUND"], Found(tcp with { Bound = true, IPv4 = false }));
    });

    [Fact]
    public void State_masks_equal_those_of_ss() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.EveryState(IPAddress.Loopback);
        zoo.EveryState(IPAddress.IPv6Loopback);
        foreach (var (state, word) in (ReadOnlySpan<(SocketState, string)>)
            [
                (SocketState.Listen, "listening"), (SocketState.Established, "established"), (SocketState.TimeWait, "time-wait"),
                (SocketState.SynReceived, "syn-recv"), (SocketState.SynSent, "syn-sent"), (SocketState.CloseWait, "close-wait"),
                (SocketState.FinWait1, "fin-wait-1"), (SocketState.FinWait2, "fin-wait-2"), (SocketState.Closing, "closing"),
                (SocketState.LastAck, "last-ack"),
            ])
        {
            // ss leaves the state out where only one is asked for.
            var query = new SocketQuery { Protocols = SocketProtocols.Tcp, States = 1u << (int)state };
            Assert.NotEqual(0, Read(query).Sockets.Count);
            Multiset.EqualWhenStill(
                () => Tool.Lines("ss", "-tnHe", "state", word).Select(line => SsRow.FromSs($"{SsRow.States[state]} {line}")),
                () => Rows(Read(query)), $"ss state {word}");
        }
    });

    [Theory]
    [InlineData(true, false, "-4")]
    [InlineData(false, true, "-6")]
    public void One_family_alone_equals_ss(bool ipv4, bool ipv6, string option) => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.EveryState(IPAddress.Loopback);
        zoo.EveryState(IPAddress.IPv6Loopback);
        var query = new SocketQuery { Protocols = SocketProtocols.Tcp, IPv4 = ipv4, IPv6 = ipv6 };
        Multiset.EqualWhenStill(() => Ss("-tanHe", option), () => Rows(Read(query)), "ss");
    });

    private static SocketSnapshot Read(SocketQuery query)
    {
        var snapshot = new KernelSocketSource().Read(query, TestContext.Current.CancellationToken);
        Assert.Empty(snapshot.Missing);
        return snapshot;
    }

    private static IEnumerable<string> Ss(params string[] arguments) => Tool.Lines("ss", arguments).Select(SsRow.FromSs);

    private static List<string> Rows(SocketSnapshot snapshot) => Rows(snapshot.Entries(), snapshot);

    private static List<string> Rows(IEnumerable<SocketEntry> entries, SocketSnapshot snapshot) =>
        [.. entries.Select(entry => SsRow.From(snapshot, entry))];

    private static IEnumerable<SocketEntry> Only(SocketSnapshot snapshot, SocketProtocol protocol) =>
        snapshot.Entries().Where(entry => entry.Protocol == protocol);

    private static IEnumerable<string> ProcNetRows(string file) =>
        File.ReadLines("/proc/thread-self/net/" + file).Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[9]);

    private static void OpenDatagrams(TcpZoo zoo, Func<int, Socket> open)
    {
        foreach (var (family, any, loopback) in (ReadOnlySpan<(int, IPAddress, IPAddress)>)
            [(NativeSocket.IPv4, IPAddress.Any, IPAddress.Loopback), (NativeSocket.IPv6, IPAddress.IPv6Any, IPAddress.IPv6Loopback)])
        {
            zoo.Keep(open(family)).Bind(new IPEndPoint(any, 2000 + family));
            zoo.Keep(open(family)).Bind(new IPEndPoint(loopback, 2100 + family));
            zoo.Keep(open(family)).Bind(new IPEndPoint(loopback, 0));
            zoo.Keep(open(family)).Connect(loopback, 2100 + family);
        }
    }

    private static void UnixSockets(TcpZoo zoo, string path)
    {
        Socket Open(SocketType type) => zoo.Keep(new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified));
        var listener = Open(SocketType.Stream);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(3);
        Open(SocketType.Stream).Connect(new UnixDomainSocketEndPoint(path));
        zoo.Keep(listener.Accept());
        Open(SocketType.Stream).Connect(new UnixDomainSocketEndPoint(path)); // waits in the accept queue
        Open(SocketType.Dgram).Bind(new UnixDomainSocketEndPoint("\0portolan"));
        Open(SocketType.Dgram).Connect(new UnixDomainSocketEndPoint("\0portolan"));
        Open(SocketType.Seqpacket);
    }

    private static void BindToLoopbackDevice(Socket socket) => socket.SetRawSocketOption(SocketLevel, BindToDevice, "lo\0"u8);
}
