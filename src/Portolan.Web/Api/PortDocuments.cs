using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Documents;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <summary>Rows of the chart that a table shows.</summary>
/// <param name="TakenAt">When the machine was read, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Judging">Whether the firewall's verdicts are still on their way: an event <c>chart</c> says when they are there.</param>
/// <param name="Missing">What is.</param>
/// <param name="Warnings">What deserves a line of its own.</param>
/// <param name="Total">How many rows there are.</param>
/// <param name="Matched">How many of them the filter chooses.</param>
/// <param name="Offset">How many of these stand before the first of <paramref name="Ports"/>.</param>
/// <param name="Ports">The rows.</param>
internal sealed record PortsPage(
    string TakenAt, string Host, bool Complete, bool Judging, IReadOnlyList<MissingFactRecord> Missing,
    IReadOnlyList<CodedText> Warnings, int Total, int Matched, int Offset, IReadOnlyList<ChartRowRecord> Ports);

/// <summary>What deserves a look first.</summary>
/// <param name="TakenAt">When the machine was read, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Judging">Whether the firewall's verdicts are still on their way: an event <c>chart</c> says when they are there.</param>
/// <param name="Missing">What is.</param>
/// <param name="Totals">How many ports there are of each kind.</param>
/// <param name="Exposed">Ports that other machines can reach, at most <see cref="PortRoutes.MostExposed"/>.</param>
/// <param name="Attention">What needs attention.</param>
/// <param name="Changes">What changed since the last look that is a day old, or the first; <c>null</c> where no history is kept.</param>
internal sealed record OverviewPage(
    string TakenAt, string Host, bool Complete, bool Judging, IReadOnlyList<MissingFactRecord> Missing, TotalsRecord Totals,
    IReadOnlyList<ChartRowRecord> Exposed, IReadOnlyList<AttentionRecord> Attention, ChangesRecord? Changes);

/// <summary>Something that needs attention.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Severity"><c>warning</c> or <c>notice</c>.</param>
/// <param name="Text">For people. Hostile text.</param>
/// <param name="Protocol">Of the port that it is about, or <c>null</c>.</param>
/// <param name="Port">That port, or <c>null</c>.</param>
/// <param name="Command">What to run, or <c>null</c>.</param>
internal sealed record AttentionRecord(string Code, string Severity, string Text, string? Protocol, int? Port, string? Command);

/// <param name="Holder">Who holds it.</param>
/// <param name="Rows">Its rows of the chart.</param>
/// <param name="Registry">What IANA's registry says of it.</param>
internal sealed record PortPage(HolderDocument Holder, IReadOnlyList<ChartRowRecord> Rows, RegistryDocument Registry);

/// <summary>How documents about ports are written.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PortsPage))]
[JsonSerializable(typeof(OverviewPage))]
[JsonSerializable(typeof(PortMap))]
[JsonSerializable(typeof(PortPage))]
[JsonSerializable(typeof(ChartDocument))]
internal sealed partial class PortDocuments : JsonSerializerContext;
