using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab truth</c>: what a perfect scanner would report.</summary>
public sealed class LabTruthCommand : LabTopicCommand
{
    private readonly Option<bool> _xml = new("--xml") { Description = "write nmap XML" };

    private readonly Option<string?> _ports = new("--ports", "-p")
    {
        Description = "these ports, in nmap's syntax (default: the ports that the lab names and the 1,000 most used)",
        HelpName = "PORTS",
    };

    /// <summary>Makes the command.</summary>
    public LabTruthCommand()
        : base("lab truth", "what a perfect scanner would report about a lab")
    {
        Add("What is written", _xml, _ports);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The truth is computed from the lab file alone: ports and policies of its hosts, router rules in both directions, port forwarding,
        absent hosts. Nothing runs and nothing is sent. The output is a table of each host's ports by state; --json writes the format of
        portolan scan --json, --xml that of nmap -oX.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab truth scan-me", "a table of each host's ports by state"),
        new("portolan lab truth scan-me --xml", "as nmap would write it, for ndiff"),
        new("portolan lab truth office --json -p 1-1024", "the lower ports, JSON Lines"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab score", "scan", "ndiff(1)"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.scan/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var xml = parsed.GetValue(_xml);
        if (xml && context.Json)
        {
            throw new PortolanException("--json and --xml cannot both be written", $"leave one out", ExitCode.Usage);
        }

        return context.BecomeServer(About(LabAction.Truth, parsed, context) with { Xml = xml, Ports = parsed.GetValue(_ports) });
    }
}
