namespace Portolan.Scan.Probes.Payloads;

/// <summary>SQL Server Resolution Protocol (Microsoft's MC-SQLR section 2.2.2): which instances are there?</summary>
internal sealed class SqlMonitorPayload() : UdpPayload("ms-sql-m", [3])
{
    private const byte Response = 5;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= 3 && reply[0] == Response && (reply[1] | (reply[2] << 8)) == reply.Length - 3;
}
