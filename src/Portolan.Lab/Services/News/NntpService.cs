namespace Portolan.Lab.Services.News;

/// <summary>A news server for readers (NNTP, RFC 3977).</summary>
internal sealed class NntpService : StreamService
{
    public override string Name => "nntp";

    public override string Summary => "a news server: readers read and post (RFC 3977)";

    public override PortNumber? UsualPort => new(119);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new("groups", "its groups, with spaces between; by default lab.general") { Check = CheckGroups },
        new("banner", "what it says first; by default its name and what INN says") { Check = SettingChecks.Line },
    ];

    protected override Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        new NntpSession(stream, call).RunAsync(cancellationToken);

    private static string? CheckGroups(string value)
    {
        var groups = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return groups.Length > 0 && groups.All(static g => g.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+'))
            ? null
            : $"is names of groups with spaces between, not \"{value}\"";
    }
}
