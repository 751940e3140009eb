namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Music Player Daemon: <c>OK MPD 0.23.5</c> unasked. The number is the protocol's, not the program's (MPD protocol, "Protocol overview").
/// </summary>
internal sealed class MpdProtocol() : ServiceProtocol("mpd", 6600)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var head = "OK MPD "u8;
        var line = ReplyText.FirstLine(reply.Bytes);
        if (!line.StartsWith(head))
        {
            return ReplyText.MayBegin(reply.Bytes, head) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        return !ReplyText.HasLine(reply.Bytes) ? ReplyReading.UnlessEnded(reply)
            : ReplyText.LeadingVersion(line[head.Length..]) is { } version
                ? ReplyReading.Certain(
                    new IdentifiedService(Name) { Product = "Music Player Daemon", Info = $"protocol {version}" })
                : ReplyReading.Foreign;
    }
}
