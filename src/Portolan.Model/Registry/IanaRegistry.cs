using System.Text;

namespace Portolan.Model.Registry;

/// <summary>What was read from a file as IANA publishes it.</summary>
/// <param name="Rows">The rows that have a port, in the order of the file. Rows that only say "Unassigned" are left out.</param>
/// <param name="Updated">The file's own date (XML), or the newest date of a row (CSV has no date of its own); <c>null</c> without
/// any.</param>
public sealed record IanaRegistry(IReadOnlyList<RegistryRow> Rows, DateOnly? Updated)
{
    /// <summary>Reads IANA's CSV or XML, whichever it is: XML begins with <c>&lt;</c>.</summary>
    /// <param name="stream">The file; who names it bounds its length with a <see cref="BoundedStream"/>.</param>
    /// <exception cref="RegistryFormatException">The file is neither, or is damaged; says line and column.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static IanaRegistry Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        return Read(buffer.ToArray());
    }

    /// <summary>Reads IANA's CSV or XML.</summary>
    /// <exception cref="RegistryFormatException">The file is neither, or is damaged; says line and column.</exception>
    public static IanaRegistry Read(byte[] file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var result = LooksLikeXml(file) ? IanaXml.Read(file) : IanaCsv.Read(file);
        return result.Rows.Count > 0 ? result : throw new RegistryFormatException(1, 1, "the file has no record with a port in it");
    }

    // The first character, after a byte order mark and white space.
    private static bool LooksLikeXml(ReadOnlySpan<byte> file)
    {
        var start = file.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        var first = file[start..].IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && file[start + first] == '<';
    }
}
