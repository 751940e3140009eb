using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Packets.Links;

namespace Portolan.Linux.Connecting;

/// <summary>
/// Reads ICMP messages from a socket's error queue (IP_RECVERR, ip(7)). Without privilege it tells a firewall's refusal from the port's
/// own, and names the sender. TCP sockets that are still connecting have it since Linux 5.9, and it holds messages that connect() itself
/// does not report until the first retransmission, a second later.
/// </summary>
internal static unsafe class ErrorQueue
{
    private const byte OriginIcmp = 2;
    private const byte OriginIcmp6 = 3;

    // struct sock_extended_err (linux/errqueue.h): u32 errno, u8 origin, type, code, pad, u32 info, u32 data; then the offender's address.
    private const int ExtendedLength = 16;
    private const int NameLength = 28;
    private const int DataLength = 64;
    private const int ControlLength = 256;

    /// <summary>
    /// Takes messages until one is an ICMP error about a probe to <paramref name="target"/>; <c>false</c> when there is none.
    /// </summary>
    public static bool TryTake(int descriptor, in SocketName target, out IcmpReport report)
    {
        Span<byte> name = stackalloc byte[NameLength];
        Span<byte> control = stackalloc byte[ControlLength];
        while (TryReceive(descriptor, name, control, out var nameLength, out var controlLength))
        {
            if (target.IsSame(name[..nameLength]) && TryRead(control[..controlLength], out report))
            {
                return true;
            }
        }

        report = default;
        return false;
    }

    /// <summary>Takes one message; <c>false</c> when there is none.</summary>
    /// <param name="descriptor">The socket.</param>
    /// <param name="errno">The error number that the kernel makes of the ICMP error; 0 where it is none, but this host's own.</param>
    public static bool TryTakeErrno(int descriptor, out int errno)
    {
        Span<byte> name = stackalloc byte[NameLength];
        Span<byte> control = stackalloc byte[ControlLength];
        var isThere = TryReceive(descriptor, name, control, out _, out var controlLength);
        errno = isThere && TryFind(control[..controlLength], out var body) ? MemoryMarshal.Read<int>(body) : 0;
        return isThere;
    }

    private static bool TryReceive(int descriptor, Span<byte> name, Span<byte> control, out int nameLength, out int controlLength)
    {
        var data = stackalloc byte[DataLength];
        fixed (byte* namePointer = name, controlPointer = control)
        {
            var vector = new Libc.IoVector { iov_base = data, iov_len = DataLength };
            var message = new Libc.MessageHeader
            {
                msg_name = namePointer,
                msg_namelen = NameLength,
                msg_iov = &vector,
                msg_iovlen = 1,
                msg_control = controlPointer,
                msg_controllen = ControlLength,
            };
            var received = Libc.recvmsg_fd(descriptor, &message, Libc.MSG_ERRQUEUE | Libc.MSG_DONTWAIT);
            nameLength = received < 0 ? 0 : (int)Math.Min(message.msg_namelen, NameLength);
            controlLength = received < 0 ? 0 : (int)message.msg_controllen;
            return received >= 0;
        }
    }

    /// <summary>Reads the extended error among control messages.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> control, out IcmpReport report)
    {
        var isThere = TryFind(control, out var body);
        report = isThere ? new IcmpReport(body[5], body[6], SocketName.AddressOf(body[ExtendedLength..])) : default;
        return isThere;
    }

    /// <summary>Finds the extended error of an ICMP message among control messages (cmsg(3)).</summary>
    private static bool TryFind(ReadOnlySpan<byte> control, out ReadOnlySpan<byte> body)
    {
        // struct cmsghdr: length as wide as a pointer, level, type; the data and the next header are aligned to a pointer.
        var header = sizeof(nuint) + 8;
        while (control.Length >= header)
        {
            var length = MemoryMarshal.Read<nuint>(control);
            if (length < (nuint)header || length > (nuint)control.Length)
            {
                break;
            }

            var level = MemoryMarshal.Read<int>(control[sizeof(nuint)..]);
            var type = MemoryMarshal.Read<int>(control[(sizeof(nuint) + 4)..]);
            body = control[header..(int)length];
            var isError = (level == Libc.IPPROTO_IP && type == Libc.IP_RECVERR)
                || (level == Libc.IPPROTO_IPV6 && type == Libc.IPV6_RECVERR);
            if (isError && body.Length >= ExtendedLength && body[4] is OriginIcmp or OriginIcmp6)
            {
                return true;
            }

            var step = ((int)length + sizeof(nuint) - 1) & -sizeof(nuint);
            if (step >= control.Length)
            {
                break;
            }

            control = control[step..];
        }

        body = default;
        return false;
    }
}
