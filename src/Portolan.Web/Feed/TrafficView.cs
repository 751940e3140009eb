using Portolan.Traffic;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Web.Feed;

/// <summary>What a viewer wants to see of traffic.</summary>
/// <param name="Grouping">What rows are.</param>
/// <param name="Filter">Which sockets they are of, as <c>portolan list</c> takes it; <c>null</c> for all.</param>
internal readonly record struct TrafficQuestion(TrafficGrouping Grouping, string? Filter);

/// <summary>What was counted up to a look, for one question. It does not change.</summary>
/// <param name="Summary">The figures.</param>
/// <param name="Rows">The rows, those that carried most first.</param>
/// <param name="Paths">The ways that the bytes took.</param>
/// <param name="TakenAt">When the look was.</param>
/// <param name="Look">Which look it was since counting began; from 1.</param>
internal sealed record TrafficView(
    TrafficSummary Summary, IReadOnlyList<RatedRow> Rows, IReadOnlyDictionary<TrafficPath, ulong> Paths, DateTimeOffset TakenAt, int Look)
{
    /// <summary>When counting began.</summary>
    internal DateTimeOffset BeganAt { get; init; }

    /// <summary>What is not known, and why.</summary>
    internal IReadOnlyList<MissingFact> Missing { get; init; } = [];

    /// <summary>When the last looks were; seconds of Unix time, the oldest first.</summary>
    internal IReadOnlyList<double> Times { get; init; } = [];

    /// <summary>What rows carried in a second at these looks, both ways; <c>null</c> inside is a gap.</summary>
    internal IReadOnlyDictionary<TrafficRowKey, IReadOnlyList<double?>> Rates { get; init; } =
        new Dictionary<TrafficRowKey, IReadOnlyList<double?>>();

    /// <summary>The way of counting.</summary>
    internal TrafficMethod Method => Summary.Method;
}
