using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Sockets.Chart;

namespace Portolan.Sockets.Documents;

/// <summary>The chart as <c>portolan.chart/1</c> (docs/schema/portolan.chart-1.json).</summary>
/// <param name="TakenAt">When the sockets were read, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="Ports">The rows, made when they are written.</param>
/// <param name="ClientSockets">Datagram sockets on ports that the kernel chose.</param>
/// <param name="UnseenNamespaces">Network namespaces that were not looked into; <c>null</c> where their number is not known.</param>
/// <param name="Warnings">What deserves a line of its own.</param>
public sealed record ChartDocument(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, IEnumerable<ChartRowRecord> Ports,
    int ClientSockets, int? UnseenNamespaces, IEnumerable<CodedText> Warnings)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.chart/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>A chart.</summary>
    /// <param name="chart">Its rows, judged.</param>
    /// <param name="facts">What it was made of.</param>
    /// <param name="missing">What is missing.</param>
    /// <param name="takenAt">When the sockets were read.</param>
    /// <param name="host">The machine.</param>
    public static ChartDocument Of(
        ChartModel chart, MachineFacts facts, IReadOnlyList<MissingFact> missing, DateTimeOffset takenAt, string host)
    {
        ArgumentNullException.ThrowIfNull(chart);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(missing);
        return new ChartDocument(
            TimeText.Rfc3339(takenAt), host, missing.Count == 0, MissingFactRecord.Of(missing),
            chart.Rows.Select(row => ChartRowRecord.Of(row, facts)), chart.ClientSockets, facts.UnseenNamespaces,
            chart.Warnings.Select(static warning => new CodedText(warning.Code, warning.Text)));
    }
}
