using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Tests.Support;
using static Portolan.Tests.Support.NetlinkBytes;

namespace Portolan.Tests.Sockets.Acquire;

public sealed class InetDiagDecoderTests
{
    private const uint EveryState = uint.MaxValue;

    [Fact]
    public void Every_field_of_the_message_is_kept()
    {
        var entry = Decode(SocketProtocol.Tcp, new InetDiagBytes
        {
            Timer = 2,
            Retransmits = 3,
            Interface = 7,
            Cookie = 0x1234_5678_9abc_def0,
            Expires = 1500,
            ReceiveQueue = 11,
            SendQueue = 22,
            User = 1000,
            Inode = 99,
        });
        Assert.Equal("192.0.2.1", entry.LocalAddress.ToString());
        Assert.Equal(80, entry.LocalPort);
        Assert.Equal("198.51.100.2", entry.RemoteAddress.ToString());
        Assert.Equal(50000, entry.RemotePort);
        Assert.Equal(SocketState.Established, entry.State);
        Assert.Equal((SocketTimer.KeepAlive, 1500u, (byte)3), (entry.Timer, entry.TimerMilliseconds, entry.Retransmits));
        Assert.Equal((7, 0x1234_5678_9abc_def0u, 5), (entry.InterfaceIndex, entry.Cookie, entry.NamespaceIndex));
        Assert.Equal((11u, 22u, 99u, 1000u), (entry.ReceiveQueue, entry.SendQueue, entry.Inode, entry.UserId));
        Assert.True(entry.HasUser);
    }

    [Fact]
    public void An_ipv4_mapped_address_stays_ipv6()
    {
        var entry = Decode(SocketProtocol.Tcp, new InetDiagBytes { Local = "[::ffff:192.0.2.1]:80", Remote = "[::ffff:192.0.2.9]:5" });
        Assert.True(entry.IsIPv6);
        Assert.True(entry.LocalAddress.IsIPv4Mapped);
        Assert.Equal("::ffff:192.0.2.9", entry.RemoteAddress.ToString());
    }

    [Theory]
    [InlineData(1, SocketState.Established)]
    [InlineData(2, SocketState.SynSent)]
    [InlineData(3, SocketState.SynReceived)]
    [InlineData(4, SocketState.FinWait1)]
    [InlineData(5, SocketState.FinWait2)]
    [InlineData(6, SocketState.TimeWait)]
    [InlineData(7, SocketState.Bound)]
    [InlineData(8, SocketState.CloseWait)]
    [InlineData(9, SocketState.LastAck)]
    [InlineData(10, SocketState.Listen)]
    [InlineData(11, SocketState.Closing)]
    [InlineData(12, SocketState.SynReceived)]
    [InlineData(13, SocketState.Bound)]
    [InlineData(77, SocketState.Unknown)]
    public void Tcp_states_are_the_kernels(byte kernelState, SocketState expected) =>
        Assert.Equal(expected, Decode(SocketProtocol.Tcp, new InetDiagBytes { State = kernelState }).State);

    [Theory]
    [InlineData(SocketProtocol.Udp)]
    [InlineData(SocketProtocol.UdpLite)]
    [InlineData(SocketProtocol.Raw)]
    public void A_datagram_socket_is_connected_or_not(SocketProtocol protocol)
    {
        Assert.Equal(SocketState.Established, Decode(protocol, new InetDiagBytes { State = 1 }).State);
        Assert.Equal(SocketState.Unconnected, Decode(protocol, new InetDiagBytes { State = 7 }).State);
    }

    [Theory]
    [InlineData("192.0.2.1:7", "198.51.100.2:9", 3, SocketState.Established)]
    [InlineData("192.0.2.1:7", "198.51.100.2:9", 1, SocketState.SynSent)]
    [InlineData("192.0.2.1:7", "198.51.100.2:9", 7, SocketState.LastAck)]
    [InlineData("192.0.2.1:7", "0.0.0.0:0", 10, SocketState.Listen)]
    [InlineData("192.0.2.1:7", "0.0.0.0:0", 7, SocketState.Closed)]
    public void Sctp_associations_have_states_of_their_own(string local, string remote, byte kernelState, SocketState expected) =>
        Assert.Equal(
            expected, Decode(SocketProtocol.Sctp, new InetDiagBytes { Local = local, Remote = remote, State = kernelState }).State);

    [Fact]
    public void Without_an_inode_there_is_no_user()
    {
        var entry = Decode(SocketProtocol.Tcp, new InetDiagBytes { State = 6, User = 0, Inode = 0 });
        Assert.False(entry.HasUser);
        Assert.True(Decode(SocketProtocol.Tcp, new InetDiagBytes { User = 0, Inode = 5 }).HasUser);
    }

    [Fact]
    public void States_that_were_not_asked_for_are_dropped_and_unknown_ones_kept()
    {
        var table = new SocketTable();
        var decoder = new InetDiagDecoder(table, SocketProtocol.Sctp, 0, 1u << (int)SocketState.Listen);
        decoder.Visit(20, new InetDiagBytes { State = 3 }.ToArray());
        Assert.Equal(0, table.Count);
        decoder.Visit(20, new InetDiagBytes { State = 200 }.ToArray());
        Assert.Equal(1, table.Count);
    }

    [Theory]
    [InlineData("[::]:80", 0, true)]
    [InlineData("[::]:80", 1, false)]
    [InlineData("[2001:db8::1]:80", 0, false)]
    public void Only_a_wildcard_without_v6only_is_dual_stack(string local, byte v6Only, bool expected)
    {
        var entry = Decode(SocketProtocol.Tcp, new InetDiagBytes
        {
            Local = local,
            Remote = "[::]:0",
            State = 10,
            Attributes = [Attribute(11, v6Only)],
        });
        Assert.Equal(expected, entry.IsDualStack);
        Assert.NotEqual(SocketFlags.None, entry.Flags & SocketFlags.V6OnlyKnown);
    }

    [Fact]
    public void Cgroup_id_and_the_mptcp_mark_are_read()
    {
        Assert.Equal(
            0x77UL, Decode(SocketProtocol.Tcp, new InetDiagBytes { Attributes = [Attribute(21, BitConverter.GetBytes(0x77UL))] }).CgroupId);
        Assert.NotEqual(SocketFlags.None, WithUpperLayer(Attribute(1, "mptcp\0"u8.ToArray())) & SocketFlags.MptcpSubflow);
        Assert.NotEqual(SocketFlags.None, WithUpperLayer(Attribute(3, 1, 2, 3, 4)) & SocketFlags.MptcpSubflow);
        Assert.Equal(SocketFlags.None, WithUpperLayer(Attribute(1, "tls\0"u8.ToArray())) & SocketFlags.MptcpSubflow);

        static SocketFlags WithUpperLayer(byte[] nested) =>
            Decode(SocketProtocol.Tcp, new InetDiagBytes { Attributes = [Attribute(19, nested)] }).Flags;
    }

    [Fact]
    public void Memory_is_attached_whatever_its_length()
    {
        var figures = Enumerable.Range(1, 9).SelectMany(figure => BitConverter.GetBytes((uint)figure)).ToArray();
        var table = Table(SocketProtocol.Udp, new InetDiagBytes { Attributes = [Attribute(7, figures)] });
        Assert.Equal(new SocketMemory(1, 2, 3, 4, 5, 6, 7, 8, 9), table.Memory[table[0].MemoryIndex]);
        table = Table(SocketProtocol.Udp, new InetDiagBytes { Attributes = [Attribute(7, figures[..^4])] });
        Assert.Equal(0u, table.Memory[table[0].MemoryIndex].Drops);
    }

    [Fact]
    public void Tcp_info_of_a_current_kernel_is_read()
    {
        var info = new byte[248];
        Put(info, 68, 1234u); // tcpi_rtt
        Put(info, 80, 10u); // tcpi_snd_cwnd
        BitConverter.GetBytes(900UL).CopyTo(info, 128); // tcpi_bytes_received
        BitConverter.GetBytes(5000UL).CopyTo(info, 200); // tcpi_bytes_sent
        BitConverter.GetBytes(700UL).CopyTo(info, 208); // tcpi_bytes_retrans
        var details = Details(SocketProtocol.Tcp, info, Attribute(4, "cubic\0"u8.ToArray()));
        Assert.Equal((4300UL, 700UL, 900UL), (details.BytesSent, details.BytesRetransmitted, details.BytesReceived));
        Assert.Equal((1234u, "cubic", true), (details.RttMicroseconds, details.CongestionControl, details.Info.IsEmpty));
    }

    [Fact]
    public void All_of_tcp_info_is_kept_only_when_asked_for()
    {
        var info = new byte[248];
        Put(info, 80, 10u); // tcpi_snd_cwnd
        byte[] bbr = [
            .. BitConverter.GetBytes(125_000UL), .. BitConverter.GetBytes(1500u), .. BitConverter.GetBytes(256u),
            .. BitConverter.GetBytes(512u)];
        var table = new SocketTable();
        var message = new InetDiagBytes { Attributes = [Attribute(2, info), Attribute(4, "bbr\0"u8.ToArray()), Attribute(16, bbr)] };
        new InetDiagDecoder(table, SocketProtocol.Tcp, 0, EveryState, wholeInfo: true).Visit(20, message.ToArray());
        var details = table.TcpDetails[table[0].TcpDetailsIndex];
        Assert.Equal(10u, new KernelTcpInfo(details.Info.Span).CongestionWindow);
        Assert.Equal((AlgorithmFigures.Bbr, 20), (details.FiguresOf, details.Figures.Length));
    }

    [Fact]
    public void Tcp_info_of_any_length_is_read_as_far_as_it_goes()
    {
        var info = Enumerable.Range(0, 260).Select(index => (byte)index).ToArray();
        for (var length = 1; length <= info.Length; length++)
        {
            var details = Details(SocketProtocol.Tcp, info[..length]);
            Assert.Equal(length >= 72, details.RttMicroseconds != 0);
            Assert.Equal(length >= 136, details.BytesReceived != 0);
        }
    }

    [Fact]
    public void Mptcp_info_is_not_taken_for_tcp_info()
    {
        var info = new byte[96];
        BitConverter.GetBytes(5000UL).CopyTo(info, 56); // mptcpi_bytes_sent
        BitConverter.GetBytes(900UL).CopyTo(info, 64); // mptcpi_bytes_received
        var details = Details(SocketProtocol.Mptcp, info);
        Assert.Equal((5000UL, 900UL, 0u), (details.BytesSent, details.BytesReceived, details.RttMicroseconds));
    }

    [Fact]
    public void Equal_names_of_congestion_control_are_one_string()
    {
        var first = Details(SocketProtocol.Tcp, new byte[248], Attribute(4, "bbr\0"u8.ToArray())).CongestionControl;
        var second = Details(SocketProtocol.Tcp, new byte[248], Attribute(4, "bbr\0"u8.ToArray())).CongestionControl;
        Assert.Same(first, second);
    }

    [Fact]
    public void Short_and_foreign_messages_are_counted_not_listed()
    {
        var table = new SocketTable();
        var decoder = new InetDiagDecoder(table, SocketProtocol.Tcp, 0, EveryState);
        decoder.Visit(20, new byte[71]);
        decoder.Visit(20, new byte[72]);
        Assert.Equal((2, 0), (decoder.Malformed, table.Count));
    }

    [Fact]
    public void Decoding_allocates_nothing_per_socket()
    {
        var table = new SocketTable();
        var decoder = new InetDiagDecoder(table, SocketProtocol.Tcp, 0, EveryState);
        var message = new InetDiagBytes { Attributes = [Attribute(21, BitConverter.GetBytes(1UL)), Attribute(8, 0)] }.ToArray();
        decoder.Visit(20, message); // the table's first chunk stays
        var empty = new SocketTableMark(1, 0, 0, 0);
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            table.Rollback(empty);
            for (var count = 0; count < 2000; count++)
            {
                decoder.Visit(20, message);
            }
        }));
        Assert.Equal(2001, table.Count);
    }

    [Fact]
    public void Hostile_messages_never_throw() => Fuzz.Run(20_000, (random, _) =>
    {
        var message = new InetDiagBytes
        {
            Local = random.Next(2) == 0 ? "[2001:db8::1]:1" : "192.0.2.1:1",
            State = (byte)random.Next(16),
            Attributes =
            [
                Attribute(2, new byte[random.Next(260)]), Attribute(4, new byte[random.Next(20)]), Attribute(7, new byte[random.Next(40)]),
                Attribute(11, (byte)random.Next(256)), Attribute(19, Attribute((ushort)random.Next(5), new byte[random.Next(9)])),
                Attribute(21, new byte[random.Next(10)]),
            ],
        }.ToArray();
        new InetDiagDecoder(new SocketTable(), (SocketProtocol)random.Next(7), 0, (uint)random.Next()).Visit(
            20, Fuzz.Damage(random, message));
    });

    private static SocketEntry Decode(SocketProtocol protocol, InetDiagBytes message) => Table(protocol, message)[0];

    private static SocketTable Table(SocketProtocol protocol, InetDiagBytes message)
    {
        var table = new SocketTable();
        new InetDiagDecoder(table, protocol, 5, EveryState).Visit(20, message.ToArray());
        Assert.Equal(1, table.Count);
        return table;
    }

    private static TcpDetails Details(SocketProtocol protocol, byte[] info, params byte[][] more)
    {
        var table = Table(protocol, new InetDiagBytes { Attributes = [Attribute(2, info), .. more] });
        return table.TcpDetails[table[0].TcpDetailsIndex];
    }

    private static void Put(byte[] bytes, int offset, uint value) => BitConverter.GetBytes(value).CopyTo(bytes, offset);
}
