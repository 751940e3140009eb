using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Netlink;

namespace Portolan.Sockets.Acquire;

/// <summary>Requests and answers of unix_diag (linux/unix_diag.h).</summary>
internal sealed class UnixDiagDecoder(SocketTable table, int namespaceIndex, uint states) : IDiagnosticsDecoder
{
    private const int MessageSize = 16;
    private const int RequestSize = 24;
    private const ushort NameAttribute = 0;
    private const ushort PeerAttribute = 2;
    private const ushort QueueAttribute = 4;
    private const ushort MemoryAttribute = 5;
    private const ushort UserAttribute = 7;
    private const uint ShowName = 1;
    private const uint ShowPeer = 4;
    private const uint ShowQueues = 0x10;
    private const uint ShowMemory = 0x20;
    private const uint ShowUser = 0x40;

    /// <inheritdoc/>
    public int Malformed { get; private set; }

    /// <summary>A dump of all Unix sockets in the given kernel states.</summary>
    internal static byte[] Request(uint kernelStates, bool withMemory)
    {
        var request = new byte[NetlinkHeader.Size + RequestSize];
        MemoryMarshal.Write(request, new NetlinkHeader
        {
            Type = InetDiagRequest.SocketDiagnosticsByFamily,
            Flags = NetlinkFlags.Request | NetlinkFlags.Dump,
        });
        var body = request.AsSpan(NetlinkHeader.Size);
        body[0] = AddressFamilyNumber.Unix;
        MemoryMarshal.Write(body[4..], kernelStates);
        MemoryMarshal.Write(body[12..], ShowName | ShowPeer | ShowQueues | ShowUser | (withMemory ? ShowMemory : 0));
        return request;
    }

    /// <inheritdoc/>
    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < MessageSize || payload[0] != AddressFamilyNumber.Unix)
        {
            Malformed++;
            return;
        }

        var state = KernelStates.Datagram(payload[2]);
        if (!KernelStates.IsWanted(state, states))
        {
            return;
        }

        ref var entry = ref table.Add();
        entry.NamespaceIndex = namespaceIndex;
        entry.Protocol = SocketProtocol.Unix;
        entry.State = state;
        entry.Inode = MemoryMarshal.Read<uint>(payload[4..]);
        entry.Cookie = MemoryMarshal.Read<uint>(payload[8..]) | ((ulong)MemoryMarshal.Read<uint>(payload[12..]) << 32);
        ReadAttributes(ref entry, payload[1], payload[MessageSize..]);
    }

    private void ReadAttributes(ref SocketEntry entry, byte socketType, ReadOnlySpan<byte> bytes)
    {
        string? path = null;
        uint peer = 0;
        var attributes = new NetlinkAttributes(bytes);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case NameAttribute:
                    path = Path(attributes.Value);
                    break;
                case PeerAttribute when attributes.TryReadUInt32(out var inode):
                    peer = inode;
                    break;
                case QueueAttribute when attributes.TryReadUInt64(out var queues):
                    entry.ReceiveQueue = (uint)(BitConverter.IsLittleEndian ? queues : queues >> 32);
                    entry.SendQueue = (uint)(BitConverter.IsLittleEndian ? queues >> 32 : queues);
                    break;
                case UserAttribute when entry.Inode != 0 && attributes.TryReadUInt32(out var user):
                    entry.UserId = user;
                    entry.Flags |= SocketFlags.HasUser;
                    break;
                case MemoryAttribute:
                    table.Attach(ref entry, SocketMemoryDecoder.Read(attributes.Value));
                    break;
            }
        }

        table.Attach(ref entry, new UnixDetails(path, peer, socketType));
    }

    /// <summary>A path loses its closing NUL; each NUL of an abstract name becomes <c>@</c>, as in /proc/net/unix.</summary>
    private static string? Path(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return null;
        }

        if (name[0] != 0)
        {
            var end = name.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
        }

        return Encoding.UTF8.GetString(name).Replace('\0', '@');
    }
}
