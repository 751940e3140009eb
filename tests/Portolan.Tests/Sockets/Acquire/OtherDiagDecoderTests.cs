using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Tests.Support;
using static Portolan.Tests.Support.NetlinkBytes;

namespace Portolan.Tests.Sockets.Acquire;

public sealed class OtherDiagDecoderTests
{
    [Fact]
    public void A_unix_socket_has_its_path_peer_queues_and_user()
    {
        var (entry, details) = Unix(10, [
            .. Attribute(0, "/run/x.sock\0"u8.ToArray()), .. Attribute(2, BitConverter.GetBytes(77u)),
            .. Attribute(4, [.. BitConverter.GetBytes(2u), .. BitConverter.GetBytes(128u)]),
            .. Attribute(7, BitConverter.GetBytes(1000u))]);
        Assert.Equal(new UnixDetails("/run/x.sock", 77, 1), details);
        Assert.Equal((SocketState.Listen, 2u, 128u), (entry.State, entry.ReceiveQueue, entry.SendQueue));
        Assert.Equal((true, 1000u), (entry.HasUser, entry.UserId));
        Assert.Equal((0x0000_0001_0000_002aUL, 0x1234u), (entry.Cookie, entry.Inode));
    }

    [Fact]
    public void Every_nul_of_an_abstract_name_becomes_an_at_sign() =>
        Assert.Equal("@a@b", Unix(7, Attribute(0, "\0a\0b"u8.ToArray())).Details.Path);

    [Fact]
    public void An_unbound_unix_socket_has_no_path_and_no_invented_user()
    {
        var (entry, details) = Unix(7, []);
        Assert.Null(details.Path);
        Assert.False(entry.HasUser);
        Assert.Equal(SocketState.Unconnected, entry.State);
    }

    [Fact]
    public void A_packet_socket_has_its_interface_ethertype_and_queue()
    {
        byte[] message =
        [
            17, 3, .. BitConverter.GetBytes((ushort)0x0800), .. BitConverter.GetBytes(55u), 1, 0, 0, 0, 0, 0, 0, 0,
            .. Attribute(0, [.. BitConverter.GetBytes(2), .. new byte[20]]), .. Attribute(5, BitConverter.GetBytes(0u)),
            .. Attribute(6, [.. BitConverter.GetBytes(4096u), .. new byte[32]]),
        ];
        var table = new SocketTable();
        new PacketDiagDecoder(table, 0, withMemory: true).Visit(20, message);
        var entry = table[0];
        Assert.Equal((SocketProtocol.Packet, SocketState.Unconnected), (entry.Protocol, entry.State));
        Assert.Equal((0x0800, 2, 55u, 4096u), (entry.LocalPort, entry.InterfaceIndex, entry.Inode, entry.ReceiveQueue));
        Assert.Equal((true, 0u), (entry.HasUser, entry.UserId));
        Assert.Equal(4096u, table.Memory[entry.MemoryIndex].ReceiveAllocated);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Hostile_messages_never_throw() => Fuzz.Run(20_000, (random, _) =>
    {
        byte[] message =
        [
            (byte)(random.Next(2) == 0 ? 1 : 17), 1, (byte)random.Next(16), 0, .. new byte[12],
            .. Attribute(0, new byte[random.Next(120)]), .. Attribute((ushort)random.Next(9), new byte[random.Next(40)]),
            .. Attribute(4, new byte[random.Next(10)]),
        ];
        var damaged = Fuzz.Damage(random, message);
        new UnixDiagDecoder(new SocketTable(), 0, uint.MaxValue).Visit(20, damaged);
        new PacketDiagDecoder(new SocketTable(), 0, withMemory: true).Visit(20, damaged);
    });

    private static (SocketEntry Entry, UnixDetails Details) Unix(byte state, byte[] attributes)
    {
        var table = new SocketTable();
        new UnixDiagDecoder(table, 0, uint.MaxValue).Visit(
            20, [1, 1, state, 0, 0x34, 0x12, 0, 0, 0x2a, 0, 0, 0, 1, 0, 0, 0, .. attributes]);
        Assert.Equal(1, table.Count);
        return (table[0], table.Unix[table[0].UnixIndex]);
    }
}
