using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>
/// Memory shared with the kernel, in which a packet socket leaves received frames (PACKET_RX_RING, TPACKET_V2; packet_mmap.rst).
/// </summary>
/// <remarks>
/// Version 2, not 3: version 3 hands frames over in blocks, and a lone answer then waits for the block's timer, 1 ms to 8 ms. Slots
/// are small, for a scan's answers are; what does not fit comes whole through the socket's queue (PACKET_COPY_THRESH).
/// A ring does not depend on net.core.rmem_max, which holds some 270 frames where CAP_NET_ADMIN is missing.
/// </remarks>
internal sealed unsafe class ReceiveRing : IDisposable
{
    private const uint SlotSize = 256;
    private const uint SlotCount = 8192;
    private const uint BlockSize = 64 * 1024;
    private const nuint Length = SlotSize * SlotCount;

    private readonly byte* _slots;
    private uint _next;

    /// <summary>Gives a socket that is not bound yet its ring.</summary>
    /// <exception cref="LinuxException">The kernel has not the memory.</exception>
    internal ReceiveRing(SocketHandle socket)
    {
        PacketSocket.Set(socket, Libc.SOL_PACKET, Libc.PACKET_VERSION, Libc.TPACKET_V2, "choose the version of a packet ring");
        PacketSocket.Set(socket, Libc.SOL_PACKET, Libc.PACKET_COPY_THRESH, 1, "have large frames queued");
        var shape = new Libc.tpacket_req
        {
            tp_block_size = BlockSize,
            tp_block_nr = (uint)(Length / BlockSize),
            tp_frame_size = SlotSize,
            tp_frame_nr = SlotCount,
        };
        if (Libc.setsockopt_bytes(socket, Libc.SOL_PACKET, Libc.PACKET_RX_RING, &shape, (uint)sizeof(Libc.tpacket_req)) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "make a packet ring");
        }

        _slots = (byte*)Libc.mmap(null, Length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, (int)socket.DangerousGetHandle(), 0);
        if ((nint)_slots == -1)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "map a packet ring");
        }
    }

    /// <summary>Shows the next frame, if there is one. It stays the kernel's turn to wait until <see cref="Release"/>.</summary>
    internal bool TryPeek(out RingFrame frame)
    {
        var slot = _slots + (_next * SlotSize);
        var header = (Libc.tpacket2_hdr*)slot;
        var status = Volatile.Read(ref header->tp_status);
        if ((status & Libc.TP_STATUS_USER) == 0)
        {
            frame = default;
            return false;
        }

        frame = new RingFrame(
            new ReadOnlySpan<byte>(slot + header->tp_mac, (int)header->tp_snaplen),
            (int)header->tp_len,
            (status & Libc.TP_STATUS_COPY) != 0,
            (status & (Libc.TP_STATUS_CSUMNOTREADY | Libc.TP_STATUS_CSUM_VALID)) != 0,
            (header->tp_sec * 1_000_000_000L) + header->tp_nsec);
        return true;
    }

    /// <summary>Gives the slot of the frame back to the kernel.</summary>
    internal void Release()
    {
        Volatile.Write(ref ((Libc.tpacket2_hdr*)(_slots + (_next * SlotSize)))->tp_status, Libc.TP_STATUS_KERNEL);
        _next = (_next + 1) % SlotCount;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.munmap(_slots, Length);
}

/// <param name="bytes">Its bytes, or the first of them.</param>
/// <param name="length">How many it has.</param>
/// <param name="isQueued">The whole frame waits at the head of the socket's queue.</param>
/// <param name="isChecksumKnown">The kernel vouches for the transport checksum: a neighbour on this machine left it to be completed, or the
/// hardware looked at it.</param>
/// <param name="nanoseconds">When it came, since 1970.</param>
internal readonly ref struct RingFrame(ReadOnlySpan<byte> bytes, int length, bool isQueued, bool isChecksumKnown, long nanoseconds)
{
    internal ReadOnlySpan<byte> Bytes { get; } = bytes;

    internal int Length { get; } = length;

    internal bool IsQueued { get; } = isQueued;

    internal bool IsChecksumKnown { get; } = isChecksumKnown;

    internal long Nanoseconds { get; } = nanoseconds;
}
