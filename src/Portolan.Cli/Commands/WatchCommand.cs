using System.CommandLine;
using Portolan.Cli.Commands.Fleet;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Forwarding.Grammar;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan watch</c>: what changes on this machine's ports. The work is the server's.</summary>
public sealed class WatchCommand : PortolanCommand
{
    private static readonly TimeSpan LongestFor = TimeSpan.FromDays(49);

    private readonly Option<string?> _every = new("--every")
    {
        Description = "how long after a look the next one begins: 10s, 1m (the default), 6h; from 1s to 24h; what the kernel reports is "
            + "looked at at once",
        HelpName = "TIME",
    };

    private readonly Option<string?> _for = new("--for")
    {
        Description = "end after this time: 8h; without it Ctrl-C ends it",
        HelpName = "TIME",
    };

    private readonly Option<string?> _store = new("--store")
    {
        Description = "the store that changes are added to and compared with (default: this user's)",
        HelpName = "FILE",
    };

    private readonly Option<string?> _config = new("--config")
    {
        Description = "the file of receivers, e.g. e-mail and webhooks: they get each event once it is stored",
        HelpName = "FILE",
    };

    private readonly Option<string?> _metrics = new WatchOptions().Metrics;

    /// <summary>Builds the options.</summary>
    public WatchCommand()
        : base("watch", "print what changes on this machine's ports: opened, closed, owner, addresses, reach") =>
        Add("How it watches", _every, _for, _store, _config, _metrics);

    /// <inheritdoc/>
    public override string Details =>
        """
        Each look is compared with the one before it and added to the store, so portolan history and portolan diff know it too. The first
        look into a new store is the baseline and prints nothing. When portolan watch starts again, its first look is compared with the
        last one in the store: what changed in between is printed then.

        As root, the kernel reports each TCP and UDP port that opens or closes, and each change of nftables' rules and of routes. A look
        follows at once; a port that is open for a tenth of a second is not missed. What the kernel does not report, e.g. a rule of
        iptables-legacy or another owner of the same socket, is found by a look each minute, or less often where looks are costly.
        Without root, ports that open are found by these looks only, and owners of other users' processes and the firewall's verdicts are
        unknown. What is unknown is printed on stderr once and not compared.

        With --config, receivers get the events too: those of ten seconds in one message. What a receiver did not accept is sent again until
        it does, after an outage and after a restart too. SIGHUP reads the file again. docs/watch.md describes the file; portolan watch
        check finds its mistakes, and portolan watch test sends a message.

        With --json each event is a JSON object on its own line. The first line has the event "ready": the first look is stored.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan watch", "a line for each change, a look each minute"),
        new("portolan watch --every 10s --json", "the same as JSON Lines"),
        new("portolan watch --for 8h --store ./night.db", "for a night, into a store of its own"),
        new("portolan watch --config /etc/portolan/watch.yaml", "with e-mail, webhooks and other receivers"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "ended by --for, Ctrl-C or SIGTERM"),
        new(ExitCode.Usage, "the command line is wrong"),
        new(ExitCode.Failed, "failed, e.g. because the store cannot be written"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["watch check", "watch test", "history", "diff"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.event/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        TimeSpan? every = parsed.GetValue(_every) is { } text
            ? DurationText.Read("--every", text, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)) : null;
        if (parsed.GetValue(_metrics) is { } place)
        {
            ListenText.Parse("--metrics", place);
        }

        var path = Path.GetFullPath(StoreOption.PathOf(parsed.GetValue(_store), context));

        // A store that cannot be written is named before anything is watched, and its folder is made.
        StoreOption.OpenForWriting(path, context).Dispose();
        return context.BecomeServer(new WatchInvocation(path)
        {
            Every = every,
            Config = parsed.GetValue(_config) is not "" and var file ? file
                : throw new PortolanException("the value of --config is empty", $"name a file", ExitCode.Usage),
            Metrics = parsed.GetValue(_metrics),
            For = parsed.GetValue(_for) is { } time ? DurationText.Read("--for", time, TimeSpan.FromMilliseconds(1), LongestFor) : null,
            Json = context.Json,
            Debug = context.Debug,
        });
    }
}

/// <summary><c>portolan watch check</c>: mistakes in a file of receivers. The work is the server's.</summary>
public sealed class WatchCheckCommand : PortolanCommand
{
    private readonly Argument<string> _file = WatchFileArgument.Make();

    /// <summary>Makes the command.</summary>
    public WatchCheckCommand()
        : base("watch check", "check a file of receivers for errors") => Arguments.Add(_file);

    /// <inheritdoc/>
    public override string Details =>
        """
        Each error is one line FILE:LINE:COLUMN: the problem and its remedy. All errors of the file are found at once, those of the files of
        secrets that it names too. Nothing is sent. Warnings concern files that portolan watch takes.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan watch check watch.yaml", "all errors of a file"),
        new("portolan watch check /etc/portolan/watch.yaml", "that of the service, before systemctl reload portolan-watch"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "there are no errors"),
        new(ExitCode.NothingFound, "there are errors"),
        new(ExitCode.Usage, "the command line is wrong, or the file cannot be read"),
        new(ExitCode.Failed, "failed, e.g. because standard output cannot be written"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["watch", "watch test"];

    /// <inheritdoc/>
    public override string WhyNoJson => "its lines have the form that editors parse, FILE:LINE:COLUMN: MESSAGE";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(new WatchFileInvocation(WatchFileArgument.Read(parsed.GetValue(_file))) { Debug = context.Debug });
}

/// <summary><c>portolan watch test</c>: a message to one receiver. The work is the server's.</summary>
public sealed class WatchTestCommand : PortolanCommand
{
    private readonly Argument<string> _file = WatchFileArgument.Make();

    private readonly Argument<string> _receiver = new("RECEIVER")
    {
        Description = "the name of the receiver in the file",
        HelpName = "RECEIVER",
    };

    /// <summary>Makes the command.</summary>
    public WatchTestCommand()
        : base("watch test", "send a test message to a receiver")
    {
        Arguments.Add(_file);
        Arguments.Add(_receiver);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Sends one message that says it is a test, and waits until the receiver has accepted it. Where it does not, the error says what its
        server answered. No store is touched.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan watch test watch.yaml admins", "one e-mail, where admins is such a receiver"),
        new("portolan watch test /etc/portolan/watch.yaml phone", "the same for another receiver"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the receiver accepted the message"),
        new(ExitCode.Usage, "the command line or the file is wrong; nothing was sent"),
        new(ExitCode.Failed, "the receiver did not accept it"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["watch", "watch check"];

    /// <inheritdoc/>
    public override string WhyNoJson => "it prints one line";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(new WatchFileInvocation(WatchFileArgument.Read(parsed.GetValue(_file)))
        {
            Receiver = parsed.GetValue(_receiver) is { Length: > 0 } name ? name
                : throw new PortolanException("the name of the receiver is empty", $"run portolan help watch test", ExitCode.Usage),
            Debug = context.Debug,
        });
}

internal static class WatchFileArgument
{
    internal static Argument<string> Make() => new("FILE") { Description = "the file of receivers, in YAML", HelpName = "FILE" };

    internal static string Read(string? file) => file is { Length: > 0 } ? file
        : throw new PortolanException("the name of the file is empty", $"run portolan help watch check", ExitCode.Usage);
}
