using Portolan.Fleet.Database;

namespace Portolan.Fleet.Coordinator;

/// <summary>An agent as the coordinator knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Zone">The part of the network that it sees.</param>
/// <param name="Program">Its program version.</param>
/// <param name="Mode"><c>raw</c> or <c>connect</c>.</param>
/// <param name="Scope">What it may probe, by its own settings.</param>
/// <param name="LastSeen">When it was last heard.</param>
/// <param name="Silence">How long ago that is, by the database's clock.</param>
/// <param name="Chunks">Chunks that it works on.</param>
/// <param name="IsDraining">It gets no further chunks.</param>
public sealed record AgentStatus(
    string Name, string Zone, string Program, string Mode, string Scope, DateTimeOffset LastSeen, TimeSpan Silence, int Chunks,
    bool IsDraining)
{
    /// <summary>The most probes per second by its own settings; <c>null</c> for no ceiling.</summary>
    public double? MaxRate { get; init; }

    private static readonly TimeSpan Silent = new FleetTiming().AgentSilence;

    /// <summary>It was not heard for 45 seconds, in which it says hello four times.</summary>
    public bool IsSilent => Silence > Silent;
}

/// <summary>The agents in the database.</summary>
/// <param name="database">The database.</param>
public sealed class AgentTable(FleetDatabase database)
{
    /// <summary>All of them, by zone and name.</summary>
    public async Task<IReadOnlyList<AgentStatus>> ReadAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.RowsAsync(
            """
            select name, zone, program, mode, scope, last_seen, clock_timestamp() - last_seen,
                (select count(*) from chunk c where c.agent = a.name and c.state = 2), is_draining, max_rate
            from agent a order by zone, name
            """,
            static row => new AgentStatus(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4),
                row.GetFieldValue<DateTimeOffset>(5), row.GetTimeSpan(6), (int)row.GetInt64(7), row.GetBoolean(8))
            {
                MaxRate = row.OrNull<double>(9),
            },
            cancellation);
    }

    /// <summary>Gives an agent no further chunks, or gives it chunks again. What it works on it finishes.</summary>
    /// <returns>Whether there is such an agent.</returns>
    public async Task<bool> DrainAsync(string name, bool isDraining, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.RunAsync("update agent set is_draining = $2 where name = $1", cancellation, name, isDraining) > 0;
    }

    /// <summary>The zones that have agents.</summary>
    public async Task<IReadOnlyList<string>> ZonesAsync(CancellationToken cancellation) =>
        [.. (await ReadAsync(cancellation)).Select(static a => a.Zone).Distinct(StringComparer.Ordinal)];
}
