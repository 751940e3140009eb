using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Options;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Fleet;

/// <summary><c>portolan agent</c>.</summary>
public sealed class AgentCommand : FleetTopicCommand
{
    private readonly WatchOptions _watch = new();

    /// <summary>Makes the command.</summary>
    public AgentCommand()
        : base("agent", "scan for a fleet from this machine, within limits that are set here", "/etc/portolan/agent.yaml") =>
        Add("How it is watched", _watch.Metrics, _watch.Log);

    /// <inheritdoc/>
    public override string Details =>
        """
        The agent connects to the broker, and listens on nothing without --metrics. portolan agent join writes its file of settings, which
        says what networks and ports it may probe, and how fast; no job and no coordinator can exceed that. Ports 9100 to 9107 are off,
        because printers print what is sent to them, unless printer-ports is yes. What is out of scope is reported as not probed, never as
        closed.

          zone: lan
          broker: amqps://lan-1@192.0.2.1:5671/fleet
          broker-password-file: agent.password
          broker-ca-file: agent.ca.pem
          networks: [198.51.100.0/24, "2001:db8::/64"]
          exclude: [198.51.100.7]
          ports: 1-65535
          max-rate: 1000

        Without CAP_NET_RAW it scans by connections, as portolan scan does, and says so. When it ends, or loses the broker for longer than
        its lease, it stops sending, and another agent continues from the last stored position.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan agent", "with /etc/portolan/agent.yaml"),
        new("portolan agent --config lan.yaml", "with another file"),
        new("portolan agent --metrics 9110 --log json", "for Prometheus and a log collector"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["agent join", "fleet", "scan"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(_watch.In(About(FleetAction.Agent, parsed, context), parsed));
}

/// <summary><c>portolan agent join</c>.</summary>
public sealed class AgentJoinCommand : FleetTopicCommand
{
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "a file with the token, of mode 0600; standard input without it",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string[]> _networks = ScanOptionKinds.Value(
        "--network", "NETWORK", "a network that the agent may scan; repeated for more");

    /// <summary>Makes the command.</summary>
    public AgentJoinCommand()
        : base("agent join", "make this machine an agent of a fleet, with a token", "/etc/portolan/agent.yaml")
    {
        Arguments.Add(_file);
        Add("What it may scan", _networks);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The token is the line that portolan fleet invite printed. It holds once. The agent chooses its own password and writes it beside its
        settings, with mode 0600. The broker's certificate must be from the authority in the token.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan agent join --network 198.51.100.0/24", "reads the token from standard input"),
        new("portolan agent join token.txt", "from a file; what it may scan is written later"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["agent", "agent leave", "fleet invite"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Join, parsed, context) with
        {
            TokenFile = parsed.GetValue(_file) is { } file ? NotEmpty("FILE", file) : null,
            Targets = parsed.All(_networks),
        });
}

/// <summary><c>portolan agent leave</c>.</summary>
public sealed class AgentLeaveCommand : FleetTopicCommand
{
    /// <summary>Makes the command.</summary>
    public AgentLeaveCommand()
        : base("agent leave", "undo agent join: remove this agent from its fleet, and its files", "/etc/portolan/agent.yaml")
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan agent leave", "the agent of /etc/portolan/agent.yaml"),
        new("portolan agent leave --config lan.yaml", "of another file"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["agent join", "fleet revoke"];

    /// <inheritdoc/>
    public override string WhyNoJson => NoDocument;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(FleetAction.Leave, parsed, context));
}
