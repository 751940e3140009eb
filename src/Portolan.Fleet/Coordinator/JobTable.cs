using Npgsql;
using Portolan.Fleet.Database;
using Portolan.Fleet.Jobs;

namespace Portolan.Fleet.Coordinator;

/// <summary>The state of a job.</summary>
public enum JobState : short
{
    /// <summary>Chunks are at work, or wait.</summary>
    Running,

    /// <summary>Every chunk is done, or given up.</summary>
    Done,

    /// <summary>A person ended it.</summary>
    Cancelled,
}

/// <summary>The names of <see cref="JobState"/>.</summary>
public static class JobStateNames
{
    /// <summary><c>running</c>, <c>done</c> or <c>cancelled</c>.</summary>
    public static string Name(this JobState state) => state switch
    {
        JobState.Done => "done",
        JobState.Cancelled => "cancelled",
        _ => "running",
    };
}

/// <summary>A job to begin.</summary>
/// <param name="Spec">What it scans.</param>
/// <param name="Zones">From where: each zone scans all of it.</param>
public sealed record JobRequest(JobSpec Spec, IReadOnlyList<string> Zones)
{
    /// <summary>That of one scan without <c>--prefix-rate</c>.</summary>
    public const double UsualPrefixRate = 10_000;

    /// <summary>30 seconds of an agent that sends 2,000 probes per second.</summary>
    public const long UsualChunkProbes = 60_000;

    /// <summary>The most probes per second of all agents together; <c>null</c> for each agent's own ceiling.</summary>
    public double? Rate { get; init; }

    /// <summary>The most probes per second of all agents together to each /24 and /64.</summary>
    public double PrefixRate { get; init; } = UsualPrefixRate;

    /// <summary>Probes of a chunk.</summary>
    public long ChunkProbes { get; init; } = UsualChunkProbes;
}

/// <summary>Where a job stands at one zone.</summary>
public sealed record VantageStatus
{
    /// <summary>The zone.</summary>
    public required string Zone { get; init; }

    /// <summary>Everything that could be done is done.</summary>
    public bool IsDone { get; init; }

    /// <summary>Hosts that were looked for.</summary>
    public long HostsAsked { get; init; }

    /// <summary>Hosts that are up; of a job without discovery, all.</summary>
    public long HostsUp { get; init; }

    /// <summary>Ports that are stored.</summary>
    public long PortsStored { get; init; }

    /// <summary>Ports that are to be probed, as far as it is known: hosts that are up × ports.</summary>
    public long PortsPlanned { get; init; }

    /// <summary>Of those stored, ports and hosts without a state: no probe could be sent, or the host stopped answering.</summary>
    public long NotProbed { get; init; }

    /// <summary>Of those stored, ports and hosts that the scope of the agent excludes.</summary>
    public long OutOfScope { get; init; }

    /// <summary>Open ports.</summary>
    public long Open { get; init; }

    /// <summary>Chunks that were given up.</summary>
    public int GivenUp { get; init; }

    /// <summary>Probes sent, retries included.</summary>
    public long Sent { get; init; }

    /// <summary>Repeated probes.</summary>
    public long Retries { get; init; }

    /// <summary>Attempts that a local limit kept from leaving.</summary>
    public long NotSent { get; init; }

    /// <summary>Valid replies.</summary>
    public long Replies { get; init; }

    /// <summary>Positions that more than one agent probed, for a lease was lost; what the later one found counts.</summary>
    public long Repeated { get; init; }

    /// <summary>The likeliest two-way loss, 0 to 1; <c>null</c> when unknown.</summary>
    public double? Loss { get; init; }

    /// <summary>The largest bound of the share of ports that a piece missed, 0 to 1 (95 %); <c>null</c> when unknown.</summary>
    public double? MissBound { get; init; }

    /// <summary>How much of the current stage is done, 0 to 1, and its name.</summary>
    /// <param name="job">The job that this is a zone of.</param>
    public (string Stage, double Done) Progress(JobStatus job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var isFound = job.Spec.SkipsDiscovery || HostsAsked >= job.Hosts;
        var (done, planned) = isFound ? (PortsStored, PortsPlanned) : (HostsAsked, job.Hosts);
        return (isFound ? "ports" : "discovery", IsDone ? 1 : planned <= 0 ? 0 : Math.Min(0.99, (double)done / planned));
    }

    /// <summary>Everything planned has a state.</summary>
    public bool IsComplete => IsDone && GivenUp == 0 && NotProbed == 0 && OutOfScope == 0;
}

/// <summary>Where a job stands.</summary>
/// <param name="Id">Its number.</param>
/// <param name="State">Its state.</param>
/// <param name="Spec">What it scans.</param>
/// <param name="Hosts">How many targets.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="EndedAt">When it ended; <c>null</c> while it runs.</param>
/// <param name="Vantages">Its zones.</param>
public sealed record JobStatus(
    long Id, JobState State, JobSpec Spec, long Hosts, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt,
    IReadOnlyList<VantageStatus> Vantages);

/// <summary>The jobs in the database.</summary>
/// <param name="database">The database.</param>
public sealed class JobTable(FleetDatabase database)
{
    /// <summary>Begins a job; returns its number.</summary>
    /// <exception cref="PortolanException">Its targets or ports cannot be scanned by a fleet.</exception>
    public async Task<long> CreateAsync(JobRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var plan = JobPlan.Of(request.Spec);
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var id = await connection.ValueAsync<long>(
            "insert into job (spec, rate, prefix_rate, chunk_probes, hosts, ports) values ($1, $2, $3, $4, $5, $6) returning id",
            cancellation, request.Spec.ToBytes(), request.Rate, request.PrefixRate, request.ChunkProbes, plan.HostCount, plan.Ports.Count);
        foreach (var zone in request.Zones.Distinct(StringComparer.Ordinal))
        {
            await connection.RunAsync("insert into vantage (job, zone) values ($1, $2)", cancellation, id, zone);
        }

        await transaction.CommitAsync(cancellation);
        return id;
    }

    /// <summary>Ends a job: its chunks are not published any more, and agents stop when they renew their leases.</summary>
    /// <returns>Whether there was such a job that ran.</returns>
    public async Task<bool> CancelAsync(long job, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.RunAsync(
            "update job set state = 2, ended_at = now() where id = $1 and state = 0", cancellation, job) > 0;
    }

    /// <summary>Where a job stands; <c>null</c> when there is none with the number.</summary>
    public async Task<JobStatus?> ReadAsync(long job, CancellationToken cancellation) =>
        (await ReadAsync([job], cancellation)).FirstOrDefault();

    /// <summary>Where the newest jobs stand, newest first.</summary>
    public async Task<IReadOnlyList<JobStatus>> NewestAsync(int most, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var ids = await connection.RowsAsync(
            "select id from job order by id desc limit $1", static row => row.GetInt64(0), cancellation, most);
        return [.. (await ReadAsync([.. ids], cancellation)).OrderByDescending(static j => j.Id)];
    }

    private async Task<List<JobStatus>> ReadAsync(long[] ids, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var jobs = await connection.RowsAsync(
            "select id, state, spec, hosts, ports, created_at, ended_at from job where id = any($1) order by id",
            static row => (
                Id: row.GetInt64(0), State: (JobState)row.GetInt16(1), Spec: JobSpec.Read(row.GetFieldValue<byte[]>(2)),
                Hosts: row.GetInt64(3), Ports: row.GetInt32(4), CreatedAt: row.GetFieldValue<DateTimeOffset>(5),
                EndedAt: row.OrNull<DateTimeOffset>(6)),
            cancellation, ids);
        var statuses = new List<JobStatus>();
        foreach (var job in jobs)
        {
            var vantages = await connection.RowsAsync(
                Vantages, row => Read(row, job.Hosts, job.Ports, job.Spec.SkipsDiscovery), cancellation, job.Id);
            statuses.Add(new JobStatus(job.Id, job.State, job.Spec, job.Hosts, job.CreatedAt, job.EndedAt, vantages));
        }

        return statuses;
    }

    private const string Vantages =
        """
        select v.zone, v.is_done, v.sent, v.retries, v.not_sent, v.replies, v.repeated,
            case when v.loss_weight > 0 then v.loss_sum / v.loss_weight end, v.miss_bound,
            coalesce(c.hosts, 0), coalesce(c.ports, 0), coalesce(c.not_probed, 0), coalesce(c.out_of_scope, 0),
            (select count(*) from host_up u where u.job = $1 and u.zone = v.zone),
            (select count(*) from observation o where o.job = $1 and o.zone = v.zone and o.state = 1),
            (select count(*) from chunk k where k.job = v.job and k.zone = v.zone and k.state = 4)
        from vantage v left join lateral (
            select sum(to_position - from_position) filter (where is_discovery) as hosts,
                sum(to_position - from_position) filter (where not is_discovery) as ports,
                sum(not_probed) as not_probed, sum(out_of_scope) as out_of_scope
            from coverage c where c.job = $1 and c.zone = v.zone) c on true
        where v.job = $1 order by v.zone
        """;

    private static VantageStatus Read(NpgsqlDataReader row, long hosts, int ports, bool skipsDiscovery)
    {
        var (asked, stored, up) = (row.GetDecimalLong(9), row.GetDecimalLong(10), row.GetInt64(13));
        return new VantageStatus
        {
            Zone = row.GetString(0),
            IsDone = row.GetBoolean(1),
            Sent = row.GetInt64(2),
            Retries = row.GetInt64(3),
            NotSent = row.GetInt64(4),
            Replies = row.GetInt64(5),
            Repeated = row.GetInt64(6),
            Loss = row.OrNull<double>(7),
            MissBound = row.OrNull<double>(8),
            HostsAsked = asked,
            PortsStored = stored,
            NotProbed = row.GetInt64(11),
            OutOfScope = row.GetInt64(12),
            HostsUp = skipsDiscovery ? hosts : up,
            PortsPlanned = (skipsDiscovery ? hosts : up) * ports,
            Open = row.GetInt64(14),
            GivenUp = (int)row.GetInt64(15),
        };
    }
}
