using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>How much of a transport checksum a writer fills in.</summary>
public enum ChecksumCoverage : byte
{
    /// <summary>Header and data are covered.</summary>
    Whole,

    /// <summary>Only the pseudo header's sum: the link completes it (<see cref="PartialChecksum"/>).</summary>
    PseudoHeader,
}

/// <summary>
/// Checksums that are left to the link to complete: the field holds the sum of the pseudo header, not complemented, and whoever completes
/// it sums from the start of the transport header to the end (virtio's <c>VIRTIO_NET_HDR_F_NEEDS_CSUM</c>, Linux' CHECKSUM_PARTIAL).
/// </summary>
public static class PartialChecksum
{
    /// <summary>What the checksum field holds until it is completed.</summary>
    /// <param name="source">The sender.</param>
    /// <param name="destination">The receiver, of the same family.</param>
    /// <param name="protocol">TCP, UDP or ICMPv6.</param>
    /// <param name="length">Bytes of the upper protocol, header included.</param>
    public static ushort Of(InternetAddress source, InternetAddress destination, IpProtocol protocol, int length) =>
        (ushort)InternetChecksum.PseudoHeader(source, destination, protocol, length);

    /// <summary>
    /// Completes a checksum: sums all from <paramref name="start"/> and writes the complement at <paramref name="start"/> +
    /// <paramref name="offset"/>.
    /// </summary>
    /// <param name="packet">The packet, or any bytes that end with it.</param>
    /// <param name="start">Where the transport header starts: virtio's <c>csum_start</c>.</param>
    /// <param name="offset">Where in it the checksum lies: virtio's <c>csum_offset</c>, 16 for TCP and 6 for UDP.</param>
    /// <returns>False when the place lies outside; nothing was written.</returns>
    /// <remarks>
    /// A result of zero is written as 0xffff, which sums the same and for UDP does not mean "none" (RFC 768), as Linux does.
    /// </remarks>
    public static bool TryComplete(Span<byte> packet, int start, int offset)
    {
        if (start < 0 || offset < 0 || start > packet.Length || packet.Length - start < sizeof(ushort)
            || offset > packet.Length - start - sizeof(ushort))
        {
            return false;
        }

        var checksum = InternetChecksum.Of(packet[start..]);
        WriteUInt16BigEndian(packet[(start + offset)..], checksum == 0 ? (ushort)0xffff : checksum);
        return true;
    }

    /// <summary>The checksum that completing would give, computed by pieces: the partial value plus the sums of the rest.</summary>
    /// <param name="partial">From <see cref="Of"/>.</param>
    /// <param name="headerSum">The sum of the transport header with a zero checksum field, an even number of bytes.</param>
    /// <param name="payloadSum">The sum of the payload.</param>
    public static ushort Combine(ushort partial, uint headerSum, uint payloadSum) =>
        InternetChecksum.Finish(partial + headerSum + payloadSum);
}
