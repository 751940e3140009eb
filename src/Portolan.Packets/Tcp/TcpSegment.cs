using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>A TCP segment (RFC 9293 section 3.1).</summary>
public readonly ref struct TcpSegment
{
    /// <summary>Bytes of a header without options.</summary>
    public const int MinHeaderLength = 20;

    /// <summary>The longest header: 15 words of four bytes.</summary>
    public const int MaxHeaderLength = 60;

    private readonly ReadOnlySpan<byte> _bytes;

    private TcpSegment(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The sender's port.</summary>
    public PortNumber SourcePort => new(ReadUInt16BigEndian(_bytes));

    /// <summary>The receiver's port.</summary>
    public PortNumber DestinationPort => new(ReadUInt16BigEndian(_bytes[2..]));

    /// <summary>SEQ: the number of the first byte of <see cref="Payload"/>, or of SYN.</summary>
    public uint Sequence => ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>ACK: the next number that the sender expects. It counts only with <see cref="TcpFlags.Ack"/>.</summary>
    public uint Acknowledgment => ReadUInt32BigEndian(_bytes[8..]);

    /// <summary>20–60 bytes.</summary>
    public int HeaderLength => (_bytes[12] >> 4) * 4;

    /// <summary>The control bits.</summary>
    public TcpFlags Flags => (TcpFlags)_bytes[13];

    /// <summary>The bit AE beside the flags (RFC 9768 section 3.1).</summary>
    public bool AccurateEcn => (_bytes[12] & 1) != 0;

    /// <summary>
    /// AE, CWR and ECE as one number, 0–7: the counter of marked packets of an AccECN connection (RFC 9768 section 3.2.2).
    /// </summary>
    public int AccurateEcnCounter => ((_bytes[12] & 1) << 2) | (_bytes[13] >> 6);

    /// <summary>The window field, unscaled.</summary>
    public ushort Window => ReadUInt16BigEndian(_bytes[14..]);

    /// <summary>The checksum as it came. A frame that never left this host may hold a part of it.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[16..]);

    /// <summary>Counts only with <see cref="TcpFlags.Urg"/>.</summary>
    public ushort UrgentPointer => ReadUInt16BigEndian(_bytes[18..]);

    /// <summary>The options, read one by one.</summary>
    public TcpOptions Options => new(_bytes[MinHeaderLength..HeaderLength]);

    /// <summary>The data.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>How much of the sequence space it takes: its data, and one each for SYN and FIN (RFC 9293 section 3.4).</summary>
    public int SequenceLength => Payload.Length + ((Flags & TcpFlags.Syn) != 0 ? 1 : 0) + ((Flags & TcpFlags.Fin) != 0 ? 1 : 0);

    /// <summary>Whether <see cref="Checksum"/> fits.</summary>
    public bool HasValidChecksum(InternetAddress source, InternetAddress destination) =>
        InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, _bytes) == 0;

    /// <summary>Fails when the header does not fit. Options and checksum are not looked at.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out TcpSegment segment)
    {
        segment = default;
        if (bytes.Length < MinHeaderLength)
        {
            return false;
        }

        var headerLength = (bytes[12] >> 4) * 4;
        if (headerLength < MinHeaderLength || headerLength > bytes.Length)
        {
            return false;
        }

        segment = new TcpSegment(bytes);
        return true;
    }
}
