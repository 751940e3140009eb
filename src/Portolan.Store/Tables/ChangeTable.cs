using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>One side of a stored change.</summary>
/// <param name="Text">For people.</param>
/// <param name="State">The state as a number of the model of change; <c>null</c> for a change of a host.</param>
/// <param name="Facts">The content with the facts; <c>null</c> for none.</param>
public readonly record struct ChangeSide(string? Text, long? State, long? Facts);

/// <summary>A stored change.</summary>
/// <param name="Host">The host's number.</param>
/// <param name="At">When it was found.</param>
/// <param name="Kind">The kind as a number of the model of change.</param>
public sealed record ChangeRecord(long Host, DateTimeOffset At, byte Kind)
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }

    /// <summary>The last look that still saw the state before; <c>null</c> when unknown.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The run that found it.</summary>
    public long Run { get; init; }

    /// <summary>The host's name then.</summary>
    public string? Name { get; init; }

    /// <summary>The protocol; <c>null</c> for a change of the host.</summary>
    public TransportProtocol? Protocol { get; init; }

    /// <summary>The lowest and the highest port; <c>null</c> for none.</summary>
    public (ushort First, ushort Last)? Range { get; init; }

    /// <summary>The ports in nmap's words where they are more than one range; else <c>null</c>.</summary>
    public string? Ports { get; init; }

    /// <summary>Lost packets do not explain it.</summary>
    public bool IsCertain { get; init; }

    /// <summary>A bind that reaches further.</summary>
    public bool IsWidened { get; init; }

    /// <summary>Days that were left to a certificate.</summary>
    public int? DaysLeft { get; init; }

    /// <summary>The side until the change.</summary>
    public ChangeSide Before { get; init; }

    /// <summary>The side from the change on.</summary>
    public ChangeSide After { get; init; }
}

/// <summary>The changes.</summary>
public sealed class ChangeTable
{
    private const string Columns =
        """
        id, host, at, kind, since, run, name, protocol, port, last_port, ports, certain, widened, days,
          before, before_state, before_facts, after, after_state, after_facts
        """;

    private const string Highest =
        """
        SELECT max(coalesce((SELECT max(id) FROM change), 0), coalesce((SELECT max(max(accepted, coalesce(sending, 0))) FROM delivery), 0))
        """;

    private readonly StoreConnection _store;

    internal ChangeTable(StoreConnection store) => _store = store;

    /// <summary>Inserts a change. No number is given twice that a receiver has accepted, even where old changes were removed.</summary>
    public void Add(ChangeRecord change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _store.Run(
            $"""
            INSERT INTO change(id, at, since, run, host, kind, name, protocol, port, last_port, ports, certain, widened, days,
              before, before_state, before_facts, after, after_state, after_facts)
            VALUES (({Highest}) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            """,
            change.At.ToUnixTimeMilliseconds(), change.Since?.ToUnixTimeMilliseconds(), change.Run, change.Host, (long)change.Kind,
            change.Name, (long?)change.Protocol, (long?)change.Range?.First, (long?)change.Range?.Last, change.Ports,
            change.IsCertain ? 1L : 0L, change.IsWidened ? 1L : 0L, (long?)change.DaysLeft, change.Before.Text, change.Before.State,
            change.Before.Facts, change.After.Text, change.After.State, change.After.Facts);
    }

    /// <summary>Notes that a run missed nothing: what rests on silence is certain. A host's own answers are another matter.</summary>
    public void MakeCertain(long run) =>
        _store.Run("UPDATE change SET certain = 1 WHERE run = $1 AND protocol IS NOT NULL AND kind NOT IN (0, 1)", run);

    /// <summary>Finds changes, the latest first.</summary>
    public List<ChangeRecord> Find(ChangeFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var (where, values) = filter.Condition();
        return _store.Read($"SELECT {Columns} FROM change WHERE {where} ORDER BY at DESC, id DESC{filter.Limit}", values, Read);
    }

    /// <summary>The changes that a run found at a time, in the order in which they were found.</summary>
    public List<ChangeRecord> OfRun(long run, DateTimeOffset at) => _store.Read(
        $"SELECT {Columns} FROM change WHERE at = $1 AND run = $2 ORDER BY id", [at.ToUnixTimeMilliseconds(), run], Read);

    /// <summary>How many changes of some kinds the same ports had before a change, itself included.</summary>
    /// <param name="id">The change.</param>
    /// <param name="kinds">Two kinds.</param>
    /// <param name="window">How long before it.</param>
    public long CountAlike(long id, (byte A, byte B) kinds, TimeSpan window) => _store.Number(
        """
        SELECT count(*) FROM change c JOIN change o ON o.host = c.host AND o.at BETWEEN c.at - $2 AND c.at AND o.id <= c.id
          AND o.kind IN ($3, $4) AND o.protocol = c.protocol AND o.port = c.port AND o.last_port = c.last_port AND o.ports IS c.ports
        WHERE c.id = $1
        """,
        id, (long)window.TotalMilliseconds, (long)kinds.A, (long)kinds.B);

    /// <summary>The numbers of changes in an order; those that are equal in it come the latest first.</summary>
    public List<long> Ids(ChangeFilter filter, ChangeOrder order, bool isDescending)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var (where, values) = filter.Condition();
        var direction = isDescending ? " DESC" : "";
        var columns = order switch
        {
            ChangeOrder.Port => $"port{direction}, protocol{direction}, at DESC, id DESC",
            ChangeOrder.Protocol => $"protocol{direction}, at DESC, id DESC",
            ChangeOrder.Kind => $"kind{direction}, at DESC, id DESC",
            _ => $"at{direction}, id{direction}",
        };
        return _store.Read($"SELECT id FROM change WHERE {where} ORDER BY {columns}{filter.Limit}", values, static row => row.Number(0));
    }

    /// <summary>The changes of some numbers, in their order. One that was removed meanwhile is left out.</summary>
    public List<ChangeRecord> Get(IReadOnlyList<long> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var found = _store.Read(
            $"SELECT {Columns} FROM change WHERE id IN (SELECT value FROM json_each($1))", [$"[{string.Join(',', ids)}]"], Read)
            .ToDictionary(static change => change.Id);
        return [.. ids.Select(found.GetValueOrDefault).OfType<ChangeRecord>()];
    }

    /// <summary>The number of the last change that was found; 0 for none.</summary>
    public long Newest => _store.Number(Highest);

    /// <summary>The changes after a number, in their order.</summary>
    /// <param name="id">The number.</param>
    /// <param name="last">The last that counts; <c>null</c> for all.</param>
    /// <param name="most">How many are read.</param>
    public List<ChangeRecord> After(long id, long? last, int most) => _store.Read(
        $"SELECT {Columns} FROM change WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3", [id, last ?? long.MaxValue, (long)most], Read);

    /// <summary>How many changes there are.</summary>
    public long Count(ChangeFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var (where, values) = filter.Condition();
        return _store.Number($"SELECT count(*) FROM change WHERE {where}", values);
    }

    private static ChangeRecord Read(StoreRow row) => new(row.Number(1), row.Time(2), (byte)row.Number(3))
    {
        Id = row.Number(0),
        Since = row.TimeOrNull(4),
        Run = row.Number(5),
        Name = row.TextOrNull(6),
        Protocol = (TransportProtocol?)row.NumberOrNull(7),
        Range = row.NumberOrNull(8) is { } first && row.NumberOrNull(9) is { } last ? ((ushort)first, (ushort)last) : null,
        Ports = row.TextOrNull(10),
        IsCertain = row.Number(11) != 0,
        IsWidened = row.Number(12) != 0,
        DaysLeft = (int?)row.NumberOrNull(13),
        Before = new ChangeSide(row.TextOrNull(14), row.NumberOrNull(15), row.NumberOrNull(16)),
        After = new ChangeSide(row.TextOrNull(17), row.NumberOrNull(18), row.NumberOrNull(19)),
    };
}
