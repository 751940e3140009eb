using System.Runtime.InteropServices;
using Portolan.Transport.Buffers;

namespace Portolan.Transport.Tcp.Buffers;

/// <summary>A piece of a byte stream in a pooled buffer.</summary>
/// <param name="Handle">The buffer.</param>
/// <param name="Start">The place of its first byte in the stream.</param>
/// <param name="Offset">Where in the buffer that byte lies.</param>
/// <param name="Length">Bytes.</param>
[StructLayout(LayoutKind.Auto)]
internal record struct Chunk(PacketHandle Handle, long Start, int Offset, int Length)
{
    internal readonly long End => Start + Length;
}

/// <summary>Chunks of one stream, without gaps: bytes are added at the end, taken from the start and looked at in between.</summary>
/// <remarks>A mutable struct, part of its buffer. Without bytes it holds no memory.</remarks>
internal struct ChunkQueue(TcpMemory memory)
{
    private readonly TcpMemory _memory = memory;
    private Chunk[]? _ring;
    private int _head;
    private int _count;
    private int _cursor;

    /// <summary>Where its memory comes from.</summary>
    internal readonly TcpMemory Memory => _memory;

    /// <summary>The place of the first byte held.</summary>
    internal long Start { get; private set; }

    /// <summary>The place after the last.</summary>
    internal long End { get; private set; }

    internal readonly int Length => (int)(End - Start);

    internal readonly int ChunkCount => _count;

    /// <summary>Adds bytes; fewer when memory is out. Returns how many.</summary>
    internal int Append(ReadOnlySpan<byte> data)
    {
        var taken = 0;
        while (taken < data.Length)
        {
            var room = GetRoom(data.Length - taken);
            if (room.IsEmpty)
            {
                break;
            }

            var part = Math.Min(room.Length, data.Length - taken);
            data.Slice(taken, part).CopyTo(room);
            Commit(part);
            taken += part;
        }

        return taken;
    }

    /// <summary>Room behind the last byte, at least one; empty when memory is out. Fill it and <see cref="Commit"/>.</summary>
    internal Span<byte> GetRoom(int wanted)
    {
        if (_count > 0)
        {
            ref var last = ref At(_count - 1);
            var rest = _memory.Bytes(last.Handle)[(last.Offset + last.Length)..];
            if (!rest.IsEmpty)
            {
                return rest;
            }
        }

        if (!_memory.TryRent(_memory.ChunkFor(wanted, Length), Length, out var handle))
        {
            return default;
        }

        Push(new Chunk(handle, End, 0, 0));
        return _memory.Bytes(handle);
    }

    internal void Commit(int count)
    {
        At(_count - 1).Length += count;
        End += count;
    }

    /// <summary>Adds a chunk that continues the stream; this queue owns it from now on.</summary>
    internal void Adopt(in Chunk chunk)
    {
        Push(chunk);
        End += chunk.Length;
    }

    /// <summary>Copies bytes that are held.</summary>
    internal void CopyTo(long position, Span<byte> destination)
    {
        var index = Find(position);
        while (!destination.IsEmpty)
        {
            ref var chunk = ref At(index);
            var skip = (int)(position - chunk.Start);
            var part = Math.Min(chunk.Length - skip, destination.Length);
            _memory.Bytes(chunk.Handle).Slice(chunk.Offset + skip, part).CopyTo(destination);
            destination = destination[part..];
            position += part;
            index++;
        }

        _cursor = Math.Max(0, index - 1);
    }

    /// <summary>The first bytes that lie together; empty when there are none.</summary>
    internal readonly Memory<byte> Peek()
    {
        if (_count == 0)
        {
            return default;
        }

        ref var first = ref At(0);
        return _memory.Buffer(first.Handle).Slice(first.Offset, first.Length);
    }

    /// <summary>The bytes from a place on that lie together; empty when there are none.</summary>
    internal readonly Memory<byte> PeekFrom(long position)
    {
        if (position >= End)
        {
            return default;
        }

        ref var chunk = ref At(Find(position));
        var skip = (int)(position - chunk.Start);
        return _memory.Buffer(chunk.Handle).Slice(chunk.Offset + skip, chunk.Length - skip);
    }

    /// <summary>Lets go of all bytes before a place.</summary>
    internal void Release(long position)
    {
        while (_count > 0)
        {
            ref var first = ref At(0);
            if (first.End > position)
            {
                var skip = (int)(position - first.Start);
                first.Start += skip;
                first.Offset += skip;
                first.Length -= skip;
                break;
            }

            _memory.Return(first.Handle);
            _head = (_head + 1) & (_ring!.Length - 1);
            _count--;
            _cursor = Math.Max(0, _cursor - 1);
        }

        Start = position;
        if (_count == 0)
        {
            GiveRingBack();
        }
    }

    /// <summary>Lets go of all bytes; chunks with bytes before a place are left to the reader that looks at them.</summary>
    internal void Clear(long lentEnd = 0)
    {
        while (_count > 0)
        {
            ref var last = ref At(--_count);
            if (last.Start < lentEnd)
            {
                _memory.Detach(last.Handle);
            }
            else
            {
                _memory.Return(last.Handle);
            }
        }

        Start = End;
        GiveRingBack();
    }

    private void GiveRingBack()
    {
        if (_ring is not null)
        {
            _memory.ChunkArrays.Return(_ring);
            _ring = null;
        }

        _head = 0;
        _cursor = 0;
    }

    private readonly ref Chunk At(int index) => ref _ring![(_head + index) & (_ring.Length - 1)];

    private void Push(in Chunk chunk)
    {
        if (_ring is null)
        {
            _ring = _memory.ChunkArrays.Rent(4);
        }
        else if (_count == _ring.Length)
        {
            var larger = _memory.ChunkArrays.Rent(_count * 2);
            for (var i = 0; i < _count; i++)
            {
                larger[i] = At(i);
            }

            _memory.ChunkArrays.Return(_ring);
            _ring = larger;
            _head = 0;
        }

        _count++;
        At(_count - 1) = chunk;
    }

    private readonly int Find(long position)
    {
        // Sending goes on where it stopped: nearly always the chunk of the last call or the one after it.
        for (var i = _cursor; i < Math.Min(_count, _cursor + 2); i++)
        {
            ref var chunk = ref At(i);
            if (position >= chunk.Start && position < chunk.End)
            {
                return i;
            }
        }

        var (low, high) = (0, _count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = At(middle).Start <= position ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
