namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// PostgreSQL: the answer to an SSLRequest is one byte, <c>S</c> or <c>N</c> (PostgreSQL documentation, "Message Formats"); one byte proves
/// little, so a startup message of a version that does not exist follows, whose refusal names the server's own. No user is named and nobody
/// logs in.
/// </summary>
internal sealed class PostgreSqlProtocol() : ServiceProtocol("postgresql", 5432, 5433, 6432)
{
    private static readonly ServiceProbe SslRequest = new("PostgreSQL SSLRequest", [0, 0, 0, 8, 4, 210, 22, 47]);

    // Length 8, version 255.255: from version 3 on errors have fields.
    private static readonly ServiceProbe NoVersion = new("PostgreSQL startup, version 255.255", [0, 0, 0, 8, 0, 255, 0, 255]);

    private static readonly TlsUpgrade Ssl =
        new(SslRequest, static reply => !reply.IsEmpty, static reply => reply.Span is [(byte)'S']) { ComesFirst = true };

    /// <inheritdoc/>
    public override ServiceProbe Opening => SslRequest;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Closes;

    /// <inheritdoc/>
    public override bool? ClosesByReset => false;

    /// <inheritdoc/>
    public override ServiceProbe SharedQuestion => KafkaProtocol.ApiVersions;

    /// <inheritdoc/>
    public override int Rarity => 4;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [NoVersion];

    /// <inheritdoc/>
    public override TlsUpgrade Upgrade => Ssl;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (ReferenceEquals(reply.Asked, SslRequest) && bytes is [(byte)'S' or (byte)'N'])
        {
            return ReplyReading.Likely(new IdentifiedService(Name) { Info = bytes[0] == 'S' ? "TLS offered" : null });
        }

        return ReadError(bytes) is { } service
            ? ReplyReading.Certain(service)
            : MayBecomeError(bytes) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (isCertain)
        {
            return known;
        }

        if (await conversation.OpenAnotherAsync() is not { } second)
        {
            return null;
        }

        await using (second)
        {
            var answer = await second.AskAsync(NoVersion, static reply => ReadError(reply.Span) is not null);
            return ReadError(answer.Span) is { } service
                ? service with { Info = known.Info is null ? service.Info : $"{known.Info}; {service.Info}" }
                : null;
        }
    }

    // ErrorResponse: 'E', length, then fields of a letter and a text with a zero: S severity, V severity, C SQLSTATE, M message, F file, L
    // line, R routine.
    private static IdentifiedService? ReadError(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 12 || bytes[0] != 'E' || bytes[1] != 0 || bytes[2] != 0 || bytes[5] != 'S')
        {
            return null;
        }

        var length = (bytes[3] << 8) | bytes[4];
        if (length < 4 || length > bytes.Length - 1)
        {
            return null;
        }

        var rest = bytes[5..(1 + length)];
        string? message = null, file = null, state = null;
        while (rest.Length > 1 && rest[0] != 0)
        {
            var end = rest.IndexOf((byte)0);
            if (end < 0)
            {
                return null;
            }

            var text = ReplyText.Of(rest[1..end]);
            (message, file, state) = rest[0] switch
            {
                (byte)'M' => (text, file, state),
                (byte)'F' => (message, text, state),
                (byte)'C' => (message, file, text),
                _ => (message, file, state),
            };
            rest = rest[(end + 1)..];
        }

        // PgBouncer sends neither file nor line.
        return state is not { Length: 5 } ? null : new IdentifiedService("postgresql")
        {
            Product = file is not null
                ? "PostgreSQL"
                : message is not null && (message.Contains("pgbouncer", StringComparison.OrdinalIgnoreCase)
                    || message.StartsWith("bad packet header", StringComparison.Ordinal)
                    || message == "client sent partial pkt in startup phase") ? "PgBouncer" : null,
            Info = message,
            Cpes = file is not null ? Cpe.Of("postgresql:postgresql", null) : [],
        };
    }

    private static bool MayBecomeError(ReadOnlySpan<byte> bytes) =>
        bytes is [(byte)'E'] or [(byte)'E', 0] or [(byte)'E', 0, 0] or [(byte)'E', 0, 0, <= 8, ..];
}
