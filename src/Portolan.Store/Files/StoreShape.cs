namespace Portolan.Store.Files;

/// <summary>A table of the store as a salvaged row of it must look: how many columns, of which types, within which bounds.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">The columns in their order on the page.</param>
/// <param name="Types">
/// A letter for each: <c>K</c> the row's own number, <c>i</c> a number, <c>t</c> a time, <c>s</c> text, <c>r</c> a real number, <c>b</c>
/// bytes; a capital <c>I</c>, <c>T</c>, <c>S</c>, <c>R</c> or <c>B</c> may be <c>NULL</c>.
/// </param>
internal sealed record StoreShape(string Table, string Columns, string Types)
{
    // The first millisecond of the year 10000: what is later is not a DateTimeOffset.
    internal const long FirstAfterTime = 253402300800000;

    // What is larger is damage: a store would have to hold 16 TiB of rows.
    private const long MostId = 1L << 44;

    /// <summary>The tables. No two have rows that can be taken for each other's.</summary>
    public static IReadOnlyList<StoreShape> All { get; } =
    [
        new("content", "id, hash, body", "Kib"),
        new("run", "id, kind, started, ended, complete, source, format, miss, digest, down", "KitTissRBI"),
        new("host", "id, key, name, first_look, last_look, last_change, last, known", "KsSttTii"),
        new("look", "id, host, at, run, picture", "Kitii"),
        new("endpoint", "host, protocol, port, state, facts, first_seen, last_seen, last_change", "iiiiIttT"),
        new(
            "change",
            "id, at, since, run, host, kind, name, protocol, port, last_port, ports, certain, widened, days, before, before_state, "
            + "before_facts, after, after_state, after_facts",
            "KtTiiiSIIISiiISIISII"),
        new("chart_row", "id, host, protocol, port, body, valid_from, valid_to", "KiiiitT"),
        new("observed", "id, host, since, until", "Kitt"),
        new("setting", "name, value", "ss"),
        new("delivery", "receiver, accepted, sending, at", "siIt"),
    ];

    /// <summary>The row's columns; <c>null</c> where it is not a row of this table.</summary>
    public object?[]? Fit(SqliteRow row)
    {
        var hasId = Types[0] == 'K';
        if (row.Values.Length != Types.Length || (row.Id != 0) != hasId || row.Id is < 0 or > MostId)
        {
            return null;
        }

        var values = (object?[])row.Values.Clone();
        for (var i = hasId ? 1 : 0; i < values.Length; i++)
        {
            if (!Fits(Types[i], ref values[i]))
            {
                return null;
            }
        }

        if (hasId)
        {
            // The number of a row is not in its record (sqlite.org/lang_createtable.html#rowid).
            values[0] = row.Values[0] is null ? row.Id : row.Values[0];
            return row.Values[0] is null ? values : null;
        }

        return values;
    }

    private static bool Fits(char type, ref object? value)
    {
        // A real number without a fraction lies there as an integer.
        if (char.ToLowerInvariant(type) == 'r' && value is long whole)
        {
            value = (double)whole;
        }

        return value is null ? char.IsUpper(type) : char.ToLowerInvariant(type) switch
        {
            'i' => value is long,
            't' => value is long and > -FirstAfterTime and < FirstAfterTime,
            's' => value is string,
            'r' => value is double,
            _ => value is byte[] { Length: > 0 },
        };
    }
}
