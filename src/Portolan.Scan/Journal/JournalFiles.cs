using System.Globalization;
using Portolan.Model;

namespace Portolan.Scan.Journal;

/// <summary>Makes, opens and names the files of journals, and says what is wrong with one.</summary>
internal static class JournalFiles
{
    /// <summary>How their names end.</summary>
    public const string Extension = ".journal";

    /// <summary>A name that no other scan has: time and seed.</summary>
    public static string NameFor(JournalHeader header) =>
        string.Create(
            CultureInfo.InvariantCulture, $"scan-{header.StartedAt.UtcDateTime:yyyyMMdd'T'HHmmss}-{(uint)header.Seed:x8}{Extension}");

    /// <summary>Makes a file that only its owner may read, and its folder.</summary>
    public static FileStream Create(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            // What was found on whose network is nobody else's business.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return NamedFile.Open(path, options);
    }

    /// <summary>Opens a journal to read and go on.</summary>
    public static FileStream OpenExclusive(string path)
    {
        try
        {
            return NamedFile.Open(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
            });
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PortolanException(
                $"--resume {path}: the file does not exist", $"--resume without a file takes the newest journal", ExitCode.Usage);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new PortolanException(
                $"--resume {path}: {NamedFile.WhyNot(exception, path, FileAccess.ReadWrite)}", $"resume the scan as the user who started "
                    + $"it",
                ExitCode.Usage);
        }
        catch (IOException exception)
        {
            throw new PortolanException(
                $"--resume {path}: {exception.Message}", $"a running scan uses this journal; wait for its end or stop it",
                ExitCode.Usage);
        }
    }

    /// <summary>Reads the head and leaves the file behind it.</summary>
    /// <exception cref="PortolanException">It is none.</exception>
    public static JournalHeader ReadHeader(Stream file, string path)
    {
        var expected = JournalBlocks.Magic;
        Span<byte> magic = stackalloc byte[expected.Length];
        var length = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        if (length < magic.Length || !magic[..^1].SequenceEqual(expected[..^1]))
        {
            var head = new byte[ForeignLog.HeadLength];
            magic[..length].CopyTo(head);
            var more = file.ReadAtLeast(head.AsSpan(length), head.Length - length, throwOnEndOfStream: false);
            throw ForeignLog.Refuse(head.AsSpan(0, length + more), path) ?? new PortolanException(
                $"--resume {path}: this is not the journal of a scan", $"give a journal file of scan --journal", ExitCode.Usage);
        }

        if (magic[^1] != expected[^1])
        {
            throw new PortolanException(
                $"--resume {path}: this journal has version {magic[^1]}, but this program supports version {expected[^1]}",
                $"resume it with the version that wrote it", ExitCode.Usage);
        }

        if (!JournalBlocks.TryRead(file, out var block) || !JournalHeader.TryRead(block, out var header))
        {
            throw new PortolanException(
                $"--resume {path}: the header of the journal is damaged", $"start the scan again", ExitCode.Usage);
        }

        return header;
    }

    public static PortolanException CannotCreate(string path, Exception cause) => new(
        $"--journal {path}: {NamedFile.WhyNot(cause, path, FileAccess.Write)}",
        File.Exists(path)
            ? Advice.Of($"continue it with --resume, or give another file")
            : $"give a file in a writable folder",
        ExitCode.Usage);

    public static PortolanException CannotWrite(string path, IOException cause) => new(
        $"--journal {path}: {cause.Message}", $"nothing was sent; free space, give another file, or scan without a journal: --no-journal",
        ExitCode.Failed, cause);

    public static PortolanException DoesNotFit(string path) => new(
        $"--resume {path}: the journal's records do not match its targets", $"the file was changed; start the scan again", ExitCode.Failed);
}
