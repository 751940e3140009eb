using Portolan.Packets;
using Portolan.Transport.Ip;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Tcp.Core;

/// <summary>A segment that came, its checksum and ends already checked: RFC 9293's SEG variables over the bytes of the packet.</summary>
internal readonly ref struct IncomingSegment
{
    private const uint PaddedTimestamps = 0x0101080a;
    private const uint PaddedWindowScale = 0x010303;

    // MSS of any value, SACK permitted, and the head of timestamps.
    private const ulong SynMask = 0xffff_0000_ffff_ffff;
    private const ulong LinuxSyn = 0x0204_0000_0402_080a;

    internal IncomingSegment(TcpSegment segment, EcnCodepoint ecn)
    {
        Segment = segment;
        Payload = segment.Payload;
        Sequence = new SequenceNumber(segment.Sequence);
        Acknowledgment = new SequenceNumber(segment.Acknowledgment);
        Flags = segment.Flags;
        Ecn = ecn;
        var options = segment.Options;
        var bytes = options.Bytes;

        // RFC 7323 appendix A: this is what nearly every segment looks like.
        if (bytes.Length == 12 && ReadUInt32BigEndian(bytes) == PaddedTimestamps)
        {
            HasTimestamps = true;
            TimestampValue = ReadUInt32BigEndian(bytes[4..]);
            TimestampEcho = ReadUInt32BigEndian(bytes[8..]);
        }
        else if (bytes.Length == 20 && (ReadUInt64BigEndian(bytes) & SynMask) == LinuxSyn
            && ReadUInt32BigEndian(bytes[16..]) >> 8 == PaddedWindowScale)
        {
            // And this the SYN of Linux, and of this stack.
            MaximumSegmentSize = ReadUInt16BigEndian(bytes[2..]);
            SackPermitted = true;
            HasTimestamps = true;
            TimestampValue = ReadUInt32BigEndian(bytes[8..]);
            TimestampEcho = ReadUInt32BigEndian(bytes[12..]);
            WindowScale = bytes[19];
        }
        else if (!bytes.IsEmpty)
        {
            var values = options.Read();
            HasTimestamps = values.Has(TcpOptionSet.Timestamps);
            TimestampValue = values.TimestampValue;
            TimestampEcho = values.TimestampEcho;
            Sack = values.SackBlocks;
            MaximumSegmentSize = values.MaximumSegmentSize;
            WindowScale = values.WindowScale;
            SackPermitted = values.Has(TcpOptionSet.SackPermitted);
            UserTimeout = values.UserTimeout;
        }
    }

    internal TcpSegment Segment { get; }

    internal ReadOnlySpan<byte> Payload { get; }

    internal SequenceNumber Sequence { get; }

    internal SequenceNumber Acknowledgment { get; }

    internal TcpFlags Flags { get; }

    internal EcnCodepoint Ecn { get; }

    internal bool HasTimestamps { get; }

    internal uint TimestampValue { get; }

    internal uint TimestampEcho { get; }

    internal TcpSackBlocks Sack { get; }

    internal ushort? MaximumSegmentSize { get; }

    internal byte? WindowScale { get; }

    internal bool SackPermitted { get; }

    internal TimeSpan? UserTimeout { get; }

    internal bool IsSyn => (Flags & TcpFlags.Syn) != 0;

    internal bool IsAck => (Flags & TcpFlags.Ack) != 0;

    internal bool IsRst => (Flags & TcpFlags.Rst) != 0;

    internal bool IsFin => (Flags & TcpFlags.Fin) != 0;

    /// <summary>SEG.LEN.</summary>
    internal int Length => Payload.Length + (IsSyn ? 1 : 0) + (IsFin ? 1 : 0);
}
