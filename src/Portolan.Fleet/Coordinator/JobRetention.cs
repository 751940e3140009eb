using System.Globalization;
using Npgsql;
using Portolan.Fleet.Database;

namespace Portolan.Fleet.Coordinator;

/// <summary>
/// Forgets jobs with all that they found. The tables of a job are detached first, which lets other transactions go on, and then dropped
/// together with its rows elsewhere. What was interrupted is finished by the next call.
/// </summary>
/// <param name="database">The database.</param>
public sealed class JobRetention(FleetDatabase database)
{
    // As 003-partitions.sql has them.
    private static readonly string[] Parents = ["host_up", "observation", "coverage"];

    /// <summary>Jobs that ended longer ago than that, oldest first.</summary>
    public async Task<IReadOnlyList<long>> OlderAsync(TimeSpan age, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.RowsAsync(
            "select id from job where state <> 0 and ended_at < now() - make_interval(secs => $1) order by id",
            static row => row.GetInt64(0), cancellation, age.TotalSeconds);
    }

    /// <summary>Forgets a job.</summary>
    /// <returns>Whether there was such a job.</returns>
    /// <exception cref="PortolanException">It runs, or what it found is being read for longer than a minute.</exception>
    public async Task<bool> ForgetAsync(long job, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var states = await connection.RowsAsync(
            "select state from job where id = $1", static row => (JobState)row.GetInt16(0), cancellation, job);
        if (states is not [var state])
        {
            return false;
        }

        if (state == JobState.Running)
        {
            throw new PortolanException(
                string.Create(CultureInfo.InvariantCulture, $"job {job} is running"), $"portolan fleet cancel {job} ends it");
        }

        try
        {
            foreach (var parent in Parents)
            {
                await DetachAsync(connection, parent, job, cancellation);
            }

            await DropAsync(connection, job, cancellation);
        }
        catch (NpgsqlException exception) when (exception.InnerException is TimeoutException)
        {
            throw new PortolanException(
                string.Create(CultureInfo.InvariantCulture, $"what job {job} found is being read for longer than a minute"),
                $"run portolan fleet forget {job} when fleet results or pg_dump has ended", ExitCode.Failed, exception);
        }

        return true;
    }

    private static async Task DetachAsync(NpgsqlConnection connection, string parent, long job, CancellationToken cancellation)
    {
        var own = TableOf(parent, job);
        var parts = await connection.RowsAsync(
            """
            select c.relname, i.inhdetachpending from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = $1::regclass and (c.relname = $2 or i.inhdetachpending)
            """,
            static row => (Name: row.GetString(0), IsPending: row.GetBoolean(1)), cancellation, parent, own);
        foreach (var (name, isPending) in parts.OrderByDescending(static p => p.IsPending))
        {
            // Of one parent only one can be pending: what was interrupted comes first.
            await connection.RunAsync(
                $"alter table {parent} detach partition {name} {(isPending ? "finalize" : "concurrently")}", cancellation);
        }
    }

    private static async Task DropAsync(NpgsqlConnection connection, long job, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);

        // In the order in which batches are stored: chunks, then the rest.
        await connection.RunAsync("select 1 from job where id = $1 for update", cancellation, job);
        await connection.RunAsync("select 1 from chunk where job = $1 for update", cancellation, job);
        await connection.RunAsync(
            $"drop table if exists {string.Join(", ", Parents.Select(parent => TableOf(parent, job)))}", cancellation);
        await connection.RunAsync("delete from refusal where job = $1", cancellation, job);
        await connection.RunAsync("delete from job where id = $1", cancellation, job);
        await transaction.CommitAsync(cancellation);
    }

    private static string TableOf(string parent, long job) => string.Create(CultureInfo.InvariantCulture, $"{parent}_{job}");
}
