using Portolan.Model;

namespace Portolan.Transport.Tcp.Core;

// Urgent data: RFC 9293 section 3.8.5 in the form of RFC 6093: they stay in the stream, and a mark beside it tells where they end.
internal sealed partial class TcpCore
{
    private bool SendsUrgent => _rare is { SendsUrgent: true };

    /// <summary>
    /// How many bytes that are not read yet, come or not, lie before the end of urgent data; 0 when there are none (RFC 9293 section 3.8.5,
    /// MUST-33).
    /// </summary>
    internal long UrgentPending => Math.Max(0, (_rare?.UrgentEnd ?? 0) - Incoming.ReadPosition);

    /// <summary>
    /// Writes data of which the last byte is the last urgent one; a shorter answer than <paramref name="data"/> means that the mark is on
    /// the last byte taken.
    /// </summary>
    internal int WriteUrgent(ReadOnlySpan<byte> data, Instant now)
    {
        if (!CanWrite)
        {
            return 0;
        }

        Enter(now);
        var taken = Outgoing.Write(data);
        MarkPush(TcpWriteMode.None, isWhole: true);
        _wantsToWrite = taken < data.Length;
        if (taken > 0)
        {
            // RFC 9293 section 3.8.5, MUST-30 and MUST-62: SND.UP is the number after the last urgent byte. Data may be of any length,
            // MUST-31.
            (Rare.SendUrgent, Rare.SendsUrgent) =
                (State is TcpState.SynSent or TcpState.SynReceived && !IsOpenByCookie ? SendNext + (uint)Outgoing.Length : DataEnd, true);
        }

        Leave();
        return taken;
    }

    /// <summary>
    /// The pointer for a segment that begins at a number; 0 when no urgent data lie behind it. What is too far for 16 bits is told as far
    /// as they reach.
    /// </summary>
    private ushort UrgentPointer(SequenceNumber sequence)
    {
        if (_rare is not { SendsUrgent: true } rare)
        {
            return 0;
        }

        if (SendUnacknowledged >= rare.SendUrgent)
        {
            rare.SendsUrgent = false;
            return 0;
        }

        return sequence < rare.SendUrgent ? (ushort)Math.Min(rare.SendUrgent - sequence, ushort.MaxValue) : (ushort)0;
    }

    /// <summary>
    /// RFC 9293 section 3.10.7.4, sixth: RCV.UP follows the pointer forward, and the user is notified each time it moves on (MUST-32). It
    /// counts also where the window is shut (MUST-66).
    /// </summary>
    private void TakeUrgent(in IncomingSegment segment, SequenceNumber sequence)
    {
        if (State is not (TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2))
        {
            return;
        }

        var end = Incoming.Next + (sequence + segment.Segment.UrgentPointer - ReceiveNext);
        if (end > Math.Max(_rare?.UrgentEnd ?? 0, Incoming.ReadPosition))
        {
            Rare.UrgentEnd = end;
            _events |= TcpEvents.Urgent;
        }
    }
}
