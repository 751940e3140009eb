using System.CommandLine;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;

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
    public override IReadOnlyList<CommandExample> Examples { get; } =
    [
        new("portolan version", "version, commit, and whether it was compiled ahead of time"),
        new("portolan version --json", "the same for a program to read"),
    ];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (version, commit) = ReadVersion();
        var compiled = RuntimeFeature.IsDynamicCodeCompiled ? "jit" : "aot";
        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json =>
            {
                json.WriteString("schema", "portolan.version/1");
                json.WriteString("version", version);
                json.WriteString("commit", commit);
                json.WriteString("compilation", compiled);
                json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
                json.WriteString("architecture", RuntimeInformation.RuntimeIdentifier);
            });
            return ExitCode.Success;
        }

        var how = compiled == "aot" ? "compiled ahead of time" : "compiled as it runs";
        context.Writer.WriteLine($"portolan {version}{(commit is null ? "" : $" ({commit})")}, {how}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        return ExitCode.Success;
    }

    /// <summary>The informational version is <c>0.1.0+commit</c> when the build knew the commit.</summary>
    private static (string Version, string? Commit) ReadVersion()
    {
        var text = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? (text, null) : (text[..plus], text[(plus + 1)..]);
    }
}
