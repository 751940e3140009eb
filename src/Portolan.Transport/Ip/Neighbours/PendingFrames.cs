using Portolan.Packets.Links;
using Portolan.Transport.Buffers;

namespace Portolan.Transport.Ip;

/// <summary>A packet that waits.</summary>
/// <param name="Buffer">Its bytes.</param>
/// <param name="Length">How many.</param>
/// <param name="Offload">What the link has still to do to it, counted from the start of the packet.</param>
internal readonly record struct PendingFrame(PacketHandle Buffer, int Length, FrameOffload Offload);

/// <summary>
/// Packets that wait for a neighbour's address: at least the newest (RFC 4861 section 7.2.2, RFC 1122 section 2.3.2.2), bounded.
/// </summary>
internal sealed class PendingFrames
{
    private readonly Queue<PendingFrame> _queue = new();
    private int _bytes;

    internal int Count => _queue.Count;

    /// <summary>Adds a packet; others may have to go for it.</summary>
    /// <returns>How many were dropped, the new one too when there is no memory.</returns>
    internal int Add(PacketPool pool, ReadOnlySpan<byte> packet, in FrameOffload offload, NeighbourLimits limits)
    {
        var dropped = 0;
        while (_queue.Count > 0 && (_queue.Count >= limits.MaxPendingPackets || _bytes + packet.Length > limits.MaxPendingBytes))
        {
            pool.Return(Take().Buffer);
            dropped++;
        }

        if (!pool.TryRent(packet.Length, out var buffer))
        {
            return dropped + 1;
        }

        packet.CopyTo(pool.Bytes(buffer));
        _queue.Enqueue(new PendingFrame(buffer, packet.Length, offload));
        _bytes += packet.Length;
        return dropped;
    }

    internal bool TryTake(out PendingFrame frame)
    {
        var any = _queue.Count > 0;
        frame = any ? Take() : default;
        return any;
    }

    private PendingFrame Take()
    {
        var frame = _queue.Dequeue();
        _bytes -= frame.Length;
        return frame;
    }
}
