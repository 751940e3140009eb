using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Charting;
using Portolan.Cli.Completions;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Reachability.Documents;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan who</c>: who holds a port, or why a bind to it fails, and the nearest free one.</summary>
public sealed class WhoCommand : PortolanCommand
{
    private readonly Argument<string[]> _words = new("port")
    {
        Description = "a port or service (8080, 8080/udp, https), a range (8000-8100), ADDRESS:PORT, or a name (nginx, unit:ssh)",
        HelpName = "PORT|NAME",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
        CompletionSources = { DynamicCompletions.ListeningPorts },
    };

    private readonly Option<string?> _pid = new("--pid") { Description = "the ports that this process holds", HelpName = "PID" };

    /// <summary>Builds the options.</summary>
    public WhoCommand()
        : base("who", "who holds a port and why it runs, or why a bind fails, and the nearest free port")
    {
        Arguments.Add(_words);
        Add("Which ports", _pid);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The holder is shown with its unit, container, command, directory, start time and ancestors. A socket holds a port if it listens,
        is bound and idle, or uses the port as the local port of a connection.

        Several words are allowed: ports, services, ranges (8000-8100), an address with a port (127.0.0.1:8089), part of the name of a
        program, unit or container (nginx), or unit:ssh, container:db, user:www-data, pid:4711, image:redis, service:http. For names and
        ranges the holders of matching ports are shown without bind results; --json then prints one line per port.

        "why" is what started the holder: a systemd unit and its file, a timer, a socket unit, cron and its crontab line, at, a login and
        its shell, a supervisor, a container engine and compose project. "restarts" is what would start it again, and how soon. "port
        from" is the source of the port number: an argument, a variable, a line of a file. "git" is the working copy that contains its
        directory. "reach" is the firewall's verdict. These come from files and from container engines; no other program is run. Warnings
        mark a program file that was deleted or replaced, a program that runs as root without need, a world-writable directory, a database
        bound to every address, and a development server reachable beyond loopback.

        If the port is not in use, real binds are tried on 0.0.0.0 and [::], and released at once; such a socket never listens. A failed
        bind is explained: TIME-WAIT, a privileged port, a wildcard against a single address, an IPv6 socket that also takes IPv4. Other
        network namespaces are then searched as far as privilege allows; their sockets do not conflict. Without /PROTO the holders of
        every protocol are searched, and binds are tried for TCP and UDP.

        Rules that redirect packets for the port are shown with their target: those of portolan forward --kernel with their process, and
        those of container engines and others. Reading rules needs CAP_NET_ADMIN; without it a message says so.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan who 8080", "who holds port 8080, TCP or UDP"),
        new("portolan who 53/udp", "one protocol only"),
        new("portolan who nginx", "the ports of a program, unit or container, and why it runs"),
        new("portolan who --pid 4711", "the ports of a process"),
        new("portolan who https --json", "by service name, as JSON"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes => ExitCodeMeaning.Finder("the port is in use", "the port is not in use");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["stop", "free", "list", "explain"];

    /// <inheritdoc/>
    public override string JsonSchema => HolderDocument.Format;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var words = parsed.GetValue(_words) ?? [];
        var pid = ReadPid(parsed.GetValue(_pid));
        if (words.Length == 0 && pid is null)
        {
            throw new PortolanException("PORT is missing", $"run portolan help who", ExitCode.Usage);
        }

        var targets = new WhoTargets(context, Name, cancellationToken).Find(words, pid);
        if (targets.Count > 0)
        {
            return new WhoRun(context, cancellationToken).Run(targets, isOne: words.Length == 1 && pid is null && !targets[0].IsFound);
        }

        var asked = string.Join(' ', pid is { } process ? [.. words, $"--pid {process}"] : words);
        context.Error.WriteLine($"portolan: no port in use matches {TerminalText.Escape(asked)}");
        context.Error.WriteLine(Advice.Of($"portolan lists all ports in use, portolan free RANGE free ones").ToHint());
        return ExitCode.NothingFound;
    }

    private static int? ReadPid(string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0 ? pid
        : throw new PortolanException(
            $"--pid takes a process id, not '{TerminalText.Escape(text)}'", $"portolan who NAME finds a program by name",
            ExitCode.Usage);
}
