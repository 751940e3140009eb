namespace Portolan.Transport.Tcp.Buffers;

/// <summary>
/// Bytes that were written and are not acknowledged yet. Places are counted from the first byte of the stream, 0. A buffer without bytes
/// holds no memory.
/// </summary>
/// <remarks>
/// A mutable struct, part of its connection: a segment that finds its connection cold waits for one object, not for three.
/// </remarks>
internal struct SendBuffer(TcpMemory memory, int limit)
{
    private ChunkQueue _queue = new(memory);

    /// <summary>The place of the first byte that is not acknowledged.</summary>
    internal readonly long Start => _queue.Start;

    /// <summary>The place after the last byte written.</summary>
    internal readonly long End => _queue.End;

    /// <summary>Bytes held.</summary>
    internal readonly int Length => _queue.Length;

    /// <summary>The most bytes that are taken from the writer.</summary>
    internal int Limit { get; set; } = limit;

    /// <summary>Bytes that may be written now.</summary>
    internal readonly int Free => Math.Max(0, Limit - Length);

    /// <summary>Takes bytes, as many as the limit and memory allow. Returns how many.</summary>
    internal int Write(ReadOnlySpan<byte> data) => _queue.Append(data[..Math.Min(data.Length, Free)]);

    /// <summary>Room to write into directly; empty when the limit or memory says no.</summary>
    internal Span<byte> GetRoom(int wanted)
    {
        if (Free == 0)
        {
            return default;
        }

        var room = _queue.GetRoom(Math.Min(wanted, Free));
        return room[..Math.Min(room.Length, Free)];
    }

    /// <summary>Says how much of the room was written.</summary>
    internal void Commit(int count) => _queue.Commit(count);

    /// <summary>Copies bytes that are held into a segment.</summary>
    internal void CopyTo(long position, Span<byte> destination) => _queue.CopyTo(position, destination);

    /// <summary>Lets go of what was acknowledged.</summary>
    internal void Release(long position) => _queue.Release(position);

    /// <summary>Lets go of everything.</summary>
    internal void Clear() => _queue.Clear();
}
