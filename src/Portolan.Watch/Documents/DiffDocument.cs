using System.Text.Json.Serialization;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Documents;

/// <summary>What changed between two results, as <c>portolan.diff/1</c> (docs/schema/portolan.diff-1.json).</summary>
/// <param name="ComparedAt">When they were compared, UTC.</param>
/// <param name="A">The earlier result.</param>
/// <param name="B">The later one.</param>
/// <param name="Coverage">What both looked at.</param>
/// <param name="Counts">How many changes of each kind.</param>
/// <param name="Changes">By host, protocol and port.</param>
/// <param name="Failed">Whether a change is one that was to fail; <c>null</c> where none was.</param>
public sealed record DiffDocument(
    DateTime ComparedAt, SnapshotRecord A, SnapshotRecord B, CoverageRecord Coverage, IReadOnlyDictionary<string, long> Counts,
    IEnumerable<ReportedChangeRecord> Changes, bool? Failed)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.diff/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>A comparison.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="isFailed">Whether a change is one that was to fail; <c>null</c> where none was.</param>
    /// <param name="comparedAt">When it was made.</param>
    public static DiffDocument Of(Comparison comparison, bool? isFailed, DateTimeOffset comparedAt)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return new DiffDocument(
            comparedAt.UtcDateTime, SnapshotRecord.Of(comparison.A), SnapshotRecord.Of(comparison.B),
            CoverageRecord.Of(comparison.Coverage),
            new OrderedDictionary<string, long>(
                ChangeKinds.All.Select(kind => KeyValuePair.Create(kind.Name(), comparison.CountOf(kind)))),
            comparison.Changes.Select(ReportedChangeRecord.Of), isFailed);
    }
}

/// <summary>A result that was compared.</summary>
/// <param name="Source">Its name for people. Hostile text.</param>
/// <param name="Format">Whose format it is.</param>
/// <param name="TakenAt">When it was taken, UTC; <c>null</c> when it does not say.</param>
/// <param name="Hosts">How many hosts it has.</param>
/// <param name="Complete">Whether nothing that was to be looked at is missing.</param>
/// <param name="Incomplete">Why not, or <c>null</c>. Hostile text.</param>
/// <param name="PortsUnknown">Whether it does not say which ports were scanned.</param>
/// <param name="MissRateBound">At most this share of the ports that would answer was missed; <c>null</c> when unknown.</param>
/// <param name="Notes">What a person should know of it. Hostile text.</param>
public sealed record SnapshotRecord(
    string Source, string Format, DateTime? TakenAt, int Hosts, bool Complete, string? Incomplete, bool PortsUnknown,
    decimal? MissRateBound, IReadOnlyList<string> Notes)
{
    /// <summary>A result as documents have it.</summary>
    public static SnapshotRecord Of(Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new SnapshotRecord(
            snapshot.Source, snapshot.Format, snapshot.TakenAt?.UtcDateTime, snapshot.Hosts.Count, snapshot.IsComplete,
            snapshot.Incomplete, snapshot.IsScopeUnknown,
            snapshot.MissRateBound is { } bound ? Math.Round((decimal)bound, 9) : null, snapshot.Notes);
    }
}

/// <summary>How much two results can be compared.</summary>
/// <param name="Hosts">Hosts whose ports both looked at.</param>
/// <param name="Ports">Ports that both looked at.</param>
/// <param name="HostsOnlyInA">Hosts that only the earlier result looked at.</param>
/// <param name="HostsOnlyInB">Hosts that only the later result looked at.</param>
/// <param name="OpenPortsOnlyInA">Open ports, of hosts in both, that only the earlier result looked at.</param>
/// <param name="OpenPortsOnlyInB">Open ports, of hosts in both, that only the later result looked at.</param>
/// <param name="UndecidedPorts">Ports of which the results say different things that may both be true.</param>
public sealed record CoverageRecord(
    long Hosts, long Ports, long HostsOnlyInA, long HostsOnlyInB, long OpenPortsOnlyInA, long OpenPortsOnlyInB, long UndecidedPorts)
{
    /// <summary>A coverage as documents have it.</summary>
    public static CoverageRecord Of(SharedCoverage coverage)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        return new CoverageRecord(
            coverage.Hosts, coverage.Ports, coverage.HostsOnlyInA, coverage.HostsOnlyInB, coverage.OpenOnlyInA, coverage.OpenOnlyInB,
            coverage.Undecided);
    }
}
