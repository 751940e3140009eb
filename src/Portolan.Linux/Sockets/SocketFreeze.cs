using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;

namespace Portolan.Linux.Sockets;

/// <summary>Keeps a TCP socket in the state that it is in.</summary>
public static unsafe class SocketFreeze
{
    private const int TcpRepair = 19; // linux/tcp.h

    /// <summary>
    /// Has a socket drop all segments that arrive, by a filter (SO_ATTACH_FILTER; tcp_filter of net/ipv4/tcp_ipv4.c): its state stays, and
    /// what its peer sends is not acknowledged.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static void DropArriving(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var drop = new FilterInstruction(FilterCode.Return, 0, 0, 0);
        var program = new Libc.sock_fprog { len = 1, filter = &drop };
        if (Libc.setsockopt_fd(
            (int)socket.Handle, Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, &program, (uint)sizeof(Libc.sock_fprog)) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "attach a filter to a socket");
        }
    }

    /// <summary>
    /// Closes a socket without a segment, neither FIN nor RST (TCP_REPAIR), as when a machine loses power. That needs CAP_NET_ADMIN.
    /// </summary>
    /// <exception cref="SocketException">The kernel refuses.</exception>
    public static void Vanish(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        socket.SetRawSocketOption(Libc.IPPROTO_TCP, TcpRepair, BitConverter.GetBytes(1));
        socket.Dispose();
    }
}
