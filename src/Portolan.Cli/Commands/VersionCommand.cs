using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Documents;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan version</c>.</summary>
public sealed class VersionCommand : PortolanCommand
{
    /// <summary>Makes the command.</summary>
    public VersionCommand()
        : base("version", "show the version and how this program was built")
    {
    }

    /// <inheritdoc/>
    public override string? JsonSchema => "portolan.version/1";

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan version", "version, commit, and whether it was compiled ahead of time"),
        new("portolan version --json", "the same as JSON"),
    ];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (version, commit) = ProgramVersion.Read();
        var compiled = RuntimeFeature.IsDynamicCodeCompiled ? "jit" : "aot";
        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json =>
            {
                json.WriteString("schema", "portolan.version/1");
                json.WriteString("version", version);
                json.WriteString("commit", commit);
                json.WriteString("compilation", compiled);
                json.WriteString("runtime", ProgramVersion.Runtime);
                json.WriteString("platform", RuntimeInformation.RuntimeIdentifier);
            });
            return ExitCode.Success;
        }

        var how = compiled == "aot" ? "compiled ahead of time" : "compiled as it runs";
        // By +, not interpolated: that would take the framework's pool of arrays, which costs more than the line and which nothing else
        // here needs.
        context.Writer.WriteLine(
            "portolan " + version + (commit is null ? "" : " (" + commit + ")") + ", " + how + ", " + ProgramVersion.Runtime + ", "
                + RuntimeInformation.RuntimeIdentifier);
        return ExitCode.Success;
    }
}
