namespace Portolan.Scan.Identification.Protocols;

/// <summary>RMCP: a presence ping (ASF 2.0 section 3.2.4.2). Controllers without IPMI answer it too.</summary>
internal sealed class RmcpProtocol() : ServiceProtocol("asf-rmcp", 623, 664)
{
    private const byte Tag = 0x50;

    private static readonly ServiceProbe Ping = new("RMCP presence ping", [6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, Tag, 0, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Ping;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) =>
        reply.Bytes is [6, 0, _, 6, 0, 0, 0x11, 0xBE, 0x40, Tag, 0, 16, _, _, _, _, _, _, _, _, var entities, ..]
        ? ReplyReading.Certain(new IdentifiedService(Name) { Info = (entities & 0x80) != 0 ? "RMCP; IPMI is supported" : "RMCP" })
        : ReplyReading.Foreign;
}
