using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>A row of a chart and when it was seen.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Host">The machine's namespace.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="Body">The content: the row as <c>portolan.chart/1</c> has it, without counters.</param>
/// <param name="ValidFrom">When it was seen first.</param>
/// <param name="ValidTo">The first look that no longer saw it; <c>null</c> while it is seen.</param>
public sealed record StoredChartRow(
    long Id, long Host, TransportProtocol Protocol, PortNumber Port, long Body, DateTimeOffset ValidFrom, DateTimeOffset? ValidTo);

/// <summary>A span in which a machine was observed.</summary>
public readonly record struct ObservedSpan(DateTimeOffset Since, DateTimeOffset Until)
{
    /// <summary>Its last moment up to a time.</summary>
    public DateTimeOffset LastUpTo(DateTimeOffset at) => Until < at ? Until : at;
}

/// <summary>The rows of charts, and the spans in which machines were observed.</summary>
public sealed class ChartRowTable
{
    private const string Columns = "id, host, protocol, port, body, valid_from, valid_to";
    private readonly StoreConnection _store;

    internal ChartRowTable(StoreConnection store) => _store = store;

    /// <summary>The rows that the last chart saw.</summary>
    public List<StoredChartRow> Open(long host) =>
        _store.Read($"SELECT {Columns} FROM chart_row WHERE host = $1 AND valid_to IS NULL", [host], Read);

    /// <summary>The rows that were seen at a time.</summary>
    public List<StoredChartRow> At(long host, DateTimeOffset at) => _store.Read(
        $"""
        SELECT {Columns} FROM chart_row WHERE host = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
        ORDER BY port, protocol, id
        """, [host, at.ToUnixTimeMilliseconds()], Read);

    /// <summary>Adds a row.</summary>
    public void Add(long host, TransportProtocol protocol, PortNumber port, long body, DateTimeOffset from) => _store.Run(
        "INSERT INTO chart_row(host, protocol, port, body, valid_from) VALUES ($1, $2, $3, $4, $5)",
        host, (long)protocol, (long)port.Value, body, from.ToUnixTimeMilliseconds());

    /// <summary>Ends a row.</summary>
    public void Close(long id, DateTimeOffset to) =>
        _store.Run("UPDATE chart_row SET valid_to = $2 WHERE id = $1", id, to.ToUnixTimeMilliseconds());

    /// <summary>Notes that a machine was observed; a span that begins where the last one ended goes on with it.</summary>
    public void Observe(long host, DateTimeOffset since, DateTimeOffset until)
    {
        var extended = since < until
            ? _store.Run(
                "UPDATE observed SET until = max(until, $3) WHERE host = $1 AND since <= $2 AND until >= $2",
                host, since.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds())
            : 0;
        if (extended == 0)
        {
            _store.Run(
                "INSERT INTO observed(host, since, until) VALUES ($1, $2, $3)",
                host, since.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds());
        }
    }

    /// <summary>The last span that begins up to a time; <c>null</c> for none.</summary>
    public ObservedSpan? ObservedBefore(long host, DateTimeOffset at) => _store.Read(
        "SELECT since, until FROM observed WHERE host = $1 AND since <= $2 ORDER BY since DESC, until DESC LIMIT 1",
        [host, at.ToUnixTimeMilliseconds()], static row => new ObservedSpan(row.Time(0), row.Time(1))) is [var span] ? span : null;

    /// <summary>The first span that begins after a time; <c>null</c> for none.</summary>
    public ObservedSpan? ObservedAfter(long host, DateTimeOffset at) => _store.Read(
        "SELECT since, until FROM observed WHERE host = $1 AND since > $2 ORDER BY since LIMIT 1",
        [host, at.ToUnixTimeMilliseconds()], static row => new ObservedSpan(row.Time(0), row.Time(1))) is [var span] ? span : null;

    private static StoredChartRow Read(StoreRow row) => new(
        row.Number(0), row.Number(1), (TransportProtocol)row.Number(2), new PortNumber((ushort)row.Number(3)), row.Number(4),
        row.Time(5), row.TimeOrNull(6));
}
