namespace Portolan.Scan.Probes.Payloads;

/// <summary>RIP version 2 (RFC 2453 section 3.9.1): asks for the whole table. Routers answer such a request from any port.</summary>
internal sealed class RipPayload() : UdpPayload("router", [Request, 2, .. new byte[EntryLength + 1], 16])
{
    private const byte Request = 1;
    private const byte Response = 2;
    private const int HeaderLength = 4;
    private const int EntryLength = 20;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= HeaderLength && reply[0] == Response && reply[1] is 1 or 2 && (reply.Length - HeaderLength) % EntryLength == 0;
}
