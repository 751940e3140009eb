using System.Buffers;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// FTP: the greeting <c>220 …</c>, and where that says too little, the reply to <c>FEAT</c> or <c>SYST</c> (RFC 959 section 5.4, RFC 2389).
/// </summary>
internal sealed class FtpProtocol() : ServiceProtocol("ftp", 21, 2121)
{
    // RFC 2389 section 3.2: 211 with the features, which begin with a space; a server that knows no FEAT says 500 or 502.
    private static readonly ServiceProbe Features = new("FTP FEAT", "FEAT\r\n"u8);

    // RFC 4217 section 4: 234 lets the handshake begin.
    private static readonly TlsUpgrade StartTls =
        new(new ServiceProbe("FTP AUTH TLS", "AUTH TLS\r\n"u8), CodeReply.IsWhole, static reply => reply.Span.StartsWith("234"u8));

    private static readonly SearchValues<char> OfVersion = SearchValues.Create("0123456789.abcdefghijklmnopqrstuvwxyz_-+~");

    private static readonly (string Word, string Product, string? Cpe)[] Products =
    [
        ("vsFTPd", "vsftpd", "vsftpd_project:vsftpd"), ("ProFTPD", "ProFTPD", "proftpd:proftpd"),
        ("Pure-FTPd", "Pure-FTPd", "pureftpd:pure-ftpd"),
        ("FileZilla Server", "FileZilla Server", "filezilla-project:filezilla_server"),
        ("Microsoft FTP Service", "Microsoft ftpd", "microsoft:internet_information_services"),
        ("pyftpdlib", "pyftpdlib", "g.rodola:pyftpdlib"), ("Serv-U FTP Server", "Serv-U ftpd", "solarwinds:serv-u"),
        ("wu-ftpd", "WU-FTPD", null), ("Bftpd", "Bftpd", null),
        ("GNU inetutils", "GNU inetutils ftpd", "gnu:inetutils"), ("Twisted", "Twisted ftpd", "twistedmatrix:twisted"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [990];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Features, .. StartTls.Probes];

    /// <inheritdoc/>
    public override TlsUpgrade Upgrade => StartTls;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!CodeReply.TryRead(reply, out var code, out var text))
        {
            return CodeReply.Unless(reply);
        }

        // Half a line may break off in the middle of a version.
        var service = ReplyText.HasLine(text) ? Describe(text) : new IdentifiedService(Name);
        var namesOther = CodeReply.Names(text, "SMTP"u8);
        return code switch
        {
            220 or 421 or 530 or 550 when !namesOther && (service.Product is not null || CodeReply.Names(text, "FTP"u8)) =>
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

        var answer = await conversation.AskAsync(Features, CodeReply.IsWhole);
        return CodeReply.TryRead(new ServiceReply(answer.Span, Features, isEnded: true), out var code, out _) && code is 211 or 530
            ? known
            : null;
    }

    private IdentifiedService Describe(ReadOnlySpan<byte> text)
    {
        var said = ReplyText.Of(ReplyText.FirstLine(text)) ?? "";
        foreach (var (word, product, cpe) in Products)
        {
            var at = said.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
            {
                continue;
            }

            // "(vsFTPd 3.0.3)", "ProFTPD 1.3.8 Server", "FileZilla Server 1.7.3", "pyftpdlib 1.5.7 ready."
            var rest = said[(at + word.Length)..].TrimStart(' ', 'v', '-');
            var end = rest.AsSpan().IndexOfAnyExcept(OfVersion);
            var version = rest.Length > 0 && char.IsAsciiDigit(rest[0]) ? rest[..(end < 0 ? rest.Length : end)].TrimEnd('.') : null;
            return new IdentifiedService(Name)
            {
                Product = product,
                Version = version,
                Cpes = cpe is null ? [] : Cpe.Of(cpe, version),
            };
        }

        return new IdentifiedService(Name) { Info = said.Length > 0 ? said : null };
    }
}
