using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Model;

namespace Portolan.Linux.Sockets;

/// <summary>What the kernel knows of a socket and System.Net does not tell. Nothing here throws: a socket that was closed has nothing to tell.</summary>
public static unsafe class SocketWitness
{
    /// <summary>Room for a <c>sockaddr_in6</c>. Bytes.</summary>
    private const int AddressRoom = 28;

    /// <summary><c>struct cmsghdr</c> on 64-bit Linux: length, level, type. Bytes.</summary>
    private const int ControlHeader = 16;

    /// <summary><c>struct sock_extended_err</c> (linux/errqueue.h). Bytes.</summary>
    private const int ExtendedError = 16;

    /// <summary>Where <c>tcpi_total_retrans</c> lies in <c>struct tcp_info</c> (linux/tcp.h). Bytes.</summary>
    private const int TotalRetransmissions = 100;

    /// <summary>Asks the kernel to keep the ICMP errors of a socket for <see cref="TryTakeError"/>. Where it will not, there are none.</summary>
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

    /// <summary>How many segments of a TCP socket were sent again, the SYN among them; <c>null</c> when the kernel does not say.</summary>
    public static int? CountRetransmissions(Socket socket)
    {
        Span<byte> info = stackalloc byte[TotalRetransmissions + sizeof(uint)];
        try
        {
            return socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, Libc.TCP_INFO, info) >= info.Length
                ? (int)MemoryMarshal.Read<uint>(info[TotalRetransmissions..])
                : null;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Our end of a socket, from the moment connect() has chosen it and also after that failed.</summary>
    /// <returns><c>false</c> when no port was chosen yet.</returns>
    public static bool TryReadLocal(SafeHandle socket, out InternetAddress address, out PortNumber port)
    {
        (address, port) = (default, default);
        if (socket.IsInvalid || socket.IsClosed)
        {
            return false;
        }

        var bytes = stackalloc byte[AddressRoom];
        var length = (uint)AddressRoom;
        return Libc.getsockname(socket, bytes, &length) == 0
            && TryReadAddress(new ReadOnlySpan<byte>(bytes, (int)Math.Min(length, AddressRoom)), out address, out port)
            && port.Value != 0;
    }

    /// <summary>Takes one ICMP error from a socket that keeps them (IP_RECVERR, IPV6_RECVERR).</summary>
    public static bool TryTakeError(SafeHandle socket, out ReceivedError error)
    {
        error = default;
        if (socket.IsInvalid || socket.IsClosed)
        {
            return false;
        }

        var control = stackalloc byte[512];
        var payload = stackalloc byte[64];
        var vector = new Libc.IoVector { iov_base = payload, iov_len = 64 };
        var message = new Libc.MessageHeader { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = 512 };
        return Libc.recvmsg(socket, &message, Libc.MSG_ERRQUEUE | Libc.MSG_DONTWAIT) >= 0
            && TryReadControl(new ReadOnlySpan<byte>(control, (int)message.msg_controllen), out error);
    }

    /// <summary>Finds the error among control messages (cmsg(3)). The bytes are the kernel's; what does not fit is passed over.</summary>
    internal static bool TryReadControl(ReadOnlySpan<byte> control, out ReceivedError error)
    {
        while (control.Length >= ControlHeader)
        {
            var length = (int)Math.Min(MemoryMarshal.Read<ulong>(control), (ulong)control.Length);
            var (level, type) = (MemoryMarshal.Read<int>(control[8..]), MemoryMarshal.Read<int>(control[12..]));
            var isError = (level, type) is (Libc.SOL_IP, Libc.IP_RECVERR) or (Libc.IPPROTO_IPV6, Libc.IPV6_RECVERR);
            if (isError && length >= ControlHeader + ExtendedError && TryReadError(control[ControlHeader..length], out error))
            {
                return true;
            }

            control = length < ControlHeader ? default : control[Math.Min(control.Length, (length + 7) & ~7)..];
        }

        error = default;
        return false;
    }

    private static bool TryReadError(ReadOnlySpan<byte> data, out ReceivedError error)
    {
        // struct sock_extended_err: errno, origin, type, code, pad, info, data; then the address of whoever sent it.
        var origin = (ErrorOrigin)data[4];
        TryReadAddress(data[ExtendedError..], out var from, out _);
        error = new ReceivedError(origin, MemoryMarshal.Read<int>(data), data[5], data[6], from);
        return origin is ErrorOrigin.Icmp or ErrorOrigin.Icmpv6;
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> bytes, out InternetAddress address, out PortNumber port)
    {
        (address, port) = (default, default);
        if (bytes.Length < 8)
        {
            return false;
        }

        port = new PortNumber(BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        switch (MemoryMarshal.Read<ushort>(bytes))
        {
            case Libc.AF_INET:
                address = InternetAddress.FromBytes(bytes.Slice(4, 4));
                return true;
            case Libc.AF_INET6 when bytes.Length >= 24:
                address = InternetAddress.FromBytes(bytes.Slice(8, 16)).Unmap();
                return true;
            default:
                return false;
        }
    }
}

/// <summary>An error that a socket received.</summary>
/// <param name="Origin">What kind of message it was.</param>
/// <param name="Errno">The error number that the kernel made of it.</param>
/// <param name="Type">ICMP's type.</param>
/// <param name="Code">ICMP's code.</param>
/// <param name="From">Who sent the message.</param>
public readonly record struct ReceivedError(ErrorOrigin Origin, int Errno, byte Type, byte Code, InternetAddress From);

/// <summary>SO_EE_ORIGIN_ (linux/errqueue.h).</summary>
public enum ErrorOrigin : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>This host itself.</summary>
    Local,

    /// <summary>ICMP.</summary>
    Icmp,

    /// <summary>ICMPv6.</summary>
    Icmpv6,
}
