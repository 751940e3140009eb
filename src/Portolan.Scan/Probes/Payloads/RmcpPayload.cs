namespace Portolan.Scan.Probes.Payloads;

/// <summary>RMCP presence ping (DMTF ASF 2.0 sections 3.2.2.2 and 3.2.4.3): which management controllers with IPMI answer.</summary>
/// <param name="seed">For the message tag.</param>
internal sealed class RmcpPayload(PayloadSeed seed)
    : UdpPayload("asf-rmcp", [0x06, 0x00, 0xff, 0x06, 0x00, 0x00, 0x11, 0xbe, Ping, (byte)(seed.Bytes(1)[0] & 0x7f), 0x00, 0x00])
{
    private const byte Ping = 0x80;
    private const byte Pong = 0x40;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= 12 && reply[0] == 0x06 && reply[3] == 0x06 && reply[4..8].SequenceEqual(Message.Span[4..8])
        && reply[8] == Pong && reply[9] == Message.Span[9];
}
