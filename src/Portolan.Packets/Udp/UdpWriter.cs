using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes UDP datagrams (RFC 768).</summary>
public static class UdpWriter
{
    /// <summary>Where the checksum lies in a header.</summary>
    public const int ChecksumOffset = 6;

    /// <summary>Writes header, payload and checksum. Returns their length.</summary>
    /// <param name="datagram">Room for 8 bytes and the payload.</param>
    /// <param name="source">The packet's sender, for the checksum.</param>
    /// <param name="destination">The packet's receiver.</param>
    /// <param name="sourcePort">The datagram's sender.</param>
    /// <param name="destinationPort">The datagram's receiver.</param>
    /// <param name="payload">At most 65,507 bytes over IPv4. May be the bytes at <c>datagram[8..]</c> already.</param>
    /// <param name="checksum">Whether the link completes the checksum.</param>
    public static int Write(
        Span<byte> datagram,
        InternetAddress source,
        InternetAddress destination,
        PortNumber sourcePort,
        PortNumber destinationPort,
        ReadOnlySpan<byte> payload = default,
        ChecksumCoverage checksum = ChecksumCoverage.Whole)
    {
        var length = UdpDatagram.HeaderLength + payload.Length;
        payload.CopyTo(datagram[UdpDatagram.HeaderLength..]);
        WriteUInt16BigEndian(datagram, sourcePort.Value);
        WriteUInt16BigEndian(datagram[2..], destinationPort.Value);
        WriteUInt16BigEndian(datagram[4..], checked((ushort)length));
        WriteUInt16BigEndian(datagram[ChecksumOffset..], 0);
        if (checksum == ChecksumCoverage.PseudoHeader)
        {
            WriteUInt16BigEndian(datagram[ChecksumOffset..], PartialChecksum.Of(source, destination, IpProtocol.Udp, length));
            return length;
        }

        var sum = InternetChecksum.OfTransport(source, destination, IpProtocol.Udp, datagram[..length]);

        // RFC 768: zero says that there is no checksum, so a sum of zero is sent as its other form.
        WriteUInt16BigEndian(datagram[ChecksumOffset..], sum == 0 ? (ushort)0xffff : sum);
        return length;
    }
}
