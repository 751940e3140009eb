using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Portolan.Model.Documents;

/// <summary>
/// Writes the machine formats straight to a stream: one document with a newline, or one line per record. However long the document is, it
/// is handed on in pieces: a sequence in a record may be lazy, and is never in memory as a whole.
/// </summary>
public static class JsonOutput
{
    /// <summary>
    /// Where hostile characters lie in the basic plane; a look at all 65,536 would cost time at every start. Beyond it everything is
    /// escaped anyway.
    /// </summary>
    private static readonly (char First, char Last)[] SuspectBlocks = [
        ('\u0080', '\u009f'), ('\u0600', '\u061f'), ('\u2000', '\u206f'), ('\ufeff', '\ufeff')];

    /// <summary>How much of a long document is in memory. Bytes.</summary>
    private const int Piece = 64 * 1024;

    /// <summary>
    /// Letters of every language stay readable; what could move a cursor or reorder a line is written as <c>\u202e</c>, which a
    /// JSON reader turns back into the exact character. Give it to a <see cref="JsonSerializerOptions"/> as well.
    /// </summary>
    public static JavaScriptEncoder Encoder => field ??= MakeEncoder();

    /// <summary>Indented.</summary>
    public static JsonWriterOptions Document => new() { Indented = true, Encoder = Encoder };

    /// <summary>Without line ends, as JSON Lines need it.</summary>
    public static JsonWriterOptions Line => new() { Encoder = Encoder };

    /// <summary>Writes a record.</summary>
    public static void WriteDocument<T>(Stream output, T document, JsonTypeInfo<T> type) => Write(output, Document, document, type);

    /// <summary>Writes a record on one line and flushes it, so that a reader of the stream sees it at once.</summary>
    public static void WriteLine<T>(Stream output, T document, JsonTypeInfo<T> type) => Write(output, Line, document, type);

    /// <summary>Writes one object; <paramref name="writeMembers"/> writes what is between its braces.</summary>
    public static void WriteDocument(Stream output, Action<Utf8JsonWriter> writeMembers) => WriteObject(output, Document, writeMembers);

    /// <summary>Writes one object on one line and flushes it, so that a reader of the stream sees it at once.</summary>
    public static void WriteLine(Stream output, Action<Utf8JsonWriter> writeMembers) => WriteObject(output, Line, writeMembers);

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

    private static void Write<T>(Stream output, JsonWriterOptions options, T document, JsonTypeInfo<T> type) =>
        Write(output, options, json => JsonSerializer.Serialize(json, document, type));

    private static void WriteObject(Stream output, JsonWriterOptions options, Action<Utf8JsonWriter> writeMembers) =>
        Write(output, options, json =>
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        });

    // The writer takes its memory from a buffer that hands itself on when it is full, and is flushed at the end.
    private static void Write(Stream output, JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        var buffer = new Utf8Writer(output, Piece);
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            write(json);
        }

        buffer.Write('\n');
        buffer.Flush();
    }
}
