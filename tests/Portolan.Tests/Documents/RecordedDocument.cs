using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Portolan.Model.Documents;

namespace Portolan.Tests.Documents;

/// <summary>
/// Documents as they were once written, byte for byte: a file for each in Documents/Recorded. <c>PORTOLAN_WRITE_SCREENS=1</c> writes them
/// anew into the checkout; a difference in an old line breaks programs that read the format.
/// </summary>
internal static class RecordedDocument
{
    /// <summary>Holds a document against its file.</summary>
    /// <param name="name">The file, without its extension.</param>
    /// <param name="document">The document.</param>
    /// <param name="type">How it is written.</param>
    public static void AssertSame<T>(string name, T document, JsonTypeInfo<T> type)
    {
        var stream = new MemoryStream();
        JsonOutput.WriteDocument(stream, document, type);
        AssertSame(name, stream.ToArray());
    }

    /// <summary>Holds what was written against its file.</summary>
    /// <param name="name">The file, without its extension.</param>
    /// <param name="document">What is written now.</param>
    public static void AssertSame(string name, byte[] document)
    {
        var file = Path.Combine("Documents", "Recorded", $"{name}.json");
        if (Environment.GetEnvironmentVariable("PORTOLAN_WRITE_SCREENS") == "1")
        {
            File.WriteAllBytes(Path.Combine(Project(), file), document);
            return;
        }

        var before = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, file));
        Assert.Equal(Encoding.UTF8.GetString(before), Encoding.UTF8.GetString(document));
        Assert.Equal(before, document);
        using var parsed = JsonDocument.Parse(document);
    }

    private static string Project([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetDirectoryName(Path.GetDirectoryName(here))!;
}
