using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Fleet;

/// <summary>A command of a fleet. The work is the server's.</summary>
public abstract class FleetTopicCommand : PortolanCommand
{
    private readonly Option<string?> _config;

    /// <summary>Takes the name, the one-line description and the usual file of settings.</summary>
    protected FleetTopicCommand(string fullName, string summary, string usualFile = "/etc/portolan/fleet.yaml")
        : base(fullName, summary)
    {
        _config = new Option<string?>("--config")
        {
            Description = $"the file with broker and database; {usualFile} by default",
            HelpName = "FILE",
        };
        if (usualFile.EndsWith("agent.yaml", StringComparison.Ordinal))
        {
            _config.Description = $"the file with the broker and what may be scanned; {usualFile} by default";
        }

        Add("Settings", _config);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "done"),
        new(ExitCode.Usage, "the command line or the file of settings is wrong; nothing was done"),
        new(ExitCode.Failed, "failed, e.g. because the database does not answer"),
    ];

    /// <summary>Why there is no JSON.</summary>
    protected const string NoDocument = "it prints no document; fleet jobs and fleet results have --json";

    /// <summary>The invocation with what all of them have.</summary>
    protected FleetInvocation About(FleetAction action, ParseResult parsed, CommandContext context) => new(action)
    {
        Config = parsed.GetValue(_config) is not "" and var file ? file
            : throw new PortolanException("the value of --config is empty", $"name a file", ExitCode.Usage),
        Json = context.Json,
        Debug = context.Debug,
    };

    /// <summary>The argument that names an agent.</summary>
    protected static Argument<string> NameArgument(string description) => new("NAME") { Description = description, HelpName = "NAME" };

    /// <summary>A value that is not empty.</summary>
    protected static string NotEmpty(string name, string? value) => value is { Length: > 0 } ? value
        : throw new PortolanException($"the value of {name} is empty", $"run portolan help fleet", ExitCode.Usage);

    /// <summary>The argument that names a job.</summary>
    protected static Argument<string> JobArgument() => new("JOB") { Description = "the number that fleet start printed", HelpName = "JOB" };

    /// <summary>Reads it.</summary>
    protected static long JobOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var job) && job > 0
            ? job
            : throw new PortolanException(
                $"'{TerminalText.Escape(text)}' is not the number of a job", $"portolan fleet jobs lists them", ExitCode.Usage);
}

/// <summary><c>portolan fleet init</c>.</summary>
public sealed class FleetInitCommand : FleetTopicCommand
{
    /// <summary>Makes the command.</summary>
    public FleetInitCommand()
        : base("fleet init", "prepare the database and the broker of a fleet, or bring them up to date")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Creates the tables of the fleet, or adds what a newer version needs: steps only go forward. Declares exchanges and queues, and
        checks that the broker has the plugins that a fleet needs. It may be repeated.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet init", "with /etc/portolan/fleet.yaml"),
        new("portolan fleet init --config fleet.yaml", "with another file"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet serve", "agent"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Init, parsed, context));
}

/// <summary><c>portolan fleet serve</c>.</summary>
public sealed class FleetServeCommand : FleetTopicCommand
{
    private readonly WatchOptions _watch = new();

    /// <summary>Makes the command.</summary>
    public FleetServeCommand()
        : base("fleet serve", "the coordinator: hands out chunks, and stores what agents found") =>
        Add("How it is watched", _watch.Metrics, _watch.Log);

    /// <inheritdoc/>
    public override string Details =>
        """
        Runs until a signal ends it. It keeps no state of its own: two may run at once, on two machines, and either may be stopped at any
        time. While the broker or the database is out of reach, it waits and says so. It ends where a newer portolan has changed the tables.
        docs/fleet-operation.md lists the metrics and the events.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet serve", "with /etc/portolan/fleet.yaml"),
        new("portolan fleet serve --config fleet.yaml", "with another file"),
        new("portolan fleet serve --metrics 9109 --log json", "for Prometheus and a log collector"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet init", "agent", "fleet start"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(_watch.In(About(FleetAction.Serve, parsed, context), parsed));
}

/// <summary><c>portolan fleet agents</c>.</summary>
public sealed class FleetAgentsCommand : FleetTopicCommand
{
    /// <summary>Makes the command.</summary>
    public FleetAgentsCommand()
        : base("fleet agents", "the agents: zone, version, scope, and when each was last heard")
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet agents", "a line each"),
        new("portolan fleet agents --json", "the same for programs"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["agent", "fleet jobs"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.agents/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Agents, parsed, context));
}

/// <summary><c>portolan fleet jobs</c>.</summary>
public sealed class FleetJobsCommand : FleetTopicCommand
{
    private readonly Argument<string?> _job = new("JOB")
    {
        Description = "one job, with its zones; without it the newest jobs",
        HelpName = "JOB",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Makes the command.</summary>
    public FleetJobsCommand()
        : base("fleet jobs", "the jobs: how far each is, and what is missing") => Arguments.Add(_job);

    /// <inheritdoc/>
    public override string Details =>
        """
        Loss and missed ports are stated for each zone, and never averaged over zones. NOT PROBED counts ports and hosts without a state:
        no probe could be sent, or the host stopped answering. OUT OF SCOPE counts those that the agent's own settings exclude.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet jobs", "the newest"),
        new("portolan fleet jobs 7", "one of them, zone by zone"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. base.ExitCodes, new(ExitCode.NothingFound, "no job has the number")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet start", "fleet results"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.jobs/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Jobs, parsed, context) with
        {
            Job = parsed.GetValue(_job) is { } job ? JobOf(job) : null,
        });
}

/// <summary><c>portolan fleet results</c>.</summary>
public sealed class FleetResultsCommand : FleetTopicCommand
{
    private readonly Argument<string> _job = JobArgument();

    private readonly Option<string?> _zone = new("--zone")
    {
        Description = "only what this zone sees; by default each zone in turn, and then what differs between them",
        HelpName = "ZONE",
    };

    private readonly Option<bool> _all = new("--all-states") { Description = "with --json: every port, not only open and ambiguous ones" };

    /// <summary>Makes the command.</summary>
    public FleetResultsCommand()
        : base("fleet results", "print what a job found, as portolan scan would")
    {
        Arguments.Add(_job);
        Add("What is printed", _zone, _all);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The output is that of portolan scan. A job of several zones is printed zone by zone, and then the ports that are open from one
        zone and not from another. With --json it is the JSON Lines of portolan scan; portolan diff and portolan history import read those
        of one zone. A job that is running is printed as far as it is, and marked incomplete.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet results 7", "open ports, host by host"),
        new("portolan fleet results 7 --zone lan --json > lan.json", "for diff and history import"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "printed, and the job is complete"),
        new(ExitCode.NothingFound, "no job has the number"),
        new(ExitCode.Usage, "the command line or the file of settings is wrong; nothing was done"),
        new(ExitCode.Failed, "failed, or the job is not complete"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet jobs", "diff", "history import"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.scan/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Results, parsed, context) with
        {
            Job = JobOf(parsed.GetValue(_job)!),
            Zones = parsed.GetValue(_zone) is { Length: > 0 } zone ? [zone] : [],
            AllStates = parsed.GetValue(_all),
        });
}

/// <summary><c>portolan fleet cancel</c>.</summary>
public sealed class FleetCancelCommand : FleetTopicCommand
{
    private readonly Argument<string> _job = JobArgument();

    /// <summary>Makes the command.</summary>
    public FleetCancelCommand()
        : base("fleet cancel", "end a job; what it found stays") => Arguments.Add(_job);

    /// <inheritdoc/>
    public override string Details =>
        """
        No further chunk is handed out, and agents stop when they next renew a lease, within 20 seconds.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet cancel 7", "ends job 7"),
        new("portolan fleet cancel 7 --config fleet.yaml", "of the fleet that another file names"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. base.ExitCodes, new(ExitCode.NothingFound, "no running job has the number")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet jobs"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Cancel, parsed, context) with { Job = JobOf(parsed.GetValue(_job)!) });
}

/// <summary><c>portolan fleet forget</c>.</summary>
public sealed class FleetForgetCommand : FleetTopicCommand
{
    private readonly Argument<string?> _job = new("JOB")
    {
        Description = "the job to remove",
        HelpName = "JOB",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _older = new("--older")
    {
        Description = "remove every job that ended longer ago than AGE, e.g. 90d (at least 1d)",
        HelpName = "AGE",
    };

    /// <summary>Makes the command.</summary>
    public FleetForgetCommand()
        : base("fleet forget", "remove jobs that have ended, with all that they found")
    {
        Arguments.Add(_job);
        Add("What is removed", _older);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        What each job found lies in tables of its own, which are dropped: other jobs go on meanwhile, and the space is free at once. A job
        that is running is refused. There is no way back but a backup; fleet results --json keeps what is still wanted.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet forget 7", "removes job 7"),
        new("portolan fleet forget --older 90d", "what ended more than 90 days ago; for a timer"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. base.ExitCodes, new(ExitCode.NothingFound, "no job has the number")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet jobs", "fleet results", "fleet cancel"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (job, older) = (parsed.GetValue(_job), parsed.GetValue(_older));
        if ((job is null) == (older is null))
        {
            throw new PortolanException(
                job is null ? "fleet forget needs a job, or --older" : "fleet forget takes a job or --older, not both",
                $"portolan fleet forget 7, or portolan fleet forget --older 90d", ExitCode.Usage);
        }

        return context.BecomeServer(About(FleetAction.Forget, parsed, context) with
        {
            Job = job is null ? null : JobOf(job),
            Older = older is null ? null : DurationText.Read("--older", older, TimeSpan.FromDays(1), DurationText.Longest),
        });
    }
}

/// <summary><c>portolan fleet invite</c>.</summary>
public sealed class FleetInviteCommand : FleetTopicCommand
{
    private readonly Argument<string> _name = NameArgument("a name for the agent: letters, digits, - and _");

    private readonly Option<string?> _zone = new("--zone")
    {
        Description = "the part of the network that the agent sees",
        HelpName = "ZONE",
        Required = true,
    };

    private readonly Option<string?> _expires = new("--expires")
    {
        Description = "how long the token holds, e.g. 10m or 2d; 1h by default",
        HelpName = "TIME",
    };

    /// <summary>Makes the command.</summary>
    public FleetInviteCommand()
        : base("fleet invite", "print a token with which one agent joins the fleet, once")
    {
        Arguments.Add(_name);
        Add("The agent", _zone, _expires);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The token is one line. portolan agent join takes it on the agent's machine. It names the broker, the authority of the broker's
        certificate (broker-ca-file in the settings) and a secret that may ask to join, and nothing else. Another token for the same name
        replaces the first, and lets a machine that lost its files join again under its name.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet invite lan-1 --zone lan", "a token for an hour"),
        new("portolan fleet invite dmz-1 --zone dmz --expires 10m", "for ten minutes"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["agent join", "fleet revoke"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Invite, parsed, context) with
        {
            Name = NotEmpty("NAME", parsed.GetValue(_name)),
            Zones = [NotEmpty("--zone", parsed.GetValue(_zone))],
            Expires = parsed.GetValue(_expires) is { } text
                ? DurationText.Read("--expires", text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)) : null,
        });
}

/// <summary><c>portolan fleet revoke</c>.</summary>
public sealed class FleetRevokeCommand : FleetTopicCommand
{
    private readonly Argument<string> _name = NameArgument("the agent, or the name of a token");

    /// <summary>Makes the command.</summary>
    public FleetRevokeCommand()
        : base("fleet revoke", "remove an agent, or a token that was not used") => Arguments.Add(_name);

    /// <inheritdoc/>
    public override string Details =>
        """
        Deletes the agent's user at the broker, which closes its connections, and ends its leases: its chunks go to other agents, and what
        it sends from then on is refused. What it found before stays.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet revoke lan-1", "the agent lan-1"),
        new("portolan fleet revoke lan-1 --config fleet.yaml", "of the fleet that another file names"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. base.ExitCodes, new(ExitCode.NothingFound, "no agent or token has the name")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet agents", "agent leave"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Revoke, parsed, context) with { Name = NotEmpty("NAME", parsed.GetValue(_name)) });
}

/// <summary><c>portolan fleet drain</c>.</summary>
public sealed class FleetDrainCommand : FleetTopicCommand
{
    private readonly Argument<string> _name = NameArgument("the agent");
    private readonly Option<bool> _undo = new("--undo") { Description = "give it chunks again" };

    /// <summary>Makes the command.</summary>
    public FleetDrainCommand()
        : base("fleet drain", "give an agent no further chunks, e.g. before its machine restarts")
    {
        Arguments.Add(_name);
        Add("What is done", _undo);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The agent finishes the chunk that it works on, and stays connected: it still makes checks. It keeps this state when it restarts.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet drain lan-1", "no further chunks for lan-1"),
        new("portolan fleet drain lan-1 --undo", "chunks again"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. base.ExitCodes, new(ExitCode.NothingFound, "no agent has the name")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet agents", "fleet revoke"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Drain, parsed, context) with
        {
            Name = NotEmpty("NAME", parsed.GetValue(_name)),
            Undo = parsed.GetValue(_undo),
        });
}

/// <summary><c>portolan fleet status</c>.</summary>
public sealed class FleetStatusCommand : FleetTopicCommand
{
    /// <summary>Makes the command.</summary>
    public FleetStatusCommand()
        : base("fleet status", "how the fleet stands: broker, zones, chunks, and what was refused")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Needs attention: a zone without a connected agent, messages that could not be delivered, chunks that were given up, and what was
        refused in the last 24 hours. The exit code is 1 then.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet status", "a screen"),
        new("portolan fleet status --json", "the same for programs"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. base.ExitCodes, new(ExitCode.NothingFound, "something needs attention")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet agents", "fleet jobs"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.fleet/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Status, parsed, context));
}
