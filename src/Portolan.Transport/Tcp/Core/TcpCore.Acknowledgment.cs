using Portolan.Packets;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

// What an acceptable acknowledgment changes: SND.UNA, the scoreboard (RFC 2018, 2883, 6675), the round-trip time (RFC 6298, 7323), the send
// window.
internal sealed partial class TcpCore
{
    private const long ConfirmInterval = TcpTimings.Second;

    private long _acknowledgedAt;
    private long _confirmedAt;

    /// <summary>SND.UNA.</summary>
    internal SequenceNumber SendUnacknowledged { get; private set; }

    /// <summary>SND.NXT. It never goes back: what is sent again is told by the scoreboard.</summary>
    internal SequenceNumber SendNext { get; private set; }

    /// <summary>The sequence number after the last byte written.</summary>
    private SequenceNumber DataEnd => SendUnacknowledged + (uint)Outgoing.Length;

    private void Acknowledge(in IncomingSegment segment, SequenceNumber sequence, int length)
    {
        var news = default(AckNews);
        var acknowledgment = segment.Acknowledgment;
        var priorWindow = _sendWindow;
        _unansweredProbes = 0;
        _rack.Begin();
        news.HasEcnEcho = _hasEcn && (segment.Flags & TcpFlags.Ece) != 0;
        if (_hasSack && segment.Sack.Count > 0)
        {
            TakeSack(segment, ref news);
        }

        if (acknowledgment > SendUnacknowledged)
        {
            // Above a hole TSecr is still that of what came before the hole (RFC 7323 section 4.3), and says nothing of what SACK tells.
            news.Echo = _hasTimestamps && segment.HasTimestamps ? segment.TimestampEcho : 0;
            Advance(acknowledgment, ref news);
        }

        TakeWindow(segment, sequence, news.Advanced);

        // RFC 5681 section 2: a duplicate acknowledgment.
        news.IsDuplicate = !news.Advanced && length == 0 && _sent.Count > 0 && acknowledgment == SendUnacknowledged
            && (_sendWindow == priorWindow || news.Sacked > 0 || news.HasDuplicateSack);
        if (_sent.Count == 0 && !news.Advanced)
        {
            if (IsNeedless(segment, news))
            {
                Undo();
            }

            return;
        }

        _rack.NoteReordering(news.ReorderedBy);
        Measure(segment, news);
        Recover(segment, ref news);
        if (news.Advanced)
        {
            TuneSendBuffer();
            RestartRetransmission();
        }
        else if (_timerKind == RetransmitTimer.TailProbe && (_sent.SackedCount > 0 || _phase != TcpRecoveryPhase.Open))
        {
            // RFC 8985 section 7.2: no probe while SACK reports the tail; RACK and the retransmission timeout take over.
            ArmRetransmission();
        }
    }

    private void Advance(SequenceNumber acknowledgment, ref AckNews news)
    {
        var acked = acknowledgment - SendUnacknowledged;
        var (isResent, selectiveSample) = (false, news.SampleSentAt);
        while (_sent.Count > 0 && _sent[0].End <= acknowledgment)
        {
            isResent |= _sent[0].Has(SentFlags.EverResent);
            Deliver(ref _sent[0], ref news);
            news.Delivered += _sent[0].Has(SentFlags.Sacked) ? 0 : _sent[0].Length;
            _sent.Pop();
        }

        if (_sent.Count > 0 && _sent[0].Sequence < acknowledgment)
        {
            var part = acknowledgment - _sent[0].Sequence;
            isResent |= _sent[0].Has(SentFlags.EverResent);
            news.Delivered += _sent[0].Has(SentFlags.Sacked) ? 0 : part;
            _sent.TrimFirst(part);
        }

        if (isResent)
        {
            // RFC 6298 section 3, Karn: what was sent once may have waited at the peer behind what was sent again, and measures nothing.
            // SACK tells at once.
            news.SampleSentAt = selectiveSample;
        }

        // The FIN takes a number but no place in the buffer.
        Outgoing.Release(Outgoing.Start + Math.Min(acked, Outgoing.Length));
        SendUnacknowledged = acknowledgment;
        TakeProbe();
        ForgetRecords();
        news.Acked = acked;
        news.Advanced = true;
        _acknowledgedAt = _now;
        ConfirmPath();
        _retries = 0;
        _persistBackoff = 0;
        if (_wantsToWrite && Outgoing.Free >= Outgoing.Limit / 3 && !_isFinQueued)
        {
            _events |= TcpEvents.Writable;
            _wantsToWrite = false;
        }
    }

    /// <summary>RFC 4861 section 7.3.1: what was sent has arrived, so the next hop works.</summary>
    private void ConfirmPath()
    {
        if (_now - _confirmedAt >= ConfirmInterval)
        {
            _confirmedAt = _now;
            _environment.Output.Confirm(_path, new Instant(_now));
        }
    }

    // RFC 2018 section 5, RFC 2883 section 4, RFC 6675 section 4 (Update).
    private void TakeSack(in IncomingSegment segment, ref AckNews news)
    {
        var blocks = segment.Sack;
        news.HasSack = true;
        for (var i = 0; i < blocks.Count; i++)
        {
            var (start, end) = (new SequenceNumber(blocks[i].Start), new SequenceNumber(blocks[i].End));
            if (i == 0 && IsDuplicateReport(segment, start, end))
            {
                news.HasDuplicateSack = true;
                Repair.DuplicateSacks++;
                OnDuplicateSack(start, end);
                continue;
            }

            // RFC 2018: blocks lie above the acknowledgment; what claims to be beyond SND.NXT is not believed.
            if (start >= end || end > SendNext || start < SendUnacknowledged || start < segment.Acknowledgment)
            {
                continue;
            }

            TakeBlock(start, end, ref news);
        }
    }

    private bool IsDuplicateReport(in IncomingSegment segment, SequenceNumber start, SequenceNumber end)
    {
        if (start >= end || end > SendNext || start < SendUnacknowledged - Math.Max(_maxSendWindow, 1u << 16))
        {
            return false;
        }

        if (end <= segment.Acknowledgment)
        {
            return true;
        }

        return segment.Sack.Count > 1
            && new SequenceNumber(segment.Sack[1].Start) <= start && end <= new SequenceNumber(segment.Sack[1].End);
    }

    private void TakeBlock(SequenceNumber start, SequenceNumber end, ref AckNews news)
    {
        for (var i = _sent.IndexEndingAfter(start); i < _sent.Count && _sent[i].Sequence < end;)
        {
            ref var sent = ref _sent[i];
            if (sent.Has(SentFlags.Sacked))
            {
                i = _sent.SkipSacked(i);
                continue;
            }

            if (sent.Sequence >= start && sent.End <= end)
            {
                Deliver(ref sent, ref news);
                news.Sacked += sent.Length;
                news.Delivered += sent.Length;
                _sent.MarkSacked(i);
            }

            i++;
        }
    }

    /// <summary>A segment has arrived, and that is news: it measures and moves RACK on (RFC 8985 section 6.2, step 2).</summary>
    private void Deliver(ref SentSegment sent, ref AckNews news)
    {
        if (sent.Has(SentFlags.Sacked))
        {
            return;
        }

        if (!sent.Has(SentFlags.EverResent))
        {
            news.SampleSentAt = Math.Max(news.SampleSentAt, sent.SentAt);
            news.OriginalArrived |= sent.End <= _recoveryPoint;
        }
        else if (news.Echo != 0 && new SequenceNumber(news.Echo) < new SequenceNumber(TimestampAt(sent.SentAt)))
        {
            // RFC 8985 section 6.2, step 2: TSecr is older than the last copy, so it is an earlier one that arrived.
            return;
        }

        news.ReorderedBy = Math.Max(news.ReorderedBy, _rack.Update(sent, _now, _roundTrip.Min));
    }

    // RFC 6298 section 3, RFC 9293 section 3.8.1, MUST-18 (Karn: never from what was sent again, unless timestamps tell which copy it was),
    // RFC 7323 section 4.
    private void Measure(in IncomingSegment segment, in AckNews news)
    {
        if (news.SampleSentAt > 0)
        {
            var sample = _now - news.SampleSentAt;
            TakeSample(sample);
            if (_phase is not (TcpRecoveryPhase.Reduced or TcpRecoveryPhase.Recovery))
            {
                // While the window is being reduced cwnd is below ssthresh too, and that is not a slow start.
                _environment.Congestion.OnRoundTrip(ref _congestion, sample, _now, SendUnacknowledged, SendNext);
            }
        }
        else if (news.Advanced && _hasTimestamps && segment.HasTimestamps && segment.TimestampEcho != 0)
        {
            var sample = (int)(TimestampNow - segment.TimestampEcho);
            if (sample >= 0)
            {
                TakeSample(Math.Max(1, sample) * TcpTimings.Millisecond);
            }
        }
    }

    /// <summary>
    /// RFC 6298 section 5, the note at its end, and Karn: the timeout stays backed off until something was measured, as with Linux.
    /// </summary>
    private void TakeSample(long sample)
    {
        _roundTrip.Add(sample, _now, Timings);
        _backoff = 0;
    }

    /// <summary>The buffer holds two windows, so that one can be written while the other is on its way.</summary>
    private void TuneSendBuffer()
    {
        if (!_isSendBufferFixed && Outgoing.Limit < Profile.MaxSendBuffer && 2 * _congestion.Window > Outgoing.Limit
            && !_environment.Memory.IsShort)
        {
            Outgoing.Limit = (int)Math.Min(Profile.MaxSendBuffer, 2 * _congestion.Window);
        }
    }
}
