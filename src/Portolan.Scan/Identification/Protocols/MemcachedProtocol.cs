namespace Portolan.Scan.Identification.Protocols;

/// <summary>memcached: <c>version</c> of its text protocol (memcached, doc/protocol.txt).</summary>
internal sealed class MemcachedProtocol() : ServiceProtocol("memcached", 11211)
{
    /// <summary>A word of gearmand too, and Redis says in its own way that it does not know it.</summary>
    public static ServiceProbe Version { get; } = new("memcached version", "version\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Version;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 3;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (!line.StartsWith("VERSION "u8))
        {
            return reply.Asked is not null && line.Length > 0 && "VERSION "u8.StartsWith(line)
                ? ReplyReading.UnlessEnded(reply)
                : IsError(reply) ? ReplyReading.Likely(new IdentifiedService(Name)) : ReplyReading.Foreign;
        }

        if (!ReplyText.HasLine(reply.Bytes))
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var version = ReplyText.Of(line["VERSION "u8.Length..]);
        return version is not null && char.IsAsciiDigit(version[0])
            ? ReplyReading.Certain(new IdentifiedService(Name)
            {
                Product = "memcached",
                Version = version,
                Cpes = Cpe.Of("memcached:memcached", version),
            })
            : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (isCertain)
        {
            return known;
        }

        var answer = await conversation.AskAsync(Version, static reply => ReplyText.HasLine(reply.Span));
        return Read(new ServiceReply(answer.Span, Version, isEnded: true)) is { Match: ReplyMatch.Certain, Service: { } service }
            ? service
            : null;
    }

    // What it says to each line of an HTTP request.
    private static bool IsError(in ServiceReply reply) => reply.Asked is not null && reply.Bytes.StartsWith("ERROR\r\n"u8);
}
