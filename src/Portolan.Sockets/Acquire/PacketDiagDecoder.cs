using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Sockets.Acquire;

/// <summary>Requests and answers of packet_diag (linux/packet_diag.h). Packet sockets have no state: all count as unconnected.</summary>
internal sealed class PacketDiagDecoder(SocketTable table, int namespaceIndex, bool withMemory) : IDiagnosticsDecoder
{
    private const int MessageSize = 16;
    private const int RequestSize = 20;
    private const ushort InfoAttribute = 0;
    private const ushort UserAttribute = 5;
    private const ushort MemoryAttribute = 6;
    private const uint ShowInfo = 1;
    private const uint ShowMemory = 0x10;

    /// <inheritdoc/>
    public int Malformed { get; private set; }

    /// <summary>A dump of all packet sockets. Memory is always asked for: it holds the receive queue.</summary>
    internal static byte[] Request()
    {
        var request = new byte[NetlinkHeader.Size + RequestSize];
        MemoryMarshal.Write(request, new NetlinkHeader
        {
            Type = InetDiagRequest.SocketDiagnosticsByFamily,
            Flags = NetlinkFlags.Request | NetlinkFlags.Dump,
        });
        var body = request.AsSpan(NetlinkHeader.Size);
        body[0] = AddressFamilyNumber.Packet;
        MemoryMarshal.Write(body[8..], ShowInfo | ShowMemory);
        return request;
    }

    /// <inheritdoc/>
    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < MessageSize || payload[0] != AddressFamilyNumber.Packet)
        {
            Malformed++;
            return;
        }

        ref var entry = ref table.Add();
        entry.NamespaceIndex = namespaceIndex;
        entry.Protocol = SocketProtocol.Packet;
        entry.State = SocketState.Unconnected;
        entry.LocalPort = MemoryMarshal.Read<ushort>(payload[2..]); // pdiag_num, the EtherType, already in host order
        entry.Inode = MemoryMarshal.Read<uint>(payload[4..]);
        entry.Cookie = MemoryMarshal.Read<uint>(payload[8..]) | ((ulong)MemoryMarshal.Read<uint>(payload[12..]) << 32);
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case InfoAttribute when attributes.TryReadUInt32(out var interfaceIndex): // pdi_index comes first
                    entry.InterfaceIndex = (int)interfaceIndex;
                    break;
                case UserAttribute when entry.Inode != 0 && attributes.TryReadUInt32(out var user):
                    entry.UserId = user;
                    entry.Flags |= SocketFlags.HasUser;
                    break;
                case MemoryAttribute:
                    var memory = SocketMemoryDecoder.Read(attributes.Value);
                    entry.ReceiveQueue = memory.ReceiveAllocated;
                    if (withMemory)
                    {
                        table.Attach(ref entry, memory);
                    }

                    break;
            }
        }
    }
}
