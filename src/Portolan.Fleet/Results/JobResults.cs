using System.Globalization;
using System.Net;
using Npgsql;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Jobs;
using Portolan.Packets;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Results;

/// <summary>
/// What a job found at one zone, as the events of a scan, so that every format and reader of scans takes it. Memory is that of one group.
/// </summary>
/// <param name="database">The database.</param>
public sealed class JobResults(FleetDatabase database)
{
    /// <summary>Replays a job as it is now.</summary>
    /// <param name="job">The job.</param>
    /// <param name="vantage">The zone.</param>
    /// <param name="observers">Who hears it.</param>
    /// <param name="now">The end of a job that still runs.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<ScanEnd> ReplayAsync(
        JobStatus job, VantageStatus vantage, IReadOnlyList<IScanObserver> observers, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(vantage);
        ArgumentNullException.ThrowIfNull(observers);
        await StartAsync(job, vantage, observers, cancellation);
        await ReplayGroupsAsync(job, vantage, [], isWholeOnly: false, now, observers, cancellation);
        return End(job, vantage, now, observers);
    }

    /// <summary>Replays a job while it runs: groups of hosts as each is done, progress between them, the rest when it ends.</summary>
    /// <param name="id">The job.</param>
    /// <param name="zone">The zone.</param>
    /// <param name="observers">Who hears it.</param>
    /// <param name="clock">The time.</param>
    /// <param name="every">How long to wait before it looks again.</param>
    /// <param name="cancellation">Ends it; the job goes on.</param>
    public async Task<ScanEnd> FollowAsync(
        long id, string zone, IReadOnlyList<IScanObserver> observers, TimeProvider clock, TimeSpan every, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(observers);
        ArgumentNullException.ThrowIfNull(clock);
        var jobs = new JobTable(database);
        var told = new HashSet<int>();
        var isStarted = false;
        var (sent, lookedAt) = (0L, clock.GetTimestamp());
        while (true)
        {
            var job = await jobs.ReadAsync(id, cancellation) ?? throw new PortolanException(FormattableString.Invariant(
                $"job {id} was removed while its results were awaited"));
            var vantage = job.Vantages.First(v => v.Zone == zone);
            if (!isStarted)
            {
                isStarted = true;
                await StartAsync(job, vantage, observers, cancellation);
            }

            var isOver = vantage.IsDone || job.State != JobState.Running;
            await ReplayGroupsAsync(job, vantage, told, !isOver, clock.GetUtcNow(), observers, cancellation);
            if (isOver)
            {
                return End(job, vantage, clock.GetUtcNow(), observers);
            }

            var (stage, done) = vantage.Progress(job);
            var elapsed = clock.GetElapsedTime(lookedAt);
            var progress = new ScanProgress(
                stage, done, Remaining: null, vantage.Sent, vantage.Replies,
                elapsed > TimeSpan.Zero ? (vantage.Sent - sent) / elapsed.TotalSeconds : 0, vantage.Open, Pass: 1);
            (sent, lookedAt) = (vantage.Sent, clock.GetTimestamp());
            foreach (var observer in observers)
            {
                observer.Progress(progress);
            }

            await Task.Delay(every, clock, cancellation);
        }
    }

    private async Task StartAsync(
        JobStatus job, VantageStatus vantage, IReadOnlyList<IScanObserver> observers, CancellationToken cancellation)
    {
        // Of a job that has just begun it is only known who will do it.
        await using var connection = await database.ConnectAsync(cancellation);
        var modes = await connection.RowsAsync(
            """
            select distinct mode from agent a where zone = $2 and not exists (select from coverage where job = $1 and zone = $2)
            union select distinct a.mode from agent a join coverage c on c.agent = a.name where c.job = $1 and c.zone = $2
            """,
            static row => row.GetString(0), cancellation, job.Id, vantage.Zone);
        var mode = modes.Contains("raw") ? ScanMode.Raw : ScanMode.Connect;
        var head = new ScanStart(
            job.CreatedAt, mode, string.Create(CultureInfo.InvariantCulture, $"fleet job {job.Id}, zone {vantage.Zone}"), job.Spec.Seed,
            (ulong)job.Hosts, JobPlan.Of(job.Spec).Targets.ProbeCount, [])
        {
            Parts = PartsOf(job.Spec, mode),
            Job = job.Id,
            Vantage = vantage.Zone,
        };
        foreach (var observer in observers)
        {
            observer.Started(head);
        }
    }

    // One look at the database: what agents store meanwhile is of the next.
    private async Task ReplayGroupsAsync(
        JobStatus job, VantageStatus vantage, HashSet<int> told, bool isWholeOnly, DateTimeOffset now,
        IReadOnlyList<IScanObserver> observers, CancellationToken cancellation)
    {
        var plan = JobPlan.Of(job.Spec);
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var report = new StoredHostReport(plan, job.CreatedAt, job.EndedAt ?? now);
        var groups = await connection.RowsAsync(
            """
            select number, hosts, first_host, host_count from probe_group g
            where job = $1 and zone = $2 and not number = any($3) and (not $4 or probes <= (
                select coalesce(sum(to_position - from_position), 0) from coverage c
                where c.job = $1 and c.zone = $2 and not c.is_discovery and c.group_number = g.number))
            order by number
            """,
            static row => (
                Number: row.GetInt32(0), Hosts: row.OrNothing<byte[]>(1), First: row.GetInt64(2), Count: row.GetInt32(3)),
            cancellation, job.Id, vantage.Zone, told.ToArray(), isWholeOnly);
        foreach (var group in groups)
        {
            told.Add(group.Number);
            var hosts = group.Hosts is { } list ? HostListCodec.Read(list, plan.HostCount) : plan.HostsAt(group.First, group.Count);
            await ReplayGroupAsync(
                connection, job, vantage, new GroupOrder(plan, group.Number, hosts), group.Number, report, observers, cancellation);
        }
    }

    private static ScanEnd End(JobStatus job, VantageStatus vantage, DateTimeOffset now, IReadOnlyList<IScanObserver> observers)
    {
        var end = job.EndedAt ?? now;
        var isComplete = job.State != JobState.Cancelled && vantage.IsComplete;
        var balance = new ScanEnd(
            end, end - job.CreatedAt, vantage.HostsUp, Math.Max(0, vantage.HostsAsked - vantage.HostsUp), job.Hosts,
            (ulong)vantage.PortsPlanned, vantage.Sent, vantage.Retries, vantage.NotSent, vantage.Replies, vantage.Loss, null, isComplete,
            isComplete ? null : WhyIncomplete(job, vantage))
        {
            MissRateBound = vantage.MissBound,
        };
        foreach (var observer in observers)
        {
            observer.Ended(balance);
        }

        return balance;
    }

    /// <summary>Why a job is not complete at a zone, for people.</summary>
    public static string WhyIncomplete(JobStatus job, VantageStatus vantage)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(vantage);
        var whys = new List<string>();
        if (job.State == JobState.Cancelled)
        {
            whys.Add("the job was cancelled");
        }
        else if (!vantage.IsDone)
        {
            whys.Add("the job is still running");
        }

        if (vantage.OutOfScope > 0)
        {
            whys.Add(string.Create(CultureInfo.InvariantCulture, $"{vantage.OutOfScope} not probed: out of the scope of their agents"));
        }

        if (vantage.NotProbed > 0)
        {
            whys.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{vantage.NotProbed} without a state: no probe could be sent, or the host stopped answering"));
        }

        if (vantage.GivenUp > 0)
        {
            whys.Add(string.Create(CultureInfo.InvariantCulture, $"{vantage.GivenUp} chunks were given up after repeated failures"));
        }

        return string.Join("; ", whys);
    }

    private static List<ScanPart> PartsOf(JobSpec spec, ScanMode mode)
    {
        var parts = new List<ScanPart>();
        if (spec.Tcp.Length > 0)
        {
            parts.Add(new ScanPart(mode == ScanMode.Raw ? "syn" : "connect", TransportProtocol.Tcp, PortSet.Parse(spec.Tcp)));
        }

        if (spec.Udp.Length > 0)
        {
            parts.Add(new ScanPart("udp", TransportProtocol.Udp, PortSet.Parse(spec.Udp)));
        }

        return parts;
    }

    private static async Task ReplayGroupAsync(
        NpgsqlConnection connection, JobStatus job, VantageStatus vantage, GroupOrder order, int number, StoredHostReport report,
        IReadOnlyList<IScanObserver> observers, CancellationToken cancellation)
    {
        var plan = order.Plan;
        var ports = plan.Ports.Count;
        var states = new byte[order.Count];
        var pieces = await connection.RowsAsync(
            """
            select from_position, to_position, codes from coverage
            where job = $1 and zone = $2 and not is_discovery and group_number = $3 order by from_position
            """,
            static row => (From: row.GetInt64(0), To: row.GetInt64(1), Codes: row.GetFieldValue<byte[]>(2)), cancellation, job.Id,
            vantage.Zone, number);
        foreach (var piece in pieces)
        {
            var codes = ProbeCode.Unpack(piece.Codes, (int)(piece.To - piece.From));
            for (var i = 0; i < codes.Length; i++)
            {
                var (host, port) = order.At(piece.From + i);
                states[((long)host * ports) + port] = codes[i];
            }
        }

        var rows = await connection.RowsAsync(
            """
            select address, protocol, port, reason, ttl, evidence, reason_address from observation
            where job = $1 and zone = $2 and state = 1 and address = any($3::text[]::inet[])
            """,
            static row => (
                Address: InternetAddress.From(row.GetFieldValue<IPAddress>(0)),
                Result: new PortResult(
                    new ProbePort((TransportProtocol)row.GetInt16(1), new PortNumber((ushort)row.GetInt32(2))), PortState.Open,
                    (ReplyReason)row.GetInt16(3), (byte)row.GetInt16(4), (Evidence)row.GetInt16(5),
                    row.OrNothing<IPAddress>(6) is { } from ? InternetAddress.From(from) : null)),
            cancellation, job.Id, vantage.Zone, WithOpen(order, states));
        var open = rows.ToDictionary(static r => (r.Address, r.Result.Port), static r => r.Result);
        var hosts = await connection.RowsAsync(
            "select host, reason, ttl, mac from host_up where job = $1 and zone = $2 and group_number = $3",
            static row => (
                Host: row.GetInt64(0), Reason: (ReplyReason)row.GetInt16(1), Ttl: (byte)row.GetInt16(2), Mac: row.OrNothing<string>(3)),
            cancellation, job.Id, vantage.Zone, number);
        var up = hosts.ToDictionary(static r => r.Host);
        for (var place = 0; place < order.Hosts.Length; place++)
        {
            var target = plan.Targets.HostAt((ulong)order.Hosts[place]);
            var host = up.TryGetValue(order.Hosts[place], out var found)
                ? new HostResult(target, HostStatus.Up, found.Reason, found.Ttl, MacOf(found.Mac))
                : new HostResult(target, HostStatus.Up, ReplyReason.UserSet, 0, null);
            report.MoveTo(
                host, states.AsMemory(place * ports, ports),
                port => open.TryGetValue((target.Address, port), out var row) ? row : null);
            foreach (var observer in observers)
            {
                observer.HostFound(host);
                report.ForEachPort(port =>
                {
                    if (port.State == PortState.Open)
                    {
                        observer.PortFound(target, port);
                    }
                });
                observer.HostFinished(report);
            }
        }
    }

    private static string[] WithOpen(GroupOrder order, byte[] states)
    {
        var ports = order.Plan.Ports.Count;
        var addresses = new List<string>();
        for (var place = 0; place < order.Hosts.Length; place++)
        {
            if (states.AsSpan(place * ports, ports).ContainsAnyInRange(
                ProbeCode.Of(PortState.Open, ReplyReason.NoResponse), ProbeCode.Of(PortState.Open, (ReplyReason)31)))
            {
                addresses.Add(order.Plan.AddressOf(order.Hosts[place]).ToString());
            }
        }

        return [.. addresses];
    }

    private static MacAddress? MacOf(string? text) =>
        string.IsNullOrEmpty(text) ? null : MacAddress.Parse(text);
}
