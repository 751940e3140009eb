using System.CommandLine;
using System.CommandLine.Completions;
using Portolan.Cli.Charting;
using Portolan.Cli.Completions;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Stopping;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan stop</c>: stops the holder of a port, in the politest way that works.</summary>
public sealed class StopCommand : PortolanCommand
{
    private readonly Argument<string[]> _words = new("port")
    {
        Description = "as for who: a port or service, a range (8000-8100), ADDRESS:PORT, or a name (nginx, unit:ssh)",
        HelpName = "PORT|NAME",
        Arity = ArgumentArity.OneOrMore,
        CompletionSources = { DynamicCompletions.ListeningPorts },
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "print the plan; change nothing" };

    private readonly Option<bool> _yes = new("--yes", "-y")
    {
        Description = "do not ask for confirmation; required if there is no terminal"
    };

    private readonly Option<bool> _force =
        new("--force") { Description = "stop even process 1, this command's own unit, or an ancestor of it" };

    private readonly Option<string?> _timeout = new("--timeout")
    {
        Description = "how long a process or container may take to end before it is killed (default 5s)",
        HelpName = "TIME",
    };

    private readonly Option<string?> _signal = new("--signal")
    {
        Description = "the first signal to processes (default TERM)",
        HelpName = "NAME",
        CompletionSources = { static _ => StopSignal.All.Select(s => new CompletionItem(s.Name)) },
    };

    /// <summary>Builds the options.</summary>
    public StopCommand()
        : base("stop", "stop the holder of a port: its unit or container, or else its processes")
    {
        Arguments.Add(_words);
        Add("Whether", _dryRun, _yes, _force);
        Add("How", _timeout, _signal);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Words select ports as for portolan who: several ports, ranges, ADDRESS:PORT, names of programs, units and containers. One
        confirmation covers them all, and --json prints one line per port. portolan kill is another name for this command.

        A systemd service is stopped with systemctl, together with its socket unit, which would otherwise start it again. A container is
        stopped by its runtime, and so is the container behind a published port, never the proxy. If a systemd unit runs the container,
        that unit is stopped. Any other process receives TERM, time to end, then KILL. Immediately before a signal the process is opened
        and its start time compared, so a reused pid is never hit. A process that takes over the socket when the holder ends, e.g. a
        child, receives the same time, then KILL.

        Without --force, process 1, the command itself and its ancestors are never stopped. Kernel sockets cannot be stopped. Afterwards
        the port is checked again for a second, and after the restart delay of a unit that may restart the holder. A new holder is shown
        with the parent that started it, as is anything that still prevents a bind.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan stop 8080 --dry-run", "the plan only"),
        new("portolan stop 8080", "ask, then stop the holder of port 8080"),
        new("portolan stop 53/udp --yes --timeout 10s", "one protocol, without asking, with ten seconds to end"),
        new("portolan stop nginx 127.0.0.1:9000", "the ports of a program, and one at one address"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the port is free, or the plan was shown"),
        new(ExitCode.NothingFound, "the port was not in use, or you did not confirm"),
        new(ExitCode.Usage, "the command line is wrong, or --yes is missing without a terminal; nothing was done"),
        new(ExitCode.Failed, "the port is still in use"),
        new(ExitCode.NoPrivilege, "missing privilege; nothing was done"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["who", "systemctl(1)", "kill(1)"];

    /// <inheritdoc/>
    public override string JsonSchema => StopDocument.Format;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var request = new StopRequest(
            parsed.GetValue(_dryRun),
            parsed.GetValue(_yes),
            new StopManner(
                parsed.GetValue(_force), ReadSignal(parsed.GetValue(_signal)), ReadTimeout(parsed.GetValue(_timeout))));
        var words = parsed.GetValue(_words) ?? [];
        var targets = new WhoTargets(context, Name, cancellationToken).Find(words, pid: null);
        if (targets.Count == 0)
        {
            ErrorLines.Write(context, $"portolan: no port in use matches {TerminalText.Escape(string.Join(' ', words))}");
            context.Error.WriteLine(Advice.Of($"portolan lists all ports in use").ToHint());
            return ExitCode.NothingFound;
        }

        // One holder may have several of the ports: it is stopped with the first, which frees the others.
        var isOne = words.Length == 1 && !targets[0].IsFound;
        var consent = new StopConsent(words, request, context);
        var runners = targets.Select(target => new StopRunner(target, isOne, request, consent, context)).ToList();
        var plans = runners.Select(runner => runners.Count > 1 ? runner.Plan(cancellationToken) : null).ToList();
        StopStep[] all = [.. plans.SelectMany(static plan => plan?.Steps ?? [])];
        if (all.Length > 0 && !request.DryRun && !consent.Confirm(all))
        {
            return ExitCode.NothingFound;
        }

        var codes = new List<ExitCode>();
        for (var i = 0; i < runners.Count; i++)
        {
            if (runners[i].Run(plans[i] is not null, cancellationToken) is { } code)
            {
                codes.Add(code);
            }
        }

        return codes.Count == 0 ? ExitCode.NothingFound : codes.Max();
    }

    private static StopSignal ReadSignal(string? text) => text is null ? StopSignal.Term
        : StopSignal.TryParse(text, out var signal) ? signal
        : throw new PortolanException($"--signal does not know '{text}'", $"one of {Advice.List(StopSignal.All)}", ExitCode.Usage);

    private static TimeSpan ReadTimeout(string? text) => text is null
        ? StopManner.UsualTimeout
        : DurationText.Read("--timeout", text, TimeSpan.Zero, TimeSpan.FromHours(1));
}
