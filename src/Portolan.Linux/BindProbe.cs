using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Model;

namespace Portolan.Linux;

/// <summary>Tries a bind(2) and takes it back at once: the socket never listens, so nobody can reach it and no packet is sent.</summary>
/// <remarks>The answer is true for the moment of the call; another program may take or leave the port right after it.</remarks>
public static class BindProbe
{
    private const int SOCK_STREAM = 1;
    private const int SOCK_DGRAM = 2;

    /// <summary>
    /// Returns 0 when the bind worked, or its error number, or that of socket(2) where the family or protocol is missing.
    /// </summary>
    /// <param name="protocol">Any of the transport protocols.</param>
    /// <param name="address">The local address; its family is the socket's.</param>
    /// <param name="port">The port; with 0 the kernel chooses.</param>
    /// <param name="v6Only">IPV6_V6ONLY; without meaning for IPv4.</param>
    /// <param name="reuseAddress">SO_REUSEADDR.</param>
    /// <param name="reusePort">SO_REUSEPORT.</param>
    /// <param name="user">Whose socket it is, or <c>null</c> for the caller's. Another user's needs CAP_CHOWN, else the answer is 1
    /// (EPERM).</param>
    public static unsafe int TryBind(
        TransportProtocol protocol,
        InternetAddress address,
        PortNumber port,
        bool v6Only = false,
        bool reuseAddress = false,
        bool reusePort = false,
        uint? user = null)
    {
        var family = address.IsIPv4 ? Libc.AF_INET : Libc.AF_INET6;
        var type = protocol is TransportProtocol.Udp or TransportProtocol.UdpLite ? SOCK_DGRAM : SOCK_STREAM;
        using var socket = Libc.socket(family, type | Libc.SOCK_CLOEXEC, (int)protocol);
        if (socket.IsInvalid)
        {
            return Marshal.GetLastPInvokeError();
        }

        // bindv6only may be on, so the option is always said. fchown(2) changes the user that SO_REUSEPORT compares (sockfs_setattr in
        // net/socket.c).
        if ((family == Libc.AF_INET6 && !Set(socket, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, v6Only))
            || !Set(socket, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, reuseAddress)
            || (reusePort && !Set(socket, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, true))
            || (user is { } owner && Libc.fchown(socket, owner, uint.MaxValue) != 0))
        {
            return Marshal.GetLastPInvokeError();
        }

        // struct sockaddr_in and sockaddr_in6: family in host order, port and address in network order.
        Span<byte> name = stackalloc byte[28];
        name.Clear();
        MemoryMarshal.Write(name, (ushort)family);
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], port.Value);
        address.WriteBytes(name[(family == Libc.AF_INET ? 4 : 8)..]);
        using var raised = RaisedCapabilities.For(Capability.NetBindService);
        fixed (byte* pointer = name)
        {
            return Libc.bind(socket, pointer, family == Libc.AF_INET ? 16u : 28u) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    private static unsafe bool Set(SocketHandle socket, int level, int option, bool value)
    {
        var number = value ? 1 : 0;
        return Libc.setsockopt(socket, level, option, &number, sizeof(int)) == 0;
    }
}
