using Portolan.Model;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

// What must hold whenever a connection has settled. Simulations ask after every event.
internal sealed partial class TcpCore
{
    /// <summary>Names the first invariant that does not hold; <c>null</c> when all do.</summary>
    internal string? FindFault()
    {
        if (IsOver)
        {
            return _sent.Count == 0 && Outgoing.Length == 0 && Deadline == TcpTimings.Never ? null : "memory or timers outlive the connection";
        }

        if (State is TcpState.SynSent or TcpState.SynReceived)
        {
            return _retransmitAt == TcpTimings.Never ? "no timer during the handshake" : null;
        }

        return FindFaultOfQueue() ?? FindFaultOfTimers();
    }

    private string? FindFaultOfQueue()
    {
        var (bytes, sacked, sackedCount, lost, resent, lostUnsent) = (0, 0, 0, 0, 0, 0);
        var next = SendUnacknowledged;
        for (var i = 0; i < _sent.Count; i++)
        {
            var sent = _sent[i];
            if (sent.Sequence != next || sent.Length <= 0)
            {
                return $"segment {i} does not begin where the one before ends";
            }

            next = sent.End;
            bytes += sent.Length;
            sacked += sent.Has(SentFlags.Sacked) ? sent.Length : 0;
            sackedCount += sent.Has(SentFlags.Sacked) ? 1 : 0;
            lost += sent.Has(SentFlags.Lost) ? sent.Length : 0;
            resent += sent.Has(SentFlags.Resent) ? sent.Length : 0;
            lostUnsent += (sent.Flags & (SentFlags.Lost | SentFlags.Resent)) == SentFlags.Lost ? sent.Length : 0;
            if (sent.Has(SentFlags.Sacked) && sent.Has(SentFlags.Lost | SentFlags.Resent))
            {
                return $"segment {i} is acknowledged selectively and under way";
            }
        }

        if (next != SendNext)
        {
            return "SND.NXT is not the end of what was sent";
        }

        if ((bytes, sacked, sackedCount, lost, resent, lostUnsent)
            != (_sent.Bytes, _sent.SackedBytes, _sent.SackedCount, _sent.LostBytes, _sent.ResentBytes, _sent.LostUnsentBytes))
        {
            return "the sums of the scoreboard are wrong";
        }

        return _sent.Pipe < 0 || Pipe < 0 ? "less than nothing is in flight" : _congestion.Window < _segmentSize ? "cwnd is below a segment" : null;
    }

    private string? FindFaultOfTimers()
    {
        if (_sent.Count > 0 && _retransmitAt == TcpTimings.Never)
        {
            return "data are in flight and no timer is armed";
        }

        if (CanSendData && !IsBlocked && _sent.Count == 0 && (Unsent > 0 || (_isFinQueued && !_isFinSent)) && _retransmitAt == TcpTimings.Never)
        {
            return "data wait and no timer is armed";
        }

        if (ReceiveNext != _lastAcknowledged && _delayedAckAt == TcpTimings.Never && !_acknowledgesNow)
        {
            return "data came and no acknowledgment is due";
        }

        return _timerKind == RetransmitTimer.Persist && _sent.Count > 0 && _retransmitAt != TcpTimings.Never ? "persist and retransmission at once" : null;
    }
}
