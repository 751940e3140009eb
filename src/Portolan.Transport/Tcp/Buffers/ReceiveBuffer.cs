using Portolan.Packets;

namespace Portolan.Transport.Tcp.Buffers;

/// <summary>
/// Bytes that came: those in order, for the reader, and those that came too early. Places are counted from the first byte of the stream, 0.
/// A buffer without bytes holds no memory. What it lends stays the reader's until it is consumed: when the rest is cleared before, lent
/// chunks leave the pool for the garbage collector, so that no caller waits for a reader and none sees foreign bytes.
/// </summary>
/// <remarks>One thread at a time. A mutable struct, part of its connection, as <see cref="SendBuffer"/> is.</remarks>
internal struct ReceiveBuffer(TcpMemory memory, int limit)
{
    private ChunkQueue _ready = new(memory);
    private OutOfOrderQueue? _early;
    private long _lentEnd;

    /// <summary>The place of the next byte to come in order.</summary>
    internal readonly long Next => _ready.End;

    /// <summary>The place of the next byte for the reader.</summary>
    internal readonly long ReadPosition => _ready.Start;

    /// <summary>Bytes for the reader.</summary>
    internal readonly int Readable => _ready.Length;

    /// <summary>Bytes that came too early.</summary>
    internal readonly int EarlyLength => _early?.Length ?? 0;

    /// <summary>Whether there are bytes that came too early.</summary>
    internal readonly bool HasEarly => _early is { RangeCount: > 0 };

    /// <summary>The place after the last byte that came.</summary>
    internal readonly long HighestEnd => _early is { RangeCount: > 0 } ? _early.Range(_early.RangeCount - 1).End : Next;

    /// <summary>
    /// The most bytes that the reader has not examined: the window ends so far after <see cref="ReadPosition"/> and what is
    /// <see cref="Held"/>. It never falls.
    /// </summary>
    internal int Limit { get; set; } = limit;

    /// <summary>
    /// Bytes for the reader that it has examined and keeps until more come. They do not close the window: the reader waits for what is
    /// behind them, as one does that has copied them away.
    /// </summary>
    internal int Held { get; set; }

    /// <summary>Takes bytes at or after <see cref="Next"/>. False when memory is out; part of them may have been taken.</summary>
    internal bool Place(long position, ReadOnlySpan<byte> data)
    {
        if (position != Next)
        {
            _early ??= _ready.Memory.RentOutOfOrder();
            var isWhole = _early.Insert(position, data, Math.Max(2 * Limit, 1 << 16));
            ReturnIfEmpty();
            return isWhole;
        }

        if (_early is null)
        {
            return _ready.Append(data) == data.Length;
        }

        while (!data.IsEmpty)
        {
            var part = _early.RangeCount > 0 ? (int)Math.Min(data.Length, _early.FirstRange.Start - Next) : data.Length;
            if (_ready.Append(data[..part]) < part)
            {
                return false;
            }

            data = data[part..];
            if (_early.RangeCount > 0 && _early.FirstRange.Start == Next)
            {
                var before = Next;
                _early.MoveFirstRangeTo(ref _ready);
                data = data[(int)Math.Min(data.Length, Next - before)..];
            }
        }

        ReturnIfEmpty();
        return true;
    }

    /// <summary>The first part of a range at or after <see cref="Next"/> that came before, too early.</summary>
    internal readonly bool TryFindEarly(long start, long end, out StreamRange held)
    {
        held = default;
        return _early is not null && _early.TryFindHeld(start, end, out held);
    }

    /// <summary>Gives bytes to the reader. Returns how many.</summary>
    internal int Read(Span<byte> destination)
    {
        var count = Math.Min(destination.Length, Readable);
        if (count > 0)
        {
            _ready.CopyTo(ReadPosition, destination[..count]);
            _ready.Release(ReadPosition + count);
            Held = Math.Max(0, Held - count);
        }

        return count;
    }

    /// <summary>The first bytes for the reader that lie together.</summary>
    internal readonly ReadOnlyMemory<byte> Peek() => _ready.Peek();

    /// <summary>The bytes from a place on that lie together; empty when there are none.</summary>
    internal readonly ReadOnlyMemory<byte> PeekFrom(long position) => _ready.PeekFrom(position);

    /// <summary>As <see cref="PeekFrom"/>, for a reader who looks at them until they are consumed, whatever happens.</summary>
    internal ReadOnlyMemory<byte> Lend(long position)
    {
        var part = _ready.PeekFrom(position);
        _lentEnd = Math.Max(_lentEnd, position + part.Length);
        return part;
    }

    /// <summary>The reader looks at nothing any more.</summary>
    internal void EndLoan() => _lentEnd = 0;

    /// <summary>Says that the reader has done with bytes. Of what was cleared it may say so later.</summary>
    internal void Consume(int count) => _ready.Release(Math.Min(ReadPosition + count, Next));

    /// <summary>Lets go of the bytes for the reader. What is lent is the reader's from now on.</summary>
    internal void Discard()
    {
        _ready.Clear(_lentEnd);
        Held = 0;
    }

    /// <summary>The ranges that came too early, for a SACK option.</summary>
    internal readonly int WriteBlocks(Span<TcpSackBlock> blocks, SequenceNumber next) => _early?.WriteBlocks(blocks, Next, next) ?? 0;

    /// <summary>Lets go of everything; the places stay. What is lent is the reader's from now on.</summary>
    internal void Clear()
    {
        Discard();
        if (_early is not null)
        {
            _early.Clear();
            ReturnIfEmpty();
        }
    }

    private void ReturnIfEmpty()
    {
        if (_early is { RangeCount: 0 })
        {
            _early.Clear();
            _ready.Memory.Return(_early);
            _early = null;
        }
    }
}
