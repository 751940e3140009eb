namespace Portolan.Scan.Identification.Protocols;

/// <summary>ClamAV's daemon: <c>nVERSION</c>, which scans nothing (clamd(8)).</summary>
internal sealed class ClamdProtocol() : ServiceProtocol("clamd", 3310)
{
    private static readonly ServiceProbe VersionQuestion = new("clamd VERSION", "nVERSION\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => VersionQuestion;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // "ClamAV 1.0.7/26827/Sun Feb  5 08:55:11 2023"; to other words "UNKNOWN COMMAND".
        var head = "ClamAV "u8;
        var line = ReplyText.FirstLine(reply.Bytes);
        if (!ReferenceEquals(reply.Asked, VersionQuestion) || !line.StartsWith(head) || !ReplyText.HasLine(reply.Bytes))
        {
            return ReferenceEquals(reply.Asked, VersionQuestion) && ReplyText.MayBegin(reply.Bytes, head)
                ? ReplyReading.UnlessEnded(reply)
                : reply.Asked is not null && line.SequenceEqual("UNKNOWN COMMAND"u8)
                    ? ReplyReading.Likely(new IdentifiedService(Name))
                    : ReplyReading.Foreign;
        }

        var slash = line.IndexOf((byte)'/');
        var version = ReplyText.LeadingVersion(slash < 0 ? line[head.Length..] : line[head.Length..slash]);
        return version is null ? ReplyReading.Foreign : ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = "ClamAV",
            Version = version,
            Info = slash < 0 ? null : $"signatures {ReplyText.Of(line[(slash + 1)..])}",
            Cpes = Cpe.Of("clamav:clamav", version),
        });
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain) =>
        isCertain ? known : await AskAnewAsync(conversation, VersionQuestion, static reply => ReplyText.HasLine(reply.Span));
}
