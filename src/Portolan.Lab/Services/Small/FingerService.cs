namespace Portolan.Lab.Services.Small;

/// <summary>Says who is who on the host (RFC 1288).</summary>
internal sealed class FingerService : StreamService
{
    public override string Name => "finger";

    public override string Summary => "says who is who on the host (RFC 1288)";

    public override PortNumber? UsualPort => new(79);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
        [new(
            "people",
            "login names with what is said of them, as alice=Alice Example; bob=…; by default user=A user of the lab") { Check = Check }];

    public override bool ClientSpeaksFirst => true;

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var talk = new LineTalk(stream, limit: 512);
        var read = await talk.ReadLineAsync(cancellationToken);
        if (read.Kind == LineKind.End)
        {
            return;
        }

        // "/W" asks for more than there is.
        var asked = read.Text.Trim();
        asked = asked.StartsWith("/W", StringComparison.OrdinalIgnoreCase) ? asked[2..].Trim() : asked;
        if (read.Kind == LineKind.TooLong)
        {
            talk.WriteLine("finger: the query is too long");
        }
        else if (asked.Contains('@', StringComparison.Ordinal))
        {
            // RFC 1288 section 3.2.1.
            talk.WriteLine("Finger forwarding service denied");
        }
        else
        {
            Answer(talk, People(call.Setting("people", "user=A user of the lab")), asked);
        }

        await talk.FlushAsync(cancellationToken);
    }

    private static void Answer(LineTalk talk, List<(string Login, string Name)> people, string asked)
    {
        if (asked.Length == 0)
        {
            talk.WriteLine("Login     Name                 Tty      Idle  Login Time   Office     Office Phone");
        }

        var found = people.Where(p => asked.Length == 0 || p.Login.Equals(asked, StringComparison.OrdinalIgnoreCase)).ToList();
        foreach (var (login, name) in found)
        {
            talk.WriteLine(asked.Length == 0 ? $"{login,-9} {name}" : $"Login: {login}\r\nName: {name}");
        }

        if (found.Count == 0)
        {
            talk.WriteLine($"finger: {new string([.. asked.Select(c => char.IsControl(c) ? '?' : c)])}: no such user.");
        }
    }

    private static string? Check(string value) =>
        SettingChecks.Line(value) ?? (value.Split(';').All(p => p.IndexOf('=', StringComparison.Ordinal) > 0)
        ? null
        : $"is LOGIN=NAME with semicolons between several, not \"{value}\"");

    private static List<(string Login, string Name)> People(string text) =>
    [
        .. from entry in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
           let sign = entry.IndexOf('=', StringComparison.Ordinal)
           where sign > 0
           select (LineTalk.Text(entry[..sign].Trim()), LineTalk.Text(entry[(sign + 1)..].Trim())),
    ];
}
