using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Recovery;

/// <summary>
/// RACK's variables (RFC 8985 section 5.3): which delivered segment was sent last, and how much reordering is allowed for.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct Rack
{
    /// <summary>RFC 8985 section 6.2: so many recoveries keep a larger window.</summary>
    private const int PersistRecoveries = 16;

    /// <summary>Of times between segments, in nanoseconds.</summary>
    private const long Resolution = 1000;

    private SequenceNumber _endSequence;
    private SequenceNumber _forward;
    private SequenceNumber _roundEnd;
    private bool _hasForward;
    private SequenceNumber _forwardBefore;
    private bool _hadForward;
    private bool _hasRound;
    private bool _isFirst;
    private int _multiplier;
    private int _persist;

    /// <summary>RACK.xmit_ts in nanoseconds; 0 before the first delivery.</summary>
    internal long SentAt { get; private set; }

    /// <summary>RACK.rtt in nanoseconds.</summary>
    internal long RoundTrip { get; private set; }

    /// <summary>RACK.reordering_seen.</summary>
    internal bool HasReordering { get; private set; }

    /// <summary>How many times segments came in another order.</summary>
    internal int ReorderingCount { get; private set; }

    /// <summary>The most bytes that a segment was late.</summary>
    internal int ReorderingBytes { get; private set; }

    /// <summary>Before what one acknowledgment reports: segments that it reports together are not out of order.</summary>
    internal void Begin()
    {
        (_forwardBefore, _hadForward) = (_forward, _hasForward);
        _isFirst = true;
    }

    /// <summary>
    /// RFC 8985 section 6.2, steps 2 and 3. Returns by how many bytes the segment came behind one that was sent after it; 0 for not at all.
    /// </summary>
    internal int Update(in SentSegment sent, long now, long minRoundTrip)
    {
        var reorderedBy = 0;

        // As in the estimator at least a microsecond: with 0 all that was sent together with what arrived would be lost in the same moment,
        // and sent again.
        var roundTrip = Math.Max(now - sent.SentAt, Resolution);
        if (sent.Has(SentFlags.EverResent))
        {
            // Step 2: an answer sooner than the least round trip, by more than stamps are apart, is to the first copy.
            if (roundTrip + Resolution < minRoundTrip)
            {
                return 0;
            }
        }
        else if (_hadForward && sent.End < _forwardBefore)
        {
            // Step 3: delivered behind one that was sent after it, and sent once only.
            HasReordering = true;
            reorderedBy = _forwardBefore - sent.Sequence;
        }

        if (!_hasForward || sent.End > _forward)
        {
            (_forward, _hasForward) = (sent.End, true);
        }

        if (IsAfter(sent.SentAt, sent.End, SentAt, _endSequence))
        {
            SentAt = sent.SentAt;
            _endSequence = sent.End;
        }

        // Step 2. Of segments that one acknowledgment reports the slowest counts: what was sent along with it may be on its way as long.
        RoundTrip = _isFirst ? roundTrip : Math.Max(RoundTrip, roundTrip);
        _isFirst = false;

        return reorderedBy;
    }

    /// <summary>Counts what one acknowledgment told of reordering.</summary>
    internal void NoteReordering(int bytes)
    {
        if (bytes > 0)
        {
            ReorderingCount++;
            ReorderingBytes = Math.Max(ReorderingBytes, bytes);
        }
    }

    /// <summary>
    /// A fast recovery was needless, so its hole was reordering. Step 3 of RFC 8985 section 6.2 does not see that in segments that were
    /// sent again, and all would be on a path where many segments overtake one; Linux counts it too.
    /// </summary>
    internal void OnNeedlessRecovery(SequenceNumber hole)
    {
        HasReordering = true;
        NoteReordering(_hasForward && _forward > hole ? _forward - hole : 0);
    }

    /// <summary>RFC 8985 section 6.2, step 5: whether a segment was sent before the one that was delivered.</summary>
    internal readonly bool IsBeforeDelivered(in SentSegment sent) => SentAt != 0 && IsAfter(SentAt, _endSequence, sent.SentAt, sent.End);

    /// <summary>RFC 8985 section 6.2, step 4: how long reordering is waited for.</summary>
    internal readonly long Window(bool isRecovering, int sackedSegments, long minRoundTrip, long smoothed)
    {
        if (!HasReordering && (isRecovering || sackedSegments >= 3))
        {
            return 0;
        }

        return Math.Min((_multiplier + 1) * (minRoundTrip / 4), smoothed);
    }

    /// <summary>RFC 8985 section 6.2, step 4: a duplicate SACK widens the window, once a round trip.</summary>
    internal void OnDuplicateSack(SequenceNumber acknowledgment, SequenceNumber next)
    {
        if (_hasRound && acknowledgment < _roundEnd)
        {
            return;
        }

        (_roundEnd, _hasRound) = (next, true);
        _multiplier = Math.Min(_multiplier + 1, 255);
        _persist = PersistRecoveries;
    }

    /// <summary>RFC 8985 section 6.2, step 4: after sixteen recoveries without duplicates the window is small again.</summary>
    internal void OnRecoveryEnd()
    {
        if (--_persist <= 0)
        {
            _multiplier = 0;
        }
    }

    private static bool IsAfter(long sentAt, SequenceNumber end, long otherSentAt, SequenceNumber otherEnd) =>
        sentAt > otherSentAt || (sentAt == otherSentAt && end > otherEnd);
}
