using System.Text.Encodings.Web;
using System.Text.Json;

namespace Portolan.Cli.Output;

/// <summary>Writes the machine formats straight to a stream: one document with a newline, or one line per record.</summary>
public static class JsonOutput
{
    /// <summary>A flush every so often keeps the writer's buffer small however long the document is. Bytes.</summary>
    public const int FlushThreshold = 64 * 1024;

    /// <summary>Indented, with only what JSON itself needs escaped: names are text, not HTML.</summary>
    public static JsonWriterOptions Document { get; } = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line.</summary>
    public static JsonWriterOptions Line { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one object; <paramref name="writeMembers"/> writes what is between its braces.</summary>
    public static void WriteDocument(Stream output, Action<Utf8JsonWriter> writeMembers) => WriteObject(output, Document, writeMembers);

    /// <summary>Writes one object on one line and flushes it, so that a reader of the stream sees it at once.</summary>
    public static void WriteLine(Stream output, Action<Utf8JsonWriter> writeMembers)
    {
        WriteObject(output, Line, writeMembers);
        output.Flush();
    }

    /// <summary>Hands what is buffered to the stream when it has grown; call it after each element of a long array.</summary>
    public static void FlushIfLarge(Utf8JsonWriter json)
    {
        if (json.BytesPending > FlushThreshold)
        {
            json.Flush();
        }
    }

    private static void WriteObject(Stream output, JsonWriterOptions options, Action<Utf8JsonWriter> writeMembers)
    {
        using (var json = new Utf8JsonWriter(output, options))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }
}
