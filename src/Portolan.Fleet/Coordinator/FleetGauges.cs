using Portolan.Fleet.Database;

namespace Portolan.Fleet.Coordinator;

/// <summary>The state of a chunk in the table.</summary>
public enum ChunkState : short
{
    /// <summary>It is to be published.</summary>
    Waiting,

    /// <summary>It is in a queue of the broker.</summary>
    Queued,

    /// <summary>An agent works on it.</summary>
    Leased,

    /// <summary>All its positions are stored.</summary>
    Done,

    /// <summary>Too many attempts failed.</summary>
    GivenUp,
}

/// <summary>Where the fleet stands, in numbers, by the database.</summary>
/// <param name="JobsRunning">Jobs that run.</param>
/// <param name="Chunks">Their chunks, by state.</param>
/// <param name="Agents">The agents.</param>
public sealed record FleetGauges(
    long JobsRunning, IReadOnlyDictionary<ChunkState, long> Chunks, IReadOnlyList<AgentStatus> Agents)
{
    /// <summary>Reads them. It counts every chunk of the jobs that run.</summary>
    public static async Task<FleetGauges> ReadAsync(FleetDatabase database, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        var agents = await new AgentTable(database).ReadAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        var jobs = await connection.ValueAsync<long>("select count(*) from job where state = 0", cancellation);
        var chunks = await connection.RowsAsync(
            "select c.state, count(*) from chunk c join job j on j.id = c.job where j.state = 0 group by c.state",
            static row => (State: (ChunkState)row.GetInt16(0), Count: row.GetInt64(1)), cancellation);
        return new FleetGauges(jobs, chunks.ToDictionary(static c => c.State, static c => c.Count), agents);
    }
}
