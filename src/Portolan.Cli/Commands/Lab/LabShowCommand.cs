using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab show</c>: what is in a lab.</summary>
public sealed class LabShowCommand : LabTopicCommand
{
    private readonly Option<bool> _yaml = new("--yaml") { Description = "print the lab file itself, to copy and change" };

    /// <summary>Makes the command.</summary>
    public LabShowCommand()
        : base("lab show", "the networks, routers, hosts and ports of a lab")
    {
        Add("What is written", _yaml);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab show office", "a built-in lab"),
        new("portolan lab show office --yaml > my-lab.yaml", "its file, as a start for your own lab"),
        new("portolan lab show my-lab.yaml --json", "your own lab as JSON"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab list", "lab check"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.lab-topology/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var yaml = parsed.GetValue(_yaml);
        return yaml && context.Json
            ? throw new PortolanException("--json and --yaml cannot both be written", $"leave one out", ExitCode.Usage)
            : context.BecomeServer(About(LabAction.Show, parsed, context) with { Yaml = yaml });
    }
}
