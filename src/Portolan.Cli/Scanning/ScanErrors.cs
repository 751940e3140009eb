using Portolan.Model;

namespace Portolan.Cli.Scanning;

/// <summary>Errors of the command line of <c>scan</c>.</summary>
internal static class ScanErrors
{
    /// <summary>A wrong command line; nothing was sent.</summary>
    public static PortolanException Usage(string message, Advice? hint = null) =>
        new(message, hint ?? $"run portolan help scan", ExitCode.Usage);
}
