namespace Portolan.Scan.Probes.Payloads;

/// <summary>EtherNet/IP (ODVA, CIP volume 2 section 2-4.3): list identity. The sender context comes back.</summary>
/// <param name="seed">For the sender context.</param>
internal sealed class EtherNetIpPayload(PayloadSeed seed)
    : UdpPayload("EtherNet-IP-2", [ListIdentity, .. new byte[ContextOffset - 1], .. seed.Bytes(ContextLength), 0, 0, 0, 0])
{
    private const byte ListIdentity = 0x63;
    private const int ContextOffset = 12;
    private const int ContextLength = 8;
    private const int HeaderLength = 24;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length > HeaderLength && reply[0] == ListIdentity && reply[1] == 0
            && (reply[2] | (reply[3] << 8)) == reply.Length - HeaderLength
        && reply.Slice(ContextOffset, ContextLength).SequenceEqual(Message.Span.Slice(ContextOffset, ContextLength));
}
