using System.Text;

namespace Portolan.Model;

/// <summary>
/// Opens files that a person names: in an option, in a file of theirs, or in the environment. Nothing else opens such a file.
/// </summary>
/// <remarks>
/// What a person names is opened with that person's permissions alone. The program may hold capabilities that its caller lacks
/// (capabilities(7)); Portolan.Linux raises them around single system calls, in code that opens no file named here, so that they never take
/// part in an open of this type. A refusal is therefore the kernel's EACCES, and <see cref="WhyNot"/> names the permission that is missing.
/// </remarks>
public static class NamedFile
{
    /// <summary>Opens a file for reading; others may write and rename it meanwhile.</summary>
    /// <param name="path">As the person wrote it.</param>
    /// <param name="bufferSize">Bytes that a read fetches ahead; 0 for none.</param>
    /// <exception cref="IOException">It is not there, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">A permission is missing (EACCES), or it is a folder.</exception>
    public static FileStream OpenRead(string path, int bufferSize = 4096) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize);

    /// <summary>Opens a file for reading as UTF-8.</summary>
    /// <inheritdoc cref="OpenRead"/>
    public static StreamReader OpenText(string path) => new(OpenRead(path), Encoding.UTF8);

    /// <summary>Opens or makes a file in another way, such as for writing.</summary>
    /// <inheritdoc cref="OpenRead"/>
    public static FileStream Open(string path, FileStreamOptions options) => new(path, options);

    /// <summary>The names of the files in a folder, for hints; none where it cannot be read.</summary>
    /// <param name="folder">The folder; empty for the current one.</param>
    /// <param name="most">How many names are looked at.</param>
    public static IReadOnlyList<string> NamesIn(string? folder, int most)
    {
        try
        {
            return [.. Directory.EnumerateFiles(string.IsNullOrEmpty(folder) ? "." : folder).Take(most).Select(
                static file => Path.GetFileName(file))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }

    /// <summary>Why <see cref="NamesIn"/> found nothing of use in a folder: a clause for after a colon.</summary>
    public static string WhyNoneIn(string folder)
    {
        try
        {
            return !Directory.Exists(folder) ? "the folder does not exist"
                : Directory.EnumerateFiles(folder).Any() ? "no file in the folder has a matching name" : "the folder has no files";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "permission denied: no read permission on the folder";
        }
    }

    /// <summary>Why a file could not be opened: a clause for after a colon, such as <c>permission denied: no read permission</c>.</summary>
    /// <param name="exception">What opening it threw.</param>
    /// <param name="path">The file.</param>
    /// <param name="access">What was wanted of it.</param>
    public static string WhyNot(Exception exception, string path, FileAccess access = FileAccess.Read)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            DirectoryNotFoundException when Path.GetDirectoryName(path) is { Length: > 0 } folder => WhyNoFolder(folder),
            FileNotFoundException or DirectoryNotFoundException => "the file does not exist",
            UnauthorizedAccessException when Directory.Exists(path) => "it is a folder",
            UnauthorizedAccessException => $"permission denied: no {MissingPermission(path, access)}",
            _ => WithoutPath(exception.Message).TrimEnd('.'),
        };
    }

    /// <summary>Why a folder that is needed is not there: a clause for after a colon.</summary>
    public static string WhyNoFolder(string folder) =>
        FileAmong(folder) is { } file ? $"{file} is a file, not a folder" : $"folder {folder} does not exist";

    /// <summary>What makes a folder that is not there.</summary>
    public static Advice MakingFolder(string folder) =>
        FileAmong(folder) is null ? Advice.Of($"create the folder first: mkdir -p {folder}") : $"give a path in another folder";

    /// <summary>The file that stands where a folder, or one above it, should be.</summary>
    private static string? FileAmong(string folder)
    {
        for (var part = folder; !string.IsNullOrEmpty(part); part = Path.GetDirectoryName(part))
        {
            if (File.Exists(part))
            {
                return part;
            }
        }

        return null;
    }

    /// <summary>The runtime's words without the file behind them, which the caller names.</summary>
    private static string WithoutPath(string message) =>
        message.LastIndexOf(" : '", StringComparison.Ordinal) is > 0 and var at && message.EndsWith('\'') ? message[..at] : message;

    /// <summary>What the caller lacks: to search a folder on the way, to read or write the file, or to make one in its folder.</summary>
    private static string MissingPermission(string path, FileAccess access)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetPathRoot(full)!;
        foreach (var part in full[folder.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(folder, part);
            try
            {
                _ = File.GetAttributes(next);
            }
            catch (UnauthorizedAccessException)
            {
                return $"search permission on the folder {folder}";
            }
            catch (IOException)
            {
                return access.HasFlag(FileAccess.Write) ? $"write permission on the folder {folder}" : "read permission";
            }

            folder = next;
        }

        return access switch
        {
            FileAccess.Write => "write permission",
            FileAccess.ReadWrite => "read and write permission",
            _ => "read permission",
        };
    }
}
