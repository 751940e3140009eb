using Npgsql;
using Portolan.Fleet.Database;
using Portolan.Fleet.Messages;

namespace Portolan.Fleet.Coordinator;

/// <summary>
/// Grants chunks to agents, for a time. What a lease may send is its share of the job's rate: shares of leases that have not expired never
/// add up to more than the whole, and all is decided by the database's clock.
/// </summary>
internal sealed class LeaseDesk(FleetDatabase database, FleetTiming timing)
{
    /// <summary>The whole of a job's rate.</summary>
    internal const int WholeRate = 1000;

    // A smaller part is not worth a lease; the agent asks again when more is free.
    private const int LeastShare = WholeRate / 200;

    /// <summary>Answers a request.</summary>
    internal async Task<LeaseReply> AnswerAsync(LeaseRequest request, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var reply = await AnswerAsync(connection, request, cancellation);
        await transaction.CommitAsync(cancellation);
        return reply;
    }

    private async Task<LeaseReply> AnswerAsync(NpgsqlConnection connection, LeaseRequest request, CancellationToken cancellation)
    {
        var isDraining = await connection.ValueAsync<bool>(
            """
            insert into agent (name, zone, program, mode, scope, max_rate, last_seen)
            values ($1, $2, $3, $4, $5, $6, clock_timestamp())
            on conflict (name) do update set zone = $2, program = $3, mode = $4, scope = $5, max_rate = $6, last_seen = clock_timestamp()
            returning is_draining
            """,
            cancellation, request.Agent, request.Zone, request.Program, request.Mode, request.Scope, request.MaxRate);
        switch (request.Verb)
        {
            case LeaseVerb.Hello or LeaseVerb.Leave:
                return new LeaseReply { Outcome = LeaseOutcome.Welcome };
            case LeaseVerb.Take:
                return isDraining ? Only(LeaseOutcome.Wait) : await TakeAsync(connection, request, cancellation);
            case LeaseVerb.Renew:
                // The job before the time: else who divides its rate meanwhile takes this lease for over.
                await connection.RunAsync(
                    "select 1 from job where id = (select job from chunk where id = $1) for share", cancellation, request.Chunk);
                var renewed = await connection.RunAsync(
                    """
                    update chunk c set lease_until = clock_timestamp() + make_interval(secs => $4) from job j
                    where c.id = $1 and c.attempt = $2 and c.agent = $3 and c.state = 2 and c.lease_until > clock_timestamp()
                        and j.id = c.job and j.state = 0
                    """,
                    cancellation, request.Chunk, request.Attempt, request.Agent, timing.Lease.TotalSeconds);
                return renewed == 0
                    ? Only(LeaseOutcome.Stop)
                    : new LeaseReply
                    {
                        Outcome = LeaseOutcome.Granted,
                        Attempt = request.Attempt,
                        Seconds = timing.Lease.TotalSeconds,
                    };
            default:
                // Its message goes back into the queue by the agent's refusal.
                await connection.RunAsync(
                    """
                    update chunk set state = 1, share = 0, lease_until = null, queued_at = clock_timestamp()
                    where id = $1 and attempt = $2 and agent = $3 and state = 2
                    """,
                    cancellation, request.Chunk, request.Attempt, request.Agent);
                return Only(LeaseOutcome.Settled);
        }
    }

    private async Task<LeaseReply> TakeAsync(NpgsqlConnection connection, LeaseRequest request, CancellationToken cancellation)
    {
        // The job first: who divides its rate does so alone.
        var found = await connection.RowsAsync(
            """
            select j.id, j.state, j.spec, j.rate, j.prefix_rate from job j join chunk c on c.job = j.id where c.id = $1 for update of j
            """,
            static row => (
                Id: row.GetInt64(0), State: (JobState)row.GetInt16(1), Spec: row.GetFieldValue<byte[]>(2), Rate: row.OrNull<double>(3),
                PrefixRate: row.GetDouble(4)),
            cancellation, request.Chunk);
        if (found is not [var job] || job.State != JobState.Running)
        {
            return Only(LeaseOutcome.Settled);
        }

        var chunks = await connection.RowsAsync(
            """
            select c.zone, c.is_discovery, c.group_number, c.checkpoint, c.to_position, c.attempt, c.state,
                c.lease_until > clock_timestamp(), g.hosts, g.first_host, g.host_count
            from chunk c left join probe_group g on g.job = c.job and g.zone = c.zone and g.number = c.group_number and not c.is_discovery
            where c.id = $1 for update of c
            """,
            static row => new
            {
                Zone = row.GetString(0),
                IsDiscovery = row.GetBoolean(1),
                Group = row.GetInt32(2),
                Checkpoint = row.GetInt64(3),
                To = row.GetInt64(4),
                Attempt = row.GetInt32(5),
                State = row.GetInt16(6),
                IsHeld = row.OrNull<bool>(7) == true,
                Hosts = row.OrNothing<byte[]>(8),
                FirstHost = row.OrNull<long>(9) ?? 0,
                HostCount = row.OrNull<int>(10) ?? 0,
            },
            cancellation, request.Chunk);
        if (chunks is not [var chunk] || chunk.State >= 3 || (chunk.State == 2 && chunk.IsHeld))
        {
            return Only(LeaseOutcome.Settled);
        }

        if (chunk.Zone != request.Zone)
        {
            return new LeaseReply { Outcome = LeaseOutcome.Refused, Reason = $"the chunk is of zone {chunk.Zone}" };
        }

        if (chunk.Attempt >= timing.MostAttempts)
        {
            await connection.RunAsync(
                "update chunk set state = 4, share = 0, lease_until = null where id = $1", cancellation, request.Chunk);
            await connection.RunAsync(
                "insert into refusal (agent, job, chunk, reason) values ($1, $2, $3, $4)", cancellation, request.Agent, job.Id,
                request.Chunk, FormattableString.Invariant($"given up after {chunk.Attempt} attempts"));
            return Only(LeaseOutcome.Settled);
        }

        // An agent works on one chunk at a time: what it holds besides is probed, and only its results are under way.
        await connection.RunAsync(
            "update chunk set share = 0 where job = $1 and state = 2 and agent = $2", cancellation, job.Id, request.Agent);
        var share = await ShareAsync(connection, job.Id, job.Rate, request, cancellation);
        if (share < LeastShare)
        {
            return Only(LeaseOutcome.Wait);
        }

        await connection.RunAsync(
            """
            update chunk set state = 2, attempt = attempt + 1, agent = $2, share = $3,
                lease_until = clock_timestamp() + make_interval(secs => $4)
            where id = $1
            """,
            cancellation, request.Chunk, request.Agent, share, timing.Lease.TotalSeconds);
        var part = (double)share / WholeRate;
        return new LeaseReply
        {
            Outcome = LeaseOutcome.Granted,
            Attempt = chunk.Attempt + 1,
            Seconds = timing.Lease.TotalSeconds,
            Work = new ChunkWork
            {
                Spec = job.Spec,
                IsDiscovery = chunk.IsDiscovery,
                Group = chunk.Group,
                Hosts = chunk.Hosts,
                FirstHost = chunk.FirstHost,
                HostCount = chunk.HostCount,
                From = chunk.Checkpoint,
                To = chunk.To,
                Rate = job.Rate * part,
                PrefixRate = job.PrefixRate * part,
            },
        };
    }

    // An equal part for each agent that may come, and no more than is free.
    private async Task<int> ShareAsync(
        NpgsqlConnection connection, long job, double? rate, LeaseRequest request, CancellationToken cancellation)
    {
        var used = await connection.ValueAsync<long>(
            "select coalesce(sum(share), 0) from chunk where job = $1 and state = 2 and lease_until > clock_timestamp()", cancellation,
            job);
        var agents = await connection.ValueAsync<long>(
            """
            select count(*) from agent where not is_draining and last_seen > clock_timestamp() - make_interval(secs => $2)
                and zone in (select zone from vantage where job = $1 and not is_done)
            """,
            cancellation, job, timing.AgentSilence.TotalSeconds);
        var wanted = WholeRate / Math.Max(1, agents);
        if (rate is { } whole && request.MaxRate is { } own && own < whole)
        {
            wanted = Math.Min(wanted, Math.Max(LeastShare, (long)Math.Ceiling(own / whole * WholeRate)));
        }

        return (int)Math.Min(wanted, WholeRate - used);
    }

    private static LeaseReply Only(LeaseOutcome outcome) => new() { Outcome = outcome };
}
