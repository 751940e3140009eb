using System.Runtime.InteropServices;

namespace Portolan.Sockets.Acquire.ProcNet;

/// <summary>/proc/net/tcp, udp, udplite, raw and their IPv6 twins (proc(5); get_tcp4_sock in net/ipv4/tcp_ipv4.c).</summary>
internal sealed class ProcNetInetParser(SocketTable table, InetProtocol protocol, int namespaceIndex, uint states)
    : ProcNetParser(table, namespaceIndex, states)
{
    /// <summary>Timers are in clock ticks of USER_HZ, which is 100 everywhere .NET runs.</summary>
    private const uint MillisecondsPerTick = 10;

    /// <inheritdoc/>
    protected override bool TryParse(FieldReader fields, ref SocketEntry entry)
    {
        if (!fields.TrySkip(1)
            || !TryNextEndpoint(ref fields, out entry.LocalAddress, out entry.LocalPort)
            || !TryNextEndpoint(ref fields, out entry.RemoteAddress, out entry.RemotePort)
            || !fields.TryNextHex(out var state)
            || !fields.TryNextHexPair(out entry.SendQueue, out entry.ReceiveQueue)
            || !fields.TryNextHexPair(out var timer, out var ticks)
            || !fields.TryNextHex(out var retransmits)
            || !fields.TryNextDecimal(out var userId)
            || !fields.TrySkip(1)
            || !fields.TryNextDecimal(out var inode)
            || entry.LocalAddress.IsIPv4 != entry.RemoteAddress.IsIPv4
            || state is 0 or > byte.MaxValue)
        {
            return false;
        }

        entry.Protocol = protocol.Kind;
        entry.State = protocol.HasConnectionStates ? KernelStates.Tcp((byte)state) : KernelStates.Datagram((byte)state);
        entry.Retransmits = (byte)Math.Min(retransmits, byte.MaxValue);
        if (timer is > 0 and <= (uint)SocketTimer.Persist)
        {
            entry.Timer = (SocketTimer)timer;
            // A timer that is overdue is printed as a huge number in old kernels.
            entry.TimerMilliseconds = ticks < uint.MaxValue / 2 / MillisecondsPerTick ? ticks * MillisecondsPerTick : 0;
        }

        SetOwner(ref entry, userId, inode);
        return true;
    }

    /// <summary>Address and port: 8 or 32 hexadecimal digits, words of the kernel's own byte order; a colon; the port.</summary>
    private static bool TryNextEndpoint(ref FieldReader fields, out InternetAddress address, out ushort port)
    {
        address = default;
        port = 0;
        if (!fields.TryNext(out var field))
        {
            return false;
        }

        var colon = field.IndexOf((byte)':');
        if (colon is not (8 or 32) || !FieldReader.TryHex(field[(colon + 1)..], out var number) || number > ushort.MaxValue)
        {
            return false;
        }

        Span<uint> words = stackalloc uint[4];
        for (var digit = 0; digit < colon; digit += 8)
        {
            if (!FieldReader.TryHex(field.Slice(digit, 8), out words[digit / 8]))
            {
                return false;
            }
        }

        address = InternetAddress.FromBytes(MemoryMarshal.AsBytes(words)[..(colon / 2)]);
        port = (ushort)number;
        return true;
    }
}
