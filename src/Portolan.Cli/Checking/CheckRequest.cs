using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>What <c>portolan check</c> was asked to do.</summary>
/// <param name="Orders">Targets and what they must show, in the order of the command line; never empty.</param>
/// <param name="Options">How each is checked.</param>
/// <param name="JUnit">Where the verdicts go for a build server; <c>null</c> for nowhere.</param>
/// <param name="Watch">How long after each round the next begins; <c>null</c> for one round.</param>
/// <param name="IsVerbose">Every step of every hop is shown, not a line for each hop of a redirected check.</param>
internal sealed record CheckRequest(IReadOnlyList<CheckOrder> Orders, CheckOptions Options, string? JUnit, TimeSpan? Watch, bool IsVerbose)
{
    /// <summary>The store that results are added to; <c>null</c> for none.</summary>
    public string? Store { get; init; }
}
