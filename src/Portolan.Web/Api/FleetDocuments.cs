using System.Text.Json;
using System.Text.Json.Serialization;
using Portolan.Fleet.Documents;
using Portolan.Scan.Documents;

namespace Portolan.Web.Api;

/// <summary>A fleet, as the page shows it.</summary>
/// <param name="TakenAt">When it was read, RFC 3339.</param>
/// <param name="Status">How it stands, as <c>portolan.fleet/1</c>.</param>
/// <param name="Agents">Its agents, by zone and name.</param>
/// <param name="Jobs">Its newest jobs, the newest first.</param>
internal sealed record FleetPage(
    string TakenAt, FleetStatus Status, IReadOnlyList<FleetAgentRecord> Agents, IReadOnlyList<FleetJobRecord> Jobs);

/// <summary>A job, as the page shows it.</summary>
/// <param name="TakenAt">When it was read, RFC 3339.</param>
/// <param name="Job">Its counts, by zone.</param>
/// <param name="Incomplete">Why zones are not complete.</param>
/// <param name="Open">Its open ports, by address and port.</param>
/// <param name="MoreOpen">Whether there are others.</param>
/// <param name="Disagreement">What zones see differently; <c>null</c> for one zone, and where that is too much to compare.</param>
internal sealed record FleetJobPage(
    string TakenAt, FleetJobRecord Job, IReadOnlyList<IncompleteZone> Incomplete, IReadOnlyList<OpenPortRecord> Open, bool MoreOpen,
    DisagreementRecord? Disagreement);

/// <param name="Zone">A zone that is not complete.</param>
/// <param name="Why">Why, for people.</param>
internal sealed record IncompleteZone(string Zone, string Why);

/// <param name="Address">The host.</param>
/// <param name="Protocol">tcp or udp.</param>
/// <param name="Port">The port.</param>
/// <param name="Zones">From where it is open.</param>
internal sealed record OpenPortRecord(string Address, string Protocol, int Port, IReadOnlyList<string> Zones);

/// <param name="Rows">Ports that are open from one zone and not from another.</param>
/// <param name="More">Whether there are others.</param>
/// <param name="Others">How many more ports differ that are open from nowhere.</param>
internal sealed record DisagreementRecord(IReadOnlyList<DisagreementRow> Rows, bool More, long Others);

/// <param name="Address">The host.</param>
/// <param name="Protocol">tcp or udp.</param>
/// <param name="Port">The port.</param>
/// <param name="States">Its state from each zone.</param>
internal sealed record DisagreementRow(string Address, string Protocol, int Port, IReadOnlyList<VantageState> States);

/// <param name="Vantage">The zone.</param>
/// <param name="State">The state; <c>null</c> where the host was not found up, or the port was not probed.</param>
internal sealed record VantageState(string Vantage, string? State);

/// <summary>A check from zones of a fleet.</summary>
/// <param name="TakenAt">When it began, RFC 3339.</param>
/// <param name="Vantages">What each zone says.</param>
internal sealed record ZoneChecksDocument(string TakenAt, IReadOnlyList<ZoneCheckDocument> Vantages);

/// <summary>What a check came to from a zone, as <c>portolan.check/1</c>. Everything in it that an agent wrote is hostile text.</summary>
/// <param name="TakenAt">When the checks began, RFC 3339.</param>
/// <param name="Host">The agent; empty for none.</param>
/// <param name="Vantage">The zone.</param>
/// <param name="Problem">Why nothing could be checked from there, or <c>null</c>.</param>
/// <param name="Checks">The checks as the agent wrote them.</param>
internal sealed record ZoneCheckDocument(string TakenAt, string Host, string Vantage, string? Problem, IReadOnlyList<JsonElement> Checks)
{
    /// <summary>The name and version of the format.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => CheckDocument.Format;
}

/// <summary>How pages about a fleet are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FleetPage))]
[JsonSerializable(typeof(FleetJobPage))]
[JsonSerializable(typeof(ZoneChecksDocument))]
internal sealed partial class FleetPages : JsonSerializerContext;
