using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Ip;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Tcp.Core;

// Segments as bytes, written into the room that IP gives: data are copied once, and summed while they are in the cache.
internal sealed partial class TcpCore
{
    private const int MaxBlocks = 4;

    /// <summary>Bytes after which an acknowledgment is held back no longer.</summary>
    private const int MostHeld = 64 << 10;

    private long _segmentsSent;
    private SequenceNumber _lastAcknowledged;
    private int _synWindow;

    /// <summary>
    /// The six bits of the differentiated services field, passed to IP as they are (RFC 9293 section 3.9.2.1, MUST-48, SHLD-22).
    /// </summary>
    internal byte TrafficClass { get; set; }

    /// <summary>TTL or hop limit; 0 for the host's usual one (RFC 9293 section 3.9.2, MUST-49).</summary>
    internal byte HopLimit { get; set; }

    /// <summary>RFC 7323 section 5.4: a clock of milliseconds from an origin that differs for each pair.</summary>
    private uint TimestampNow => TimestampAt(_now);

    private uint TimestampAt(long time) => (uint)(time / TcpTimings.Millisecond) + _timestampOffset;

    /// <summary>Sends a segment that has all of a connection's usual parts.</summary>
    private bool Emit(TcpFlags flags, SequenceNumber sequence, long position, int length, bool isNew, bool isProbe = false)
    {
        Span<byte> options = stackalloc byte[TcpOptionsWriter.MaxLength];
        var optionsLength = WriteOptions(options, length, out var hasBlocks);
        var headerLength = TcpSegment.MinHeaderLength + optionsLength;
        var room = _environment.Output.Reserve(_path, headerLength + length);
        if (room.IsEmpty)
        {
            IsBlocked = true;
            _environment.Counters.LinkBusy++;
            return false;
        }

        options[..optionsLength].CopyTo(room[TcpSegment.MinHeaderLength..]);
        if (length > 0)
        {
            Outgoing.CopyTo(position, room.Slice(headerLength, length));
        }

        if (_echoesCongestion)
        {
            // RFC 3168 section 6.1.3.
            flags |= TcpFlags.Ece;
        }

        var ecn = EcnCodepoint.NotCapable;
        if (_hasEcn && isNew && length > 0)
        {
            // RFC 3168 sections 6.1.2 and 6.1.5: new data only, and CWR on the first after a reduction.
            ecn = EcnCodepoint.Capable0;
            flags |= _announcesReduction ? TcpFlags.Cwr : 0;
            _announcesReduction = false;
        }

        flags |= UrgentPointer(sequence) > 0 ? TcpFlags.Urg : 0;
        var window = OfferWindow();
        WriteHeader(room, flags, sequence, ReceiveNext, window, headerLength, headerLength + length);
        var segmentSize = length > _segmentSize && !isProbe ? _segmentSize : 0;
        var mayFragment = segmentSize == 0 && IsBeyondPath(headerLength + length);
        _environment.Output.Send(new IpDeparture(
            IpProtocol.Tcp, headerLength + length, ecn, TrafficClass, HopLimit, MayFragment: mayFragment, SegmentSize: segmentSize));
        CountSent();
        NotePaced(length);
        _segmentsSent += segmentSize > 0 ? (length - 1) / segmentSize : 0;
        Acknowledged(length == 0 || hasBlocks || !Incoming.HasEarly);
        return true;
    }

    private int WriteOptions(Span<byte> options, int length, out bool hasBlocks)
    {
        hasBlocks = false;
        var used = 0;
        if (_hasTimestamps)
        {
            WriteTimestamps(options);
            used = TimestampLength;
        }

        if (!_hasSack || (!_hasDuplicate && !Incoming.HasEarly))
        {
            return used;
        }

        // Data leave no room for blocks when the segment is full; an ACK of its own carries them then.
        var room = Math.Min(TcpOptionsWriter.MaxLength - used, length == 0 ? int.MaxValue : _segmentSize - length) - 4;
        if (room < 8)
        {
            return used;
        }

        Span<TcpSackBlock> blocks = stackalloc TcpSackBlock[MaxBlocks];
        var most = Math.Min(MaxBlocks, room / 8);
        var count = 0;
        if (_hasDuplicate)
        {
            // RFC 2883 section 4: first the duplicate, then the blocks as ever.
            blocks[count++] = _duplicate;
            _hasDuplicate = false;
        }

        count += Incoming.WriteBlocks(blocks[count..most], ReceiveNext);
        if (count == 0)
        {
            return used;
        }

        hasBlocks = true;
        var writer = new TcpOptionsWriter(options[used..]);
        writer.AddNoOperation();
        writer.AddNoOperation();
        writer.AddSackBlocks(blocks[..count]);
        return used + writer.Length;
    }

    // RFC 7323 appendix A; section 3.2: once agreed on in every segment.
    private void WriteTimestamps(Span<byte> options)
    {
        WriteUInt32BigEndian(options, 0x0101080a);
        WriteUInt32BigEndian(options[4..], TimestampNow);
        WriteUInt32BigEndian(options[8..], _timestampRecent);
    }

    private void WriteHeader(
        Span<byte> room, TcpFlags flags, SequenceNumber sequence, SequenceNumber acknowledgment, ushort window, int headerLength,
        int length)
    {
        WriteUInt16BigEndian(room, _localPort.Value);
        WriteUInt16BigEndian(room[2..], _remotePort.Value);
        WriteUInt32BigEndian(room[4..], sequence.Value);
        WriteUInt32BigEndian(room[8..], (flags & TcpFlags.Ack) != 0 ? acknowledgment.Value : 0);
        room[12] = (byte)(headerLength / 4 << 4);
        room[13] = (byte)flags;
        WriteUInt16BigEndian(room[14..], window);
        WriteUInt16BigEndian(room[16..], 0);
        WriteUInt16BigEndian(room[18..], (flags & TcpFlags.Urg) != 0 ? UrgentPointer(sequence) : (ushort)0);

        // RFC 9293 section 3.1, MUST-2.
        var pseudo = _pseudoSum + (uint)length;
        WriteUInt16BigEndian(room[TcpWriter.ChecksumOffset..], _path.Checksum == ChecksumCoverage.Whole
            ? InternetChecksum.Finish(pseudo + InternetChecksum.Sum(room[..length]))
            : (ushort)~InternetChecksum.Finish(pseudo));
    }

    private void CountSent()
    {
        _segmentsSent++;
        _environment.Counters.SegmentsSent++;
    }

    /// <summary>What was sent acknowledged all that came.</summary>
    private void Acknowledged(bool isWhole)
    {
        _lastAcknowledged = ReceiveNext;
        _delayedAckAt = TcpTimings.Never;
        _acknowledgesNow &= !isWhole;
    }

    /// <summary>
    /// Whether an acknowledgment that is due, or data that may be sent, wait for the end of the segments that came together.
    /// </summary>
    internal bool IsHolding { get; private set; }

    /// <summary>One acknowledgment for all that came together (RFC 9293 section 3.10.7.4, MUST-58 and MUST-59).</summary>
    private void FlushAcknowledgment()
    {
        var holds = _acknowledgesNow && _environment.Output.IsTaking && MayHold;
        IsHolding |= holds;
        if (_acknowledgesNow && !holds && !IsBlocked && State is not (TcpState.SynSent or TcpState.Closed))
        {
            SendAcknowledgment();
        }
    }

    /// <summary>
    /// Only data in order wait, and not so long that the peer's window runs out. At the start of a connection, where something is lost,
    /// came twice or was marked, each acknowledgment has news of its own (RFC 5681 section 4.2).
    /// </summary>
    private bool MayHold => _quickAcks == 0 && !_hasDuplicate && !_echoesCongestion && !_hasPeerFin && !Incoming.HasEarly
        && ReceiveNext - _lastAcknowledged is > 0 and var unacknowledged && unacknowledged < Math.Min(MostHeld, Incoming.Limit / 4);

    private void SendAcknowledgment() => Emit(TcpFlags.Ack, SendNext, 0, 0, isNew: false);

    /// <summary>RFC 9293 section 3.5: SYN, or SYN-ACK of a simultaneous open or of Fast Open.</summary>
    private void EmitSyn(bool isAnswer)
    {
        var layout = _environment.Layout;
        var opening = FastOpening is { HasOption: true } one && (!isAnswer || one.Queue is not null) ? one : null;
        var offer = new TcpSynOffer(
            OfferedSegmentSize,
            layout.HasWindowScale && (!isAnswer || _receiveShift > 0 || _sendShift > 0) ? layout.WindowScale : -1,
            _hasSack,
            _hasTimestamps,
            TimestampNow,
            isAnswer ? _timestampRecent : 0);
        Span<byte> options = stackalloc byte[TcpOptionsWriter.MaxLength];
        var optionsLength = layout.Write(options, offer, opening?.Cookie);
        var headerLength = TcpSegment.MinHeaderLength + optionsLength;
        var textLength = isAnswer ? 0 : Math.Min(opening?.Room ?? 0, Outgoing.Length);
        var length = headerLength + textLength;
        var room = _environment.Output.Reserve(_path, length);
        if (room.IsEmpty)
        {
            // The timer sends it again.
            _environment.Counters.LinkBusy++;
            return;
        }

        if (textLength > 0)
        {
            Outgoing.CopyTo(Outgoing.Start, room.Slice(headerLength, textLength));
            opening!.SynText = textLength;
        }

        // RFC 3168 section 6.1.1: ECE and CWR ask for ECN, ECE alone grants it.
        var flags = isAnswer
            ? TcpFlags.Syn | TcpFlags.Ack | (_hasEcn ? TcpFlags.Ece : 0)
            : TcpFlags.Syn | (_offersEcn ? TcpFlags.Ece | TcpFlags.Cwr : 0);
        options[..optionsLength].CopyTo(room[TcpSegment.MinHeaderLength..]);
        _synWindow = SynWindow(Profile, OfferedSegmentSize);
        if (isAnswer)
        {
            // An acknowledgment in between may have offered more (RFC 9293 section 3.8.6).
            _synWindow = Math.Max(_synWindow, (int)Math.Min(ReceiveWindow, MaxField));
            _advertised = SequenceNumber.Later(_advertised, ReceiveNext + (uint)_synWindow);
        }

        WriteHeader(room, flags, _initialSend, ReceiveNext, (ushort)_synWindow, headerLength, length);
        _environment.Output.Send(new IpDeparture(
            IpProtocol.Tcp, length, TrafficClass: TrafficClass, HopLimit: HopLimit, MayFragment: IsBeyondPath(length)));
        CountSent();
    }

    /// <summary>
    /// Whether a path takes no segments of the least size any more (<see cref="TcpProfile.MinimumSegmentSize"/>): those that do not fit are
    /// cut by IP.
    /// </summary>
    private bool IsBeyondPath(int length) => length > _path.Mtu - HeadersLength + TcpSegment.MinHeaderLength;

    /// <summary>The window field of a SYN, which is never scaled (RFC 7323 section 2.2).</summary>
    internal static int SynWindow(TcpProfile profile, int segmentSize)
    {
        var buffer = profile.InitialReceiveBuffer;
        var whole = profile.IsSynWindowWholeSegments && buffer > segmentSize ? buffer / segmentSize * segmentSize : buffer;
        return Math.Min(whole, Math.Clamp(profile.MaxSynWindow, 1, ushort.MaxValue));
    }

    /// <summary>RFC 9293 section 3.5.2: an RST; with an acknowledgment when the segment it answers had none.</summary>
    private void SendReset(SequenceNumber sequence, SequenceNumber? acknowledges)
    {
        // RFC 7323 section 3.2: an RST of a connection that has agreed on timestamps SHOULD have them.
        var hasTimestamps = _hasTimestamps && acknowledges is not null;
        var length = TcpSegment.MinHeaderLength + (hasTimestamps ? TimestampLength : 0);
        var room = _environment.Output.Reserve(_path, length);
        if (room.IsEmpty)
        {
            _environment.Counters.LinkBusy++;
            return;
        }

        if (hasTimestamps)
        {
            WriteTimestamps(room[TcpSegment.MinHeaderLength..]);
        }

        WriteHeader(
            room, TcpFlags.Rst | (acknowledges is null ? 0 : TcpFlags.Ack), sequence, acknowledges ?? default, window: 0, length, length);
        _environment.Output.Send(new IpDeparture(IpProtocol.Tcp, length, TrafficClass: TrafficClass, HopLimit: HopLimit));
        _environment.Counters.ResetsSent++;
        CountSent();
    }
}
