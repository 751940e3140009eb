using Portolan.Transport.Buffers;

namespace Portolan.Transport.Ip;

/// <summary>Packets from this host to itself. They are handed over after whatever sent them is done, never within it.</summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="host">The host.</param>
internal sealed class LoopbackQueue(IpHost host)
{
    private readonly Queue<(PacketHandle Buffer, int Length, IpInterface At)> _queue = new();

    internal bool IsEmpty => _queue.Count == 0;

    internal bool TryRent(int length, out PacketHandle buffer)
    {
        buffer = default;
        return _queue.Count < host.Options.MaxLoopbackPackets && host.Pool.TryRent(length, out buffer);
    }

    internal void Add(PacketHandle buffer, int length, IpInterface at) => _queue.Enqueue((buffer, length, at));

    /// <summary>Adds a copy of a packet.</summary>
    internal void Copy(ReadOnlySpan<byte> packet, IpInterface at)
    {
        if (!TryRent(packet.Length, out var buffer))
        {
            host.Counters.Drop(IpDrop.NoMemory);
            return;
        }

        packet.CopyTo(host.Pool.Bytes(buffer));
        Add(buffer, packet.Length, at);
    }

    /// <summary>Hands over what waits; what that sends waits for the next time.</summary>
    internal void Run(Instant now)
    {
        for (var left = _queue.Count; left > 0; left--)
        {
            var (buffer, length, at) = _queue.Dequeue();
            host.OnLocalPacket(at, host.Pool.Bytes(buffer)[..length], now);
            host.Pool.Return(buffer);
        }
    }
}
