using System.Text;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Acquire.ProcNet;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Acquire;

public sealed class ProcNetTests
{
    private const uint EveryState = uint.MaxValue;

    private const string TcpHeading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    [Fact]
    public void A_row_of_tcp_is_read()
    {
        var entry = Assert.Single(Inet(SocketProtocol.Tcp,
            "   0: 010200C0:1F90 026433C6:C350 01 00000010:00000020 02:000000C8 00000003  1000        0 12345 1 "
                + "0000000000000000 20 4 30 10 -1"));
        Assert.Equal(
            "192.0.2.1:8080 198.51.100.2:50000", $"{entry.LocalAddress}:{entry.LocalPort} {entry.RemoteAddress}:{entry.RemotePort}");
        Assert.Equal(
            (SocketProtocol.Tcp, SocketState.Established, 0x10u, 0x20u),
            (entry.Protocol, entry.State, entry.SendQueue, entry.ReceiveQueue));
        Assert.Equal((SocketTimer.KeepAlive, 2000u, (byte)3), (entry.Timer, entry.TimerMilliseconds, entry.Retransmits));
        Assert.Equal((1000u, 12345u, true), (entry.UserId, entry.Inode, entry.HasUser));
    }

    [Fact]
    public void A_row_of_tcp6_is_read()
    {
        var entry = Assert.Single(Inet(SocketProtocol.Tcp,
            "   1: B80D0120000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   "
                + "  0        0 777 1 0000000000000000 100 0 0 10 0"));
        Assert.Equal("2001:db8::1", entry.LocalAddress.ToString());
        Assert.Equal((22, SocketState.Listen, true), (entry.LocalPort, entry.State, entry.IsIPv6));
        // The file does not tell whether an IPv6 wildcard takes IPv4.
        Assert.Equal(SocketFlags.HasUser, entry.Flags);
    }

    [Fact]
    public void Time_wait_has_no_inode_and_so_no_user()
    {
        var entry = Assert.Single(Inet(SocketProtocol.Tcp,
            "   2: 0100007F:0016 0100007F:C350 06 00000000:00000000 03:00001764 00000000     0        0 0 3 0000000000000000"));
        Assert.Equal((SocketState.TimeWait, SocketTimer.TimeWait, false), (entry.State, entry.Timer, entry.HasUser));
    }

    [Fact]
    public void A_raw_socket_carries_its_protocol_as_port()
    {
        var entry = Assert.Single(Inet(SocketProtocol.Raw,
            "   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 860852 2 00000000814d5c70 0"));
        Assert.Equal((1, SocketState.Unconnected), (entry.LocalPort, entry.State));
    }

    [Fact]
    public void States_that_were_not_asked_for_are_dropped()
    {
        const string Row =
            "   2: 0100007F:0016 0100007F:C350 06 00000000:00000000 03:00001764 00000000     0        0 0 3 0000000000000000";
        Assert.Empty(Inet(SocketProtocol.Tcp, Row, 1u << (int)SocketState.Listen));
        Assert.Single(Inet(SocketProtocol.Tcp, Row, 1u << (int)SocketState.TimeWait));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   0: 0100007F:0016")]
    [InlineData("   0: 0100007F0016 0100007F:C350 06 0:0 0:0 0 0 0 0")]
    [InlineData("   0: 0100007G:0016 0100007F:C350 06 0:0 0:0 0 0 0 0")]
    [InlineData("   0: 0100007F:10016 0100007F:C350 06 0:0 0:0 0 0 0 0")]
    [InlineData("   0: 0100007F:0016 00000000000000000000000000000000:C350 06 0:0 0:0 0 0 0 0")]
    [InlineData("   0: 0100007F:0016 0100007F:C350 00 0:0 0:0 0 0 0 0")]
    [InlineData("   0: 0100007F:0016 0100007F:C350 06 0:0 0:0 0 0 0 x")]
    public void A_line_that_is_no_row_is_counted_not_listed(string line)
    {
        var table = new SocketTable();
        var parser = new ProcNetInetParser(table, Protocol(SocketProtocol.Tcp), 0, EveryState);
        Feed(parser, TcpHeading, line);
        Assert.Equal((1, 0), (parser.Malformed, table.Count));
    }

    [Fact]
    public void Unix_rows_have_path_type_and_state()
    {
        var table = new SocketTable();
        var parser = new ProcNetUnixParser(table, 0, EveryState);
        Feed(parser,
            "Num       RefCount Protocol Flags    Type St Inode Path",
            "0000000000000000: 00000002 00000000 00010000 0001 01  100 /run/a b.sock",
            "0000000000000000: 00000003 00000000 00000000 0001 03  101",
            "0000000000000000: 00000002 00000000 00000000 0002 01  102 @abstract");
        Assert.Equal(0, parser.Malformed);
        Assert.Equal([SocketState.Listen, SocketState.Established, SocketState.Unconnected], Entries(table).Select(entry => entry.State));
        Assert.Equal([100u, 101u, 102u], Entries(table).Select(entry => entry.Inode));
        Assert.Equal(
            [new UnixDetails("/run/a b.sock", 0, 1), new UnixDetails(null, 0, 1), new UnixDetails("@abstract", 0, 2)],
            table.Unix.ToArray());
        Assert.All(Entries(table), entry => Assert.False(entry.HasUser));
    }

    [Fact]
    public void Packet_rows_have_ethertype_interface_and_user()
    {
        var table = new SocketTable();
        Feed(new ProcNetPacketParser(table, 0, EveryState),
            "sk               RefCnt Type Proto  Iface R Rmem   User   Inode",
            "000000009e8f9e64 3      3    0800   2     1 512    1000   860862");
        var entry = Assert.Single(Entries(table));
        Assert.Equal(
            (0x0800, 2, 512u, 1000u, 860862u), (entry.LocalPort, entry.InterfaceIndex, entry.ReceiveQueue, entry.UserId, entry.Inode));
    }

    [Fact]
    public void Sctp_endpoints_and_associations_take_the_primary_address()
    {
        var table = new SocketTable();
        var query = new SocketQuery { Protocols = SocketProtocols.Sctp };
        Feed(new ProcNetSctpParser(table, 0, query, associations: false),
            " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS",
            "ffff888001 ffff888002 2   10  29   36412   0 20111 192.0.2.1 192.0.2.2 ",
            "ffff888003 ffff888004 2   10  29   36413   0 20112 2001:db8::5 ");
        Feed(new ProcNetSctpParser(table, 0, query, associations: true),
            " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT INS OUTS MAXRT T1X "
                + "T2X RTXC wmema wmemq sndbuf rcvbuf",
            "ffff888005 ffff888006 2   1   3  0    5        7        9    1000 20113  36412 38000  192.0.2.1 *192.0.2.2 <-> *198.51.100.1 "
                + "198.51.100.2 \t    7500    10    10   10    0    0        0        1        0   212992   212992");
        Assert.Equal(
            [
                "192.0.2.1:36412 0.0.0.0:0 LISTEN 20111", "2001:db8::5:36413 :::0 LISTEN 20112",
                "192.0.2.2:36412 198.51.100.1:38000 ESTABLISHED 20113",
            ],
            Entries(table).Select(
                entry => $"{entry.LocalAddress}:{entry.LocalPort} {entry.RemoteAddress}:{entry.RemotePort} {entry.State.Name()} "
                    + $"{entry.Inode}"));
        Assert.Equal((7u, 9u), (table[2].SendQueue, table[2].ReceiveQueue));

        var onlyIPv6 = new SocketTable();
        Feed(
            new ProcNetSctpParser(onlyIPv6, 0, query with { IPv4 = false }, associations: false), "heading",
            "a b 2 10 29 36412 0 20111 192.0.2.1 ", "a b 2 10 29 36413 0 20112 2001:db8::5 ");
        Assert.Equal(36413, Assert.Single(Entries(onlyIPv6)).LocalPort);
    }

    [Fact]
    public void A_protocol_is_found_by_its_whole_name_with_its_count()
    {
        var text =
            "protocol  size sockets  memory press\nSCTPv6    1536      3      -1   NI\nSCTP      1536      0      -1   NI\nPING 1 -1 0\n"u8;
        Assert.True(ProcNetProtocols.TryFind(text, "SCTPv6", out var sockets));
        Assert.Equal(3, sockets);
        Assert.True(ProcNetProtocols.TryFind(text, "SCTP", out sockets));
        Assert.Equal(0, sockets);
        Assert.True(ProcNetProtocols.TryFind(text, "PING", out sockets));
        Assert.Equal(-1, sockets);
        Assert.False(ProcNetProtocols.TryFind(text, "DCCP", out _));
    }

    [Fact]
    public void Hostile_lines_never_throw()
    {
        byte[][] rows =
        [
            [.. "   0: 0100007F:1F90 0200007F:C350 01 00000010:00000020 02:000000C8 00000003  1000        0 12345 1 0 20 4 30 10 -1"u8],
            [.. "   1: B80D0120000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0 00:0 0     0        0 777 1 0"u8],
            [.. "0000000000000000: 00000002 00000000 00010000 0001 01  100 /run/a b.sock"u8],
            [.. "000000009e8f9e64 3      3    0800   2     1 512    1000   860862"u8],
            [.. "a b 2 10 29 36412 0 20111 192.0.2.1 *2001:db8::1"u8],
            [.. "a b 2 1 3 0 5 7 9 1000 20113 36412 38000 192.0.2.1 <-> *198.51.100.1 7500"u8],
        ];
        Fuzz.Run(20_000, (random, _) =>
        {
            var line = Fuzz.Damage(random, rows[random.Next(rows.Length)]);
            var table = new SocketTable();
            foreach (var parser in Parsers(table))
            {
                parser.Line([]);
                parser.Line(line);
            }

            ProcNetProtocols.TryFind(line, "TCP", out var _);
        });
    }

    private static IEnumerable<ProcNetParser> Parsers(SocketTable table) =>
    [
        new ProcNetInetParser(table, Protocol(SocketProtocol.Tcp), 0, EveryState), new ProcNetUnixParser(table, 0, EveryState),
        new ProcNetPacketParser(table, 0, EveryState),
        new ProcNetSctpParser(table, 0, new SocketQuery(), associations: false),
        new ProcNetSctpParser(table, 0, new SocketQuery(), associations: true),
    ];

    private static List<SocketEntry> Inet(SocketProtocol protocol, string row, uint states = EveryState)
    {
        var table = new SocketTable();
        var parser = new ProcNetInetParser(table, Protocol(protocol), 0, states);
        Feed(parser, TcpHeading, row);
        Assert.Equal(0, parser.Malformed);
        return Entries(table);
    }

    private static InetProtocol Protocol(SocketProtocol kind) => InetProtocol.All().Single(protocol => protocol.Kind == kind);

    private static List<SocketEntry> Entries(SocketTable table) => [.. Enumerable.Range(0, table.Count).Select(index => table[index])];

    private static void Feed(ProcNetParser parser, params string[] lines)
    {
        foreach (var line in lines)
        {
            parser.Line(Encoding.UTF8.GetBytes(line));
        }
    }
}
