using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Portolan.Cli.Output;

/// <summary>Writes the machine formats straight to a stream: one document with a newline, or one line per record.</summary>
public static class JsonOutput
{
    /// <summary>
    /// Where hostile characters lie in the basic plane; a look at all 65,536 would cost time at every start. Beyond it everything is
    /// escaped anyway.
    /// </summary>
    private static readonly (char First, char Last)[] SuspectBlocks = [
        ('\u0080', '\u009f'), ('\u0600', '\u061f'), ('\u2000', '\u206f'), ('\ufeff', '\ufeff')];

    /// <summary>A flush every so often keeps the writer's buffer small however long the document is. Bytes.</summary>
    public const int FlushThreshold = 64 * 1024;

    /// <summary>
    /// Letters of every language stay readable; what could move a cursor or reorder a line is written as <c>\u202e</c>, which a
    /// JSON reader turns back into the exact character. Give it to a <see cref="JsonSerializerOptions"/> as well.
    /// </summary>
    public static JavaScriptEncoder Encoder => field ??= MakeEncoder();

    /// <summary>Indented.</summary>
    public static JsonWriterOptions Document => new() { Indented = true, Encoder = Encoder };

    /// <summary>One line.</summary>
    public static JsonWriterOptions Line => new() { Encoder = Encoder };

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

    private static JavaScriptEncoder MakeEncoder()
    {
        var settings = new TextEncoderSettings(UnicodeRanges.All);
        foreach (var (first, last) in SuspectBlocks)
        {
            for (var value = first; value <= last; value++)
            {
                if (TerminalText.IsHostile(new Rune(value)))
                {
                    settings.ForbidCharacter(value);
                }
            }
        }

        return JavaScriptEncoder.Create(settings);
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
