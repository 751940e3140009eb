using System.Text.Json;
using Portolan.Cli.Diffing;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.History;

/// <summary><c>portolan.history/1</c>, described in <c>docs/schema/portolan.history-1.json</c>.</summary>
internal static class HistoryJson
{
    /// <summary>The schema.</summary>
    public const string Schema = "portolan.history/1";

    /// <summary>Writes the members of the document.</summary>
    public static void WriteMembers(Utf8JsonWriter json, HistoryAnswer answer, HistoryRequest request, DateTimeOffset now)
    {
        WriteHead(json, request.Store, now);
        json.WriteStartArray("hosts"u8);
        foreach (var host in answer.Hosts)
        {
            json.WriteStartObject();
            WriteHost(json, host.Key, host.Machine, host.Name);
            json.WriteString("status"u8, HistoryWords.Status(host.Known.Status));
            json.WriteString("firstLook"u8, host.FirstLook.UtcDateTime);
            json.WriteString("lastLook"u8, host.LastLook.UtcDateTime);
            WriteTime(json, "lastChange"u8, host.LastChange);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("ports"u8);
        foreach (var port in answer.Ports)
        {
            WritePort(json, port);
        }

        json.WriteEndArray();
        json.WriteStartArray("changes"u8);
        foreach (var change in answer.Changes)
        {
            json.WriteStartObject();
            WriteChange(json, change);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("more"u8, answer.HasMore);
        JsonHead.WriteFacts(json, answer.Missing);
    }

    /// <summary>Writes what every document of the store begins with.</summary>
    public static void WriteHead(Utf8JsonWriter json, string store, DateTimeOffset now)
    {
        json.WriteString("schema"u8, Schema);
        json.WriteString("store"u8, store);
        json.WriteString("askedAt"u8, now.UtcDateTime);
    }

    /// <summary>Writes the members of a stored change.</summary>
    public static void WriteChange(Utf8JsonWriter json, StoredChange change)
    {
        json.WriteString("foundAt"u8, change.FoundAt.UtcDateTime);
        WriteTime(json, "previousLook"u8, change.Since);
        json.WriteString("machine"u8, change.Machine);
        DiffJson.WriteChangeMembers(json, change.Change);
    }

    /// <summary>Writes a time that may be unknown.</summary>
    public static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            json.WriteString(name, known.UtcDateTime);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Writes which host it is.</summary>
    public static void WriteHost(Utf8JsonWriter json, HostKey key, string? machine, string? name)
    {
        json.WriteString("address"u8, key.Space is null ? key.Address.ToString() : null);
        json.WriteString("name"u8, name);
        json.WriteString("machine"u8, machine);
        json.WriteString("namespace"u8, string.IsNullOrEmpty(key.Space) ? null : key.Space);
    }

    private static void WritePort(Utf8JsonWriter json, KnownPort port)
    {
        json.WriteStartObject();
        json.WriteStartObject("host"u8);
        WriteHost(json, port.Host.Key, port.Host.Machine, port.Host.Name);
        json.WriteEndObject();
        json.WriteString("protocol"u8, port.Endpoint.Protocol.Name());
        json.WriteNumber("port"u8, port.Endpoint.Port.Value);
        json.WriteString("state"u8, port.State.Text);
        json.WriteString("hostStatus"u8, HistoryWords.Status(port.Host.Known.Status));
        json.WriteString("firstSeen"u8, port.FirstSeen.UtcDateTime);
        json.WriteString("lastSeen"u8, port.LastSeen.UtcDateTime);
        WriteTime(json, "lastChange"u8, port.LastChange);
        DiffJson.WriteFacts(json, port.Facts);
        json.WriteEndObject();
    }
}
