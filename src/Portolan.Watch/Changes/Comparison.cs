using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Changes;

/// <summary>How much two results can be compared.</summary>
public sealed record SharedCoverage
{
    /// <summary>Hosts whose ports both looked at.</summary>
    public required long Hosts { get; init; }

    /// <summary>Ports that both looked at, each host's own.</summary>
    public required long Ports { get; init; }

    /// <summary>The most ports of one host that both looked at.</summary>
    public required int MostPortsOfHost { get; init; }

    /// <summary>Every host that both looked at had that many.</summary>
    public required bool IsEven { get; init; }

    /// <summary>Hosts that only the earlier result looked at.</summary>
    public required long HostsOnlyInA { get; init; }

    /// <summary>Hosts that only the later result looked at.</summary>
    public required long HostsOnlyInB { get; init; }

    /// <summary>Open ports, of hosts in both, that only the earlier result looked at.</summary>
    public required long OpenOnlyInA { get; init; }

    /// <summary>Open ports, of hosts in both, that only the later result looked at.</summary>
    public required long OpenOnlyInB { get; init; }

    /// <summary>Ports of which the results say different things that may both be true: <c>open</c> and <c>open|filtered</c>.</summary>
    public required long Undecided { get; init; }
}

/// <summary>What changed between two results, inside what both looked at.</summary>
/// <param name="A">The earlier result.</param>
/// <param name="B">The later one.</param>
/// <param name="Changes">By host, protocol and port.</param>
/// <param name="Coverage">What both looked at.</param>
public sealed record Comparison(Snapshot A, Snapshot B, IReadOnlyList<Change> Changes, SharedCoverage Coverage)
{
    /// <summary>How many changes of a kind; changes of several ports count each.</summary>
    public long CountOf(ChangeKind kind)
    {
        var count = 0L;
        foreach (var change in Changes)
        {
            count += change.Kind != kind ? 0 : kind is ChangeKind.HostUp or ChangeKind.HostDown or ChangeKind.Name ? 1 : change.Ports.Count;
        }

        return count;
    }
}
