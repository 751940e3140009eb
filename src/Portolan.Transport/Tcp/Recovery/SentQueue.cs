using Portolan.Transport.Tcp.Buffers;

namespace Portolan.Transport.Tcp.Recovery;

/// <summary>
/// The segments that were sent and are not acknowledged, in order of sequence: RFC 6675's scoreboard and RFC 8985's transmission records in
/// one ring. It keeps the sums that the pipe is made of, so that nothing is summed up for each acknowledgment.
/// </summary>
/// <remarks>One thread at a time. A mutable struct, part of its connection. Empty it holds no memory.</remarks>
internal struct SentQueue(TcpMemory memory)
{
    private readonly TcpMemory _memory = memory;
    private SentSegment[]? _ring;
    private int _head;
    private long _lostHint;
    private long _first;

    /// <summary>How many segments.</summary>
    internal int Count { get; private set; }

    internal int Bytes { get; private set; }

    /// <summary>Bytes acknowledged selectively.</summary>
    internal int SackedBytes { get; private set; }

    /// <summary>Segments acknowledged selectively.</summary>
    internal int SackedCount { get; private set; }

    /// <summary>Bytes thought lost, and not selectively acknowledged.</summary>
    internal int LostBytes { get; private set; }

    /// <summary>Bytes of copies that are thought to be on their way.</summary>
    internal int ResentBytes { get; private set; }

    /// <summary>Of <see cref="LostBytes"/> those that were not sent again.</summary>
    internal int LostUnsentBytes { get; private set; }

    /// <summary>The end of the last segment that was ever sent again.</summary>
    internal SequenceNumber ResentEnd { get; private set; }

    /// <summary>RFC 6675 section 4, SetPipe, from sums: sent - sacked - lost + sent again.</summary>
    internal readonly int Pipe => Bytes - SackedBytes - LostBytes + ResentBytes;

    internal readonly ref SentSegment this[int index] => ref _ring![(_head + index) & (_ring.Length - 1)];

    internal void Push(SequenceNumber sequence, int length, long now, bool isJoined = false)
    {
        if (_ring is null)
        {
            _ring = _memory.SegmentArrays.Rent(8);
            _head = 0;
        }
        else if (Count == _ring.Length)
        {
            Grow();
        }

        Count++;
        this[Count - 1] = new SentSegment
        {
            SentAt = now,
            Sequence = sequence,
            Length = length,
            Flags = isJoined ? SentFlags.Joined : SentFlags.None,
        };
        Bytes += length;
    }

    /// <summary>Takes the first segment off, whole.</summary>
    internal void Pop()
    {
        ref var first = ref this[0];
        Forget(ref first, first.Length);
        _head = (_head + 1) & (_ring!.Length - 1);
        _first++;
        if (--Count == 0)
        {
            _memory.SegmentArrays.Return(_ring);
            _ring = null;
        }
    }

    /// <summary>Takes bytes off the start of the first segment.</summary>
    internal void TrimFirst(int count)
    {
        ref var first = ref this[0];
        Forget(ref first, count);
        first.Sequence += (uint)count;
        first.Length -= count;
    }

    /// <summary>The first segment that ends after a number; <see cref="Count"/> when there is none.</summary>
    internal readonly int IndexEndingAfter(SequenceNumber sequence)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = this[middle].End <= sequence ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    internal void MarkSacked(int index)
    {
        ref var segment = ref this[index];
        Unmark(ref segment, SentFlags.Lost | SentFlags.Resent);
        segment.Flags |= SentFlags.Sacked;
        segment.Skip = 1;
        SackedBytes += segment.Length;
        SackedCount++;
    }

    /// <summary>Marks as lost; a copy that was on its way is lost too.</summary>
    internal void MarkLost(int index)
    {
        ref var segment = ref this[index];
        Unmark(ref segment, SentFlags.Resent);
        if (!segment.Has(SentFlags.Lost))
        {
            segment.Flags |= SentFlags.Lost;
            LostBytes += segment.Length;
            LostUnsentBytes += segment.Length;
        }

        _lostHint = Math.Min(_lostHint, _first + index);
    }

    internal void MarkResent(int index, long now)
    {
        ref var segment = ref this[index];
        segment.SentAt = now;
        if (!segment.Has(SentFlags.Resent))
        {
            segment.Flags |= SentFlags.Resent;
            ResentBytes += segment.Length;
            LostUnsentBytes -= segment.Has(SentFlags.Lost) ? segment.Length : 0;
        }

        ResentEnd = !AnyEverResent || ResentEnd < segment.End ? segment.End : ResentEnd;
        segment.Flags |= SentFlags.EverResent;
        AnyEverResent = true;
    }

    /// <summary>Whether a segment was sent again since the queue was last empty of such (a bound for walks).</summary>
    internal bool AnyEverResent { get; private set; }

    /// <summary>No copy is on its way any more, and nothing is lost: what a timeout was wrong about.</summary>
    internal void ClearLost()
    {
        for (var i = 0; i < Count; i++)
        {
            Unmark(ref this[i], SentFlags.Lost);
        }
    }

    /// <summary>Forgets all selective acknowledgments: the peer has taken them back (RFC 2018 section 8).</summary>
    internal void ClearSacked()
    {
        for (var i = 0; i < Count; i++)
        {
            Unmark(ref this[i], SentFlags.Sacked);
        }
    }

    /// <summary>The first lost segment that was not sent again; -1 when there is none.</summary>
    internal int NextLost()
    {
        if (LostUnsentBytes == 0)
        {
            return -1;
        }

        for (var i = (int)Math.Max(0, _lostHint - _first); i < Count; i++)
        {
            if ((this[i].Flags & (SentFlags.Lost | SentFlags.Resent | SentFlags.Sacked)) == SentFlags.Lost)
            {
                _lostHint = _first + i;
                return i;
            }
        }

        throw new InvalidOperationException("lost bytes are counted that no segment holds");
    }

    /// <summary>Cuts a segment in two.</summary>
    internal void Split(int index, int length)
    {
        var second = this[index];
        second.Sequence += (uint)length;
        second.Length -= length;
        second.Skip = 1;
        this[index].Length = length;
        if (Count == _ring!.Length)
        {
            Grow();
        }

        // The shorter side makes room: what is sent again lies near the start, and thousands may follow.
        Count++;
        if (index < Count / 2)
        {
            _head = (_head - 1) & (_ring.Length - 1);
            for (var i = 0; i <= index; i++)
            {
                this[i] = this[i + 1];
            }
        }
        else
        {
            for (var i = Count - 1; i > index + 1; i--)
            {
                this[i] = this[i - 1];
            }
        }

        this[index + 1] = second;
        SackedCount += second.Has(SentFlags.Sacked) ? 1 : 0;

        // Shortcuts lead over the place where one was put in.
        for (var i = 0; i <= index; i++)
        {
            this[i].Skip = 1;
        }
    }

    /// <summary>The next index after a sacked one that is not known to be sacked; shortens the way for the next time.</summary>
    internal readonly int SkipSacked(int index)
    {
        var next = index + Math.Max(1, this[index].Skip);
        while (next < Count && this[next].Has(SentFlags.Sacked))
        {
            next += Math.Max(1, this[next].Skip);
        }

        next = Math.Min(next, Count);
        this[index].Skip = next - index;
        return next;
    }

    internal void Clear()
    {
        while (Count > 0)
        {
            Pop();
        }
    }

    private void Forget(ref SentSegment segment, int count)
    {
        Bytes -= count;
        SackedBytes -= segment.Has(SentFlags.Sacked) ? count : 0;
        SackedCount -= segment.Has(SentFlags.Sacked) && count == segment.Length ? 1 : 0;
        LostBytes -= segment.Has(SentFlags.Lost) ? count : 0;
        ResentBytes -= segment.Has(SentFlags.Resent) ? count : 0;
        LostUnsentBytes -= (segment.Flags & (SentFlags.Lost | SentFlags.Resent)) == SentFlags.Lost ? count : 0;
        if (Bytes == 0)
        {
            AnyEverResent = false;
        }
    }

    private void Unmark(ref SentSegment segment, SentFlags flags)
    {
        if ((segment.Flags & (SentFlags.Lost | SentFlags.Resent)) == SentFlags.Lost)
        {
            LostUnsentBytes -= segment.Length;
        }

        var gone = segment.Flags & flags;
        segment.Flags &= ~flags;
        LostBytes -= (gone & SentFlags.Lost) != 0 ? segment.Length : 0;
        ResentBytes -= (gone & SentFlags.Resent) != 0 ? segment.Length : 0;
        SackedBytes -= (gone & SentFlags.Sacked) != 0 ? segment.Length : 0;
        SackedCount -= (gone & SentFlags.Sacked) != 0 ? 1 : 0;
        if ((segment.Flags & (SentFlags.Lost | SentFlags.Resent)) == SentFlags.Lost)
        {
            LostUnsentBytes += segment.Length;
        }
    }

    private void Grow()
    {
        var larger = _memory.SegmentArrays.Rent(Count * 2);
        for (var i = 0; i < Count; i++)
        {
            larger[i] = this[i];
        }

        _memory.SegmentArrays.Return(_ring!);
        _ring = larger;
        _head = 0;
    }
}
