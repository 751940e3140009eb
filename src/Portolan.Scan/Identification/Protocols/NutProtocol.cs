namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Network UPS Tools: <c>VER</c>, which needs no login (Network UPS Tools developer guide, "Network protocol information").
/// </summary>
internal sealed class NutProtocol() : ServiceProtocol("nut", 3493)
{
    private static readonly ServiceProbe VersionQuestion = new("NUT VER", "VER\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => VersionQuestion;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // "Network UPS Tools upsd 2.8.0 - https://www.networkupstools.org/"; to other words "ERR UNKNOWN-COMMAND".
        var head = "Network UPS Tools upsd "u8;
        var line = ReplyText.FirstLine(reply.Bytes);
        var isAsked = ReferenceEquals(reply.Asked, VersionQuestion);
        if (!isAsked || !line.StartsWith(head) || !ReplyText.HasLine(reply.Bytes))
        {
            return isAsked && ReplyText.MayBegin(reply.Bytes, head) ? ReplyReading.UnlessEnded(reply)
                : reply.Asked is not null && (line.SequenceEqual("ERR UNKNOWN-COMMAND"u8) || line.SequenceEqual("ERR INVALID-ARGUMENT"u8))
                    ? ReplyReading.Likely(new IdentifiedService(Name))
                    : ReplyReading.Foreign;
        }

        var version = ReplyText.LeadingVersion(line[head.Length..]);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = "Network UPS Tools upsd",
            Version = version,
            Cpes = Cpe.Of("networkupstools:nut", version),
        });
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain) =>
        isCertain ? known : await AskAnewAsync(conversation, VersionQuestion, static reply => ReplyText.HasLine(reply.Span));
}
