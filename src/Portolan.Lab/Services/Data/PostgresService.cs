namespace Portolan.Lab.Services.Data;

/// <summary>The greeting of PostgreSQL and answers to queries of constants, enough for psql to come in.</summary>
internal sealed class PostgresService : StreamService
{
    public override string Name => "postgresql";

    public override string Summary => "the greeting of PostgreSQL, TLS, a password, and SELECT of constants";

    public override PortNumber? UsualPort => new(5432);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new("password", "what a client has to say (in clear); by default nothing") { Check = SettingChecks.Line },
        new("version", "the version it claims; by default 15.0") { Check = SettingChecks.Line },
        new("tls", "whether it offers TLS; by default yes") { Check = SettingChecks.Flag },
    ];

    public override bool ClientSpeaksFirst => true;

    public override bool UsesOtherThreads => true;

    protected override Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        new PostgresSession(stream, call).RunAsync(cancellationToken);
}
