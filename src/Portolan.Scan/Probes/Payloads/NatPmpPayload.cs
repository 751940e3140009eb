namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// NAT-PMP (RFC 6886 section 3.2): what is your external address? Servers of its successor PCP answer too, with another version (RFC 6887
/// appendix A).
/// </summary>
internal sealed class NatPmpPayload() : UdpPayload("pcp", [0, 0])
{
    private const byte Response = 0x80;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) => reply.Length >= 8 && reply[0] is 0 or 2 && reply[1] == Response;
}
