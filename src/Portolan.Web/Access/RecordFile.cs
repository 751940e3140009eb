using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Portolan.Web.Access;

/// <summary>A file of <see cref="StateFolder"/> with one document.</summary>
/// <param name="folder">The folder.</param>
/// <param name="name">The file.</param>
/// <param name="type">How it is written.</param>
internal sealed class RecordFile<T>(StateFolder folder, string name, JsonTypeInfo<T> type)
    where T : class
{
    /// <summary>It changes with the file.</summary>
    internal (DateTime WrittenAt, long Length) Stamp => folder.Stamp(name);

    /// <summary>Reads it; <c>null</c> where there is none, or where it is not what was written.</summary>
    internal T? Read()
    {
        try
        {
            return folder.Read(name) is { } bytes ? JsonSerializer.Deserialize(bytes, type) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it.</summary>
    internal void Write(T document) => folder.Write(name, JsonSerializer.SerializeToUtf8Bytes(document, type));

    /// <summary>Removes it.</summary>
    /// <returns>Whether it was there.</returns>
    internal bool Remove() => folder.Remove(name);
}
