using System.Text.Json.Serialization;

namespace Portolan.Fleet.Documents;

/// <summary>The agents of a fleet as <c>portolan.agents/1</c> (docs/schema/portolan.agents-1.json).</summary>
/// <param name="Agents">By zone and name.</param>
public sealed record AgentsDocument(IEnumerable<FleetAgentRecord> Agents)
{
    /// <summary>The name and version of the format.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => "portolan.agents/1";
}

/// <summary>Jobs as <c>portolan.jobs/1</c> (docs/schema/portolan.jobs-1.json).</summary>
/// <param name="Jobs">The newest first.</param>
public sealed record JobsDocument(IEnumerable<FleetJobRecord> Jobs)
{
    /// <summary>The name and version of the format.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => "portolan.jobs/1";
}

/// <summary>How the documents of a fleet are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FleetStatus))]
[JsonSerializable(typeof(AgentsDocument))]
[JsonSerializable(typeof(JobsDocument))]
public sealed partial class FleetDocuments : JsonSerializerContext;
