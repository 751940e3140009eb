namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// QUIC: a long header packet of a reserved version (RFC 9000 section 15), which no server speaks and every server answers with the
/// versions it does (section 6.1). Padded to 1200 bytes, below which servers stay silent (section 14.1).
/// </summary>
/// <param name="seed">For the connection id, which the answer repeats, and what follows it.</param>
internal sealed class QuicPayload(PayloadSeed seed) : UdpPayload("quic", Build(seed.Bytes(MinDatagram)))
{
    private const int ConnectionIdLength = 8;
    private const int HeaderLength = 5 + 1 + ConnectionIdLength + 1;
    private const int MinDatagram = 1200;
    private const int VersionNegotiationLength = 1 + 4 + 1 + 1 + ConnectionIdLength;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>

        // RFC 8999 section 6: version 0, our source id (none) as destination, our destination id as source, then whole versions.
        reply.Length >= VersionNegotiationLength + 4
        && reply[0] >= 0x80 && reply[1..6].IndexOfAnyExcept((byte)0) < 0
        && reply[6] == ConnectionIdLength && reply.Slice(7, ConnectionIdLength).SequenceEqual(Message.Span.Slice(6, ConnectionIdLength))
        && (reply.Length - VersionNegotiationLength) % 4 == 0;

    private static byte[] Build(byte[] random)
    {
        // An Initial packet (RFC 9000 section 17.2.2) with no source id and no token; its length is a variable-length integer of two bytes.
        const int rest = MinDatagram - HeaderLength - 3;
        return
        [
            0xc3, 0x1a, 0x2a, 0x3a, 0x4a, ConnectionIdLength, .. random.AsSpan(0, ConnectionIdLength), 0,
            0, 0x40 | (rest >> 8), rest & 0xff, .. random.AsSpan(ConnectionIdLength, rest),
        ];
    }
}
