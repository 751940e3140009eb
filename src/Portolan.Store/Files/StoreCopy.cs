using Microsoft.Data.Sqlite;

namespace Portolan.Store.Files;

/// <summary>A copy of a store with its log that is this process's alone, for a question that may not share the log.</summary>
/// <remarks>Its files have no names any more once it is open, so nothing of it is left behind however the program ends.</remarks>
internal static class StoreCopy
{
    private const long MostBytes = 1L << 30;
    private const int MostTries = 5;

    /// <summary>Copies and opens it; <c>null</c> where it is too large, may not be read, or there is no room.</summary>
    public static SqliteConnection? Open(string full)
    {
        foreach (var root in (string[])[Path.GetTempPath(), "/dev/shm"])
        {
            var folder = Path.Combine(root, $"portolan-{Path.GetRandomFileName()}");
            try
            {
                MakeFolder(folder);
                var copy = Path.Combine(folder, StoreLocation.FileName);
                if (Take(full, copy))
                {
                    return StoreReading.Touch(
                        new SqliteConnection(new SqliteConnectionStringBuilder
                        {
                            DataSource = copy,
                            Mode = SqliteOpenMode.ReadWrite,
                            Pooling = false,
                        }.ToString()),
                        "PRAGMA locking_mode = EXCLUSIVE;");
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
            {
            }
            catch (SqliteException exception) when (!StoreFault.IsDamage(exception))
            {
            }
            finally
            {
                Remove(folder);
            }
        }

        return null;
    }

    /// <summary>Makes a folder for this user alone: what was found on whose network is nobody else's business.</summary>
    internal static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    // The two belong together only where no writer touched them meanwhile.
    private static bool Take(string full, string copy)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var before = StateOf(full);
            if (before.File.Length + before.Log.Length > MostBytes)
            {
                return false;
            }

            Take(full, copy, before.File.Length);
            Take(full + "-wal", copy + "-wal", before.Log.Length);
            if (StateOf(full) == before)
            {
                return true;
            }
        }

        return false;
    }

    private static void Take(string from, string to, long length)
    {
        using var source = NamedFile.OpenRead(from, bufferSize: 0);
        using var target = NamedFile.Open(to, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write });
        var buffer = new byte[1 << 20];
        for (int count; length > 0 && (count = source.Read(buffer, 0, (int)Math.Min(length, buffer.Length))) > 0; length -= count)
        {
            target.Write(buffer, 0, count);
        }
    }

    private static ((long Length, DateTime At) File, (long Length, DateTime At) Log) StateOf(string full)
    {
        var (file, log) = (new FileInfo(full), new FileInfo(full + "-wal"));
        return ((file.Length, file.LastWriteTimeUtc), log.Exists ? (log.Length, log.LastWriteTimeUtc) : default);
    }

    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }
}
