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
        : base("who", "who holds a port and why it runs, or why a bind to it fails, and the nearest free one")
    {
        Arguments.Add(_words);
        Add("Which ports", _pid);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The holder is shown with everything that led to it: unit, container, command, directory, start and ancestors. A port is held
        by a socket that listens, that is bound and idle, or whose connection uses it as its local port.

        Words may be several: ports, services, ranges (8000-8100), an address with a port (127.0.0.1:8089), a part of the name of a
        program, unit or container (nginx), or unit:ssh, container:db, user:www-data, pid:4711, image:redis, service:http. Where names
        and ranges find ports, their holders are shown, and not what a bind would meet; --json is then a line for each port.

        "why" is what started it: a systemd unit and its file, a timer, a socket unit, cron and the line of its table, at, a login and its
        shell, a supervisor, a container's engine and compose project. "restarts" is what would start it again, and how soon. "port from"
        is what chose the port: an argument, a variable, a line of a file. "git" is the working copy that its directory lies in. "reach"
        is what the firewall's rules do. Files are read for that, and container engines asked; no other program is run.
        A warning stands for a program file that was deleted or replaced, a program that runs as root without need, a directory that any
        user may write to, a database that is bound to every address, and a server for development beyond loopback.

        When nobody holds it, binds are tried for real, on 0.0.0.0 and [::], and taken back at once; such a socket never listens. A
        bind that fails is explained: TIME-WAIT, a privileged port, a wildcard against a single address, an IPv6 socket that takes
        IPv4 too. Other network namespaces are then looked into as far as privilege allows; what they hold is no conflict. Without
        /PROTO holders of every protocol are looked for, and binds are tried for TCP and UDP.

        Rules that lead packets for the port elsewhere are named with where they lead: those of portolan forward --kernel with their
        process, and those of container engines and others. Reading rules needs CAP_NET_ADMIN; without it that is said.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan who 8080", "who holds port 8080, TCP or UDP"),
        new("portolan who 53/udp", "one protocol only"),
        new("portolan who nginx", "the ports of a program, unit or container, and why it runs"),
        new("portolan who --pid 4711", "the ports of a process"),
        new("portolan who https --json", "by service name, for a program to read"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes => ExitCodeMeaning.Finder("somebody holds the port", "nobody holds it");

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
        context.Error.WriteLine(Advice.Of($"run portolan for all that is held, portolan free RANGE for ports that are not").ToHint());
        return ExitCode.NothingFound;
    }

    private static int? ReadPid(string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0 ? pid
        : throw new PortolanException(
            $"--pid takes the id of a process, not '{TerminalText.Escape(text)}'", $"run portolan who NAME for a program by its name",
            ExitCode.Usage);
}
