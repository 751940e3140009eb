using Portolan.Store.Tables;

namespace Portolan.Store.Files;

/// <summary>Copies what can be read of a damaged store into a new one.</summary>
/// <remarks>
/// The numbers of rows stay what they were. A text that was lost is one that <see cref="ContentTable.TextOf"/> does not find, and its
/// number is given to no other: the next number lies beyond all that the damaged file had room for.
/// </remarks>
internal static class StoreSalvage
{
    // What is left of a row of which a part is gone is not taken for the whole.
    private const string Mend =
        """
        DELETE FROM look WHERE host NOT IN (SELECT id FROM host) OR picture NOT IN (SELECT id FROM content);
        DELETE FROM endpoint WHERE host NOT IN (SELECT id FROM host);
        DELETE FROM change WHERE host NOT IN (SELECT id FROM host);
        DELETE FROM chart_row WHERE host NOT IN (SELECT id FROM host) OR body NOT IN (SELECT id FROM content);
        DELETE FROM observed WHERE host NOT IN (SELECT id FROM host);
        UPDATE look SET run = 0 WHERE run NOT IN (SELECT id FROM run);
        UPDATE change SET run = 0 WHERE run NOT IN (SELECT id FROM run)
        """;

    private static readonly (string Table, string Words)[] Counted =
        [("host", "hosts"), ("look", "looks"), ("change", "changes"), ("endpoint", "ports"), ("chart_row", "chart rows")];

    private const string HostOfLooks =
        """
        INSERT OR IGNORE INTO host(id, key, first_look, last_look, last, known)
        SELECT $1, $2, (SELECT min(at) FROM look WHERE host = $1), at, picture, picture FROM look WHERE host = $1
        ORDER BY at DESC, id DESC LIMIT 1
        """;

    /// <summary>Whether a file has rows of a store.</summary>
    public static bool HasRows(string path)
    {
        try
        {
            using var pages = SqlitePages.Open(path);
            var tables = new HashSet<string>(StringComparer.Ordinal);
            foreach (var row in new SqliteRows(pages).All())
            {
                if (TryFit(row, out var shape, out _) && tables.Add(shape.Table) && tables.Contains("content") && tables.Contains("run"))
                {
                    return true;
                }
            }

            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Copies the rows, in one transaction.</summary>
    /// <param name="path">The damaged file.</param>
    /// <param name="target">A new store.</param>
    /// <param name="now">When.</param>
    /// <param name="aside">What the damaged file will be called.</param>
    /// <returns>What the new store has of it, in words.</returns>
    /// <exception cref="PortolanException">The new store cannot be written.</exception>
    public static string Copy(string path, StoreConnection target, DateTimeOffset now, string aside)
    {
        target.Begin();
        using (var pages = SqlitePages.Open(path))
        {
            var inserts = StoreShape.All.ToDictionary(
                static shape => shape,
                static shape => $"INSERT OR IGNORE INTO {shape.Table}({shape.Columns}) VALUES ("
                    + string.Join(", ", Enumerable.Range(1, shape.Types.Length).Select(static i => $"${i}")) + ")");
            var keys = new List<(string Key, long Id)>();
            foreach (var row in new SqliteRows(pages).All())
            {
                if (TryFit(row, out var shape, out var values))
                {
                    target.Run(inserts[shape], values);
                }
                else if (row is { Id: 0, Values: [string key, long id] })
                {
                    keys.Add((key, id));
                }
            }

            // A host whose row was lost is in the index of keys; how it looked say the looks at it.
            foreach (var (key, id) in keys)
            {
                target.Run(HostOfLooks, id, key);
            }

            target.Script(Mend);
            target.Run(
                "INSERT INTO content(id, hash, body) SELECT coalesce(max(id), 0) + $1, 0, x'00' FROM content",
                (long)pages.Count * pages.PageSize);
        }

        new SettingTable(target).Salvage = new SalvageRecord(now, aside);
        target.Commit();
        var counts = Counted.Select(table => (table.Words, Count: target.Number($"SELECT count(*) FROM {table.Table}"))).ToList();
        return counts.TrueForAll(static table => table.Count == 0)
            ? "no entry of it is readable"
            : $"its readable entries were copied: {string.Join(", ", counts.Select(static table => $"{table.Words} {table.Count}"))}";
    }

    private static bool TryFit(SqliteRow row, out StoreShape shape, out object?[] values)
    {
        foreach (var candidate in StoreShape.All)
        {
            if (candidate.Fit(row) is { } found)
            {
                (shape, values) = (candidate, found);
                return true;
            }
        }

        (shape, values) = (StoreShape.All[0], []);
        return false;
    }
}
