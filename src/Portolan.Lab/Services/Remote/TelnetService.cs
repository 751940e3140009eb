using System.Globalization;

namespace Portolan.Lab.Services.Remote;

/// <summary>A terminal over the network (RFC 854): a login and a shell of a few commands.</summary>
internal sealed class TelnetService : StreamService
{
    private const int MaxLogins = 3;
    private const int MaxCommands = 10_000;
    private const int UsualPause = 2;

    /// <summary>How long a client may take to answer what it is asked of its terminal.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public override string Name => "telnet";

    public override string Summary => "a login and a shell of a few commands (RFC 854)";

    public override PortNumber? UsualPort => new(23);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        UserList.Setting,
        new("banner", "what it says first; by default the host's name") { Check = SettingChecks.Line },
        new("pause", $"for how many seconds it waits before it says that a login is wrong, 0 to 10; by default {UsualPause}") { Check =
            SettingChecks.Number(0, 10) },
    ];

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var talk = new LineTalk(stream);
        var reader = new TelnetReader(talk);
        await reader.NegotiateAsync(Patience, call.Host.Time, cancellationToken);
        talk.WriteLine(LineTalk.Text(call.Setting("banner", call.Host.Name)));
        if (await LoginAsync(talk, reader, call, cancellationToken) is { } user)
        {
            await ShellAsync(talk, reader, call, user, cancellationToken);
        }

        await talk.FlushAsync(cancellationToken);
    }

    private static async Task<string?> LoginAsync(LineTalk talk, TelnetReader reader, ServiceCall call, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxLogins; i++)
        {
            talk.Write($"{call.Host.Name} login: ");
            if (await reader.ReadLineAsync(cancellationToken) is not { } user)
            {
                return null;
            }

            talk.Write("Password: ");
            reader.IsHidden = true;
            var password = await reader.ReadLineAsync(cancellationToken);
            reader.IsHidden = false;
            talk.WriteLine("");
            if (password is null)
            {
                return null;
            }

            if (UserList.Of(call).Allows(user, password))
            {
                return user;
            }

            // As login(1): a client that guesses gets few guesses a minute out of one connection.
            await talk.FlushAsync(cancellationToken);
            await Task.Delay(TimeSpan.FromSeconds(call.Number("pause", UsualPause)), call.Host.Time, cancellationToken);
            talk.WriteLine("Login incorrect");
        }

        return null;
    }

    private static async Task ShellAsync(
        LineTalk talk, TelnetReader reader, ServiceCall call, string user, CancellationToken cancellationToken)
    {
        talk.WriteLine($"Welcome. You come from {call.Remote}, to {call.Local}. Say help.");
        for (var i = 0; i < MaxCommands; i++)
        {
            talk.Write($"{user}@{call.Host.Name}$ ");
            if (await reader.ReadLineAsync(cancellationToken) is not { } line)
            {
                return;
            }

            var words = line.Trim().Split(' ', 2);
            switch (words[0])
            {
                case "":
                    break;
                case "exit" or "logout" or "quit":
                    talk.WriteLine("logout");
                    return;
                case "help":
                    talk.WriteLine("date echo exit help hostname uname who whoami");
                    break;
                case "whoami":
                    talk.WriteLine(user);
                    break;
                case "hostname":
                    talk.WriteLine(call.Host.Name);
                    break;
                case "uname":
                    talk.WriteLine("Portolan");
                    break;
                case "date":
                    talk.WriteLine(call.Host.Time.GetUtcNow().ToString("ddd MMM d HH:mm:ss 'UTC' yyyy", CultureInfo.InvariantCulture));
                    break;
                case "who":
                    talk.WriteLine($"{user} pts/0 ({call.Remote.Address})");
                    break;
                case "echo":
                    talk.WriteLine(words.Length > 1 ? words[1] : "");
                    break;
                default:
                    talk.WriteLine($"{new string([.. words[0].Select(static c => char.IsControl(c) ? '?' : c)])}: not found");
                    break;
            }
        }
    }
}
