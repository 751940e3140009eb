using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.History;
using Portolan.Cli.Hosting;
using Portolan.Cli.Identifying;
using Portolan.Cli.Live;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;
using Portolan.Sockets.Owners;
using Portolan.Watch.Recording;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan</c> with no command: the chart of this machine.</summary>
public sealed class ChartCommand : PortolanCommand
{
    private readonly Argument<string[]> _words = new("word")
    {
        Description = "only these ports: a port, range or list, ADDRESS:PORT, or part of an owner's or service's name",
        HelpName = "WORD",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<bool> _all =
        new("--all", "-a") { Description = "everything: other network namespaces, and UDP sockets of clients" };

    private readonly Option<bool> _allNamespaces =
        new("--all-namespaces") { Description = "other network namespaces too: containers' and named ones" };

    private readonly Option<bool> _numeric = new("--numeric", "-n") { Description = "no service names, and user ids in place of names" };

    private readonly Option<bool> _identify = new("--identify")
    {
        Description = "identify each service, as scan -sV does: this sends bytes to this host's own services, and to no other host",
    };

    private readonly Option<string?> _watch = new("--watch")
    {
        Description = "a screen that stays up to date, with keys; looks every SECONDS (default 2), less often where looks cost much",
        HelpName = "SECONDS",
    };

    private readonly Option<string?> _judgeTime = JudgeTime.Option();

    private readonly Option<string?> _store = StoreOption.ForAdding();

    private readonly Option<string?> _at = new("--at")
    {
        Description = "draw the chart stored at that time: 2026-11-20T03:00, 03:00, yesterday; --store names the store",
        HelpName = "WHEN",
    };

    /// <summary>Builds the options.</summary>
    public ChartCommand()
        : base("portolan", "the chart of this machine's ports: what listens, who owns it, who can reach it")
    {
        Arguments.Add(_words);
        Add("What to show", _all, _allNamespaces, _identify);
        Add("How to print", _numeric, _watch);
        Add("How long", _judgeTime);
        Add("The store", _store, _at);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Words choose rows: 8000-8100, :443, 53/udp, udp, 127.0.0.1:8089, or part of the name of an owner or service (nginx); unit:ssh,
        container:db, user:www-data and pid:4711 search one field. A row is drawn if any word matches it. A first word within two letters
        of a command's name is treated as that command, misspelt; to search for it, write portolan -- WORD. portolan -tulpn runs portolan
        list -tulpn.

        One row is one port, protocol and owner. BIND is * for every address, lo for 127.0.0.1 or ::1, and v4+v6 where both
        families are taken. CONN counts connections that a peer holds open now (ESTABLISHED and CLOSE-WAIT); IN/OUT are their
        payload bytes so far. UDP has no connections and the kernel does not count its bytes.

        On a terminal the verdict is never cut. If the terminal is too narrow, SERVICE is cut, CONN is left out if it is all zeros, and
        then OWNER loses its directory; long verdicts wrap, and below 80 columns a port takes two lines. Other output has one line per
        row; PORTOLAN_COLUMNS=80 sets a width.

        UDP has no LISTEN state. A UDP socket on a port that the kernel chose belongs to a client that waits for an answer; such sockets
        are counted, and --all shows them.

        Full accept queues, exhausted ephemeral ports and connections that a program forgot to close get a line of their own.

        SERVICE is derived from the owner: a well-known program, its unit, the image of its container, the script that an interpreter
        runs, or its package. The name that a process gives itself is ignored; its program file counts if root installed it. A question
        mark marks a guess: the registry's name for the port (websm? on 9090, if the program is hidden; a known program takes precedence
        from port 1024 on), or a program name that its user may have chosen. IN/OUT are in bytes, with binary prefixes: 12Ki is 12,288.

        --watch draws a screen that stays up to date, with keys to choose, filter and sort; ? shows them. New ports are marked +, ports that
        are gone -, changed ones ~, each with the time. Looks are SECONDS apart, or so far apart that they take 1 % of a core; the screen
        says how far. As root new ports are shown at once. Enter, e, t, f and s show who, explain, traffic, firewall show and stop of the
        chosen port; nothing is stopped before its port was typed. With --json it prints JSON Lines: all ports, then what changes.
        portolan watch prints and stores changes.

        --store also saves the chart in the store that portolan history reads. --at WHEN draws the chart stored at that time. If no chart
        was recorded then, it prints "not observed" with the times of the charts before and after.

        --identify sends the questions of scan -sV to the services, over loopback or at the address they are bound to: 8 ports at once, at
        most 15 seconds per port. Every TCP and UDP listener is asked except printer ports; industrial protocols receive only their own
        questions. The packets use the loopback interface, so none leaves this host, regardless of its translation rules. Services in
        other network namespaces (--all) are asked inside those, which needs CAP_SYS_ADMIN.

        FIREWALL shows what the rules do with a new connection from another host: allow, drop or reject with the deciding rule
        (chain#handle), or only the allowed senders. Rules, routes, translated destinations and replies are evaluated. Ports are grouped
        by who can reach them: REACHABLE (anyone, or nearly so), LIMITED (some), UNKNOWN (a rule could not be evaluated), BLOCKED, THIS
        MACHINE ONLY. Reading rules needs CAP_NET_ADMIN; without it, ports on outside addresses are UNKNOWN. Ports not evaluated within
        --judge-time are UNKNOWN too. With --all each network namespace is drawn as soon as it is evaluated.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan", "every port this machine listens on, and who owns it"),
        new("portolan 8000-8100", "the ports of a range that something listens on"),
        new("portolan nginx", "the ports of an owner or service: a program, unit, container, user"),
        new("portolan --watch", "a screen that stays up to date: choose, filter and sort by keys"),
        new("portolan --identify", "identify every service: protocol, product and version"),
        new("portolan --json", "the same as JSON"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        .. ExitCodeMeaning.Finder(
            "the chart is complete, or lists what is missing", "no port matches the words, or no chart was stored at the time of --at"),
        .. ExitCodeMeaning.Signals,
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["list", "who", "ss(8)"];

    /// <inheritdoc/>
    public override string JsonSchema => ChartDocument.Format;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Normalize(IReadOnlyList<string> args) => StoreOption.Normalize(LiveOption.Normalize(args));

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_at) is { } when)
        {
            return RunAt(when, parsed, context);
        }

        if (parsed.GetValue(_watch) is { } seconds)
        {
            return Watch(seconds, parsed, context, cancellationToken);
        }

        var all = parsed.GetValue(_all);
        var filter = ChartFilter.Of(parsed.GetValue(_words) ?? [], context.Machine.Users.Name);
        var numeric = parsed.GetValue(_numeric);
        var identify = parsed.GetValue(_identify);
        var storePath = StoreOption.Read(parsed, _store, context);
        if (storePath is not null && filter.IsSet)
        {
            throw new PortolanException(
                "--store saves the whole chart, but words choose a part of it", $"leave out the words: portolan --store", ExitCode.Usage);
        }

        var fields = (context.Json || storePath is not null
                ? ProcessFields.Document
                : ProcessFields.User | ProcessFields.Cgroup | ProcessFields.CommandLine)
            | ProcessFields.Paths;
        var takenAt = context.Clock.GetUtcNow();
        var everywhere = all || parsed.GetValue(_allNamespaces);
        using var read = MachineChart.Read(
            context.Machine,
            new ChartScope
            {
                AllNamespaces = everywhere,
                Everything = all || filter.IsSet,
                Fields = fields,
                JudgeTime = JudgeTime.Parse(parsed.GetValue(_judgeTime)),
            },
            cancellationToken);
        var (facts, whole, judged) = (read.Facts, read.Rows, read.Judge);
        var found = filter.Apply(whole);
        var inquiry = identify ? new ListenerInquiry(context) { Listeners = whole.Rows } : null;
        found = inquiry?.Ask(found, facts.Snapshot.Namespaces, cancellationToken) ?? found;
        ChartDocument Document(ChartModel chart) =>
            ChartDocument.Of(chart, facts, Missing(facts, chart, judged, inquiry), takenAt, Survey.Host);

        void Store(ChartModel chart)
        {
            if (storePath is not null)
            {
                ChartStore.Add(storePath, Document(chart), takenAt, context);
            }
        }

        if (context.Json)
        {
            var chart = filter.Apply(judged.Judge(found, cancellationToken));
            Store(chart);
            context.WriteJson(Document(chart), ReachabilityDocuments.Default.ChartDocument);
            return filter.IsSet && chart.Rows.Count == 0 ? ExitCode.NothingFound : ExitCode.Success;
        }

        using var parts = judged.JudgeEach(found, cancellationToken).GetEnumerator();
        parts.MoveNext();
        var owners = new OwnerName(numeric ? static _ => null : context.Machine.Users.Name, context.Environment("HOME"));
        var own = filter.Apply(parts.Current);
        List<ChartModel> judgedParts = [parts.Current];
        var text = new ChartText(own, facts, owners)
        {
            Listening = filter.IsSet ? whole.Rows.Count(static r => r is { IsOwnNamespace: true, IsClient: false }) : null,
            Words = filter.Text,
            Host = Survey.Host,
            IsRoot = Survey.IsRoot,
            IsJudged = judged.Own is not null,
            LacksPrivilege = judged.LacksPrivilege,
            Managers = judged.Own is { } judge ? ManagerLine.Of(judge.Rules) : "",
            Numeric = numeric,
            HasVersions = identify,
            Inquiries = inquiry?.Lines ?? [],
            Color = context.OutputColor,
            Width = context.OutputWidth,
            Others = [.. found.Rows.Where(static r => r.NamespaceIndex != 0)],
        };
        text.WriteOwn(context.Writer);

        var drawn = own.Rows.Count;

        // A namespace with many rules takes its time: what is ready is there to be read meanwhile.
        context.Flush();
        while (parts.MoveNext())
        {
            judgedParts.Add(parts.Current);
            var part = filter.Apply(parts.Current);
            drawn += part.Rows.Count;
            text.WriteRows(context.Writer, part.Rows);
            context.Flush();
        }

        text.WriteTail(context.Writer);
        context.Flush();
        Survey.Report(context, Missing(facts, found, judged, inquiry));
        Store(ReachChart.Join(judgedParts));
        return filter.IsSet && drawn == 0 ? NothingMatches(filter, context) : ExitCode.Success;
    }

    private ExitCode Watch(string seconds, ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var every = LiveOption.Read(seconds);
        if (parsed.GetValue(_identify) || StoreOption.Read(parsed, _store, context) is not null)
        {
            throw new PortolanException(
                "--watch looks again and again, and --identify and --store are for one chart",
                $"leave them out; portolan watch stores what changes", ExitCode.Usage);
        }

        LiveOption.RequireScreen(context);
        var all = parsed.GetValue(_all);
        var scope = new ChartScope
        {
            AllNamespaces = all || parsed.GetValue(_allNamespaces),
            Everything = all,
            Fields = (context.Json ? ProcessFields.Document : ProcessFields.User | ProcessFields.Cgroup | ProcessFields.CommandLine)
                | ProcessFields.Paths,
            JudgeTime = JudgeTime.Parse(parsed.GetValue(_judgeTime)),
        };
        using var live = new LiveRun(
            context, new LiveRequest(every, parsed.GetValue(_words) ?? [], scope, parsed.GetValue(_numeric)));
        return live.Run(cancellationToken);
    }

    // What was seen then is stored; nothing else can be asked of it.
    private ExitCode RunAt(string when, ParseResult parsed, CommandContext context)
    {
        if (parsed.GetValue(_identify) || parsed.GetValue(_watch) is not null || parsed.GetValue(_words) is { Length: > 0 })
        {
            throw new PortolanException(
                "--at draws the whole stored chart", $"leave out --identify, --watch and the words: portolan --at {when}", ExitCode.Usage);
        }

        var moment = Moment.Parse(when, context.Clock.GetUtcNow(), context.Clock.LocalTimeZone, "--at");
        return StoredChart.Run(StoreOption.PathOf(parsed.GetValue(_store), context), moment, context);
    }

    private static ExitCode NothingMatches(ChartFilter filter, CommandContext context)
    {
        context.Error.WriteLine($"portolan: no listening port matches {TerminalText.Escape(filter.Text)}");
        context.Error.WriteLine(Advice.Of($"portolan lists all of them, portolan help lists the commands").ToHint());
        return ExitCode.NothingFound;
    }

    private static IReadOnlyList<MissingFact> Missing(MachineFacts facts, ChartModel chart, ReachChart judged, ListenerInquiry? inquiry) =>
        [.. HiddenOwners.Missing(facts, chart.HiddenOwners), .. inquiry?.Missing ?? [], .. judged.Missing];
}
