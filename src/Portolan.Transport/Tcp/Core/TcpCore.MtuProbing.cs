using Portolan.Packets;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

// Path MTU discovery by probes (RFC 4821): where no packet-too-big comes, larger segments show what arrives, and timeouts what does not.
// Off unless the profile says otherwise (TcpProfile.MtuProbing). Preconditions and numbers are those of Linux.
internal sealed partial class TcpCore
{
    /// <summary>RFC 4821 section 7.4: with a smaller window the loss of a probe would be repaired late.</summary>
    private const int LeastProbingWindow = 11;

    /// <summary>So many timeouts in a row are a sign of a black hole (RFC 4821 section 7.7): R1 of RFC 9293 section 3.8.3.</summary>
    private const int BlackHoleTimeouts = 3;

    private int OptionsLength => _hasTimestamps ? TimestampLength : 0;

    /// <summary>RFC 4821 section 7.2. Begins small, unless a route or a router has told the path's MTU.</summary>
    private void BeginMtuSearch()
    {
        _rare?.MtuSearch = null;
        if (Profile.MtuProbing == TcpMtuProbing.Always)
        {
            var least = Math.Min(Profile.BaseSegmentSize + OptionsLength + HeadersLength, _path.Mtu);
            Rare.MtuSearch = new MtuSearch
            {
                Low = least,
                High = LargestPacket,
                Effective = _path.IsMtuTold ? _path.Mtu : least,
                Since = _now,
            };
        }
    }

    private int LargestPacket => _peerSegmentSize + HeadersLength;

    /// <summary>
    /// Whether a probe is to be sent now (RFC 4821 section 7.4): the bytes of it, 0 for none, -1 when it waits for room and all else with
    /// it.
    /// </summary>
    private int NextProbe()
    {
        if (_rare?.MtuSearch is not { Probe: 0 } search || _phase != TcpRecoveryPhase.Open
            || _congestion.Window < (long)LeastProbingWindow * _segmentSize
            || SendsUrgent || _hasDuplicate || Incoming.HasEarly || IsRestDue)
        {
            return 0;
        }

        var packet = search.Next(_path.Mtu);
        if (packet == 0)
        {
            if (_now - search.Since >= Timings.MtuProbeInterval)
            {
                search.Restart(LargestPacket, _now);
            }

            return 0;
        }

        // So much that duplicate acknowledgments show when the probe is lost.
        var length = packet - OptionsLength - HeadersLength;
        var needed = length + ((DuplicateThreshold + 1) * _segmentSize);
        var position = Outgoing.End - Unsent;
        if (length <= _segmentSize || Unsent < needed || NextRecordEnd(position) - position < length || _sendWindow < needed
            || length > _congestion.Window / 2)
        {
            return 0;
        }

        if (UsableWindow >= needed && Pipe + length <= _congestion.Window)
        {
            return length;
        }

        _isWindowLimited |= Pipe + length > _congestion.Window;
        return _sent.Count > 0 ? -1 : 0;
    }

    /// <summary>Sends the next bytes as a probe: one packet, not cut by a link, and one segment of the scoreboard.</summary>
    private bool TrySendProbe(int length)
    {
        RestartAfterIdle();
        var position = Outgoing.End - Unsent;
        if (!Emit(TcpFlags.Ack | (IsPushed(position + length) ? TcpFlags.Psh : 0), SendNext, position, length, isNew: true, isProbe: true))
        {
            return false;
        }

        if (_sent.Count == 0)
        {
            _acknowledgedAt = _now;
        }

        _rare!.MtuSearch!.Sent(length + OptionsLength + HeadersLength, SendNext, SendNext + (uint)length);
        _sent.Push(SendNext, length, NextStamp(isResent: false));
        SendNext += (uint)length;
        return true;
    }

    /// <summary>RFC 4821 section 7.6.1: the probe has arrived, and from now on all segments are as large.</summary>
    private void TakeProbe()
    {
        if (_rare?.MtuSearch is { Probe: not 0 } search && SendUnacknowledged >= search.ProbeEnd)
        {
            search.Succeed();
            UseSegmentSize(EffectiveSegmentSize());
        }
    }

    /// <summary>
    /// RFC 4821 section 7.6.2: the probe is lost and nothing else, so it was too large, and that is no congestion. With other losses it
    /// says nothing (section 7.6.4), and recovery sends its bytes again.
    /// </summary>
    private bool TryFailProbe()
    {
        if (_rare?.MtuSearch is not { Probe: not 0 } search)
        {
            return false;
        }

        var index = _sent.IndexEndingAfter(search.ProbeStart);
        if (index == _sent.Count || !_sent[index].Has(SentFlags.Lost) || _sent.LostBytes != _sent[index].Length
            || _sent[index].End != search.ProbeEnd)
        {
            return false;
        }

        search.Fail();
        ResendTooLarge();
        return true;
    }

    /// <summary>What is sent again in smaller segments proves nothing when it arrives.</summary>
    private void ForgetProbe(SequenceNumber first, SequenceNumber end)
    {
        if (_rare?.MtuSearch is { Probe: not 0 } search && first < search.ProbeEnd && search.ProbeStart < end)
        {
            search.Probe = 0;
        }
    }

    /// <summary>
    /// A timeout: of a probe it is congestion too (RFC 4821 section 7.6.3); many in a row are a black hole (section 7.7).
    /// </summary>
    private void LookForBlackHole()
    {
        if (_rare?.MtuSearch is { Probe: not 0 } search && SendUnacknowledged == search.ProbeStart)
        {
            search.Fail();
        }

        // A smaller segment is not lost for its size.
        var smaller =
            Math.Max(_segmentSize > Profile.BaseSegmentSize ? Profile.BaseSegmentSize : _segmentSize / 2, Profile.MinimumSegmentSize);
        if (Profile.MtuProbing != TcpMtuProbing.Off && _retries >= BlackHoleTimeouts && _sent[0].Length > smaller && smaller < _segmentSize)
        {
            var rare = Rare;
            rare.MtuSearch ??= new MtuSearch { High = LargestPacket, Since = _now };
            rare.MtuSearch.Fall(smaller + OptionsLength + HeadersLength);
            UseSegmentSize(EffectiveSegmentSize());
            ResendTooLarge();
        }
    }

    /// <summary>RFC 4821 section 7.6.1: cwnd is counted in bytes and stays.</summary>
    private void UseSegmentSize(int segmentSize)
    {
        _segmentSize = segmentSize;
        _congestion.Resize(segmentSize);
    }
}
