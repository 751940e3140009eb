using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Portolan.Store.Files;

/// <summary>Opens a store so that removing rows takes no room on its disk.</summary>
/// <remarks>
/// The log and its index would need room. Here nobody else may have the store open, the index is in memory, and so is the journal of a
/// transaction (sqlite.org/pragma.html#pragma_journal_mode, MEMORY): pages are changed where they are. A program that is killed, or a power
/// failure, in that moment may damage the file, so this is only for a disk that is full. Opening it for writing logs again.
/// </remarks>
internal static class StoreInPlace
{
    /// <exception cref="PortolanException">It is in use, or its log needs room, which is named.</exception>
    public static StoreConnection Open(string path)
    {
        SqliteLibrary.Load();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.GetFullPath(path),
            DefaultTimeout = StoreFile.BusySeconds,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
        }.ToString());
        var store = new StoreConnection(connection, path);
        try
        {
            connection.Open();
            store.Script("PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
            StoreFile.DemandHeader(path);
            var version = StoreSchema.VersionOf(store);
            StoreFile.DemandWhole(store);
            var needed = (store.Number("PRAGMA page_count") * store.Number("PRAGMA page_size")) - new FileInfo(path).Length;
            LeaveLog(store, path, needed);
            return version == StoreSchema.Version ? store : throw new PortolanException(
                $"the store {path} has schema {version}, and its disk has no space to upgrade it", $"free space on its disk");
        }
        catch (SqliteException exception)
        {
            store.Dispose();
            throw StoreFault.Of(exception, path);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    // What the log has is moved into the file first, which becomes longer where the log has new pages.
    private static void LeaveLog(StoreConnection store, string path, long needed)
    {
        try
        {
            store.Script("PRAGMA journal_mode = MEMORY");
        }
        catch (PortolanException exception) when (HistoryStore.IsDiskFull(exception))
        {
            throw new PortolanException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"cannot prune the store {path}: its disk is full, and pruning needs {Math.Max(needed, 1):#,0} bytes"),
                $"free that much space on its disk, then run this again", inner: exception);
        }
    }
}
