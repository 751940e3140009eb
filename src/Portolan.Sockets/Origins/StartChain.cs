using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Origins;

/// <summary>What the ancestors of a process say of its start. Pure.</summary>
internal static class StartChain
{
    /// <summary>What these facts are read from.</summary>
    public const string Source = "process tree";

    private static readonly string[] Shells = ["bash", "sh", "dash", "zsh", "fish", "ksh", "mksh", "tcsh", "csh", "ash", "nu", "pwsh"];

    /// <summary>Programs that keep others running: how they are called, and when they start one again.</summary>
    private static readonly (string Program, string Name, string Again)[] Supervisors =
    [
        ("supervisord", "supervisord", "at once if its configuration sets autorestart"),
        ("runsv", "runit", "at once"),
        ("s6-supervise", "s6", "at once"),
        ("supervise", "daemontools", "at once"),
        ("monit", "Monit", "at its next check if configured"),
        ("circusd", "Circus", "at once"),
        ("god", "God", "at its next check"),
        ("nodemon", "nodemon", "when a file changes"),
        ("watchexec", "watchexec", "when a file changes"),
        ("entr", "entr", "when a file changes"),
        ("cargo-watch", "cargo-watch", "when a file changes"),
        ("air", "air", "when a file changes"),
        ("overmind", "Overmind", "if its Procfile says so"),
        ("foreman", "Foreman", "never: it ends with the others"),
        ("honcho", "Honcho", "never: it ends with the others"),
    ];

    /// <summary>The facts; nulls where no ancestor says.</summary>
    /// <param name="ancestry">The process, then its parent and so on, as far as they can be seen.</param>
    /// <param name="schedule">Finds the line of a crontab with a command.</param>
    /// <param name="userName">The name of a user id, or <c>null</c>.</param>
    public static (OriginFact? By, OriginFact? Again) Of(
        IReadOnlyList<ProcessInfo> ancestry, Func<string, CrontabLine?> schedule, Func<uint, string?> userName)
    {
        ProcessInfo? shell = null;
        string? raised = null, terminal = null;
        for (var i = 1; i < ancestry.Count; i++)
        {
            var (ancestor, child) = (ancestry[i], ancestry[i - 1]);
            if (Array.Find(Supervisors, s => s.Program == ancestor.Name) is { Name: { } name } supervisor)
            {
                return (new OriginFact("supervisor", $"{name} ({ancestor.Pid}) runs it", Source),
                    new OriginFact("supervisor", $"{name}, {supervisor.Again}", Source));
            }

            switch (ancestor.Name)
            {
                case var pm2 when pm2.StartsWith("PM2 ", StringComparison.Ordinal):
                    return (new OriginFact("supervisor", $"PM2 ({ancestor.Pid}) runs it", Source),
                        new OriginFact("supervisor", "PM2, at once", Source));
                case "cron" or "crond" or "fcron" or "anacron" or "CRON":
                    return OfCron(ancestry, i, schedule, userName);
                case "atd":
                    return (new OriginFact("at", "at(1) ran it once", Source), Nothing);
                case "sshd" or "sshd-session" when Login(ancestor) is { } login:
                    var place = In(shell, terminal, raised);
                    return (new OriginFact("login", $"{login.User} started it{place}, logged in over SSH{login.Where}", Source), Nothing);
                case "login":
                    return (new OriginFact(
                        "login", $"{UserOf(shell ?? child, userName)} started it{In(shell, terminal, raised)}, logged in at a console",
                        Source), Nothing);
                case "tmux: server" or "tmux" or "screen" or "SCREEN" or "zellij":
                    terminal ??= ancestor.Name[0] is 't' ? "tmux" : ancestor.Name[0] is 'z' ? "zellij" : "screen";
                    break;
                case "sudo" or "su" or "doas" or "pkexec" or "runuser":
                    raised ??= ancestor.Name;
                    break;
                case var other when Array.IndexOf(Shells, other) >= 0:
                    shell ??= ancestor;
                    break;
            }
        }

        if (shell is not null)
        {
            return (new OriginFact("shell", $"{UserOf(shell, userName)} started it{In(shell, terminal, raised)}", Source), Nothing);
        }

        return (ancestry is [var alone, { Pid: 1 } first] && IsAdopted(alone, first)
            ? new OriginFact(
                "orphan", "its parent exited, and process 1 adopted it; the parent may have opened this socket", Source) : null, null);
    }

    /// <summary>
    /// Whether another process than its parent started it. A session is joined by being started in it alone: a process whose session is
    /// neither its own nor that of process 1 was started by one of that session. Any other may be what process 1 started itself, as a
    /// small one in a container does.
    /// </summary>
    private static bool IsAdopted(ProcessInfo process, ProcessInfo first) =>
        process.SessionId != 0 && process.SessionId != process.Pid && first.SessionId != 0 && process.SessionId != first.SessionId;

    /// <summary>How a process is kept from starting others anew, as an order.</summary>
    public static string HowToEnd(ProcessInfo starter) =>
        Array.Find(Supervisors, s => s.Program == starter.Name) is { Name: { } name } ? $"stop it in {name}, which keeps it running"
        : starter.Name.StartsWith("PM2 ", StringComparison.Ordinal)
        ? "stop it with pm2 stop, because PM2 keeps it running (pm2 list shows its name)"
        : IsInteractive(starter) ? $"press Ctrl-C in the terminal of that shell{(Terminal(starter) is { } place ? $", {place}" : "")}"
        : Array.IndexOf(Shells, starter.Name) >= 0 ? $"end that shell's loop with kill {starter.Pid}"
        : $"end that one first, with kill {starter.Pid}";

    /// <summary>
    /// A shell at a terminal that runs no script and no command of its arguments: <c>bash</c>, <c>-bash</c>, <c>zsh -il</c>.
    /// </summary>
    private static bool IsInteractive(ProcessInfo shell) =>
        Array.IndexOf(Shells, shell.Name) >= 0 && shell.TerminalDevice != 0 && shell.CommandLine is { Count: > 0 } line
        && line.Skip(1).All(static word =>
            word.StartsWith('-') && (word.StartsWith("--", StringComparison.Ordinal) || !word.Contains('c', StringComparison.Ordinal)));

    /// <summary>The name below /dev of a pseudo terminal (major number 136, Documentation/admin-guide/devices.txt).</summary>
    private static string? Terminal(ProcessInfo process) => (process.TerminalDevice >> 8 & 0xfff) == 136
        ? string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"pts/{(process.TerminalDevice & 0xff) | (process.TerminalDevice >> 12 & 0xfff00)}")
        : null;

    private static OriginFact Nothing { get; } = new("none", "nothing known", Source);

    private static (OriginFact By, OriginFact Again) OfCron(
        IReadOnlyList<ProcessInfo> ancestry, int cron, Func<string, CrontabLine?> schedule, Func<uint, string?> userName)
    {
        // cron gives the line to a shell: sh -c LINE.
        for (var i = cron - 1; i >= 0; i--)
        {
            if (ancestry[i].CommandLine is [_, "-c", { Length: > 0 } line, ..] && schedule(line) is { } found)
            {
                return (new OriginFact("cron", $"cron ran it ({found.Schedule})", found.Place),
                    new OriginFact("cron", $"cron, at its next time ({found.Schedule})", found.Place));
            }
        }

        return (new OriginFact("cron", $"cron ran it for {UserOf(ancestry[0], userName)}", Source),
            new OriginFact("cron", "cron, at its next time", Source));
    }

    /// <summary>sshd writes on its command line which login a process serves: <c>sshd: ada@pts/0</c>, <c>sshd: ada [priv]</c>.</summary>
    private static (string User, string Where)? Login(ProcessInfo sshd)
    {
        if (sshd.CommandLine is not [var title, ..] || title.IndexOf(": ", StringComparison.Ordinal) is not (> 0 and var colon))
        {
            return null;
        }

        var rest = title[(colon + 2)..];
        if (rest.Contains('/', StringComparison.Ordinal) && !rest.Contains('@', StringComparison.Ordinal))
        {
            return null;
        }

        var end = rest.IndexOfAny(['@', ' ']);
        var user = end < 0 ? rest : rest[..end];
        return user.Length == 0 ? null : (user, end > 0 && rest[end] == '@' ? $" ({rest[(end + 1)..]})" : "");
    }

    private static string In(ProcessInfo? shell, string? terminal, string? raised) =>
        string.Concat(
            shell is null ? "" : $" in {shell.Name} {shell.Pid}", raised is null ? "" : $", by {raised}",
            terminal is null ? "" : $", in {terminal}");

    private static string UserOf(ProcessInfo process, Func<uint, string?> userName) =>
        process.UserId is { } user ? userName(user) ?? $"user {user}" : "a user";
}
