using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Database;
using Portolan.Fleet.Events;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using RabbitMQ.Client;

namespace Portolan.Fleet.Coordinator;

/// <summary>
/// Cuts jobs into chunks, a few ahead of the agents, and publishes them from the table: what the broker did not confirm is published
/// again. Ends leases that have expired. Any number of coordinators may do it at once; each job and zone is one's at a time.
/// </summary>
internal sealed class Dispatcher(FleetDatabase database, FleetTiming timing, TimeProvider clock, Action<FleetEvent> say)
{
    private const int LeastAhead = 4;
    private const int AheadOfEach = 3;
    private const int MostPublished = 64;

    // Of raw discovery: echo, SYN 443, ACK 80, timestamp.
    private const int ProbesOfDiscovery = 4;
    private const int LeastGroup = 4096;
    private const int MostGroup = 131_072;

    // What one group's states take while results are read, in bytes.
    private const long MostGroupProbes = 1 << 26;

    private static readonly TimeSpan ConfirmPatience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, bool> _zones = new(StringComparer.Ordinal);
    private readonly HashSet<long> _unknownJobs = [];

    /// <summary>What is counted.</summary>
    internal CoordinatorCounters Counters { get; init; } = new();

    /// <summary>One round.</summary>
    /// <param name="channel">With publisher confirms.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How many chunks were published.</returns>
    internal async Task<int> StepAsync(IChannel channel, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        Counters.Add(CoordinatorCount.LeasesExpired, await connection.RunAsync(
            // The agent stays: what it sent in time counts until another has the chunk.
            "update chunk set state = 0, share = 0, lease_until = null where state = 2 and lease_until < clock_timestamp()", cancellation));
        await FindLostAsync(connection, channel, cancellation);
        var open = await connection.RowsAsync(
            "select v.job, v.zone from vantage v join job j on j.id = v.job where j.state = 0 and not v.is_done order by v.job, v.zone",
            static row => (Job: row.GetInt64(0), Zone: row.GetString(1)), cancellation);
        foreach (var (job, zone) in open)
        {
            await CutAsync(connection, job, zone, cancellation);
        }

        return await PublishAsync(connection, channel, cancellation);
    }

    /// <summary>Makes the queue of a zone, once for each connection. Any thread, each with a channel of its own.</summary>
    internal async Task EnsureZoneAsync(IChannel channel, string zone, CancellationToken cancellation)
    {
        if (!_zones.ContainsKey(zone))
        {
            await BrokerTopology.DeclareZoneAsync(channel, zone, cancellation);
            _zones[zone] = true;
        }
    }

    private async Task FindLostAsync(NpgsqlConnection connection, IChannel channel, CancellationToken cancellation)
    {
        var zones = await connection.RowsAsync(
            """
            select distinct zone from chunk
            where state = 1 and queued_at < clock_timestamp() - make_interval(secs => $1)
            """, static row => row.GetString(0), cancellation, timing.LostAfter.TotalSeconds);
        foreach (var zone in zones)
        {
            await EnsureZoneAsync(channel, zone, cancellation);
            if (await channel.MessageCountAsync(BrokerTopology.WorkOf(zone), cancellation) == 0)
            {
                await connection.RunAsync(
                    """
                    update chunk set state = 0
                    where zone = $2 and state = 1 and queued_at < clock_timestamp() - make_interval(secs => $1)
                    """, cancellation, timing.LostAfter.TotalSeconds, zone);
            }
        }
    }

    private async Task CutAsync(NpgsqlConnection connection, long job, string zone, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);

        // First the lock, then a statement that sees what the one before has cut: chunks counted together with the lock may be older.
        if (await connection.RowsAsync(
            "select 1 from vantage where job = $1 and zone = $2 and not is_done for update skip locked", static row => row.GetInt32(0),
            cancellation, job, zone) is [])
        {
            return;
        }

        var found = await connection.RowsAsync(
            """
            select v.hosts_cut, v.groups, j.hosts, j.ports, j.chunk_probes, j.spec,
                (select count(*) from chunk c where c.job = v.job and c.zone = v.zone and c.state < 3),
                (select count(*) from chunk c where c.job = v.job and c.zone = v.zone and c.state < 3 and c.is_discovery),
                (select count(*) from agent a where a.zone = v.zone and not a.is_draining
                    and a.last_seen > clock_timestamp() - make_interval(secs => $3))
            from vantage v join job j on j.id = v.job
            where v.job = $1 and v.zone = $2 and not v.is_done and j.state = 0
            """,
            static row => new Cutting
            {
                HostsCut = row.GetInt64(0),
                Groups = row.GetInt32(1),
                Hosts = row.GetInt64(2),
                Ports = row.GetInt32(3),
                ChunkProbes = row.GetInt64(4),
                Spec = JobSpec.Read(row.GetFieldValue<byte[]>(5)),
                Open = row.GetInt64(6),
                OpenDiscovery = row.GetInt64(7),
                Agents = row.GetInt64(8),
            },
            cancellation, job, zone, timing.AgentSilence.TotalSeconds);
        if (found is not [var cutting])
        {
            return;
        }

        // A coordinator of that version may run beside this one, and work on it.
        if (cutting.Spec.Misfit() is { } misfit)
        {
            if (_unknownJobs.Add(job))
            {
                say(new FleetEvent(FleetEventCode.JobUnknown) { Job = job, Detail = misfit });
            }

            return;
        }

        var ahead = Math.Max(LeastAhead, AheadOfEach * cutting.Agents);
        while (cutting.Open < ahead && await CutOneAsync(connection, job, zone, cutting, cancellation))
        {
            cutting.Open++;
        }

        await connection.RunAsync(
            "update vantage set hosts_cut = $3, groups = $4, is_done = $5 where job = $1 and zone = $2", cancellation, job, zone,
            cutting.HostsCut, cutting.Groups, cutting.Open == 0);
        if (cutting.Open == 0)
        {
            await connection.RunAsync(
                """
                update job set state = 1, ended_at = now()
                where id = $1 and state = 0 and not exists (select from vantage where job = $1 and not is_done)
                """, cancellation, job);
        }

        await transaction.CommitAsync(cancellation);
    }

    private static async Task<bool> CutOneAsync(
        NpgsqlConnection connection, long job, string zone, Cutting cutting, CancellationToken cancellation)
    {
        do
        {
            var groups = await connection.RowsAsync(
                "select number, cut, probes from probe_group where job = $1 and zone = $2 and cut < probes order by number limit 1",
                static row => (Number: row.GetInt32(0), Cut: row.GetInt64(1), Probes: row.GetInt64(2)), cancellation, job, zone);
            if (groups is [var group])
            {
                var end = Math.Min(group.Probes, group.Cut + cutting.ChunkProbes);
                await connection.RunAsync(
                    "update probe_group set cut = $4 where job = $1 and zone = $2 and number = $3", cancellation, job, zone, group.Number,
                    end);
                await InsertAsync(connection, job, zone, isDiscovery: false, group.Number, group.Cut, end, cancellation);
                return true;
            }
        }
        while (await GroupAsync(connection, job, zone, cutting, cancellation));

        if (cutting.SkipsDiscovery || cutting.HostsCut >= cutting.Hosts)
        {
            return false;
        }

        var to = Math.Min(cutting.Hosts, cutting.HostsCut + Math.Max(1, cutting.ChunkProbes / ProbesOfDiscovery));
        await InsertAsync(connection, job, zone, isDiscovery: true, 0, cutting.HostsCut, to, cancellation);
        cutting.HostsCut = to;
        cutting.OpenDiscovery++;
        return true;
    }

    // The next group, when there are hosts enough for a chunk, or no more will come.
    private static async Task<bool> GroupAsync(
        NpgsqlConnection connection, long job, string zone, Cutting cutting, CancellationToken cancellation)
    {
        var most = Math.Clamp(cutting.ChunkProbes / cutting.Ports, LeastGroup, MostGroup);
        most = Math.Max(1, Math.Min(most, MostGroupProbes / cutting.Ports));
        if (cutting.SkipsDiscovery)
        {
            var stretch = Math.Min(most, cutting.Hosts - cutting.HostsCut);
            if (stretch <= 0)
            {
                return false;
            }

            await connection.RunAsync(
                """
                insert into probe_group (job, zone, number, first_host, host_count, probes) values ($1, $2, $3, $4, $5, $6)
                """,
                cancellation, job, zone, cutting.Groups++, cutting.HostsCut, (int)stretch, stretch * cutting.Ports);
            cutting.HostsCut += stretch;
            return true;
        }

        var hosts = await connection.RowsAsync(
            "select host from host_up where job = $1 and zone = $2 and group_number is null order by host limit $3",
            static row => row.GetInt64(0), cancellation, job, zone, most);
        var isLast = cutting.HostsCut >= cutting.Hosts && cutting.OpenDiscovery == 0;
        if (hosts.Count == 0 || (!isLast && hosts.Count < most && hosts.Count * (long)cutting.Ports < cutting.ChunkProbes))
        {
            return false;
        }

        await connection.RunAsync(
            "insert into probe_group (job, zone, number, hosts, host_count, probes) values ($1, $2, $3, $4, $5, $6)",
            cancellation, job, zone, cutting.Groups, HostListCodec.Write([.. hosts]), hosts.Count, hosts.Count * (long)cutting.Ports);
        await connection.RunAsync(
            "update host_up set group_number = $3 where job = $1 and zone = $2 and group_number is null and host = any($4)", cancellation,
            job, zone, cutting.Groups++, hosts.ToArray());
        return true;
    }

    private static Task<int> InsertAsync(
        NpgsqlConnection connection, long job, string zone, bool isDiscovery, int group, long from, long to,
        CancellationToken cancellation) =>
        connection.RunAsync(
            """
            insert into chunk (job, zone, is_discovery, group_number, from_position, to_position, checkpoint)
            values ($1, $2, $3, $4, $5, $6, $5)
            """,
            cancellation, job, zone, isDiscovery, group, from, to);

    private async Task<int> PublishAsync(NpgsqlConnection connection, IChannel channel, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var ready = await connection.RowsAsync(
            """
            select c.id, c.job, c.zone from chunk c join job j on j.id = c.job
            where c.state = 0 and j.state = 0 order by c.id limit $1 for update of c skip locked
            """,
            static row => (Id: row.GetInt64(0), Job: row.GetInt64(1), Zone: row.GetString(2)), cancellation, MostPublished);
        foreach (var (id, job, zone) in ready)
        {
            await EnsureZoneAsync(channel, zone, cancellation);
            var body = JsonSerializer.SerializeToUtf8Bytes(new ChunkMessage { Job = job, Chunk = id }, FleetJson.Default.ChunkMessage);
            var properties = new BasicProperties { Persistent = true, ContentType = "application/json" };
            await BrokerLoop.InTimeAsync(
                token => channel.BasicPublishAsync(BrokerTopology.Work, zone, mandatory: true, properties, body, token), ConfirmPatience,
                clock, cancellation);
        }

        await connection.RunAsync(
            "update chunk set state = 1, queued_at = clock_timestamp() where id = any($1)", cancellation,
            ready.Select(static c => c.Id).ToArray());
        await transaction.CommitAsync(cancellation);
        return ready.Count;
    }

    private sealed class Cutting
    {
        public long HostsCut { get; set; }

        public int Groups { get; set; }

        public long Hosts { get; init; }

        public int Ports { get; init; }

        public long ChunkProbes { get; init; }

        public required JobSpec Spec { get; init; }

        public bool SkipsDiscovery => Spec.SkipsDiscovery;

        public long Open { get; set; }

        public long OpenDiscovery { get; set; }

        public long Agents { get; init; }
    }
}
