namespace Portolan.Scan.Identification.Protocols;

/// <summary>LMTP: SMTP's greeting, and <c>LHLO</c> in place of <c>EHLO</c> (RFC 2033 section 4.1).</summary>
internal sealed class LmtpProtocol() : ServiceProtocol("lmtp", 24)
{
    private static readonly ServiceProbe Hello = new("LMTP LHLO", "LHLO portolan.invalid\r\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Hello];

    /// <inheritdoc/>
    public override bool MustGreetFirst => true;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!CodeReply.TryRead(reply, out var code, out var text))
        {
            return CodeReply.Unless(reply);
        }

        if (code != 220 || CodeReply.Names(text, "SMTP"u8) || CodeReply.Names(text, "FTP"u8))
        {
            return ReplyReading.Foreign;
        }

        var line = ReplyText.FirstLine(text);
        var space = line.IndexOf((byte)' ');
        var host = ReplyText.Of(space < 0 ? line : line[..space]);
        var isDovecot = ReplyText.Has(line, "Dovecot"u8);
        var service = new IdentifiedService(Name)
        {
            HostName = host is not null && host.Contains('.', StringComparison.Ordinal) ? host : null,
            Product = isDovecot ? "Dovecot lmtpd" : ReplyText.Has(line, "Cyrus LMTP"u8) ? "Cyrus lmtpd" : null,
            Cpes = isDovecot ? Cpe.Of("dovecot:dovecot", null) : [],
        };
        return ReplyText.Has(line, " LMTP"u8) ? ReplyReading.Certain(service) : ReplyReading.Likely(service);
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (isCertain)
        {
            return known;
        }

        // A server that answers EHLO speaks SMTP, whatever it says to LHLO.
        var answer = await conversation.AskAsync(Hello, CodeReply.IsWhole);
        return CodeReply.TryRead(new ServiceReply(answer.Span, Hello, isEnded: true), out var code, out _) && code == 250 ? known : null;
    }
}
