using System.Buffers.Binary;

namespace Portolan.Store.Files;

/// <summary>The first hundred bytes of a file (sqlite.org/fileformat.html, 1.3), where SQLite takes damage for something else.</summary>
internal static class StoreHeader
{
    private const int Length = 100;
    private const int MostVersion = 9999;

    // The smallest page: what is shorter is the rest of any database.
    private const int Least = 512;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    // In the text of the first page, which says what tables there are.
    private static ReadOnlySpan<byte> OwnTable => "CREATE TABLE chart_row("u8;

    /// <summary>Whether a file that SQLite cannot read was a store of Portolan.</summary>
    public static bool WasStore(string file)
    {
        var page = new byte[4096];
        var length = Read(file, page);
        return length < Least
            ? page.AsSpan(0, length).StartsWith(Magic)
            : (BinaryPrimitives.ReadInt32BigEndian(page.AsSpan(68)) == StoreSchema.ApplicationId
                || page.AsSpan(0, length).IndexOf(OwnTable) >= 0);
    }

    /// <summary>What is wrong with the header of a store that SQLite would not call damage; <c>null</c> for nothing.</summary>
    public static string? Fault(string file)
    {
        var page = new byte[4096];
        var length = Read(file, page);
        if (length < Length || !page.AsSpan().StartsWith(Magic))
        {
            return null;
        }

        var isOwn = BinaryPrimitives.ReadInt32BigEndian(page.AsSpan(68)) == StoreSchema.ApplicationId;
        if (!isOwn && page.AsSpan(0, length).IndexOf(OwnTable) < 0)
        {
            return null;
        }

        var format = BinaryPrimitives.ReadInt32BigEndian(page.AsSpan(44));
        var encoding = BinaryPrimitives.ReadInt32BigEndian(page.AsSpan(56));
        var version = BinaryPrimitives.ReadInt32BigEndian(page.AsSpan(60));
        return isOwn && page[18] is 1 or 2 && page[19] is 1 or 2 && format is >= 0 and <= 4 && encoding is 0 or 1
            && version is >= 0 and <= MostVersion
            ? null
            : "its header has invalid values";
    }

    private static int Read(string file, Span<byte> buffer)
    {
        try
        {
            using var stream = NamedFile.OpenRead(file, bufferSize: 0);
            return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
