namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// gearmand: <c>version</c> of its administrative protocol, then <c>status</c> (Gearman protocol, "Administrative Protocol").
/// </summary>
internal sealed class GearmanProtocol() : ServiceProtocol("gearman", 4730, 7003)
{
    private static readonly ServiceProbe Status = new("gearmand status", "status\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => MemcachedProtocol.Version;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Status];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);

        // "ERR unknown_command Unknown+server+command", to each line that is none of its commands.
        if (reply.Asked is not null && ReplyText.Begins(line, "ERR UNKNOWN_COMMAND Unknown+server+command"u8))
        {
            return ReplyReading.Certain(new IdentifiedService(Name) { Product = "gearmand" });
        }

        if (!ReferenceEquals(reply.Asked, MemcachedProtocol.Version) || line.IsEmpty || line.Length > 32)
        {
            return ReplyReading.Foreign;
        }

        // "OK 1.1.20"; older ones the number alone.
        var version = ReplyText.LeadingVersion(line.StartsWith("OK "u8) ? line[3..] : line);
        return !ReplyText.HasLine(reply.Bytes)
            ? ReplyText.MayBegin(line, "OK "u8) || version is not null ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign
            : version is not null && version.Contains('.', StringComparison.Ordinal) && reply.Bytes.Length <= line.Length + 2
            && line.Length <= version.Length + 3
                ? ReplyReading.Likely(new IdentifiedService(Name) { Product = "gearmand", Version = version })
                : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (known.Version is not null)
        {
            return await IsGearmanAsync(conversation) ? known : null;
        }

        if (await conversation.OpenAnotherAsync() is not { } second)
        {
            return isCertain ? known : null;
        }

        await using (second)
        {
            var answer = await second.AskAsync(MemcachedProtocol.Version, static reply => ReplyText.HasLine(reply.Span));
            return Read(new ServiceReply(answer.Span, MemcachedProtocol.Version, isEnded: true)) is
            {
                Match: ReplyMatch.Likely,
                Service: { } service
            }
                ? service : known;
        }
    }

    // Lines of function, jobs, running, workers, with tabs between; then a dot.
    private static async Task<bool> IsGearmanAsync(Conversation conversation)
    {
        var answer = await conversation.AskAsync(Status, static reply => reply.Span.EndsWith(".\n"u8));
        var rest = answer.Span;
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (line.SequenceEqual("."u8))
            {
                return true;
            }

            if (line.Count((byte)'\t') != 3)
            {
                return false;
            }
        }

        return false;
    }
}
