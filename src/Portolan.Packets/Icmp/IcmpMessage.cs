using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>An ICMP message (RFC 792).</summary>
public readonly ref struct IcmpMessage
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private IcmpMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The first byte: what kind of message it is (RFC 792).</summary>
    public IcmpType Type => (IcmpType)_bytes[0];

    /// <summary>The code, which details the type.</summary>
    public byte Code => _bytes[1];

    /// <summary>The checksum as it came.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Whether <see cref="Checksum"/> fits.</summary>
    public bool HasValidChecksum => InternetChecksum.Of(_bytes) == 0;

    /// <summary>Which asker: of echo and timestamp messages.</summary>
    public ushort Identifier => ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>Which question: of echo and timestamp messages.</summary>
    public ushort SequenceNumber => ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>
    /// The next hop's MTU in bytes: of <see cref="IcmpUnreachableCode.FragmentationNeeded"/> (RFC 1191 section 4); old routers say 0.
    /// </summary>
    public ushort NextHopMtu => ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>The better gateway: of a redirect.</summary>
    public InternetAddress Gateway => InternetAddress.FromIPv4(ReadUInt32BigEndian(_bytes[4..]));

    /// <summary>It reports on a packet of ours and quotes its start.</summary>
    public bool IsError => Type
        is IcmpType.DestinationUnreachable or IcmpType.SourceQuench or IcmpType.Redirect or IcmpType.TimeExceeded
            or IcmpType.ParameterProblem;

    /// <summary>What follows the eight bytes of the header.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>
    /// The start of the packet that an error is about, often 28 bytes; empty for other messages. Read it with <see cref="QuotedPacket"/>.
    /// </summary>
    public ReadOnlySpan<byte> Quoted
    {
        get
        {
            if (!IsError)
            {
                return default;
            }

            // RFC 4884 section 5.2: byte 5 counts the quoted words when extensions follow them.
            var length = Type is IcmpType.DestinationUnreachable or IcmpType.TimeExceeded or IcmpType.ParameterProblem ? _bytes[5] * 4 : 0;
            return length > 0 && length < Payload.Length ? Payload[..length] : Payload;
        }
    }

    /// <summary>
    /// Reads the three times of a timestamp message, in milliseconds since midnight UTC; the highest bit set means another unit.
    /// </summary>
    public bool TryReadTimestamps(out uint originate, out uint receive, out uint transmit)
    {
        var ok = Type is IcmpType.TimestampRequest or IcmpType.TimestampReply && Payload.Length >= 12;
        originate = ok ? ReadUInt32BigEndian(Payload) : 0;
        receive = ok ? ReadUInt32BigEndian(Payload[4..]) : 0;
        transmit = ok ? ReadUInt32BigEndian(Payload[8..]) : 0;
        return ok;
    }

    /// <summary>Fails when the header is cut short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out IcmpMessage message)
    {
        var ok = bytes.Length >= HeaderLength;
        message = ok ? new IcmpMessage(bytes) : default;
        return ok;
    }
}
