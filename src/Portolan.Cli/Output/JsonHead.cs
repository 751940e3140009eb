using System.Text.Json;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Documents;

namespace Portolan.Cli.Output;

/// <summary>What documents have in common that are written member by member. Text from outside stays as it is; JSON quotes it.</summary>
internal static class JsonHead
{
    /// <summary>Writes what every document starts with.</summary>
    public static void WriteHead(
        Utf8JsonWriter json, string schema, DateTimeOffset takenAt, string host, IReadOnlyList<MissingFact> missing)
    {
        WriteName(json, schema, takenAt, host);
        WriteMissing(json, missing);
    }

    /// <summary>Writes the document's schema, time and host.</summary>
    public static void WriteName(Utf8JsonWriter json, string schema, DateTimeOffset takenAt, string host)
    {
        json.WriteString("schema"u8, schema);
        json.WriteString("takenAt"u8, TimeText.Rfc3339(takenAt));
        json.WriteString("host"u8, host);
    }

    /// <summary>Writes <c>complete</c> and <c>missing</c>.</summary>
    public static void WriteMissing(Utf8JsonWriter json, IReadOnlyList<MissingFact> missing)
    {
        json.WriteBoolean("complete"u8, missing.Count == 0);
        WriteFacts(json, missing);
    }

    /// <summary>Writes <c>missing</c>. What a fact is about is its code; its words are for people.</summary>
    public static void WriteFacts(Utf8JsonWriter json, IReadOnlyList<MissingFact> missing)
    {
        json.WriteStartArray("missing"u8);
        foreach (var fact in missing)
        {
            WriteFact(json, fact);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes one fact of <c>missing</c>.</summary>
    public static void WriteFact(Utf8JsonWriter json, MissingFact fact) =>
        JsonSerializer.Serialize(json, MissingFactRecord.Of(fact), ReachabilityDocuments.Default.MissingFactRecord);

    /// <summary>Writes text, or <c>null</c> where there is none.</summary>
    public static void WriteText(this Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Writes a number, or <c>null</c> where it is not known.</summary>
    public static void WriteCount(this Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
