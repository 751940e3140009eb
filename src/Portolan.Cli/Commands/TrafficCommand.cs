using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Cli.Traffic;
using Portolan.Forwarding.Grammar;
using Portolan.Model;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan traffic</c>: bytes by port, process, unit, container, user, remote host, interface or connection.</summary>
public sealed class TrafficCommand : PortolanCommand
{
    private readonly Argument<string[]> _filter = new("FILTER")
    {
        Description = "which sockets, with the filter of portolan list: port, process, unit, container, user, dst, protocol",
        Arity = ArgumentArity.ZeroOrMore,
        CompletionSources = { Completions.DynamicCompletions.FilterWords },
    };

    private readonly Option<string?> _by = new("--by")
    {
        Description = "one row per port (the default), process, unit, container, user, remote, interface or connection",
        HelpName = "WHAT",
        CompletionSources = { static _ => TrafficGroupings.Words.Select(static w => new System.CommandLine.Completions.CompletionItem(w)) },
    };

    private readonly Option<string?> _for = new("--for")
    {
        Description = "count for this long, then print a report",
        HelpName = "TIME",
    };

    private readonly Option<string?> _every = new("--every")
    {
        Description = "sampling interval (default 1s); with --json and --for, samples are written besides the report",
        HelpName = "TIME",
    };

    private readonly Option<string?> _metrics = new("--metrics")
    {
        Description = "serve counters at GET /metrics on [ADDR:]PORT in Prometheus text format; without ADDR on loopback only",
        HelpName = "PORT",
    };

    private readonly Option<int?> _top = new("--top") { Description = "at most N rows", HelpName = "N" };

    private readonly Option<bool> _allNamespaces =
        new("--all-namespaces") { Description = "count the sockets of every network namespace" };

    private readonly Option<string?> _method = new("--method")
    {
        Description = "counting method: tracepoints (exact, needs privilege) or polling (default: the best available)",
        HelpName = "METHOD",
        CompletionSources = { static _ => ["tracepoints", "polling"] },
    };

    /// <summary>Builds the options.</summary>
    public TrafficCommand()
        : base("traffic", "bytes by port, process, unit, container, user, remote host, interface or connection")
    {
        Arguments.Add(_filter);
        Add("What to count", _by, _allNamespaces, _method);
        Add("How long, and how many rows", _for, _every, _top, _metrics);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Rows are destination ports: the local port of a connection from a peer (role server), the remote port of a connection from this
        host (role client). IN and OUT are payload bytes: what programs receive and send, without headers and retransmissions. The last
        line completes the sum: the remaining traffic of the interfaces, in bytes on the wire.

        As root, BPF programs at the kernel's tracepoints (Linux 6.3) count every send and receive call, with the calling process; the
        kernel's own counters of each connection are read too, because splice(2) receives without such a call. Without privilege, tcp_info
        is polled and the kernel reports connections that end: then UDP has no byte counts, and the missed part is estimated and reported.
        An unavailable figure is "-", never 0.

        Without --for, a terminal shows a live table until q or Ctrl-C, then the report; other output counts for ten seconds. Keys choose
        the rows (p port, r process, u unit, c container, s user, h remote, i interface, n connection), o sorts by rate, space pauses.
        Otherwise rows keep their places. --json prints JSON Lines: start, a sample each second without --for, and end.

        As root, a connection that rules redirect to another port (e.g. a container's published port) counts for the port the peer
        connected to.

        --metrics serves counters by port, at most 256 of them; further ports are counted together as port "other".
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan traffic --for 10s", "the traffic of each port in ten seconds"),
        new("portolan traffic --by process --for 1m 'port 443 or port 80'", "the traffic of two ports by process"),
        new("portolan traffic --by connection --json", "each connection, every second, as JSON"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. ExitCodeMeaning.Common, ExitCodeMeaning.NoPrivilege, .. ExitCodeMeaning.Signals];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["list", "who", "ss(8)", "nethogs(8)", "iftop(8)"];

    /// <inheritdoc/>
    public override string JsonSchema => TrafficJson.Schema;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        new TrafficRunner(Read(parsed), context).Run(cancellationToken);

    private TrafficRequest Read(ParseResult parsed) => new()
    {
        Filter = parsed.GetValue(_filter) ?? [],
        Grouping = parsed.GetValue(_by) is { } by ? ReadGrouping(by) : TrafficGrouping.Port,
        For = parsed.GetValue(_for) is { } time ? DurationText.Read("--for", time) : null,
        Every = parsed.GetValue(_every) is { } every ? DurationText.Read("--every", every) : TimeSpan.FromSeconds(1),
        HasEvery = parsed.GetValue(_every) is not null,
        AllNamespaces = parsed.GetValue(_allNamespaces),
        Metrics = parsed.GetValue(_metrics) is { } place ? ListenText.Parse("--metrics", place) : null,
        Method = parsed.GetValue(_method) is { } method ? ReadMethod(method) : null,
        Top = parsed.GetValue(_top) is { } top
            ? top > 0 ? top : throw new PortolanException(
                string.Create(CultureInfo.InvariantCulture, $"--top takes a number from 1, not {top}"), $"--top 10", ExitCode.Usage)
            : null,
    };

    private static TrafficGrouping ReadGrouping(string text) => TrafficGroupings.TryParse(text, out var grouping)
        ? grouping
        : throw new PortolanException(
            $"--by takes {string.Join(", ", TrafficGroupings.Words)}, not '{TerminalText.Escape(text)}'", $"--by process", ExitCode.Usage);

    private static TrafficMethod ReadMethod(string text) => text.ToLowerInvariant() switch
    {
        "tracepoints" => TrafficMethod.Tracepoints,
        "polling" => TrafficMethod.Polling,
        _ => throw new PortolanException(
            $"--method takes tracepoints or polling, not '{TerminalText.Escape(text)}'", $"--method polling", ExitCode.Usage),
    };
}
