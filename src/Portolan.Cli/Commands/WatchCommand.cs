using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
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

    /// <summary>Builds the options.</summary>
    public WatchCommand()
        : base("watch", "print what changes on this machine's ports: opened, closed, owner, addresses, reach") =>
        Add("How it watches", _every, _for, _store);

    /// <inheritdoc/>
    public override string Details =>
        """
        Each look is compared with the one before it and added to the store, so portolan history and portolan diff know it too. The first
        look into a new store is the baseline and prints nothing. When portolan watch starts again, its first look is compared with the
        last one in the store: what changed in between is printed then.

        As root, the kernel reports each TCP and UDP port that opens or closes and of each change of nftables' rules and of routes, and a
        look follows at once; a port that is open for a tenth of a second is not missed. What the kernel does not report, e.g. a rule of
        iptables-legacy or another owner of the same socket, is found by a look each minute, or less often where looks are costly: at rest
        portolan watch takes at most 0.2 % of a processor. Without root, ports that open are found by these looks only, and owners of
        other users' processes and the firewall's verdicts are unknown. What is unknown is printed on stderr once and not compared.

        With --json each event is a JSON object on its own line. The first line has the event "ready": the first look is stored.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan watch", "a line for each change, a look each minute"),
        new("portolan watch --every 10s --json", "the same as JSON Lines"),
        new("portolan watch --for 8h --store ./night.db", "for a night, into a store of its own"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "ended by --for, Ctrl-C or SIGTERM"),
        new(ExitCode.Usage, "the command line is wrong"),
        new(ExitCode.Failed, "failed, e.g. because the store cannot be written"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["history", "diff", "who", "list"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.event/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(StoreOption.PathOf(parsed.GetValue(_store), context));

        // A store that cannot be written is named before anything is watched, and its folder is made.
        StoreOption.OpenForWriting(path, context).Dispose();
        return context.BecomeServer(new WatchInvocation(path)
        {
            Every = parsed.GetValue(_every) is { } every
                ? DurationText.Read("--every", every, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)) : null,
            For = parsed.GetValue(_for) is { } time ? DurationText.Read("--for", time, TimeSpan.FromMilliseconds(1), LongestFor) : null,
            Json = context.Json,
            Debug = context.Debug,
        });
    }
}
