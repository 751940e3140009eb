using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Sockets.Acquire;

namespace Portolan.Sockets.Cutting;

/// <summary>
/// Ends connections of this machine's own sockets (SOCK_DESTROY of sock_diag(7)): both ends see a reset. Needs CAP_NET_ADMIN.
/// </summary>
public sealed class SocketCutter(INetlinkChannel channel)
{
    private const ushort SocketDestroy = 21; // SOCK_DESTROY
    private const int BodySize = 56; // struct inet_diag_req_v2
    private const int IdOffset = 8;

    private readonly NetlinkDump _requests = new(channel);

    /// <summary>Ends one. The cookie makes sure that it is the same socket still.</summary>
    /// <returns>0; ENOENT when it is gone; EOPNOTSUPP when the kernel has no such function (CONFIG_INET_DIAG_DESTROY); EPERM without the
    /// capability.</returns>
    public int Cut(in SocketEntry socket, CancellationToken cancellationToken)
    {
        var request = new byte[NetlinkHeader.Size + BodySize];
        MemoryMarshal.Write(request, new NetlinkHeader
        {
            Length = (uint)request.Length,
            Type = SocketDestroy,
            Flags = NetlinkFlags.Request | NetlinkFlags.Acknowledge,
        });
        var body = request.AsSpan(NetlinkHeader.Size);
        body[0] = socket.IsIPv6 ? AddressFamilyNumber.IPv6 : AddressFamilyNumber.IPv4;
        body[1] = (byte)(socket.Protocol is SocketProtocol.Udp ? 17 : 6);
        MemoryMarshal.Write(body[4..], uint.MaxValue);
        var id = body[IdOffset..];
        BinaryPrimitives.WriteUInt16BigEndian(id, socket.LocalPort);
        BinaryPrimitives.WriteUInt16BigEndian(id[2..], socket.RemotePort);
        socket.LocalAddress.WriteBytes(id[4..]);
        socket.RemoteAddress.WriteBytes(id[20..]);
        MemoryMarshal.Write(id[36..], socket.InterfaceIndex);
        MemoryMarshal.Write(id[40..], socket.Cookie);
        var result = _requests.Run(request, Nothing.Instance, cancellationToken);
        return result.Status == NetlinkDumpStatus.Complete ? 0 : result.Errno == 0 ? Errno.InvalidArgument : result.Errno;
    }

    private sealed class Nothing : INetlinkVisitor
    {
        internal static Nothing Instance { get; } = new();

        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
        }
    }
}
