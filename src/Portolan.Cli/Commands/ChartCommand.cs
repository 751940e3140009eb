using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.History;
using Portolan.Cli.Hosting;
using Portolan.Cli.Identifying;
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
        Description = "only these ports: a port, range or list, ADDRESS:PORT, or a part of the name of an owner or service",
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
        Description = "ask each service what it is, as scan -sV does: this sends bytes to the services of this host, and to no other host",
    };

    private readonly Option<string?> _judgeTime = JudgeTime.Option();

    private readonly Option<string?> _store = StoreOption.ForAdding();

    private readonly Option<string?> _at = new("--at")
    {
        Description = "draw the stored chart of that moment: 2026-11-20T03:00, 03:00, yesterday; of the store that --store names",
        HelpName = "WHEN",
    };

    /// <summary>Builds the options.</summary>
    public ChartCommand()
        : base("portolan", "the chart of this machine's ports: what listens, who owns it, who can reach it")
    {
        Arguments.Add(_words);
        Add("What to show", _all, _allNamespaces, _identify);
        Add("How to print", _numeric);
        Add("How long", _judgeTime);
        Add("The store", _store, _at);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Words choose rows: 8000-8100, :443, 53/udp, udp, 127.0.0.1:8089, or a part of the name of an owner or service (nginx); unit:ssh,
        container:db, user:www-data and pid:4711 name what is meant. A row that any word means is drawn. A first word within two letters
        of a command's name is taken for that command, misspelt; write portolan -- WORD then. portolan -tulpn runs portolan list -tulpn.

        One row is one port, protocol and owner. BIND is * for every address, lo for 127.0.0.1 or ::1, and v4+v6 where both
        families are taken. CONN counts connections that a peer holds open now (ESTABLISHED and CLOSE-WAIT); IN/OUT are their
        payload bytes so far. UDP has no connections and the kernel does not count its bytes.

        On a terminal what decides is never cut. Where it is too narrow SERVICE is cut and CONN goes where nobody is connected, before OWNER
        loses its directory; long verdicts wrap, and below 80 columns a port takes two lines. Elsewhere a row is one line;
        PORTOLAN_COLUMNS=80 asks for a width.

        UDP has no LISTEN state either. A UDP socket whose port the kernel chose belongs to a client that waits for an answer; such
        sockets are counted, and shown with --all.

        An accept queue that is full, ephemeral ports that run out and connections that a program forgot to close get a line of
        their own.

        SERVICE says what runs here, by the owner: a well-known program, its unit, the image of its container, the script that an
        interpreter runs, its package. What a process calls itself counts for nothing; the program file does, where root installed it.
        A question mark stands behind what is only likely: the registry's name of the port's number (websm? on 9090, where the program is
        hidden; a program that is known says more than the name of a number from 1024 on), or the name of a program that its user may have
        chosen. IN/OUT are in bytes, with binary prefixes: 12Ki is 12,288.

        --store also keeps the chart in the store that portolan history asks. --at WHEN draws the chart that was stored then, from the
        rows that were seen at that time; where nobody looked it says "not observed" with the looks before and after.

        --identify asks the services themselves, over loopback or at the address that they are bound to, with the questions of scan -sV:
        8 ports at once, 15 seconds for a port at most. Bytes are sent to every TCP and UDP listener but printers' ports; industrial
        protocols get their own questions only. They go over the loopback interface, so none leaves this host, whatever its rules
        translate. Services of other network namespaces (--all) are asked inside of these, which needs CAP_SYS_ADMIN.

        FIREWALL says what the rules do with a new connection from outside: allow, drop or reject with the rule that decides
        (chain#handle), or only the senders that get in. Rules, routes, translated destinations and replies are all looked at. The
        ports stand in groups by who can reach them: REACHABLE for anyone or nearly so, LIMITED for some, UNKNOWN where a rule cannot
        be judged, BLOCKED, THIS MACHINE ONLY. Reading rules needs CAP_NET_ADMIN; without it ports on outside addresses are UNKNOWN.
        So are those that are not judged within --judge-time. With --all each network namespace is drawn as soon as it is judged.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan", "every port this machine listens on, and who owns it"),
        new("portolan 8000-8100", "the ports of a range that something listens on"),
        new("portolan nginx", "the ports of an owner or service: a program, unit, container, user"),
        new("portolan --all", "other network namespaces and UDP clients too"),
        new("portolan --identify", "ask every service what it is: protocol, product and version"),
        new("portolan --json", "the same for a program to read"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        ExitCodeMeaning.Finder(
            "the chart is complete, or says what is missing", "no port matches the words, or nobody looked at the moment of --at");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["list", "who", "ss(8)"];

    /// <inheritdoc/>
    public override string JsonSchema => ChartDocument.Format;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Normalize(IReadOnlyList<string> args) => StoreOption.Normalize(args);

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_at) is { } when)
        {
            return RunAt(when, parsed, context);
        }

        var all = parsed.GetValue(_all);
        var filter = ChartFilter.Of(parsed.GetValue(_words) ?? [], context.Machine.Users.Name);
        var numeric = parsed.GetValue(_numeric);
        var identify = parsed.GetValue(_identify);
        var storePath = StoreOption.Read(parsed, _store, context);
        if (storePath is not null && filter.IsSet)
        {
            throw new PortolanException(
                "--store keeps the whole chart, and words choose a part of it", $"leave out the words: portolan --store", ExitCode.Usage);
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

    // What was seen then is stored; nothing else can be asked of it.
    private ExitCode RunAt(string when, ParseResult parsed, CommandContext context)
    {
        if (parsed.GetValue(_identify) || parsed.GetValue(_words) is { Length: > 0 })
        {
            throw new PortolanException(
                "--at draws the whole chart that was stored", $"leave out --identify and the words: portolan --at {when}", ExitCode.Usage);
        }

        var moment = Moment.Parse(when, context.Clock.GetUtcNow(), context.Clock.LocalTimeZone, "--at");
        return StoredChart.Run(StoreOption.PathOf(parsed.GetValue(_store), context), moment, context);
    }

    private static ExitCode NothingMatches(ChartFilter filter, CommandContext context)
    {
        context.Error.WriteLine($"portolan: no port that is listened on matches {TerminalText.Escape(filter.Text)}");
        context.Error.WriteLine(Advice.Of($"run portolan for all of them, portolan help for the list of commands").ToHint());
        return ExitCode.NothingFound;
    }

    private static IReadOnlyList<MissingFact> Missing(MachineFacts facts, ChartModel chart, ReachChart judged, ListenerInquiry? inquiry) =>
        [.. HiddenOwners.Missing(facts, chart.HiddenOwners), .. inquiry?.Missing ?? [], .. judged.Missing];
}
