using Microsoft.Data.Sqlite;

namespace Portolan.Store.Files;

/// <summary>What an answer lacks: the log of the store can be neither shared nor copied, so only the file itself is read.</summary>
/// <param name="Since">The last time that the file itself knows; what was stored later is missing.</param>
public sealed record StoreGap(DateTimeOffset Since);

/// <summary>Opens a store for a question: nothing is written, neither to the file nor beside it.</summary>
/// <remarks>
/// A file without a log is whole, and it is read as immutable (<c>immutable=1</c>, sqlite.org/uri.html), which takes neither
/// a lock nor a file beside it; after each statement it is looked at whether a writer came meanwhile. Where a writer is at work the log and
/// its index are shared (<c>mode=ro</c>). Else file and log are copied to a private place. Where that is impossible too, the file is read
/// without its log, and <see cref="StoreConnection.Gap"/> says so.
/// </remarks>
internal static class StoreReading
{
    private const string Settings =
        """
        PRAGMA query_only = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA trusted_schema = OFF;
        PRAGMA cell_size_check = ON;
        PRAGMA cache_size = -16000
        """;

    /// <exception cref="PortolanException">It cannot be read, is damaged, or is not a store.</exception>
    public static StoreConnection Open(string path)
    {
        SqliteLibrary.Load();
        var full = StoreLocation.RealPath(path);
        StoreFile.DemandHeader(path);
        var store = Connect(path, full);
        try
        {
            if (StoreSchema.VersionOf(store) < StoreSchema.Version && store.Gap is null)
            {
                store.MoveToMemory();
                StoreSchema.Migrate(store);
            }

            store.Script(Settings);
            if (store.Gap is not null)
            {
                store.Gap = GapOf(store);
            }

            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection and reads the tables' names, which opens the log.</summary>
    internal static SqliteConnection Touch(SqliteConnection connection, string before = "")
    {
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"{before}SELECT count(*) FROM sqlite_master";
            command.ExecuteScalar();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static StoreConnection Connect(string path, string full)
    {
        try
        {
            var hasIndex = File.Exists(full + "-shm");
            if (hasIndex && TryShare(full) is { } shared)
            {
                return new StoreConnection(shared, path);
            }

            var stamp = Stamp.Of(full);
            if (!stamp.HasLog)
            {
                return new StoreConnection(OpenFile(full, "mode=ro&immutable=1"), path)
                {
                    Renew = () => Stamp.Of(full) == stamp ? null : Connect(path, full),
                };
            }

            // Too large to copy, or no room: sharing makes the index of the log, where this user may.
            return (StoreCopy.Open(full) ?? (hasIndex ? null : TryShare(full))) is { } whole
                ? new StoreConnection(whole, path)
                : new StoreConnection(OpenFile(full, "mode=ro&immutable=1"), path) { Gap = new StoreGap(default) };
        }
        catch (SqliteException exception)
        {
            throw StoreFault.Of(exception, path);
        }
    }

    private static SqliteConnection? TryShare(string full)
    {
        try
        {
            return OpenFile(full, "mode=ro");
        }
        catch (SqliteException exception) when (!StoreFault.IsDamage(exception))
        {
            return null;
        }
    }

    private static SqliteConnection OpenFile(string full, string parameters) => Touch(new SqliteConnection(
        new SqliteConnectionStringBuilder
        {
            DataSource = $"file:{string.Join('/', full.Split('/').Select(Uri.EscapeDataString))}?{parameters}",
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
            DefaultTimeout = StoreFile.BusySeconds,
        }.ToString()));

    // All of it is in the log where the file has no table yet.
    private static StoreGap GapOf(StoreConnection store)
    {
        if (store.Number("SELECT count(*) FROM sqlite_master") == 0)
        {
            throw new PortolanException(
                $"cannot read the store {store.Path}: its log {store.Path}-wal can be neither shared nor copied",
                $"run it as the owner of the store, or give a folder with space for a copy: TMPDIR=FOLDER portolan history");
        }

        return new StoreGap(DateTimeOffset.FromUnixTimeMilliseconds(store.Number(
            "SELECT max(coalesce((SELECT max(coalesce(ended, started)) FROM run), 0), coalesce((SELECT max(at) FROM look), 0))")));
    }

    /// <summary>Says whether a writer changed a file.</summary>
    private readonly record struct Stamp(long Length, DateTime WrittenAt, bool HasLog)
    {
        public static Stamp Of(string full)
        {
            var (file, log) = (new FileInfo(full), new FileInfo(full + "-wal"));
            var hasLog = log.Exists && log.Length > 0;
            return file.Exists ? new Stamp(file.Length, file.LastWriteTimeUtc, hasLog) : new Stamp(0, default, hasLog);
        }
    }
}
