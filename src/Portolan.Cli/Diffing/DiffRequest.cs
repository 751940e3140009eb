using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Diffing;

/// <summary>What to compare and what to make of it.</summary>
/// <param name="A">The earlier result.</param>
/// <param name="B">The later result.</param>
/// <param name="Options">What the person says of both.</param>
/// <param name="FailOn">The changes that end with exit code 1; <c>null</c> for none.</param>
/// <param name="JUnit">A file for JUnit's XML; <c>null</c> for none.</param>
/// <param name="IsNdiff">Print ndiff's text.</param>
internal sealed record DiffRequest(string A, string B, SnapshotOptions Options, FailOn? FailOn, string? JUnit, bool IsNdiff)
{
    /// <summary>The store of moments as it was named; <c>null</c> for this user's.</summary>
    public string? Store { get; init; }

    /// <summary>Of a store the charts of this machine are compared, not scans.</summary>
    public bool IsOfCharts { get; init; }
}
