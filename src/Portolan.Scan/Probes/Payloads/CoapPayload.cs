namespace Portolan.Scan.Probes.Payloads;

/// <summary>CoAP (RFC 7252): a confirmable GET of <c>/.well-known/core</c> (RFC 6690). Also "not found" and a reset are answers.</summary>
/// <param name="seed">For message id and token.</param>
internal sealed class CoapPayload(PayloadSeed seed)
    : UdpPayload("coap", [0x44, 0x01, .. seed.Bytes(6), 0xbb, .. ".well-known"u8, 0x04, .. "core"u8])
{
    private const byte FirstResponseCode = 0x40;
    private const int MessageIdEnd = 4;
    private const int TokenEnd = 8;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply)
    {
        if (reply.Length < MessageIdEnd || reply[0] >> 6 != 1)
        {
            return false;
        }

        // Section 4.2: acknowledgments (type 2) and resets (type 3) repeat the message id; section 5.2.2: a separate response repeats the
        // token.
        var type = (reply[0] >> 4) & 3;
        return type >= 2
            ? reply[2..MessageIdEnd].SequenceEqual(Message.Span[2..MessageIdEnd])
            : reply[1] >= FirstResponseCode && (reply[0] & 15) == 4 && reply.Length >= TokenEnd
                && reply[MessageIdEnd..TokenEnd].SequenceEqual(Message.Span[MessageIdEnd..TokenEnd]);
    }
}
