namespace Portolan.Scan.Identification.Protocols;

/// <summary>Finger: an empty question, which lists who is logged on (RFC 1288 section 2.3).</summary>
internal sealed class FingerProtocol() : ServiceProtocol("finger", 79)
{
    /// <summary>An empty line: other protocols answer to it too.</summary>
    public static ServiceProbe EmptyLine { get; } = new("empty line", "\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => EmptyLine;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        return reply.Asked is not null && ReplyText.HasLine(reply.Bytes)
            && (line.StartsWith("No one logged on"u8) || line.StartsWith("finger: "u8)
                || (line.StartsWith("Login"u8) && ReplyText.Has(line, "Name"u8)))
            ? ReplyReading.Certain(new IdentifiedService(Name) { Info = ReplyText.Of(line) })
            : ReplyReading.Foreign;
    }
}
