namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// TFTP (RFC 1350): asks for a file that nobody has. Most servers answer from a port of their own (section 4), which is no proof for port
/// 69; some small ones answer from it.
/// </summary>
internal sealed class TftpPayload() : UdpPayload("tftp", [0, ReadRequest, .. "portolan.invalid"u8, 0, .. "octet"u8, 0])
{
    private const byte ReadRequest = 1;
    private const byte Data = 3;
    private const byte Error = 5;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= 4 && reply[0] == 0 && reply[1] is Data or Error && reply[2] == 0;
}
