namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// IMAP: <c>* OK</c>, <c>* PREAUTH</c> or <c>* BYE</c> unasked (RFC 9051 section 7.1), and the server's own words about itself (ID, RFC
/// 2971) where it offers them.
/// </summary>
internal sealed class ImapProtocol() : ServiceProtocol("imap", 143)
{
    private static readonly ServiceProbe Id = new("IMAP ID", "a1 ID NIL\r\n"u8);

    // RFC 9051 section 6.2.1. Lines without the tag may come before the answer.
    private static readonly TlsUpgrade StartTls = new(
        new ServiceProbe("IMAP STARTTLS", "a2 STARTTLS\r\n"u8),
        static reply => AnswerTo(reply.Span, "a2 "u8) is >= 0 and var at && ReplyText.HasLine(reply.Span[at..]),
        static reply => AnswerTo(reply.Span, "a2 OK"u8) >= 0);

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [993];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Id, .. StartTls.Probes];

    /// <inheritdoc/>
    public override TlsUpgrade Upgrade => StartTls;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (!(ReplyText.Begins(line, "* OK"u8) || ReplyText.Begins(line, "* PREAUTH"u8) || ReplyText.Begins(line, "* BYE"u8)))
        {
            return line.Length is > 0 and < 9
                && ("* OK"u8.StartsWith(line) || "* PREAUTH"u8.StartsWith(line) || "* BYE"u8.StartsWith(line))
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        return ReplyText.HasLine(reply.Bytes) || reply.IsEnded ? ReplyReading.Certain(Describe(line)) : ReplyReading.Incomplete;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        // The capabilities are in the greeting where a server is ready to be asked; who says BYE is not.
        if (!ReplyText.Has(conversation.Reply.Span, " ID "u8) && !ReplyText.Has(conversation.Reply.Span, " ID]"u8))
        {
            return known;
        }

        var answer = await conversation.AskAsync(
            Id, static reply => reply.Span.IndexOf("\na1 "u8) is >= 0 and var at && ReplyText.HasLine(reply.Span[(at + 1)..]));
        var (name, version) = (Fact(answer.Span, "\"name\" \""u8), Fact(answer.Span, "\"version\" \""u8));
        return known with { Product = known.Product ?? name, Version = known.Version ?? version };
    }

    private static int AnswerTo(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> tag)
    {
        for (var at = 0; at < reply.Length;)
        {
            if (ReplyText.Begins(reply[at..], tag))
            {
                return at;
            }

            var end = reply[at..].IndexOf((byte)'\n');
            at = end < 0 ? reply.Length : at + end + 1;
        }

        return -1;
    }

    private static string? Fact(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> word) => ReplyText.Behind(answer, word, "\""u8);

    private IdentifiedService Describe(ReadOnlySpan<byte> line)
    {
        var service = new IdentifiedService(Name);
        var text = line.IndexOf("] "u8) is >= 0 and var end ? line[(end + 2)..] : line[Math.Min(line.Length, 5)..];
        var said = ReplyText.Of(text);
        return said switch
        {
            null => service,
            _ when said.StartsWith("Dovecot", StringComparison.Ordinal) => service with
            {
                Product = "Dovecot imapd",
                Info = SystemIn(said),
                Cpes = Cpe.Of("dovecot:dovecot", null),
            },
            _ when said.Contains("Courier-IMAP", StringComparison.Ordinal) => service with { Product = "Courier imapd" },
            _ when said.Contains("Cyrus IMAP", StringComparison.Ordinal) => service with
            {
                Product = "Cyrus imapd",
                Version = ReplyText.Behind(text, "Cyrus IMAP "u8, " "u8)?.TrimStart('v'),
            },
            _ when said.Contains("Microsoft Exchange", StringComparison.Ordinal) => service with { Product = "Microsoft Exchange imapd" },
            _ => service with { Info = said },
        };
    }

    private static string? SystemIn(
        string said) =>
            said.Contains("(Debian)", StringComparison.Ordinal)
                ? "Debian"
                : said.Contains("(Ubuntu)", StringComparison.Ordinal) ? "Ubuntu" : null;
}
