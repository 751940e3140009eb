namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// IRC: notices unasked, or the numeric reply 451, "not registered", to a question of a client that has no name (RFC 2812 sections 2.4 and
/// 5.2).
/// </summary>
internal sealed class IrcProtocol() : ServiceProtocol("irc", 6667, 6666, 6668, 6669, 6660, 7000)
{
    private static readonly ServiceProbe Version = new("IRC VERSION", "VERSION\r\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [6697];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Version;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReplyText.HasLine(bytes))
        {
            return bytes.Length is > 0 and < 512
                && (bytes[0] == ':' || "ERROR :"u8.StartsWith(bytes) || bytes.StartsWith("ERROR :"u8) || "NOTICE "u8.StartsWith(bytes)
                    || bytes.StartsWith("NOTICE "u8)) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        var line = ReplyText.FirstLine(bytes);
        if (line.StartsWith("ERROR :"u8))
        {
            return ReplyReading.Certain(new IdentifiedService(Name) { Info = ReplyText.Of(line["ERROR :"u8.Length..]) });
        }

        if (line.StartsWith("NOTICE AUTH :"u8) || line.StartsWith("NOTICE * :"u8))
        {
            return ReplyReading.Certain(new IdentifiedService(Name));
        }

        // ":host NOTICE …" and ":host 451 …".
        var space = line.IndexOf((byte)' ');
        if (line is not [(byte)':', ..] || space < 2)
        {
            return ReplyReading.Foreign;
        }

        var rest = line[(space + 1)..];
        return rest.StartsWith("NOTICE "u8) || rest.StartsWith("451 "u8) || rest.StartsWith("421 "u8) || rest.StartsWith("351 "u8)
            ? ReplyReading.Certain(new IdentifiedService(Name) { HostName = ReplyText.Of(line[1..space]) })
            : ReplyReading.Foreign;
    }
}
