using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>A port of a host that is or was open.</summary>
/// <param name="Host">The host's number.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="State">Its state as a number of the model of change.</param>
/// <param name="Facts">The content with what was known of it when it was open; <c>null</c> for nothing.</param>
/// <param name="FirstSeen">When it was seen open first.</param>
/// <param name="LastSeen">When it was seen open last, as far as this row knows: a host that looks alike again writes no rows.</param>
/// <param name="LastChange">When something of it changed last; <c>null</c> for never.</param>
public sealed record StoredEndpoint(
    long Host, TransportProtocol Protocol, PortNumber Port, long State, long? Facts, DateTimeOffset FirstSeen, DateTimeOffset LastSeen,
    DateTimeOffset? LastChange);

/// <summary>The ports that are or were open.</summary>
public sealed class EndpointTable
{
    private const string Columns = "host, protocol, port, state, facts, first_seen, last_seen, last_change";
    private readonly StoreConnection _store;

    internal EndpointTable(StoreConnection store) => _store = store;

    /// <summary>Notes that a port was seen open; it is added when it was not before.</summary>
    public void Seen(long host, TransportProtocol protocol, PortNumber port, long state, long? facts, DateTimeOffset at) => _store.Run(
        """
        INSERT INTO endpoint(host, protocol, port, state, facts, first_seen, last_seen) VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT DO UPDATE SET state = $4, facts = coalesce($5, facts), last_seen = max(last_seen, $6)
        """, host, (long)protocol, (long)port.Value, state, facts, at.ToUnixTimeMilliseconds());

    /// <summary>Notes that ports that were open are not any more.</summary>
    public void NotOpen(long host, TransportProtocol protocol, ushort first, ushort last, long state) => _store.Run(
        "UPDATE endpoint SET state = $5 WHERE host = $1 AND protocol = $2 AND port BETWEEN $3 AND $4",
        host, (long)protocol, (long)first, (long)last, state);

    /// <summary>Notes when ports changed.</summary>
    public void Changed(long host, TransportProtocol protocol, ushort first, ushort last, DateTimeOffset at) => _store.Run(
        "UPDATE endpoint SET last_change = $5 WHERE host = $1 AND protocol = $2 AND port BETWEEN $3 AND $4",
        host, (long)protocol, (long)first, (long)last, at.ToUnixTimeMilliseconds());

    /// <summary>Notes when ports with a state were seen last.</summary>
    public void SeenUntil(long host, TransportProtocol protocol, ushort first, ushort last, DateTimeOffset at) => _store.Run(
        """
        UPDATE endpoint SET last_seen = max(last_seen, $5)
        WHERE host = $1 AND protocol = $2 AND port BETWEEN $3 AND $4
        """, host, (long)protocol, (long)first, (long)last, at.ToUnixTimeMilliseconds());

    /// <summary>The ports of a host.</summary>
    public List<StoredEndpoint> Of(long host) =>
        _store.Read($"SELECT {Columns} FROM endpoint WHERE host = $1 ORDER BY protocol, port", [host], Read);

    /// <summary>A port of every host that has or had it open.</summary>
    public List<StoredEndpoint> At(PortNumber port, TransportProtocol? protocol) => _store.Read(
        $"SELECT {Columns} FROM endpoint WHERE port = $1 AND ($2 IS NULL OR protocol = $2) ORDER BY protocol, host",
        [(long)port.Value, (long?)protocol], Read);

    private static StoredEndpoint Read(StoreRow row) => new(
        row.Number(0), (TransportProtocol)row.Number(1), new PortNumber((ushort)row.Number(2)), row.Number(3), row.NumberOrNull(4),
        row.Time(5), row.Time(6), row.TimeOrNull(7));
}
