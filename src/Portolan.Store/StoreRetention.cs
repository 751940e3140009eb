using Portolan.Store.Files;

namespace Portolan.Store;

/// <summary>What was taken out of a store, or would be.</summary>
/// <param name="Before">What is older goes; <c>null</c> where nothing is.</param>
/// <param name="Looks">Looks.</param>
/// <param name="Changes">Changes.</param>
/// <param name="Rows">Rows of charts.</param>
/// <param name="BytesBefore">The length of the store before.</param>
/// <param name="BytesAfter">The length after; the same where nothing was written.</param>
public sealed record PruneResult(DateTimeOffset? Before, long Looks, long Changes, long Rows, long BytesBefore, long BytesAfter);

/// <summary>Takes what is old out of a store, by age and by size.</summary>
/// <remarks>
/// Of each host the last look before the limit stays, so that its state at the limit is still known. What is known of hosts and open ports
/// now stays whole.
/// </remarks>
/// <param name="store">The store.</param>
/// <param name="referencesIn">The numbers of contents that the text of a look names.</param>
public sealed class StoreRetention(HistoryStore store, Func<string, IEnumerable<long>> referencesIn)
{
    private const int MostRounds = 64;
    private readonly StoreConnection _connection = store.Connection;

    /// <summary>How many bytes the store takes, what is free in it left out.</summary>
    public long Length => (_connection.Number("PRAGMA page_count") - _connection.Number("PRAGMA freelist_count"))
        * _connection.Number("PRAGMA page_size");

    /// <summary>Whether the file became shorter with what was removed last; not so where the log had no room for that.</summary>
    public bool IsShrunk { get; private set; } = true;

    /// <summary>Gives what is free in the file back to the disk. A program that reads keeps it as long as it is meanwhile.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void Shrink()
    {
        _connection.Run("PRAGMA incremental_vacuum");
        _connection.Run("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// <summary>Counts what is older than a limit.</summary>
    public PruneResult Count(DateTimeOffset before)
    {
        var limit = before.ToUnixTimeMilliseconds();
        var length = Length;
        return new PruneResult(
            before, _connection.Number($"SELECT count(*) FROM look WHERE {OldLook}", limit),
            _connection.Number("SELECT count(*) FROM change WHERE at < $1", limit),
            _connection.Number("SELECT count(*) FROM chart_row WHERE valid_to < $1", limit), length, length);
    }

    /// <summary>Takes out what is older than a limit.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public PruneResult Prune(DateTimeOffset before)
    {
        var found = Count(before);
        var limit = before.ToUnixTimeMilliseconds();
        store.Begin();
        try
        {
            _connection.Run($"DELETE FROM look WHERE {OldLook}", limit);
            _connection.Run("DELETE FROM change WHERE at < $1", limit);
            _connection.Run("DELETE FROM chart_row WHERE valid_to < $1", limit);
            _connection.Run("DELETE FROM observed WHERE until < $1", limit);
            _connection.Run("DELETE FROM endpoint WHERE last_seen < $1 AND state & 7 <> 1", limit);
            _connection.Run(
                """
                DELETE FROM run WHERE started < $1 AND NOT EXISTS (SELECT 1 FROM look WHERE look.run = run.id)
                AND id NOT IN (SELECT run FROM change)
                """, limit);
            DeleteUnused();
            if (store.Settings.Salvage is { } salvage && salvage.At < before)
            {
                store.Settings.Salvage = null;
            }

            store.Commit();
        }
        catch
        {
            store.RollBack();
            throw;
        }

        try
        {
            Shrink();
            IsShrunk = true;
        }
        catch (PortolanException exception) when (HistoryStore.IsDiskFull(exception))
        {
            IsShrunk = false;
        }

        return found with { BytesAfter = Length };
    }

    /// <summary>Takes out the oldest tenth again and again, until the store is within a limit or only last looks are left.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public PruneResult PruneTo(long bytes)
    {
        var (sum, first) = (new PruneResult(null, 0, 0, 0, Length, Length), Length);
        for (var round = 0; round < MostRounds && Length > bytes; round++)
        {
            if (Oldest() is not { } before)
            {
                break;
            }

            var result = Prune(before);
            sum = new PruneResult(
                before, sum.Looks + result.Looks, sum.Changes + result.Changes, sum.Rows + result.Rows, first, result.BytesAfter);
            if (result is { Looks: 0, Changes: 0, Rows: 0 })
            {
                break;
            }
        }

        return sum;
    }

    // The last look of a host before the limit stays.
    private const string OldLook =
        "at < $1 AND id <> (SELECT other.id FROM look AS other WHERE other.host = look.host AND other.at < $1 "
        + "ORDER BY other.at DESC, other.id DESC LIMIT 1)";

    // Behind a tenth of the looks, and at least behind the first.
    private DateTimeOffset? Oldest()
    {
        var tenth = store.Looks.Count() / 10;
        var found = _connection.Read(
            "SELECT at FROM look ORDER BY at LIMIT 1 OFFSET $1", [tenth], static row => row.Time(0));
        return found.Count == 0 ? null : found[0].AddMilliseconds(1);
    }

    private void DeleteUnused()
    {
        var used = new HashSet<long>();
        foreach (var query in (string[])[
            "SELECT DISTINCT picture FROM look", "SELECT last FROM host", "SELECT known FROM host",
            "SELECT DISTINCT facts FROM endpoint WHERE facts IS NOT NULL",
            "SELECT before_facts FROM change WHERE before_facts IS NOT NULL",
            "SELECT after_facts FROM change WHERE after_facts IS NOT NULL", "SELECT DISTINCT body FROM chart_row",
            "SELECT down FROM run WHERE down IS NOT NULL"])
        {
            used.UnionWith(_connection.Read(query, [], static row => row.Number(0)));
        }

        // What a look names is of another kind than a look, so once is enough.
        foreach (var picture in used.ToList())
        {
            used.UnionWith(referencesIn(store.Contents.TextOf(picture)));
        }

        // The highest number stays, so that none is given twice: a salvaged store may name texts that were lost.
        var highest = _connection.Number("SELECT max(id) FROM content");
        foreach (var id in _connection.Read("SELECT id FROM content", [], static row => row.Number(0)))
        {
            if (id != highest && !used.Contains(id))
            {
                _connection.Run("DELETE FROM content WHERE id = $1", id);
            }
        }

        store.Contents.Forget();
    }
}
