using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

/// <summary>Why new data are sent.</summary>
internal enum SendReason : byte
{
    /// <summary>There are some, and windows and Nagle's algorithm allow it.</summary>
    Usual,

    /// <summary>RFC 8985 section 7.3: a tail loss probe; the congestion window does not count.</summary>
    TailProbe,

    /// <summary>RFC 9293 section 3.8.6.2.1: they have waited for long enough.</summary>
    Override,
}

// What writers ask for: where PSH is set (RFC 9293 section 3.9.1.2), segments that wait for more, ends of records; and how much a link that
// cuts super-segments is given at once.
internal sealed partial class TcpCore
{
    /// <summary>A super-segment is what is sent in a millisecond, as Linux does (sk_pacing_shift).</summary>
    private const int SuperSegmentsPerSecond = 1024;

    private long _pushPosition = -1;
    private bool _expectsMore;
    private bool _isPushing;
    private bool _isSendBufferFixed;

    /// <summary>Whether segments that are not full wait.</summary>
    internal bool IsCorked { get; private set; }

    internal void SetCorked(bool isCorked, Instant now)
    {
        IsCorked = isCorked;
        if (!isCorked)
        {
            SendWaiting(now);
        }
    }

    internal void SendWaiting(Instant now)
    {
        Enter(now);
        _isPushing = true;
        Leave();
        _isPushing = false;
    }

    internal void SetSendBuffer(int bytes)
    {
        _isSendBufferFixed = true;
        Outgoing.Limit = Math.Max(bytes, DefaultSegmentSize);
    }

    // RFC 9293 section 3.9.1.2, MAY-15, MAY-16.
    private void MarkPush(TcpWriteMode mode, bool isWhole)
    {
        if ((mode & TcpWriteMode.More) == 0)
        {
            _pushPosition = Outgoing.End;
        }

        if ((mode & TcpWriteMode.EndOfRecord) != 0 && isWhole && Outgoing.Length > 0)
        {
            (Rare.RecordEnds ??= []).Add(Outgoing.End);
        }
    }

    private bool IsPushed(long position) =>
        position == _pushPosition || (_rare?.RecordEnds is { } ends && ends.BinarySearch(position) >= 0);

    private long NextRecordEnd(long position)
    {
        if (_rare?.RecordEnds is not { } ends)
        {
            return long.MaxValue;
        }

        var index = ends.BinarySearch(position + 1);
        index = index < 0 ? ~index : index;
        return index < ends.Count ? ends[index] : long.MaxValue;
    }

    private void ForgetRecords()
    {
        if (_rare?.RecordEnds is { Count: > 0 } ends)
        {
            ends.RemoveAll(e => e <= Outgoing.Start);
        }
    }

    /// <summary>
    /// Whole segments, and what is left of a record when it fits, up to what is sent in a millisecond and half of the congestion window.
    /// </summary>
    private int SuperSegmentLength(int inRecord, int usable)
    {
        var length = (int)Math.Min(Math.Min(inRecord, RoomWithin(usable)), MostTogether() * _segmentSize);
        return length == Unsent && MayEndSmall ? length : length / _segmentSize * _segmentSize;
    }

    /// <summary>
    /// Whether what an arriving segment lets go waits for the others that came with it: they let go more, and it leaves as one
    /// super-segment. As long as the path cuts such, something is under way, nothing is lost, and the room is not that of a whole one yet.
    /// </summary>
    private bool MayHoldData()
    {
        if (!_isArriving || !_environment.Output.IsTaking || _sent.Count == 0 || _phase != TcpRecoveryPhase.Open || _sent.LostBytes > 0
            || (_acknowledgesNow && !MayHold))
        {
            return false;
        }

        var room = RoomWithin(UsableWindow);
        return Unsent > room && MostTogether() is > 1 and var most && room < most * _segmentSize;
    }

    /// <summary>What the congestion window leaves of the peer's.</summary>
    private long RoomWithin(int usable) => Math.Min(_congestion.Window - Pipe, usable);

    /// <summary>The most segments of a super-segment.</summary>
    private long MostTogether() => Math.Min(MostSegments(), Math.Max(1, _congestion.Window / 2 / _segmentSize));

    /// <summary>Whether Nagle's algorithm lets what is left over, less than a segment, go along with the segments before it.</summary>
    private bool MayEndSmall => _isFinQueued || _isPushing
        || (!IsCorked && !_expectsMore
            && (IsNoDelay || (Profile.NagleWaitsForSmallOnly && (_smallEnd <= SendUnacknowledged || _sent.Count == 0))));

    /// <summary>How many lost segments go out at once: those that went out together before.</summary>
    private int SegmentsToRepeat(int index)
    {
        var most = MostSegments();
        var count = 1;
        var pipe = Pipe + _sent[index].Length;
        while (count < most && index + count < _sent.Count && _sent[index + count - 1].Length == _segmentSize)
        {
            ref var next = ref _sent[index + count];
            pipe += next.Length;
            if ((next.Flags & (SentFlags.Joined | SentFlags.Lost | SentFlags.Resent | SentFlags.Sacked)) != (SentFlags.Joined
                | SentFlags.Lost)
                || next.Length > _segmentSize || IsFinIn(next) || pipe > _congestion.Window)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private long MostSegments()
    {
        var most = (_path.MaxSuperSegment - HeadersLength - TimestampLength) / _segmentSize;
        if (most <= 1 || SendsUrgent)
        {
            return 1;
        }

        var roundTrip = Math.Max(_roundTrip.Smoothed, TcpTimings.Millisecond / SuperSegmentsPerSecond);
        var factor = _congestion.Window < _congestion.Threshold / 2 ? 2.0 : 1.2;
        var rate = factor * Math.Max(_congestion.Window, _sent.Bytes) * TcpTimings.Second / roundTrip;

        // Near peers are given all at once.
        var shift = _roundTrip.Min / 1000 >> 9;
        var bytes = (rate / SuperSegmentsPerSecond) + (shift < 32 ? _path.MaxSuperSegment >> (int)shift : 0);
        if (_rare is { MaxPacingRate: > 0 and var limit })
        {
            bytes = Math.Min(bytes, limit / (double)SuperSegmentsPerSecond);
        }

        return Math.Clamp((long)(bytes / _segmentSize), Math.Min(most, Profile.MinSuperSegment), most);
    }
}
