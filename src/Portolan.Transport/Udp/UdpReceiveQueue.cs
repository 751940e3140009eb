using Portolan.Transport.Buffers;

namespace Portolan.Transport.Udp;

/// <summary>Datagrams that wait for a socket's owner, bounded in bytes.</summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="pool">Where they are kept.</param>
/// <param name="limit">The most bytes of buffers.</param>
internal sealed class UdpReceiveQueue(PacketPool pool, int limit)
{
    /// <summary>What an entry costs besides its buffer.</summary>
    private const int Overhead = 96;

    private readonly Queue<Entry> _queue = new();

    internal int Count => _queue.Count;

    /// <summary>Bytes that count against the limit.</summary>
    internal int Charge { get; private set; }

    internal bool TryAdd(in UdpArrival arrival, ReadOnlySpan<byte> payload)
    {
        if (Charge + payload.Length + Overhead > limit || !pool.TryRent(payload.Length, out var buffer))
        {
            return false;
        }

        var bytes = pool.Bytes(buffer);
        payload.CopyTo(bytes);
        var charge = bytes.Length + Overhead;
        Charge += charge;
        _queue.Enqueue(new Entry(buffer, arrival, charge));
        return true;
    }

    internal bool TryTake(Span<byte> room, out UdpArrival arrival)
    {
        if (!_queue.TryDequeue(out var entry))
        {
            arrival = default;
            return false;
        }

        arrival = entry.Arrival;
        pool.Bytes(entry.Buffer)[..Math.Min(room.Length, arrival.Length)].CopyTo(room);
        Charge -= entry.Charge;
        pool.Return(entry.Buffer);
        return true;
    }

    internal void Clear()
    {
        while (TryTake(default, out _))
        {
        }
    }

    private readonly record struct Entry(PacketHandle Buffer, UdpArrival Arrival, int Charge);
}
