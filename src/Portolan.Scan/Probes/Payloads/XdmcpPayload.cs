namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// XDMCP (X Display Manager Control Protocol 1.1, packet Query): would you manage a display? Willing and unwilling are both answers.
/// </summary>
internal sealed class XdmcpPayload() : UdpPayload("xdmcp", [0, 1, 0, 2, 0, 1, 0])
{
    private const byte Willing = 5;
    private const byte Unwilling = 6;
    private const int HeaderLength = 6;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= HeaderLength && reply[..3].SequenceEqual((ReadOnlySpan<byte>)[0, 1, 0]) && reply[3] is Willing or Unwilling
        && ((reply[4] << 8) | reply[5]) == reply.Length - HeaderLength;
}
