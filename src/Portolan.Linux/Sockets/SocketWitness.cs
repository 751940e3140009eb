using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Linux.Connecting;
using Portolan.Linux.Interop;
using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Linux.Sockets;

/// <summary>
/// What the kernel knows of a socket and System.Net does not tell. Nothing here throws: a socket that was closed has nothing to tell.
/// </summary>
public static class SocketWitness
{
    /// <summary>Room for a <c>sockaddr_in6</c>. Bytes.</summary>
    private const int AddressRoom = 28;

    /// <summary>Where <c>tcpi_total_retrans</c> lies in <c>struct tcp_info</c> (linux/tcp.h). Bytes.</summary>
    private const int TotalRetransmissions = 100;

    /// <summary>Where <c>tcpi_rtt</c> lies, in microseconds. Bytes.</summary>
    private const int RoundTripTime = 68;

    /// <summary>
    /// Asks the kernel to keep the ICMP errors of a socket for <see cref="TryTakeError"/>. Where it will not, there are none.
    /// </summary>
    public static void KeepErrors(Socket socket)
    {
        try
        {
            var (level, option) = socket.AddressFamily == AddressFamily.InterNetwork
                ? (Libc.SOL_IP, Libc.IP_RECVERR)
                : (Libc.IPPROTO_IPV6, Libc.IPV6_RECVERR);
            socket.SetRawSocketOption(level, option, BitConverter.GetBytes(1));
        }
        catch (SocketException)
        {
            // Then a refusal stays without its message.
        }
    }

    /// <summary>What the kernel counted and measured on a TCP socket, also while it connects.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="retransmissions">How many segments were sent again, the SYN among them.</param>
    /// <param name="roundTrip">The smoothed round-trip time; right after the handshake that of SYN and SYN-ACK. Zero when there was none,
    /// and when the SYN was sent twice.</param>
    public static bool TryReadTcp(Socket socket, out int retransmissions, out TimeSpan roundTrip)
    {
        Span<byte> info = stackalloc byte[TotalRetransmissions + sizeof(uint)];
        (retransmissions, roundTrip) = (0, default);
        try
        {
            if (socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, Libc.TCP_INFO, info) < info.Length)
            {
                return false;
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }

        retransmissions = (int)MemoryMarshal.Read<uint>(info[TotalRetransmissions..]);
        roundTrip = TimeSpan.FromMicroseconds(MemoryMarshal.Read<uint>(info[RoundTripTime..]));
        return true;
    }

    /// <summary>Our end of a socket, from the moment connect() has chosen it and also after that failed.</summary>
    /// <returns><c>false</c> when no port was chosen yet.</returns>
    public static unsafe bool TryReadLocal(Socket socket, out InternetAddress address, out PortNumber port)
    {
        (address, port) = (default, default);
        var handle = socket.SafeHandle;
        if (handle.IsInvalid || handle.IsClosed)
        {
            return false;
        }

        var bytes = stackalloc byte[AddressRoom];
        var length = (uint)AddressRoom;
        if (Libc.getsockname(handle, bytes, &length) != 0)
        {
            return false;
        }

        var name = new ReadOnlySpan<byte>(bytes, (int)Math.Min(length, AddressRoom));
        address = SocketName.AddressOf(name)?.Unmap() ?? default;
        port = name.Length < 4 ? default : new PortNumber(BinaryPrimitives.ReadUInt16BigEndian(name[2..]));
        return port.Value != 0;
    }

    /// <summary>Takes an ICMP error about what was sent to a target from a socket that keeps them.</summary>
    /// <param name="socket">The socket; see <see cref="KeepErrors"/>.</param>
    /// <param name="address">The target.</param>
    /// <param name="port">Its port.</param>
    /// <param name="report">The message.</param>
    public static bool TryTakeError(Socket socket, InternetAddress address, PortNumber port, out IcmpReport report)
    {
        report = default;
        var isHeld = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref isHeld);
            return ErrorQueue.TryTake((int)socket.SafeHandle.DangerousGetHandle(), new SocketName(address, 0, port), out report);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (isHeld)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }
}
