namespace Portolan.Lab.Services.Data;

/// <summary>A store of strings by key that speaks RESP, enough for redis-cli.</summary>
internal sealed class RedisService : StreamService
{
    public override string Name => "redis";

    public override string Summary => "a store of strings by key (Redis protocol)";

    public override PortNumber? UsualPort => new(6379);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new("password", "what AUTH has to say; by default nothing") { Check = SettingChecks.Line },
        new("version", "what INFO says; by default 7.2.0") { Check = SettingChecks.Line },
    ];

    public override bool ClientSpeaksFirst => true;

    protected override Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        new RedisSession(stream, call).RunAsync(cancellationToken);
}
