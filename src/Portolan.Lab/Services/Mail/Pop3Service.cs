namespace Portolan.Lab.Services.Mail;

/// <summary>Lets users fetch their mail (POP3, RFC 1939).</summary>
internal sealed class Pop3Service : StreamService
{
    public override string Name => "pop3";

    public override string Summary => "lets users fetch the mail that SMTP of the same host took (RFC 1939)";

    public override PortNumber? UsualPort => new(110);

    public override bool UsesOtherThreads => true;

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        UserList.Setting,
        new("banner", "what it says first; by default Dovecot ready.") { Check = SettingChecks.Line },
        new("starttls", "whether it offers TLS (STLS); by default yes") { Check = SettingChecks.Flag },
    ];

    protected override Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        new Pop3Session(stream, call).RunAsync(cancellationToken);
}
