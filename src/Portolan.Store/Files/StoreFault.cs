using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Portolan.Store.Files;

/// <summary>A store is damaged where SQLite does not say so.</summary>
internal sealed class StoreDamageException(string message) : Exception(message);

/// <summary>What SQLite reports, as an error for people that names the remedy.</summary>
internal static class StoreFault
{
    /// <summary>Whether the file is not what SQLite wrote: damaged, or no database at all.</summary>
    public static bool IsDamage(SqliteException exception) =>
        exception.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_FORMAT or raw.SQLITE_TOOBIG
            or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH
        || exception.SqliteExtendedErrorCode == raw.SQLITE_IOERR_SHORT_READ;

    /// <summary>Whether an error says that a store is damaged.</summary>
    public static bool IsDamage(PortolanException exception) => exception.InnerException is StoreDamageException
        || (exception.InnerException is SqliteException fault && IsDamage(fault));

    /// <summary>Whether a damaged file was a store: any other may be anything, and is left alone.</summary>
    public static bool WasStore(string path) =>
        Path.GetFileName(path) == StoreLocation.FileName || StoreHeader.WasStore(path) || StoreSalvage.HasRows(path);

    /// <summary>Whether there was no room on the disk.</summary>
    public static bool IsDiskFull(SqliteException exception) => exception.SqliteErrorCode == raw.SQLITE_FULL
        || exception.SqliteExtendedErrorCode is raw.SQLITE_IOERR_WRITE or raw.SQLITE_IOERR_FSYNC or raw.SQLITE_IOERR_SHMSIZE
            or raw.SQLITE_IOERR_TRUNCATE;

    /// <summary>The error. What was committed before stays stored in every case but damage.</summary>
    /// <param name="exception">What SQLite reports.</param>
    /// <param name="path">The store.</param>
    /// <param name="hasLooks">Whether something was stored before.</param>
    public static PortolanException Of(SqliteException exception, string path, bool hasLooks = false) => exception.SqliteErrorCode switch
    {
        _ when IsDiskFull(exception) => Full(path, exception, hasLooks),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new PortolanException(
            $"the store {path} is in use: another program has been writing for 10 seconds",
            $"wait until it has finished, or use another store: --store FILE", inner: exception),
        raw.SQLITE_READONLY => new PortolanException(
            $"cannot write the store {path}: the file or its folder is read-only",
            $"use a writable store: --store FILE", inner: exception),
        raw.SQLITE_CANTOPEN => new PortolanException(
            $"cannot open the store {path}, or a file beside it",
            $"use a writable store: --store FILE",
            inner: exception),
        _ when IsDamage(exception) && WasStore(path) => Damaged(path, DamageOf(exception), exception),
        _ when IsDamage(exception) => new PortolanException(
            $"{path} is not a store of Portolan: it is not a readable database", $"give another file: --store FILE",
            inner: new InvalidDataException(exception.Message, exception)),
        raw.SQLITE_IOERR => new PortolanException(
            $"cannot read or write the store {path}: its disk reports an error", $"use a store on another disk: --store FILE",
            inner: exception),
        _ => new PortolanException($"the store {path} cannot be used: {exception.Message}", inner: exception),
    };

    /// <summary>The error of a damaged store.</summary>
    public static PortolanException Damaged(string path, string reason, Exception? inner = null) => new(
        $"the store {path} is damaged: {reason}",
        MayWrite(path)
            ? $"portolan --store={path} salvages readable entries into a new store and keeps the damaged file beside it"
            : Advice.Of($"copy the file to a writable folder; "
                + $"portolan --store=COPY then salvages readable entries into a new store"),
        inner: inner ?? new StoreDamageException(reason));

    // Not so on a read-only medium. Opening it changes nothing.
    private static bool MayWrite(string path)
    {
        try
        {
            NamedFile.Open(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
            }).Dispose();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string DamageOf(SqliteException exception) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_NOTADB or raw.SQLITE_FORMAT => "its header is not a database header",
        raw.SQLITE_CORRUPT => "a page of it cannot be read",
        raw.SQLITE_IOERR => "the file ends too early",
        _ => "a row has invalid values",
    };

    private static PortolanException Full(string path, SqliteException exception, bool hasLooks) => new(
        $"cannot write the store {path}: no space is left on its disk" + (hasLooks ? "; earlier entries are intact" : ""),
        hasLooks
            ? Advice.Of($"make room, or store less: portolan history prune --keep 30d --store {path}")
            : $"make room, or use another store: --store FILE",
        inner: exception);
}
