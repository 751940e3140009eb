namespace Portolan.Lab.Services.Ftp;

/// <summary>
/// A file server (FTP, RFC 959) with files in memory: a control connection to port 21, and a data connection for each transfer, active from
/// port 20 or passive.
/// </summary>
internal sealed class FtpService : StreamService
{
    public override string Name => "ftp";

    public override string Summary => "a file server with files in memory: active (from port 20) and passive (RFC 959, RFC 2428)";

    public override PortNumber? UsualPort => new(21);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        UserList.Setting,
        new("anonymous", "whether anonymous may read; by default yes") { Check = SettingChecks.Flag },
        new("banner", "what it says first; by default (vsFTPd 3.0.3)") { Check = SettingChecks.Line },
        new(
            "files",
            "files with their text, as PATH=TEXT with semicolons between several; readme.txt is there by default") { Check = CheckFiles },
    ];

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        using var session = new FtpSession(stream, call);
        await session.RunAsync(cancellationToken);
    }

    private static string? CheckFiles(string value) =>
        value.Length <= 65536
            && value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).All(
                e => e.IndexOf('=', StringComparison.Ordinal) > 0)
            ? null
            : "is PATH=TEXT with semicolons between several, at most 65536 characters";
}
