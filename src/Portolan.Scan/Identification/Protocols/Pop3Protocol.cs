namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// POP3: <c>+OK</c> unasked (RFC 1939 section 4), then <c>CAPA</c> (RFC 2449), whose IMPLEMENTATION names the product where a server says
/// it.
/// </summary>
internal sealed class Pop3Protocol() : ServiceProtocol("pop3", 110)
{
    private static readonly ServiceProbe Capabilities = new("POP3 CAPA", "CAPA\r\n"u8);

    // RFC 2595 section 4.
    private static readonly TlsUpgrade StartTls = new(
        new ServiceProbe("POP3 STLS", "STLS\r\n"u8), static reply => ReplyText.HasLine(reply.Span),
        static reply => reply.Span.StartsWith("+OK"u8));

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [995];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Capabilities, .. StartTls.Probes];

    /// <inheritdoc/>
    public override TlsUpgrade Upgrade => StartTls;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (!line.StartsWith("+OK"u8))
        {
            return "+OK"u8.StartsWith(line) && line.Length > 0 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        // Redis says "+OK" too, but never unasked.
        return reply.Asked is not null || (line.Length > 3 && line[3] != ' ') ? ReplyReading.Foreign
            : !ReplyText.HasLine(reply.Bytes) ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Likely(Describe(line));
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        // A list ends with a dot on a line of its own; an error is one line.
        var answer = await conversation.AskAsync(Capabilities, static reply =>
            reply.Span.EndsWith("\r\n.\r\n"u8) || (reply.Span.StartsWith("-ERR"u8) && ReplyText.HasLine(reply.Span)));
        if (!answer.Span.StartsWith("+OK"u8) && !answer.Span.StartsWith("-ERR"u8))
        {
            return null;
        }

        return ReplyText.Behind(answer.Span, "IMPLEMENTATION "u8, []) is { } implementation && known.Product is null
            ? known with { Product = implementation }
            : known;
    }

    private IdentifiedService Describe(ReadOnlySpan<byte> line)
    {
        var said = ReplyText.Of(line[3..]);
        var service = new IdentifiedService(Name);
        return said switch
        {
            null => service,
            _ when said.StartsWith("Dovecot", StringComparison.Ordinal) => service with
            {
                Product = "Dovecot pop3d",
                Info = SystemIn(said),
                Cpes = Cpe.Of("dovecot:dovecot", null),
            },
            _ when said.Contains("Courier", StringComparison.Ordinal) || said.Contains("Hello there.", StringComparison.Ordinal) =>
                service with { Product = "Courier pop3d" },
            _ when said.Contains("Microsoft Exchange", StringComparison.Ordinal) => service with { Product = "Microsoft Exchange pop3d" },
            _ => service with { Info = said },
        };
    }

    private static string? SystemIn(
        string said) =>
            said.Contains("(Debian)", StringComparison.Ordinal)
                ? "Debian"
                : said.Contains("(Ubuntu)", StringComparison.Ordinal) ? "Ubuntu" : null;
}
