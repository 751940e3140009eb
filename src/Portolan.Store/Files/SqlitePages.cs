using System.Buffers.Binary;

namespace Portolan.Store.Files;

/// <summary>
/// The pages of a database with what its write-ahead log has newer (sqlite.org/fileformat2.html §1 and §4), read without SQLite, which
/// reads nothing behind a damaged page.
/// </summary>
internal sealed class SqlitePages : IDisposable
{
    private const int UsualPageSize = 4096;
    private const int FrameHeader = 24;
    private const int LogHeader = 32;
    private readonly FileStream _file;
    private readonly FileStream? _log;
    private readonly Dictionary<int, long> _newer = [];

    private SqlitePages(FileStream file, FileStream? log)
    {
        (_file, _log) = (file, log);
        Span<byte> header = stackalloc byte[100];
        header = header[..ReadAt(file, 0, header)];
        var size = header.Length == 100 ? BinaryPrimitives.ReadUInt16BigEndian(header[16..]) : 0;
        PageSize = size == 1 ? 65536 : size >= 512 && int.IsPow2(size) ? size : UsualPageSize;
        var pages = file.Length / PageSize;
        if (log is not null)
        {
            pages = Math.Max(pages, ReadLog(log));
        }

        Count = (int)Math.Min(pages, int.MaxValue);
    }

    /// <summary>Bytes of a page.</summary>
    public int PageSize { get; }

    /// <summary>How many pages there are; the first is number 1.</summary>
    public int Count { get; }

    /// <summary>Opens a file and the log beside it.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SqlitePages Open(string path)
    {
        var file = NamedFile.OpenRead(path, bufferSize: 0);
        FileStream? log = null;
        try
        {
            log = File.Exists(path + "-wal") ? NamedFile.OpenRead(path + "-wal", bufferSize: 0) : null;
            return new SqlitePages(file, log);
        }
        catch
        {
            log?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>A page; <c>false</c> where the file ends before it.</summary>
    public bool TryRead(int number, byte[] page) => number >= 1 && number <= Count
        && (_newer.TryGetValue(number, out var at)
            ? ReadAt(_log!, at, page)
            : ReadAt(_file, (long)(number - 1) * PageSize, page)) == page.Length;

    /// <inheritdoc/>
    public void Dispose()
    {
        _log?.Dispose();
        _file.Dispose();
    }

    // Frames count up to the last one that ends a transaction; their sums go on from frame to frame.
    private int ReadLog(FileStream log)
    {
        var header = new byte[LogHeader];
        if (ReadAt(log, 0, header) < LogHeader || (BinaryPrimitives.ReadUInt32BigEndian(header) & ~1u) != 0x377f0682
            || BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)) != PageSize)
        {
            return 0;
        }

        var isBigEndian = (header[3] & 1) != 0;
        var sum = Sum(header.AsSpan(0, 24), isBigEndian, default);
        var (pending, pages) = (new Dictionary<int, long>(), 0);
        var frame = new byte[FrameHeader + PageSize];
        for (long at = LogHeader; ReadAt(log, at, frame) == frame.Length; at += frame.Length)
        {
            sum = Sum(frame.AsSpan(FrameHeader), isBigEndian, Sum(frame.AsSpan(0, 8), isBigEndian, sum));
            if (!frame.AsSpan(8, 8).SequenceEqual(header.AsSpan(16, 8))
                || BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(16)) != sum.First
                || BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(20)) != sum.Second)
            {
                break;
            }

            pending[BinaryPrimitives.ReadInt32BigEndian(frame)] = at + FrameHeader;
            if (BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)) is > 0 and var length)
            {
                foreach (var (number, where) in pending)
                {
                    _newer[number] = where;
                }

                pending.Clear();
                pages = length;
            }
        }

        return pages;
    }

    private static (uint First, uint Second) Sum(ReadOnlySpan<byte> bytes, bool isBigEndian, (uint First, uint Second) sum)
    {
        var (first, second) = sum;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            first += Word(bytes, isBigEndian) + second;
            second += Word(bytes[4..], isBigEndian) + first;
        }

        return (first, second);
    }

    private static uint Word(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static int ReadAt(FileStream file, long at, Span<byte> bytes)
    {
        var read = 0;
        for (int count; read < bytes.Length && (count = RandomAccess.Read(file.SafeFileHandle, bytes[read..], at + read)) > 0;)
        {
            read += count;
        }

        return read;
    }
}
