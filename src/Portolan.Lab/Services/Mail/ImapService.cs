namespace Portolan.Lab.Services.Mail;

/// <summary>Lets users read their mail where it lies (IMAP4rev1, RFC 3501), with one mailbox, INBOX.</summary>
internal sealed class ImapService : StreamService
{
    public override string Name => "imap";

    public override string Summary => "lets users read the mail that SMTP of the same host took, where it lies (RFC 3501)";

    public override PortNumber? UsualPort => new(143);

    public override bool UsesOtherThreads => true;

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        UserList.Setting,
        new("banner", "what it says first; by default Dovecot ready.") { Check = SettingChecks.Line },
        new("starttls", "whether it offers TLS; by default yes") { Check = SettingChecks.Flag },
    ];

    protected override Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        new ImapSession(stream, call).RunAsync(cancellationToken);
}
