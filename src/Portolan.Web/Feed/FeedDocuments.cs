using System.Text.Json.Serialization;
using Portolan.Sockets.Chart;

namespace Portolan.Web.Feed;

/// <summary>How many ports of this network namespace there are of each kind.</summary>
/// <param name="Listening">Ports that listen.</param>
/// <param name="Reachable">Of these, ports that anyone can reach.</param>
/// <param name="Limited">That some can.</param>
/// <param name="Blocked">That no other machine can.</param>
/// <param name="Local">That only this machine can, by their address.</param>
/// <param name="Unknown">Of which it is unknown.</param>
/// <param name="Connections">Connections to them.</param>
internal sealed record TotalsRecord(int Listening, int Reachable, int Limited, int Blocked, int Local, int Unknown, int Connections)
{
    /// <summary>Counts rows.</summary>
    internal static TotalsRecord Of(IReadOnlyList<ChartRow> rows)
    {
        var own = rows.Where(static r => r.IsOwnNamespace).ToList();
        return new TotalsRecord(
            own.Count, Count(PortExposure.Reachable), Count(PortExposure.Limited), Count(PortExposure.Blocked), Count(PortExposure.Local),
            Count(PortExposure.Unknown), own.Sum(static r => r.Connections));

        int Count(PortExposure exposure) => own.Count(r => r.Exposure == exposure);
    }
}

/// <summary>The event <c>hello</c>: the first of a stream.</summary>
/// <param name="Generation">The reading that the page would get now; 0 before the first.</param>
/// <param name="TakenAt">When it was taken, or <c>null</c>.</param>
/// <param name="Bundle">A hash of the page's files.</param>
/// <param name="Totals">Its totals, or <c>null</c>.</param>
internal sealed record HelloEvent(int Generation, string? TakenAt, string Bundle, TotalsRecord? Totals);

/// <summary>The event <c>chart</c>: a reading that differs from the one before.</summary>
/// <param name="Generation">Which.</param>
/// <param name="TakenAt">When it was taken.</param>
/// <param name="Totals">Its totals.</param>
/// <param name="Changes">What is another: ports that opened or closed, owners, who can reach them.</param>
/// <param name="ChangesOmitted">How many more there are.</param>
internal sealed record ChartEvent(
    int Generation, string TakenAt, TotalsRecord Totals, IReadOnlyList<PortChangeRecord> Changes, int ChangesOmitted);

/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="Change"><c>port-opened</c>, <c>port-closed</c>, <c>owner-changed</c>, <c>bind-changed</c> or <c>reach-changed</c>.</param>
internal sealed record PortChangeRecord(string Protocol, int Port, string Change);

/// <summary>The event <c>snapshot</c>: events were skipped, and all that is shown is to be fetched again.</summary>
/// <param name="Generation">The reading that the page would get now.</param>
/// <param name="Reason"><c>restarted</c> where the server is another, <c>skipped</c> where more events passed than are kept.</param>
internal sealed record SnapshotEvent(int Generation, string Reason);

/// <summary>How events are written.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HelloEvent))]
[JsonSerializable(typeof(ChartEvent))]
[JsonSerializable(typeof(SnapshotEvent))]
internal sealed partial class FeedDocuments : JsonSerializerContext;
