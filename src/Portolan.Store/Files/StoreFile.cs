using Microsoft.Data.Sqlite;
using Portolan.Store.Tables;

namespace Portolan.Store.Files;

/// <summary>Opens the file of a store.</summary>
/// <remarks>
/// Write-ahead logging with <c>synchronous=NORMAL</c>: what was committed survives the end of the program, however it ends; a power failure
/// may take the last seconds and leaves the file whole (sqlite.org/wal.html).
/// </remarks>
public static class StoreFile
{
    /// <summary>How long another writer is waited for.</summary>
    internal const int BusySeconds = 10;

    // Half a second.
    private const long MostCheckedAlways = 32 << 20;

    /// <summary>Opens a store to add to it; it is made where there is none, for this user alone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="now">The time, for the name of a damaged file.</param>
    /// <param name="notice">Takes what a person should know, such as that a damaged store was set aside.</param>
    /// <exception cref="PortolanException">It cannot be opened or written.</exception>
    public static StoreConnection OpenForWriting(string path, DateTimeOffset now, Action<string> notice)
    {
        ArgumentNullException.ThrowIfNull(notice);
        var isNew = !File.Exists(path);
        Make(path);
        try
        {
            return Open(path, now);
        }
        catch (PortolanException exception) when (StoreFault.IsDamage(exception))
        {
            StoreRepair.Run(StoreLocation.RealPath(path), now, notice, exception, () => IsDamaged(path, now));
            return Open(path, now);
        }
        catch (PortolanException) when (isNew)
        {
            // Nothing was stored: an empty file would be taken for something that is not a store.
            if (new FileInfo(StoreLocation.RealPath(path)) is { Exists: true, Length: 0 } empty)
            {
                empty.Delete();
            }

            throw;
        }
    }

    /// <summary>Opens a new file.</summary>
    internal static StoreConnection OpenNew(string path)
    {
        Make(path);
        return Open(path, DateTimeOffset.UnixEpoch);
    }

    private static bool IsDamaged(string path, DateTimeOffset now)
    {
        try
        {
            Open(path, now).Dispose();
            return false;
        }
        catch (PortolanException exception) when (StoreFault.IsDamage(exception))
        {
            return true;
        }
    }

    /// <summary>Opens a store for a question; nothing is written.</summary>
    /// <exception cref="PortolanException">There is none, or it cannot be read. Exit code 1 where there is none.</exception>
    public static StoreConnection OpenForReading(string path)
    {
        DemandStore(path);
        return StoreReading.Open(path);
    }

    /// <summary>Opens a store that is there to change it.</summary>
    /// <exception cref="PortolanException">There is none, or it cannot be written. Exit code 1 where there is none.</exception>
    public static StoreConnection OpenForChanging(string path, DateTimeOffset now, Action<string> notice)
    {
        DemandStore(path);
        return OpenForWriting(path, now, notice);
    }

    private static void DemandStore(string path)
    {
        try
        {
            // Looked at before it is opened: that waits for ever at a named pipe. Pipes and devices have no length either.
            if (new FileInfo(StoreLocation.RealPath(path)) is { Exists: true, Length: 0 })
            {
                throw new PortolanException($"{path} is empty, or not a file: not a store", $"give another file: --store FILE");
            }

            NamedFile.OpenRead(path, bufferSize: 0).Dispose();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PortolanException(
                $"the store {path} does not exist yet", exitCode: ExitCode.NothingFound, inner: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unusable(path, exception, FileAccess.Read);
        }
    }

    /// <summary>Checks the whole file, as long as it takes.</summary>
    /// <returns>What is wrong; <c>null</c> when nothing is.</returns>
    public static string? Check(StoreConnection store)
    {
        ArgumentNullException.ThrowIfNull(store);
        var found = store.Read("PRAGMA integrity_check(1)", [], static row => row.Text(0));
        return found is ["ok"] ? null : string.Join(' ', found);
    }

    private static void Make(string path)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            {
                StoreCopy.MakeFolder(folder);
            }

            var options = new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var file = NamedFile.Open(path, options);
            DemandFile(file, path);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Unusable(path, exception, FileAccess.ReadWrite);
        }
    }

    // A device or a pipe says that it is empty, and cannot be cut to that length.
    private static void DemandFile(FileStream file, string path)
    {
        try
        {
            if (!file.CanSeek || file.Length == 0)
            {
                file.SetLength(0);
            }
        }
        catch (Exception exception) when (exception is IOException or NotSupportedException or UnauthorizedAccessException)
        {
            throw new PortolanException($"cannot open the store {path}: it is not a file", $"give a file: --store FILE", inner: exception);
        }
    }

    private static PortolanException Unusable(string path, Exception exception, FileAccess access) => new(
        $"cannot open the store {path}: {NamedFile.WhyNot(exception, path, access)}", $"use another store: --store FILE",
        inner: exception);

    /// <summary>Opens a file that is there, and checks it.</summary>
    /// <exception cref="PortolanException">It is damaged, no store, or cannot be written.</exception>
    internal static StoreConnection Open(string path, DateTimeOffset now)
    {
        SqliteLibrary.Load();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.GetFullPath(path),
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ToString());
        StoreConnection? store = null;
        try
        {
            connection.Open();
            store = new StoreConnection(connection, path);

            // Before anything is written: the file may be another program's.
            DemandHeader(path);
            _ = StoreSchema.VersionOf(store);
            store.Script("""
                PRAGMA auto_vacuum = INCREMENTAL;
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = NORMAL;
                PRAGMA temp_store = MEMORY;
                PRAGMA trusted_schema = OFF;
                PRAGMA cell_size_check = ON;
                PRAGMA cache_size = -16000
                """);
            StoreSchema.Migrate(store);
            Check(store, now);
            return store;
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw StoreFault.Of(exception, path);
        }
        catch
        {
            if (store is null)
            {
                connection.Dispose();
            }

            store?.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a header that no Portolan writes.</summary>
    internal static void DemandHeader(string path)
    {
        if (StoreHeader.Fault(path) is { } fault)
        {
            throw StoreFault.Damaged(path, fault);
        }
    }

    /// <summary>Looks at each page.</summary>
    internal static void DemandWhole(StoreConnection store)
    {
        if (store.Read("PRAGMA quick_check(1)", [], static row => row.Text(0)) is var found and not ["ok"])
        {
            throw StoreFault.Damaged(
                store.Path, "its pages are inconsistent", new StoreDamageException(string.Join(' ', found)));
        }
    }

    // Each page is looked at: every time, and of a large store once a day.
    private static void Check(StoreConnection store, DateTimeOffset now)
    {
        if (StoreSchema.IsChanged(store))
        {
            throw StoreFault.Damaged(store.Path, "its tables are not those of Portolan");
        }

        var settings = new SettingTable(store);
        var isLarge = new FileInfo(store.Path).Length > MostCheckedAlways;
        if (isLarge && settings.CheckedAt is { } at && at <= now && now - at < TimeSpan.FromDays(1))
        {
            return;
        }

        DemandWhole(store);
        if (isLarge)
        {
            store.Begin();
            settings.CheckedAt = now;
            store.Commit();
        }
    }
}
