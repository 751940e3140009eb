using Portolan.Model;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>What <c>portolan traffic</c> was asked for.</summary>
internal sealed record TrafficRequest
{
    /// <summary>Words of the filter.</summary>
    public IReadOnlyList<string> Filter { get; init; } = [];

    /// <summary>What rows are.</summary>
    public TrafficGrouping Grouping { get; init; }

    /// <summary>How long to count before a report; <c>null</c> for until it is ended.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>How often rates are taken.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether <c>--every</c> was given.</summary>
    public bool HasEvery { get; init; }

    /// <summary>Where counters are served to Prometheus; <c>null</c> for nowhere.</summary>
    public (InternetAddress? Address, PortNumber Port)? Metrics { get; init; }

    /// <summary>The way to count; <c>null</c> for the best that works.</summary>
    public TrafficMethod? Method { get; init; }

    /// <summary>Whether to count in every network namespace.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>How many rows a report has at most; <c>null</c> for all.</summary>
    public int? Top { get; init; }
}
