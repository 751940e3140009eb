namespace Portolan.Scan.Identification.Protocols;

/// <summary>AJP 1.3: CPING, answered with CPONG (Apache Tomcat Connectors, "AJPv13 extensions").</summary>
internal sealed class AjpProtocol() : ServiceProtocol("ajp13", 8009)
{
    private static readonly ServiceProbe Ping = new("AJP13 CPING", [0x12, 0x34, 0, 1, 10]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Ping;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        ReadOnlySpan<byte> pong = [(byte)'A', (byte)'B', 0, 1, 9];
        return !ReferenceEquals(reply.Asked, Ping) || !ReplyText.MayBegin(reply.Bytes, pong) || reply.Bytes.Length > pong.Length
            ? ReplyReading.Foreign
            : reply.Bytes.Length < pong.Length ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Certain(new IdentifiedService(Name));
    }
}
