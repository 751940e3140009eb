using System.Text.Json;
using Portolan.Sockets.Origins;

namespace Portolan.Cli.Charting;

/// <summary>Writes why a holder runs, as <c>origin</c> of <c>portolan.holder/1</c>.</summary>
internal static class OriginJson
{
    /// <summary>Writes the member.</summary>
    public static void Write(Utf8JsonWriter json, Origin origin)
    {
        json.WriteStartObject("origin"u8);
        WriteFact(json, "startedBy"u8, origin.StartedBy);
        WriteFact(json, "startsAgain"u8, origin.StartsAgain);
        WriteFact(json, "portFrom"u8, origin.PortFrom);
        WriteFact(json, "workingCopy"u8, origin.WorkingCopy);
        json.WriteStartArray("warnings"u8);
        foreach (var warning in origin.Warnings)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, warning.Code);
            json.WriteString("text"u8, warning.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFact(Utf8JsonWriter json, ReadOnlySpan<byte> name, OriginFact? fact)
    {
        if (fact is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("code"u8, fact.Code);
        json.WriteString("text"u8, fact.Text);
        json.WriteString("source"u8, fact.Source);
        json.WriteBoolean("guess"u8, fact.IsGuess);
        json.WriteEndObject();
    }
}
