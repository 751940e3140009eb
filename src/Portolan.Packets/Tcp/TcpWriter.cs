using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes TCP segments (RFC 9293 section 3.1).</summary>
public static class TcpWriter
{
    /// <summary>Where the sequence number lies in a header.</summary>
    public const int SequenceOffset = 4;

    /// <summary>Where the checksum lies in a header, for those who patch a template.</summary>
    public const int ChecksumOffset = 16;

    /// <summary>Writes header, options, payload and checksum. Returns their length.</summary>
    /// <param name="segment">Room for all of it.</param>
    /// <param name="source">The packet's sender, for the checksum.</param>
    /// <param name="destination">The packet's receiver.</param>
    /// <param name="header">The fixed fields.</param>
    /// <param name="options">Encoded options, 0–40 bytes, a multiple of four: see <see cref="TcpOptionsWriter"/>.</param>
    /// <param name="payload">The data.</param>
    /// <param name="checksum">Whether the link completes the checksum.</param>
    public static int Write(
        Span<byte> segment,
        InternetAddress source,
        InternetAddress destination,
        in TcpHeader header,
        ReadOnlySpan<byte> options = default,
        ReadOnlySpan<byte> payload = default,
        ChecksumCoverage checksum = ChecksumCoverage.Whole)
    {
        if (options.Length > TcpOptionsWriter.MaxLength || options.Length % 4 != 0)
        {
            throw new ArgumentException($"options have 0-40 bytes, a multiple of four, not {options.Length}", nameof(options));
        }

        var headerLength = TcpSegment.MinHeaderLength + options.Length;
        payload.CopyTo(segment[headerLength..]);
        options.CopyTo(segment[TcpSegment.MinHeaderLength..]);
        WriteUInt16BigEndian(segment, header.SourcePort.Value);
        WriteUInt16BigEndian(segment[2..], header.DestinationPort.Value);
        WriteUInt32BigEndian(segment[SequenceOffset..], header.Sequence);
        WriteUInt32BigEndian(segment[8..], header.Acknowledgment);
        segment[12] = (byte)((headerLength / 4 << 4) | (header.AccurateEcn ? 1 : 0));
        segment[13] = (byte)header.Flags;
        WriteUInt16BigEndian(segment[14..], header.Window);
        WriteUInt16BigEndian(segment[ChecksumOffset..], 0);
        WriteUInt16BigEndian(segment[18..], header.UrgentPointer);
        var length = headerLength + payload.Length;
        WriteUInt16BigEndian(segment[ChecksumOffset..], checksum == ChecksumCoverage.Whole
            ? InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, segment[..length])
            : PartialChecksum.Of(source, destination, IpProtocol.Tcp, length));
        return length;
    }
}
