using Microsoft.Data.Sqlite;
using Portolan.Store.Files;
using Portolan.Store.Tables;

namespace Portolan.Store;

/// <summary>What was seen, when, and what changed: one file, opened to add to it or to ask it.</summary>
/// <remarks>Used by one thread at a time. Several programs may have it open; one of them writes at a time, and the others wait.</remarks>
public sealed class HistoryStore : IDisposable
{
    private readonly StoreConnection _connection;
    private Action<PortolanException>? _repair;

    private HistoryStore(StoreConnection connection)
    {
        _connection = connection;
        Contents = new ContentTable(connection);
        Runs = new RunTable(connection);
        Hosts = new HostTable(connection);
        Looks = new LookTable(connection);
        Endpoints = new EndpointTable(connection);
        Changes = new ChangeTable(connection);
        ChartRows = new ChartRowTable(connection);
        Settings = new SettingTable(connection);
        Deliveries = new DeliveryTable(connection);
    }

    /// <summary>The file.</summary>
    public string Path => _connection.Path;

    /// <summary>What a question's answer lacks; <c>null</c> for nothing.</summary>
    public StoreGap? Gap => _connection.Gap;

    /// <summary>Text that many rows share.</summary>
    public ContentTable Contents { get; }

    /// <summary>What looked.</summary>
    public RunTable Runs { get; }

    /// <summary>The table of hosts: numbers and keys.</summary>
    public HostTable Hosts { get; }

    /// <summary>The observations.</summary>
    public LookTable Looks { get; }

    /// <summary>The ports that are or were open.</summary>
    public EndpointTable Endpoints { get; }

    /// <summary>The table of what changed, and when.</summary>
    public ChangeTable Changes { get; }

    /// <summary>The table of rows of recorded charts.</summary>
    public ChartRowTable ChartRows { get; }

    /// <summary>What is kept.</summary>
    public SettingTable Settings { get; }

    /// <summary>How far each receiver of alerts is.</summary>
    public DeliveryTable Deliveries { get; }

    /// <summary>The connection, for what is about the file itself.</summary>
    internal StoreConnection Connection => _connection;

    /// <summary>Opens a store to add to it; it is made where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="now">The time, for the name of a damaged file that is set aside.</param>
    /// <param name="notice">Takes what a person should know.</param>
    /// <exception cref="PortolanException">It cannot be opened or written.</exception>
    public static HistoryStore OpenForWriting(string path, DateTimeOffset now, Action<string> notice) =>
        Repairable(StoreFile.OpenForWriting(path, now, notice), now, notice);

    /// <summary>Opens a store that is there to change it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="now">The time, for the name of a damaged file that is set aside.</param>
    /// <param name="notice">Takes what a person should know.</param>
    /// <exception cref="PortolanException">There is none, or it cannot be written.</exception>
    public static HistoryStore OpenForChanging(string path, DateTimeOffset now, Action<string> notice) =>
        Repairable(StoreFile.OpenForChanging(path, now, notice), now, notice);

    /// <summary>Opens a store to ask it.</summary>
    /// <exception cref="PortolanException">There is none, or it cannot be read.</exception>
    public static HistoryStore OpenForReading(string path) => new(StoreFile.OpenForReading(path));

    /// <summary>Opens a store to prune it where its disk has no room, see <see cref="StoreInPlace"/>.</summary>
    /// <exception cref="PortolanException">It is in use, or needs room that it names.</exception>
    public static HistoryStore OpenInPlace(string path) => new(StoreInPlace.Open(path));

    /// <summary>Whether an error of a store is that its disk has no room.</summary>
    public static bool IsDiskFull(PortolanException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.InnerException is SqliteException fault && StoreFault.IsDiskFull(fault);
    }

    /// <summary>
    /// Where an error is that the store is damaged, goes on with a new file that has what can be read of it. What was written since the
    /// last <see cref="Commit"/> is to be written again.
    /// </summary>
    /// <returns>Whether it did.</returns>
    /// <exception cref="PortolanException">There is no room for the new file, or the damaged one cannot be renamed.</exception>
    public bool TryRepair(PortolanException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (_repair is not { } repair || !StoreFault.IsDamage(exception))
        {
            return false;
        }

        // Only once: where the same error comes from the new file too, the file is not its cause.
        _repair = null;
        Forget();
        repair(exception);
        return true;
    }

    /// <summary>Begins to write.</summary>
    /// <exception cref="PortolanException">It cannot be written.</exception>
    public void Begin()
    {
        if (_connection.Begin())
        {
            Forget();
        }

        _connection.HasLooks = Looks.HasAny();
    }

    /// <summary>Makes what was written lasting.</summary>
    /// <exception cref="PortolanException">It cannot be written; nothing since <see cref="Begin"/> is stored.</exception>
    public void Commit()
    {
        Hosts.Flush();
        _connection.Commit();
    }

    /// <summary>Forgets what was written since <see cref="Begin"/>.</summary>
    public void RollBack()
    {
        Forget();
        _connection.RollBack();
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static HistoryStore Repairable(StoreConnection connection, DateTimeOffset now, Action<string> notice)
    {
        var store = new HistoryStore(connection);
        store._repair = damage =>
        {
            connection.Close();
            StoreRepair.Run(StoreLocation.RealPath(connection.Path), now, notice, damage, static () => true);
            connection.Replace(StoreFile.Open(connection.Path, now));
        };
        return store;
    }

    private void Forget()
    {
        Contents.Forget();
        Hosts.Forget();
    }
}
