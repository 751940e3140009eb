namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SMTP: the greeting <c>220 host …</c>, and where that says too little, the reply to <c>EHLO</c> (RFC 5321 sections 3.1 and 4.1.1.1).
/// </summary>
internal sealed class SmtpProtocol() : ServiceProtocol("smtp", 25, 587, 2525)
{
    private static readonly ServiceProbe Hello = new("SMTP EHLO", "EHLO portolan.invalid\r\n"u8);

    // RFC 3207 section 4: 220 lets the handshake begin.
    private static readonly TlsUpgrade StartTls =
        new(new ServiceProbe("SMTP STARTTLS", "STARTTLS\r\n"u8), CodeReply.IsWhole, static reply => reply.Span.StartsWith("220"u8))
        {
            Offer = new TlsOffer(
            Hello, CodeReply.IsWhole, static reply => reply.Span.StartsWith("250"u8) && ReplyText.Has(reply.Span, "STARTTLS"u8)),
        };

    private static readonly (string Word, string Product, string? Cpe)[] Products =
    [
        ("Postfix", "Postfix smtpd", "postfix:postfix"), ("Exim", "Exim smtpd", "exim:exim"), ("Sendmail", "Sendmail", "sendmail:sendmail"),
        ("Microsoft ESMTP MAIL Service", "Microsoft Exchange smtpd", "microsoft:exchange_server"),
        ("OpenSMTPD", "OpenSMTPD", "openbsd:opensmtpd"), ("Haraka", "Haraka smtpd", null),
        ("MailEnable", "MailEnable smtpd", null), ("hMailServer", "hMailServer smtpd", null),
        ("Dovecot", "Dovecot submission", "dovecot:dovecot"), ("Maddy", "maddy", null),
        ("Stalwart", "Stalwart Mail Server", null), ("Python SMTP", "Python smtpd", null), ("qmail", "qmail smtpd", null),
        ("MailHog", "MailHog smtpd", null), ("Mailpit", "Mailpit smtpd", null),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [465];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [.. StartTls.Probes];

    /// <inheritdoc/>
    public override TlsUpgrade Upgrade => StartTls;

    /// <inheritdoc/>
    public override bool MustGreetFirst => true;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!CodeReply.TryRead(reply, out var code, out var text))
        {
            return CodeReply.Unless(reply);
        }

        // Half a line may break off in the middle of a version.
        var service = ReplyText.HasLine(text) ? Describe(text) : new IdentifiedService(Name);
        var namesOther = CodeReply.Names(text, "FTP"u8);
        return code switch
        {
            // Dovecot greets so for LMTP too.
            220 when !namesOther && (CodeReply.Names(text, "SMTP"u8) || service.Product is not (null or "Dovecot submission")) =>
                ReplyReading.Certain(service),
            421 or 554 when !namesOther && (CodeReply.Names(text, "SMTP"u8) || CodeReply.Names(text, "mail"u8)) =>
                ReplyReading.Certain(service),
            220 => ReplyReading.Likely(service),
            _ => ReplyReading.Foreign,
        };
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (isCertain)
        {
            return known;
        }

        var answer = await conversation.AskAsync(Hello, CodeReply.IsWhole);
        return CodeReply.TryRead(new ServiceReply(answer.Span, Hello, isEnded: true), out var code, out _) && code == 250 ? known : null;
    }

    // The greeting's first word is the server's name (RFC 5321 section 4.2).
    private IdentifiedService Describe(ReadOnlySpan<byte> text)
    {
        var line = ReplyText.FirstLine(text);
        var space = line.IndexOf((byte)' ');
        var host = ReplyText.Of(space < 0 ? line : line[..space]);
        var service = new IdentifiedService(
            Name)
        {
            HostName = host is not null && host.Contains('.', StringComparison.Ordinal)
                && !host.Contains('*', StringComparison.Ordinal) ? host : null
        };
        var said = ReplyText.Of(line) ?? "";
        foreach (var (word, product, cpe) in Products)
        {
            var at = said.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && (at == 0 || !char.IsLetterOrDigit(said[at - 1])))
            {
                var version = VersionIn(said[(at + word.Length)..]);
                return service with
                {
                    Product = product,
                    Version = version,
                    Info = said.Contains("(Debian", StringComparison.Ordinal)
                        ? "Debian"
                        : said.Contains("(Ubuntu", StringComparison.Ordinal) ? "Ubuntu" : null,
                    Cpes = cpe is null ? [] : Cpe.Of(cpe, version),
                };
            }
        }

        return service;
    }

    // "Exim 4.96 Tue, …", "Sendmail 8.17.1/8.17.1; …".
    private static string? VersionIn(string rest)
    {
        var text = rest.TrimStart(' ', '/');
        var end = 0;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '.' or '-' or '_'))
        {
            end++;
        }

        return end > 0 && char.IsAsciiDigit(text[0]) && rest.Length > 0 && rest[0] is ' ' or '/' ? text[..end] : null;
    }
}
