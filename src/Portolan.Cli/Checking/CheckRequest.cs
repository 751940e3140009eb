using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>What <c>portolan check</c> was asked to do.</summary>
/// <param name="Targets">In the order of the command line; never empty.</param>
/// <param name="Options">How each is checked.</param>
internal sealed record CheckRequest(IReadOnlyList<CheckTarget> Targets, CheckOptions Options);
