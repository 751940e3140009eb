namespace Portolan.Lab.Services.Mail;

/// <summary>
/// A mail server (RFC 5321): takes mail for its users, who read it over IMAP or POP3 of the same host. As submission (RFC 6409) it asks who
/// sends.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="port">Its usual port.</param>
/// <param name="isSubmission">Whether a client must log in first.</param>
internal sealed class SmtpService(string name, int port, bool isSubmission) : StreamService
{
    public override string Name => name;

    public override string Summary => isSubmission
        ? "takes mail from users that log in (SMTP, RFC 6409)"
        : "takes mail for its users (SMTP, RFC 5321); IMAP and POP3 of the same host read it";

    public override PortNumber? UsualPort => new((ushort)port);

    public override bool UsesOtherThreads => true;

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        UserList.Setting,
        new(
            "domains",
            "the domains it takes mail for, with spaces between, besides its own names and the lab's domain; by default none") { Check =
                SettingChecks.Line },
        new("banner", "what it says first, after its name; by default ESMTP Postfix (Debian/GNU)") { Check = SettingChecks.Line },
        new("size", "the most bytes of a mail; by default 10485760") { Check = SettingChecks.Number(1000, 64 << 20) },
        new("starttls", "whether it offers TLS; by default yes") { Check = SettingChecks.Flag },
    ];

    protected override Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        new SmtpSession(stream, call, isSubmission).RunAsync(cancellationToken);
}
