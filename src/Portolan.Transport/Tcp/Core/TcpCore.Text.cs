using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Ip;

namespace Portolan.Transport.Tcp.Core;

// Text and FIN (RFC 9293 section 3.10.7.4, seventh and eighth), delayed acknowledgments (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2).
internal sealed partial class TcpCore
{
    private int _receiveSegmentSize;
    private int _quickAcks;
    private bool _acknowledgesNow;
    private bool _isReaderGone;
    private bool _hasPeerFin;
    private long _peerFinPosition = -1;
    private TcpSackBlock _duplicate;
    private bool _hasDuplicate;
    private bool _echoesCongestion;

    /// <summary>RCV.NXT.</summary>
    internal SequenceNumber ReceiveNext { get; private set; }

    /// <summary>Whether the peer's FIN came and all before it.</summary>
    internal bool HasPeerFin => _hasPeerFin;

    private void TakeText(in IncomingSegment segment, SequenceNumber sequence)
    {
        if (State is not (TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2))
        {
            // RFC 9293 section 3.10.7.4: after the peer's FIN there is no text; a FIN that comes again is acknowledged.
            _acknowledgesNow = true;
            return;
        }

        TakeCongestionMark(segment);
        var data = segment.Payload;
        _dataReceivedAt = data.IsEmpty ? _dataReceivedAt : _now;
        var isFin = segment.IsFin;
        if (_isReaderGone && sequence + (uint)data.Length > ReceiveNext)
        {
            // RFC 9293 section 3.6.1: it will not be read, so the peer must learn that it is lost. What was read before and comes again is
            // not. What it acknowledges is the number it expects next, so that it believes the RST (RFC 5961 section 3.2).
            _environment.Counters.Drop(TcpDrop.NoReader);
            SendReset(segment.Acknowledgment, acknowledges: null);
            Fail(TcpError.Aborted, sendsReset: false);
            return;
        }

        // What came before is cut off in front, what does not fit the window behind.
        var old = ReceiveNext - sequence;
        if (old > 0)
        {
            if (!data.IsEmpty)
            {
                NoteDuplicate(sequence, sequence + (uint)Math.Min(old, data.Length));
                _acknowledgesNow = true;
            }

            data = data[Math.Min(old, data.Length)..];
            sequence = ReceiveNext;
        }

        var room = _advertised - sequence;
        if (data.Length > room)
        {
            data = data[..Math.Max(0, room)];
            isFin = false;
            _acknowledgesNow = true;
        }

        var position = Incoming.Next + (sequence - ReceiveNext);
        if (isFin)
        {
            NotePeerFin(position + data.Length);
            _quickAcks = position == Incoming.Next ? 0 : _quickAcks;
        }

        if (_peerFinPosition >= 0 && position + data.Length > _peerFinPosition)
        {
            // Nothing comes after a FIN.
            data = data[..(int)Math.Max(0, _peerFinPosition - position)];
        }

        if (!data.IsEmpty)
        {
            Take(position, sequence, data);
        }

        TakePeerFin();

        // A FIN that came before its time or contradicts what came, and text that lets one count which came before.
        _acknowledgesNow |= isFin != _hasPeerFin;
    }

    private void Take(long position, SequenceNumber sequence, ReadOnlySpan<byte> data)
    {
        var isInOrder = position == Incoming.Next;
        var hadEarly = Incoming.HasEarly;
        if (!_hasDuplicate && Incoming.TryFindEarly(position, position + data.Length, out var held))
        {
            // RFC 2883 section 4.2: also of a segment that is new in part; the first part that is not is reported.
            NoteDuplicate(sequence + (uint)(held.Start - position), sequence + (uint)(held.End - position));
        }

        if (!Incoming.Place(position, data))
        {
            _environment.Counters.Drop(TcpDrop.NoMemory);
            _acknowledgesNow = true;
        }

        var next = _initialReceive + 1u + (uint)Incoming.Next;
        var taken = next - ReceiveNext;
        ReceiveNext = next;
        _receiveSegmentSize = Math.Max(_receiveSegmentSize, Math.Min(data.Length, OfferedSegmentSize));
        if (!isInOrder || hadEarly)
        {
            // RFC 5681 section 4.2, RFC 9293 section 3.10.7.4, MAY-13: out of order, and what fills a gap, at once.
            _acknowledgesNow = true;
        }

        if (taken > 0)
        {
            _events |= TcpEvents.Readable;
            ScheduleAcknowledgment();
        }
    }

    /// <summary>
    /// RFC 5681 section 4.2, RFC 9293 section 3.8.6.3 (SHLD-18, SHLD-19, MUST-40): every second full segment at once, else within the
    /// delay; at the start of a connection each at once.
    /// </summary>
    private void ScheduleAcknowledgment()
    {
        if (_quickAcks > 0)
        {
            _quickAcks--;
            _acknowledgesNow = true;
        }
        else if (ReceiveNext - _lastAcknowledged > _receiveSegmentSize)
        {
            _acknowledgesNow = true;
        }
        else if (_delayedAckAt == TcpTimings.Never)
        {
            // Linux measures how often data come; of a connection that has had none it waits until its next tick only.
            _delayedAckAt = TcpTimings.Later(_now, Incoming.Next == 0 ? Math.Min(TcpTimings.Tick, Timings.DelayedAck) : Timings.DelayedAck);
        }
    }

    /// <summary>RFC 3168 section 6.1.3, RFC 9293 section 3.8.2, SHLD-8: CE is echoed until CWR comes.</summary>
    private void TakeCongestionMark(in IncomingSegment segment)
    {
        if (!_hasEcn)
        {
            return;
        }

        if ((segment.Flags & TcpFlags.Cwr) != 0)
        {
            _echoesCongestion = false;
        }

        if (segment.Ecn == EcnCodepoint.CongestionExperienced)
        {
            _acknowledgesNow |= !_echoesCongestion;
            _echoesCongestion = true;
        }
    }

    /// <summary>
    /// A FIN may come before data in front of it; it counts once they are there. One that contradicts what came is not believed.
    /// </summary>
    private void NotePeerFin(long position)
    {
        if (_peerFinPosition < 0 && position >= Incoming.HighestEnd)
        {
            _peerFinPosition = position;
        }
    }

    /// <summary>
    /// Linux (tcp_fin) lets the acknowledgment wait for the own FIN: a program that closes at once answers in one segment.
    /// </summary>
    private void TakePeerFin()
    {
        if (_hasPeerFin || _peerFinPosition != Incoming.Next)
        {
            return;
        }

        _hasPeerFin = true;
        ReceiveNext += 1u;
        _events |= TcpEvents.Readable;
        _acknowledgesNow |= State != TcpState.Established || !Profile.DelaysFinAcknowledgment;
        switch (State)
        {
            case TcpState.Established:
                State = TcpState.CloseWait;
                ScheduleAcknowledgment();
                break;
            case TcpState.FinWait1:
                // AfterAcknowledgment has gone to FIN-WAIT-2 when this segment acknowledged the FIN.
                State = TcpState.Closing;
                break;
            case TcpState.FinWait2:
                EnterTimeWait();
                break;
        }
    }

    /// <summary>RFC 2883 section 4: the next acknowledgment reports it.</summary>
    private void NoteDuplicate(SequenceNumber start, SequenceNumber end)
    {
        if (_hasSack && start < end)
        {
            _duplicate = new TcpSackBlock(start.Value, end.Value);
            _hasDuplicate = true;
        }
    }
}
