using System.Text.Json;
using System.Text.Json.Serialization;
using Portolan.Fleet.Jobs;

namespace Portolan.Fleet.Messages;

/// <summary>
/// The versions that a request names. They are in the same place in every version of the messages, so they can be read where the rest
/// cannot. An unknown field does not refuse anything: a version is raised when it must be understood.
/// </summary>
internal sealed record SpokenVersion
{
    /// <summary>Of the messages (<see cref="ChunkMessage.CurrentVersion"/>).</summary>
    [JsonRequired]
    public int Version { get; init; }

    /// <summary>Of the order of probes (<see cref="JobSpec.CurrentEngine"/>).</summary>
    [JsonRequired]
    public int Engine { get; init; }

    /// <summary>Reads them; <c>null</c> where there are none.</summary>
    public static SpokenVersion? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, FleetJson.Default.SpokenVersion);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Why the coordinator refuses an agent that speaks so, with the remedy; <c>null</c> where both are the same.</summary>
    public string? Refusal()
    {
        var order = (Version, Engine).CompareTo((ChunkMessage.CurrentVersion, JobSpec.CurrentEngine));
        return order == 0 ? null : FormattableString.Invariant(
            $"it has messages {Version} and order {Engine}, the coordinator {ChunkMessage.CurrentVersion} and {JobSpec.CurrentEngine}: ")
            + (order < 0 ? "install the coordinator's portolan on the agent's machine"
                : "install the agent's portolan where the coordinator is, and run portolan fleet init there");
    }
}
