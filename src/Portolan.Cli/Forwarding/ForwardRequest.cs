using Portolan.Forwarding.Model;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>What the command line of a forward asks for.</summary>
/// <param name="Forwards">The forwards.</param>
/// <param name="Drain">How long connections may go on when it ends.</param>
/// <param name="Threads">Threads that move data.</param>
/// <param name="Every">How often statistics are shown; <c>null</c> for the usual time.</param>
/// <param name="CheckEvery">How often targets are checked, where they are.</param>
/// <param name="Metrics">Where counters are asked for; <c>null</c> for nowhere.</param>
/// <param name="DryRun">Whether only to say what would be done.</param>
/// <param name="InKernel">Whether the kernel is to forward packets.</param>
internal sealed record ForwardRequest(
    IReadOnlyList<ForwardSpec> Forwards, TimeSpan Drain, int Threads, TimeSpan? Every, TimeSpan CheckEvery,
    (InternetAddress? Address, PortNumber Port)? Metrics, bool DryRun, bool InKernel)
{
    /// <summary>The file of forwards, where there is one that can be read again.</summary>
    public string? File { get; init; }

    /// <summary>Reads the command line and the file again; <c>null</c> where there is none.</summary>
    public Func<IReadOnlyList<ForwardSpec>>? Reread { get; init; }
}
