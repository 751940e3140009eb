namespace Portolan.Scan.Probes.Payloads;

/// <summary>NetBIOS name service (RFC 1002 section 4.2.17): node status of the name <c>*</c>.</summary>
/// <param name="seed">For the transaction id.</param>
internal sealed class NetBiosPayload(PayloadSeed seed) : UdpPayload(
    "netbios-ns",
    [.. seed.Bytes(2), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 32, .. "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"u8, 0, 0, NodeStatus, 0, 1])
{
    private const byte NodeStatus = 0x21;
    private const int HeaderLength = 12;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length > HeaderLength && reply[..2].SequenceEqual(Message.Span[..2]) && (reply[2] & 0xf8) == 0x80;
}
