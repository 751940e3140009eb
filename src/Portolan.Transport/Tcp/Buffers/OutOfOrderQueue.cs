using System.Runtime.InteropServices;
using Portolan.Packets;

namespace Portolan.Transport.Tcp.Buffers;

/// <param name="Start">The place of its first byte.</param>
/// <param name="End">The place after its last byte.</param>
[StructLayout(LayoutKind.Auto)]
internal record struct StreamRange(long Start, long End);

/// <summary>
/// Bytes that came before those in front of them: chunks in order without overlap, the ranges they make, and which ranges changed last (for
/// SACK; RFC 9293 section 3.10.7.4, SHLD-31). Of bytes that come twice the first stay, so that no peer can change what was acknowledged.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class OutOfOrderQueue(TcpMemory memory)
{
    private const int MaxRanges = 4096;
    private const int MaxRecent = 4;

    private readonly List<Chunk> _chunks = [];
    private readonly List<StreamRange> _ranges = [];
    private readonly long[] _recent = new long[MaxRecent];
    private int _recentCount;
    private int _chunkHead;

    /// <summary>Bytes held.</summary>
    internal int Length { get; private set; }

    /// <summary>Bytes of memory held.</summary>
    internal int Footprint { get; private set; }

    internal int RangeCount => _ranges.Count;

    internal StreamRange FirstRange => _ranges[0];

    internal StreamRange Range(int index) => _ranges[index];

    /// <summary>
    /// Keeps what is new of some bytes. False when memory is out or the ranges are too many; part of it may have been kept.
    /// </summary>
    internal bool Insert(long start, ReadOnlySpan<byte> data, int footprintLimit)
    {
        var end = start + data.Length;
        var index = FirstRangeEndingAtOrAfter(start);
        var place = start;
        var isWhole = true;
        for (var i = index; i < _ranges.Count && _ranges[i].Start < end && place < end; i++)
        {
            if (_ranges[i].Start > place)
            {
                isWhole &= AddPiece(place, data[(int)(place - start)..(int)(_ranges[i].Start - start)], footprintLimit);
                if (!isWhole)
                {
                    return false;
                }

                // The piece changed the ranges: look again from where it lies.
                i = FirstRangeEndingAtOrAfter(place);
            }

            place = Math.Max(place, _ranges[i].End);
        }

        if (place < end)
        {
            isWhole = AddPiece(place, data[(int)(place - start)..], footprintLimit);
        }

        if (isWhole)
        {
            MarkRecent(start);
        }

        return isWhole;
    }

    /// <summary>Gives the chunks of the first range to a queue that has come to its start, or into it.</summary>
    internal void MoveFirstRangeTo(ref ChunkQueue queue)
    {
        var range = _ranges[0];
        while (_chunkHead < _chunks.Count && _chunks[_chunkHead].Start < range.End)
        {
            var chunk = _chunks[_chunkHead++];
            Length -= chunk.Length;
            Footprint -= memory.Bytes(chunk.Handle).Length;
            queue.Adopt(chunk);
        }

        _ranges.RemoveAt(0);
        if (_chunkHead == _chunks.Count)
        {
            _chunks.Clear();
            _chunkHead = 0;
        }
        else if (_chunkHead > 64 && _chunkHead > _chunks.Count / 2)
        {
            _chunks.RemoveRange(0, _chunkHead);
            _chunkHead = 0;
        }
    }

    /// <summary>The first part of a range that is held already.</summary>
    internal bool TryFindHeld(long start, long end, out StreamRange held)
    {
        var index = FirstRangeEndingAtOrAfter(start + 1);
        held = index < _ranges.Count ? new StreamRange(Math.Max(start, _ranges[index].Start), Math.Min(end, _ranges[index].End)) : default;
        return held.Start < held.End;
    }

    /// <summary>The ranges for a SACK option, the one that changed last first (RFC 2018 section 4). Returns how many.</summary>
    internal int WriteBlocks(Span<TcpSackBlock> blocks, long origin, SequenceNumber originSequence)
    {
        var count = 0;
        for (var i = 0; i < _recentCount && count < blocks.Length; i++)
        {
            var index = FirstRangeEndingAtOrAfter(_recent[i] + 1);
            if (index >= _ranges.Count || _ranges[index].Start > _recent[i])
            {
                // What it named has been taken in order.
                _recentCount--;
                _recent.AsSpan(i + 1, _recentCount - i).CopyTo(_recent.AsSpan(i));
                i--;
                continue;
            }

            var range = _ranges[index];
            var block = new TcpSackBlock(
                (originSequence + (uint)(range.Start - origin)).Value, (originSequence + (uint)(range.End - origin)).Value);
            if (!blocks[..count].Contains(block))
            {
                blocks[count++] = block;
            }
        }

        return count;
    }

    internal void Clear()
    {
        for (var i = _chunkHead; i < _chunks.Count; i++)
        {
            memory.Return(_chunks[i].Handle);
        }

        _chunks.Clear();
        _ranges.Clear();
        _chunkHead = 0;
        _recentCount = 0;
        Length = 0;
        Footprint = 0;
    }

    private int FirstRangeEndingAtOrAfter(long place)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _ranges[middle].End < place ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private bool AddPiece(long start, ReadOnlySpan<byte> data, int footprintLimit)
    {
        if (_ranges.Count >= MaxRanges || Footprint > footprintLimit)
        {
            return false;
        }

        var at = ChunkIndexAfter(start);
        var place = start;
        while (!data.IsEmpty)
        {
            var room = default(Span<byte>);
            if (at > _chunkHead && _chunks[at - 1].End == place)
            {
                room = memory.Bytes(_chunks[at - 1].Handle)[(_chunks[at - 1].Offset + _chunks[at - 1].Length)..];
            }

            if (room.IsEmpty)
            {
                if (!memory.TryRent(memory.ChunkFor(data.Length, held: 0), Footprint, out var handle))
                {
                    AddRange(start, place);
                    return false;
                }

                _chunks.Insert(at++, new Chunk(handle, place, 0, 0));
                room = memory.Bytes(handle);
                Footprint += room.Length;
            }

            var part = Math.Min(room.Length, data.Length);
            data[..part].CopyTo(room);
            CollectionsMarshal.AsSpan(_chunks)[at - 1].Length += part;
            Length += part;
            place += part;
            data = data[part..];
        }

        AddRange(start, place);
        return true;
    }

    private int ChunkIndexAfter(long start)
    {
        if (_chunks.Count > _chunkHead && _chunks[^1].Start < start)
        {
            return _chunks.Count;
        }

        var (low, high) = (_chunkHead, _chunks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _chunks[middle].Start < start ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void AddRange(long start, long end)
    {
        if (start == end)
        {
            return;
        }

        // It overlaps none, but may touch the one before and the one after.
        var index = FirstRangeEndingAtOrAfter(start);
        var touchesBefore = index < _ranges.Count && _ranges[index].End == start;
        var after = touchesBefore ? index + 1 : index;
        var touchesAfter = after < _ranges.Count && _ranges[after].Start == end;
        if (touchesBefore)
        {
            _ranges[index] = new StreamRange(_ranges[index].Start, touchesAfter ? _ranges[after].End : end);
            if (touchesAfter)
            {
                _ranges.RemoveAt(after);
            }
        }
        else if (touchesAfter)
        {
            _ranges[after] = new StreamRange(start, _ranges[after].End);
        }
        else
        {
            _ranges.Insert(index, new StreamRange(start, end));
        }
    }

    private void MarkRecent(long start)
    {
        if (_recentCount > 0)
        {
            var index = FirstRangeEndingAtOrAfter(start + 1);
            if (_recent[0] >= _ranges[index].Start && _recent[0] < _ranges[index].End)
            {
                return;
            }
        }

        var keep = Math.Min(_recentCount, MaxRecent - 1);
        _recent.AsSpan(0, keep).CopyTo(_recent.AsSpan(1));
        _recent[0] = start;
        _recentCount = keep + 1;
    }
}
