namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Redis, Valkey and Sentinel: <c>PING</c>, and <c>INFO server</c> where no password is wanted (Redis serialization protocol
/// specification).
/// </summary>
internal sealed class RedisProtocol() : ServiceProtocol("redis", 6379, 6380, 26379, 6390)
{
    private static readonly ServiceProbe Ping = new("Redis PING", "*1\r\n$4\r\nPING\r\n"u8);
    private static readonly ServiceProbe Info = new("Redis INFO server", "*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Ping;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override ServiceProbe SharedQuestion => MemcachedProtocol.Version;

    /// <inheritdoc/>
    public override int Rarity => 3;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Info];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (ReferenceEquals(reply.Asked, Ping) && line.SequenceEqual("+PONG"u8))
        {
            return ReplyReading.Certain(new IdentifiedService(Name));
        }

        // What it says to words that are not its own, and to clients that it does not let in.
        if (line.StartsWith("-NOAUTH "u8) || line.StartsWith("-DENIED Redis is running in protected mode"u8)
            || line.StartsWith("-ERR unknown command"u8)
            || line.StartsWith("-ERR wrong number of arguments for 'get' command"u8)
            || line.StartsWith("-ERR max number of clients reached"u8)
            || line.StartsWith("-LOADING Redis is loading"u8) || line.StartsWith("-ERR Protocol error"u8))
        {
            return ReplyReading.Certain(new IdentifiedService(Name) { Info = ReplyText.Of(line[1..]) });
        }

        return reply.Asked is not null && line.Length > 0 && !ReplyText.HasLine(reply.Bytes) && line[0] is (byte)'+' or (byte)'-'
            ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (known.Info is { } refusal
            && (refusal.StartsWith("NOAUTH", StringComparison.Ordinal) || refusal.StartsWith("DENIED", StringComparison.Ordinal)))
        {
            return known with
            {
                Info = refusal.StartsWith("NOAUTH", StringComparison.Ordinal)
                ? "a password is wanted"
                : "protected mode: local clients only"
            };
        }

        var asks = conversation;
        if (!(ReferenceEquals(conversation.Asked, Ping) || ReferenceEquals(conversation.Asked, MemcachedProtocol.Version))
            && (await conversation.OpenAnotherAsync() is not { } other || (asks = other) is null))
        {
            return known;
        }

        try
        {
            // A bulk string: $length, then so many bytes.
            var answer = await asks.AskAsync(Info, static reply => IsWhole(reply.Span));
            var text = answer.Span;
            var version = ReplyText.Behind(text, "redis_version:"u8, []);
            var valkey = ReplyText.Behind(text, "valkey_version:"u8, []);
            if (version is null)
            {
                return text.StartsWith("-NOAUTH"u8) ? known with { Info = "a password is wanted" } : known;
            }

            var system = ReplyText.Behind(text, "\nos:"u8, []);
            var mode = ReplyText.Behind(text, valkey is null ? "redis_mode:"u8 : "server_mode:"u8, [])
                ?? ReplyText.Behind(text, "redis_mode:"u8, []);
            return known with
            {
                Product = (valkey, mode) switch
                {
                    (_, null) => null,
                    (null, "sentinel") => "Redis Sentinel",
                    (null, _) => "Redis",
                    (_, "sentinel") => "Valkey Sentinel",
                    _ => "Valkey",
                },
                Version = valkey ?? version,
                Info = mode,
                OperatingSystem = system,
                Cpes = valkey is null ? Cpe.Of("redis:redis", version) : Cpe.Of("lfprojects:valkey", valkey),
            };
        }
        finally
        {
            if (!ReferenceEquals(asks, conversation))
            {
                await asks.DisposeAsync();
            }
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> reply)
    {
        var end = reply.IndexOf("\r\n"u8);
        return end > 0
            && (reply[0] != '$' || !System.Buffers.Text.Utf8Parser.TryParse(reply[1..end], out int length, out _)
                || reply.Length >= end + 4 + length);
    }
}
