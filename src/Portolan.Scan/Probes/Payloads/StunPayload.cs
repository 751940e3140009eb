namespace Portolan.Scan.Probes.Payloads;

/// <summary>STUN (RFC 8489 section 6): a binding request. The server tells the address it came from.</summary>
/// <param name="seed">For the transaction id.</param>
internal sealed class StunPayload(PayloadSeed seed)
    : UdpPayload("stun", [0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, .. seed.Bytes(12)])
{
    private const int HeaderLength = 20;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= HeaderLength && reply[0] == 0x01 && reply[1] is 0x01 or 0x11
            && reply[4..HeaderLength].SequenceEqual(Message.Span[4..]);
}
