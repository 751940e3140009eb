using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Cli.Lookup;

/// <summary>Writes <c>portolan.registry/1</c>. Text of a user's registry stays as it is; JSON quotes it.</summary>
internal static class RegistryJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.registry/1";

    /// <summary>Writes the members of the document.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="services">The registry that was asked.</param>
    /// <param name="path">Where it is kept; used when it is not the built-in one.</param>
    /// <param name="entries">The answer.</param>
    /// <param name="use">This host's ephemeral range; <c>null</c> when not looked for.</param>
    /// <param name="summary">The registry in figures; <c>null</c> when not asked for.</param>
    public static void Write(
        Utf8JsonWriter json,
        ServiceRegistry services,
        string? path,
        IReadOnlyList<ServiceEntry> entries,
        EphemeralUse? use = null,
        RegistrySummary? summary = null)
    {
        json.WriteString("schema"u8, Schema);
        json.WriteStartObject("registry"u8);
        json.WriteString("asOf"u8, RegistryUpdate.Date(services.AsOf));
        json.WriteBoolean("builtIn"u8, services.IsBuiltIn);
        json.WriteText("path"u8, services.IsBuiltIn ? null : path);
        json.WriteEndObject();
        WriteUse(json, use);
        WriteSummary(json, summary);
        json.WriteStartArray("entries"u8);
        foreach (var entry in entries)
        {
            WriteEntry(json, entry);
        }

        json.WriteEndArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, ServiceEntry entry)
    {
        json.WriteStartObject();
        json.WriteNumber("port"u8, entry.Port.Value);
        json.WriteNumber("endPort"u8, entry.EndPort.Value);
        json.WriteString("protocol"u8, entry.Protocol.Name());
        json.WriteText("name"u8, entry.Name);
        json.WriteStartArray("aliases"u8);
        foreach (var alias in entry.Aliases)
        {
            json.WriteStringValue(alias);
        }

        json.WriteEndArray();
        json.WriteText("description"u8, entry.Description);
        json.WriteString("status"u8, entry.Status.Name());
        json.WriteString("category"u8, PortCategories.Name(entry.Category));
        json.WriteText("reference"u8, entry.Reference);
        json.WriteEndObject();
    }

    private static void WriteUse(Utf8JsonWriter json, EphemeralUse? use)
    {
        if (use?.Range is not { } range)
        {
            json.WriteNull("ephemeralRange"u8);
            return;
        }

        json.WriteStartObject("ephemeralRange"u8);
        json.WriteNumber("port"u8, range.Range.First.Value);
        json.WriteNumber("endPort"u8, range.Range.Last.Value);
        json.WriteString("reserved"u8, range.Reserved.ToString());
        json.WriteNumber("count"u8, range.Count);
        json.WriteCount("tcpInUse"u8, (ulong?)use.TcpInUse);
        json.WriteCount("udpInUse"u8, (ulong?)use.UdpInUse);
        json.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter json, RegistrySummary? summary)
    {
        if (summary is null)
        {
            json.WriteNull("summary"u8);
            return;
        }

        json.WriteStartObject("summary"u8);
        json.WriteNumber("entries"u8, summary.Entries);
        json.WriteNumber("names"u8, summary.Names);
        json.WriteStartArray("counts"u8);
        foreach (var count in summary.Counts)
        {
            json.WriteStartObject();
            json.WriteString("category"u8, PortCategories.Name(count.Category));
            json.WriteString("protocol"u8, count.Protocol.Name());
            json.WriteNumber("assigned"u8, count.Assigned);
            json.WriteNumber("reserved"u8, count.Reserved);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
