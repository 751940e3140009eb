using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Options;
using Portolan.Model;

namespace Portolan.Cli.Scanning;

/// <summary>Does what a command line of <c>scan</c> asks for.</summary>
internal sealed class ScanRunner(ScanRequest request, CommandContext context)
{
    /// <summary>Runs and returns the exit code.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (request.Targets is { Words.Count: 0, InputFiles.Count: 0 })
        {
            throw ScanErrors.Usage("no target was given", "name one, such as portolan scan 192.0.2.7");
        }

        throw new PortolanException($"{context.Clock.GetUtcNow():s}: the scan engine is not part of this build", hint: null);
    }
}
