namespace Portolan.Transport;

/// <summary>
/// What a writer has written and the stack has not taken: a chain of blocks. A block is filled by the writer, committed by a flush and
/// taken by the stack. One that the writer has in its hands when the stream ends leaves the store of blocks and is the garbage collector's;
/// what is filled in it then is lost.
/// </summary>
/// <remarks>Under the gate of its pipe, and a part of its writer: no copy of it is good.</remarks>
internal struct WriteQueue(WriteBlocks blocks)
{
    private WriteBlock? _first;
    private WriteBlock? _last;

    /// <summary>Whether the writer has memory of the last block in its hands.</summary>
    private bool _isHeld;

    /// <summary>What the writer may still fill of the memory that it got last.</summary>
    private int _room;

    /// <summary>Whether what the writer fills next is never taken.</summary>
    private bool _isLost;

    /// <summary>Whether there is no block. Any thread, and true a little early or late.</summary>
    internal bool IsEmpty => Volatile.Read(ref _first) is null;

    /// <summary>Bytes that are committed and not taken.</summary>
    internal long Length { get; private set; }

    /// <summary>Bytes that are filled and not committed.</summary>
    internal long Unflushed { get; private set; }

    /// <summary>Memory to fill.</summary>
    /// <param name="length">At least so many bytes.</param>
    /// <param name="isLost">Whether the stream has ended: then it is memory of its own, which does not count.</param>
    internal Memory<byte> Hold(int length, bool isLost)
    {
        if (isLost)
        {
            (_isLost, _room) = (true, Math.Max(length, WriteBlocks.BlockLength));
            return new byte[_room];
        }

        (_isHeld, _isLost) = (true, false);
        var block = RoomFor(length);
        _room = block.Bytes.Length - block.Filled;
        return block.Bytes.AsMemory(block.Filled);
    }

    /// <summary>The first bytes of what was held are filled.</summary>
    internal void Fill(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _room);
        _room -= count;
        if (!_isLost && _last is { } last)
        {
            last.Filled += count;
            Unflushed += count;
        }

        LetGo();
    }

    /// <summary>The stream ends: what is filled from now on is never taken.</summary>
    internal void LoseHeld() => _isLost = true;

    /// <summary>The writer has no memory in its hands any more.</summary>
    internal void LetGo() => _isHeld = false;

    /// <summary>What was filled is for the stack.</summary>
    internal void Commit()
    {
        for (var block = _first; block is not null && Unflushed > 0; block = block.Next)
        {
            var count = block.Filled - block.Committed;
            block.Committed += count;
            Unflushed -= count;
            Length += count;
        }
    }

    /// <summary>Fills and commits.</summary>
    internal void Copy(ReadOnlySpan<byte> data)
    {
        _room = 0;
        while (!data.IsEmpty)
        {
            var block = RoomFor(1);
            var count = Math.Min(data.Length, block.Bytes.Length - block.Filled);
            data[..count].CopyTo(block.Bytes.AsSpan(block.Filled));
            block.Filled += count;
            block.Committed = block.Filled;
            Length += count;
            data = data[count..];
        }
    }

    /// <summary>What the stack is to take next; empty when there is nothing.</summary>
    /// <param name="isDone">Whether writing has ended: then no block is kept to be filled.</param>
    internal ReadOnlyMemory<byte> Next(bool isDone)
    {
        while (_first is { } first)
        {
            if (first.Committed > first.Taken)
            {
                return first.Bytes.AsMemory(first.Taken, first.Committed - first.Taken);
            }

            // What is not committed yet, or about to be filled, stays.
            if (!isDone && (first.Filled > first.Committed || (first.Next is null && _isHeld)))
            {
                break;
            }

            RemoveFirst();
        }

        return default;
    }

    /// <summary>The stack took bytes of what <see cref="Next"/> gave; false when that was nothing.</summary>
    internal bool TryTake(int count, bool isDone)
    {
        if (_first is not { } first || first.Committed == first.Taken)
        {
            return false;
        }

        first.Taken += count;
        Length -= count;
        if (first.Committed == first.Taken)
        {
            Next(isDone);
        }

        return true;
    }

    /// <summary>All of it is lost.</summary>
    internal void Drop()
    {
        while (_first is not null)
        {
            RemoveFirst();
        }

        (Length, Unflushed) = (0, 0);
    }

    private WriteBlock RoomFor(int length)
    {
        if (_last is null || _last.Bytes.Length - _last.Filled < length)
        {
            var block = blocks.Rent(length);
            if (_last is not null)
            {
                _last.Next = block;
            }

            _last = block;
            _first ??= block;
        }

        return _last;
    }

    private void RemoveFirst()
    {
        var first = _first!;
        _first = first.Next;
        if (first == _last)
        {
            _last = null;
            if (_isHeld)
            {
                // A program may be writing into it.
                _isLost = true;
                blocks.Abandon(first);
                return;
            }

            _room = _isLost ? _room : 0;
        }

        blocks.Return(first);
    }
}
