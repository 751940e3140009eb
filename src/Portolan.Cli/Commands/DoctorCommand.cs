using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.Doctor;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Documents;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan doctor</c>.</summary>
public sealed class DoctorCommand : PortolanCommand
{
    private readonly Option<bool> _verbose =
        new("--verbose", "-v") { Description = "list every setting that a killed forward left, on a host with many interfaces" };

    /// <summary>Makes the command.</summary>
    public DoctorCommand()
        : base("doctor", "what Portolan can do in this environment, and the command that grants more") => Add("Output", _verbose);

    /// <inheritdoc/>
    public override string Details =>
        """
        Everything is tried rather than guessed: doctor reads each kind of socket, looks at every process, loads and drops a BPF program
        that does nothing, and enters every network namespace that has a name or a process. Nothing is changed. Settings left by a killed
        forward --kernel are listed too, if this user may see them.

        Each line is ok, limited (it works partly, or slower) or missing. A line that is not ok is followed by the command that grants
        more, if one exists. Run doctor as the user whose view you want to know.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan doctor", "what works here, and what would grant more"),
        new("portolan doctor --json", "the same for a program to read"),
    ];

    /// <inheritdoc/>
    public override string JsonSchema => DoctorDocument.Format;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["portolan", "capabilities(7)", "setcap(8)"];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var report = EnvironmentSurvey.Read(context.Machine, parsed.GetValue(_verbose) || context.Json, cancellationToken);
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output, DoctorDocument.Of(report, context.Clock.GetUtcNow(), Survey.Host),
                ReachabilityDocuments.Default.DoctorDocument);
        }
        else
        {
            DoctorText.Write(report, Survey.Host, context.Writer, context.OutputWidth, context.OutputColor);
        }

        return ExitCode.Success;
    }
}
