using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Tests.Support;
using static Portolan.Tests.Support.NetlinkBytes;

namespace Portolan.Tests.Sockets.Acquire;

/// <summary>What the source does when netlink refuses, tears or breaks off. The kernel is a script, /proc a folder.</summary>
public sealed class KernelSocketSourceTests : IDisposable
{
    private const string TcpRow = "   0: 010200C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0";
    private const string Heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    private readonly string _proc = Directory.CreateTempSubdirectory("portolan-test-").FullName;

    public void Dispose() => Directory.Delete(_proc, recursive: true);

    [Fact]
    public void Tcp_of_both_families_is_one_request()
    {
        var channel = new ScriptedChannel([Socket("192.0.2.1:80"), Socket("[2001:db8::1]:81"), new NetlinkAnswer(Done())]);
        var snapshot = Read(channel, SocketProtocols.Tcp);
        Assert.Equal([80, 81], Ports(snapshot));
        Assert.Single(channel.Requests);
        Assert.Equal([new SocketSourceNote(SocketProtocols.Tcp, "netlink")], snapshot.Sources);
        Assert.Empty(snapshot.Missing);
    }

    [Fact]
    public void Where_the_old_request_is_refused_each_family_is_asked()
    {
        var channel = new ScriptedChannel(
            [new NetlinkAnswer(Error(Errno.NotSupported))], [Socket("192.0.2.1:80", 2), Finish(2)],
            [Socket("[2001:db8::1]:81", 3), Finish(3)]);
        var snapshot = Read(channel, SocketProtocols.Tcp);
        Assert.Equal([80, 81], Ports(snapshot));
        Assert.Equal([18, 20, 20], channel.Requests.Select(request => (int)BitConverter.ToUInt16(request, 4)));
        Assert.Empty(snapshot.Missing);
    }

    [Fact]
    public void A_program_that_the_kernel_does_not_take_is_left_out()
    {
        var channel = new ScriptedChannel([new NetlinkAnswer(Error(Errno.InvalidArgument))], [Socket("192.0.2.1:80", 2), Finish(2)]);
        var query = new SocketQuery { Protocols = SocketProtocols.Tcp, Bytecode = new byte[8] };
        var snapshot = new KernelSocketSource(_ => channel, _proc).Read(query, CancellationToken.None);
        Assert.Equal([80], Ports(snapshot));
        Assert.Equal([16 + 60 + 12, 16 + 60], channel.Requests.Select(request => request.Length));
    }

    [Fact]
    public void A_torn_dump_is_repeated_and_only_the_whole_one_kept()
    {
        var channel = new ScriptedChannel(
            [Socket("192.0.2.1:80"), Socket("192.0.2.1:80"), new NetlinkAnswer(Done(flags: NetlinkFlags.DumpInterrupted))],
            [Socket("192.0.2.1:80", 2), Finish(2)]);
        var snapshot = Read(channel, SocketProtocols.Tcp);
        Assert.Equal([80], Ports(snapshot));
        Assert.Empty(snapshot.Missing);
    }

    [Fact]
    public void A_dump_that_is_torn_every_time_is_shown_and_said_to_be_torn()
    {
        NetlinkAnswer[] Torn(uint sequence) =>
            [Socket("192.0.2.1:80", sequence), new NetlinkAnswer(Done(sequence: sequence, flags: NetlinkFlags.DumpInterrupted))];
        var snapshot = Read(new ScriptedChannel(Torn(1), Torn(2), Torn(3), Torn(4)), SocketProtocols.Tcp);
        Assert.Equal([80], Ports(snapshot));
        Assert.Contains("tcp sockets", Assert.Single(snapshot.Missing).What, StringComparison.Ordinal);
    }

    [Fact]
    public void After_lost_messages_the_dump_is_repeated_on_another_socket()
    {
        var opened = 0;
        var snapshot = Read(
            _ => ++opened == 1
                ? new ScriptedChannel([Socket("192.0.2.1:80"), new NetlinkAnswer([]) { Errno = Errno.NoBufferSpace }])
                : new ScriptedChannel([Socket("192.0.2.1:80"), Socket("192.0.2.1:81"), Finish(1)]),
            SocketProtocols.Tcp);
        Assert.Equal([80, 81], Ports(snapshot));
        Assert.Equal(2, opened);
        Assert.Empty(snapshot.Missing);
    }

    [Fact]
    public void A_dump_that_always_breaks_off_is_never_reported_as_complete()
    {
        var snapshot = Read(_ => new ScriptedChannel([Socket("192.0.2.1:80"), new NetlinkAnswer([1, 2, 3])]), SocketProtocols.Tcp);
        Assert.Equal([80], Ports(snapshot));
        Assert.Contains("malformed", Assert.Single(snapshot.Missing).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_protocol_is_read_from_its_table_and_the_note_says_so()
    {
        Write("raw", Heading, "   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 860852 2 0 0");
        Write("raw6", Heading);
        var snapshot = Read(Refusing(), SocketProtocols.Raw);
        Assert.Equal([1], Ports(snapshot));
        Assert.Equal(
            [new SocketSourceNote(SocketProtocols.Raw, "/proc/net/raw"), new SocketSourceNote(SocketProtocols.Raw, "/proc/net/raw6")],
            snapshot.Sources);
        Assert.Empty(snapshot.Missing);
    }

    [Fact]
    public void Where_netlink_cannot_be_opened_the_files_serve_and_what_they_lack_is_said()
    {
        Write("tcp", Heading, TcpRow);
        Write("tcp6", Heading);
        var source = new KernelSocketSource(_ => throw new LinuxException(Errno.NotPermitted, "open a netlink socket"), _proc);
        var snapshot =
            source.Read(new SocketQuery { Protocols = SocketProtocols.Tcp, TcpDetails = true, Bound = true }, CancellationToken.None);
        Assert.Equal([8080], Ports(snapshot));
        Assert.Equal(
            [
                "tcp sockets that are bound but idle", "the backlogs of tcp listeners, and whether those on :: also accept IPv4",
                "byte counts and round-trip times of tcp sockets",
            ],
            snapshot.Missing.Select(fact => fact.What));
    }

    [Theory]
    [InlineData("protocol size sockets\nTCP 1 1\n", true)]
    [InlineData("protocol size sockets\nSCTP 1 0\nSCTPv6 1 0\n", true)]
    [InlineData("protocol size sockets\nSCTP 1 2\nSCTPv6 1 0\n", false)]
    [InlineData("protocol size sockets\nSCTP 1 -1\nSCTPv6 1 -1\n", false)]
    [InlineData(null, false)]
    public void Sctp_counts_as_absent_only_on_the_kernels_word(string? protocols, bool isAbsent)
    {
        if (protocols is not null)
        {
            Write("protocols", protocols);
        }

        var snapshot = Read(Refusing(), SocketProtocols.Sctp);
        Assert.Equal(0, snapshot.Sockets.Count);
        if (isAbsent)
        {
            Assert.Empty(snapshot.Missing);
            Assert.Equal([new SocketSourceNote(SocketProtocols.Sctp, "absent")], snapshot.Sources);
        }
        else
        {
            Assert.Equal("sctp sockets", Assert.Single(snapshot.Missing).What);
        }
    }

    [Fact]
    public void Sctp_files_are_read_once_for_both_families()
    {
        Write("sctp/eps", "heading", "a b 2 10 29 36412 0 20111 192.0.2.1 ", "a b 2 10 29 36413 0 20112 2001:db8::5 ");
        Write("sctp/assocs", "heading");
        Assert.Equal([36412, 36413], Ports(Read(Refusing(), SocketProtocols.Sctp)));
    }

    [Fact]
    public void Ipv6_turned_off_in_the_kernel_is_not_a_gap()
    {
        Write("udp", Heading);
        Write("protocols", "protocol size sockets\nUDP 1 0\n");
        Assert.Empty(Read(Refusing(), SocketProtocols.Udp).Missing);
    }

    [Fact]
    public void Mptcp_subflows_are_marked_by_inode_and_by_addresses()
    {
        var mptcp = new NetlinkAnswer(Message(20, new InetDiagBytes { Local = "192.0.2.1:443", Inode = 70 }.ToArray(), sequence: 2));
        var channel = new ScriptedChannel(
            [
                Tcp("192.0.2.1:443", 1), // the first subflow, of an older kernel: an inode of its own
                Tcp("192.0.2.7:443", 70), // a joined subflow
                Tcp("192.0.2.8:443", 5), // plain TCP
                Finish(1),
            ],
            [mptcp, Finish(2)],
            [Finish(3)]);
        var snapshot = Read(channel, SocketProtocols.Tcp | SocketProtocols.Mptcp);
        Assert.Equal(
            [true, true, false, false],
            Enumerable.Range(0, 4).Select(index => (snapshot.Sockets[index].Flags & SocketFlags.MptcpSubflow) != 0));

        static NetlinkAnswer Tcp(string local, uint inode) =>
            new(Message(18, new InetDiagBytes { Local = local, Inode = inode }.ToArray()));
    }

    [Fact]
    public void Interfaces_are_named_only_when_a_socket_is_bound_to_one()
    {
        var families = new List<NetlinkFamily>();
        INetlinkChannel Open(NetlinkFamily family)
        {
            families.Add(family);
            byte[] link = [.. new byte[4], .. BitConverter.GetBytes(7), .. new byte[8], .. Attribute(3, "eth7\0"u8.ToArray())];
            return family == NetlinkFamily.Route
                ? new ScriptedChannel([new NetlinkAnswer(Message(16, link)), Finish(1)])
                : new ScriptedChannel(
                    [Socket("192.0.2.1:80"), new NetlinkAnswer(Message(18, new InetDiagBytes { Interface = 7 }.ToArray())), Finish(1)]);
        }

        Assert.Equal("eth7", Read(Open, SocketProtocols.Tcp).Interfaces.Find(0, 7));
        Assert.Equal([NetlinkFamily.SocketDiagnostics, NetlinkFamily.Route], families);
        families.Clear();
        Read(family => { families.Add(family); return new ScriptedChannel([Socket("192.0.2.1:80"), Finish(1)]); }, SocketProtocols.Tcp);
        Assert.Equal([NetlinkFamily.SocketDiagnostics], families);
    }

    [Fact]
    public void A_recording_replays_to_the_same_sockets()
    {
        var recording = new NetlinkRecording();
        var first = Read(
            family => recording.Record(family, new ScriptedChannel([Socket("192.0.2.1:80"), Socket("[2001:db8::1]:81"), Finish(1)])),
            SocketProtocols.Tcp);
        Assert.True(NetlinkRecording.TryParse(recording.ToBytes(), out var replay));
        var second = Read(replay.Replay, SocketProtocols.Tcp);
        Assert.Equal(Ports(first), Ports(second));
        Assert.Equal(
            "tcp sockets",
            Assert.Single(
                Read(replay.Replay, SocketProtocols.Tcp, bound: true).Missing,
                fact => !fact.What.Contains("bound", StringComparison.Ordinal)).What);
    }

    [Fact]
    public void Hostile_recordings_neither_throw_nor_hang()
    {
        var recording = new NetlinkRecording();
        Read(
            family => recording.Record(family, new ScriptedChannel([Socket("192.0.2.1:80"), Socket("[2001:db8::1]:81"), Finish(1)])),
            SocketProtocols.Tcp);
        var bytes = recording.ToBytes();
        Fuzz.Run(5_000, (random, _) =>
        {
            if (NetlinkRecording.TryParse(Fuzz.Damage(random, bytes), out var damaged))
            {
                Read(damaged.Replay, SocketProtocols.Tcp);
            }
        });
    }

    private static NetlinkAnswer Socket(
        string local, uint sequence = 1) =>
            new(Message(
                20, new InetDiagBytes { Local = local, Remote = local.StartsWith('[') ? "[::]:0" : "0.0.0.0:0", State = 10 }.ToArray(),
                sequence: sequence));

    private static NetlinkAnswer Finish(uint sequence) => new(Done(sequence: sequence));

    private static List<int> Ports(SocketSnapshot snapshot) =>
        [.. Enumerable.Range(0, snapshot.Sockets.Count).Select(index => (int)snapshot.Sockets[index].LocalPort)];

    /// <summary>A kernel that knows no protocol and says so as Linux does: with an error inside DONE.</summary>
    private static Func<NetlinkFamily, INetlinkChannel> Refusing() =>
        _ => new ScriptedChannel(
            Enumerable.Range(1, 8).Select(sequence => new[] { new NetlinkAnswer(Done(Errno.NoEntry, (uint)sequence)) }).ToArray());

    private SocketSnapshot Read(ScriptedChannel channel, SocketProtocols protocols) => Read(_ => channel, protocols);

    private SocketSnapshot Read(Func<NetlinkFamily, INetlinkChannel> open, SocketProtocols protocols, bool bound = false) =>
        new KernelSocketSource(open, _proc).Read(new SocketQuery { Protocols = protocols, Bound = bound }, CancellationToken.None);

    private void Write(string name, params string[] lines)
    {
        var path = Path.Combine(_proc, "thread-self/net", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
    }
}
