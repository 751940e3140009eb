using System.Globalization;
using System.Net;
using System.Text.Json;
using Npgsql;
using Portolan.Fleet.Database;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using Portolan.Packets;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Coordinator;

/// <summary>What became of a batch.</summary>
public enum BatchOutcome
{
    /// <summary>It is stored.</summary>
    Stored,

    /// <summary>It was stored before: it came twice.</summary>
    Repeated,

    /// <summary>It is not stored, and never will be.</summary>
    Refused,
}

/// <summary>
/// Stores what agents found. A batch is stored in one transaction or not at all; the chunk's checkpoint, which moves with it, is what a
/// batch that comes twice is known by. An agent names positions, never addresses: it cannot say anything of a host outside its chunk.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="counters">What is counted, where anything reads it.</param>
public sealed class Ingester(FleetDatabase database, CoordinatorCounters? counters = null)
{
    private const int MostOrders = 32;

    // Sums of as many batches as there may be stay far below what a column holds.
    private const long MostCounted = 1L << 40;

    // The year 2255, in milliseconds since 1970.
    private const long MostTime = 9_000_000_000_000;

    private readonly Dictionary<(long Job, string Zone, int Group), GroupOrder> _orders = [];
    private readonly Dictionary<long, JobPlan> _plans = [];
    private readonly Lock _gate = new();

    /// <summary>Stores a batch as it came.</summary>
    /// <param name="body">The message.</param>
    /// <param name="sender">The agent whose key it came with.</param>
    /// <param name="cancellation">Ends it; then nothing is stored.</param>
    public async Task<BatchOutcome> StoreAsync(ReadOnlyMemory<byte> body, string sender, CancellationToken cancellation)
    {
        ResultBatch? batch;
        try
        {
            batch = JsonSerializer.Deserialize(body.Span, FleetJson.Default.ResultBatch);
        }
        catch (JsonException)
        {
            batch = null;
        }

        await using var connection = await database.ConnectAsync(cancellation);
        if (batch is not { Version: ChunkMessage.CurrentVersion, Codes: not null, Counts: not null, Hosts: not null, Ports: not null }
            || batch.Hosts.Contains(null!) || batch.Ports.Contains(null!))
        {
            return await RefuseAsync(connection, sender, null, null, "the batch cannot be read, or is of another version", cancellation);
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        string? wrong;
        try
        {
            wrong = batch.Agent != sender ? $"the batch is in the name of {batch.Agent}"
                : await StoreAsync(connection, batch, cancellation);
        }
        catch (FormatException exception)
        {
            wrong = exception.Message;
        }
        catch (PostgresException exception) when (IsOfValues(exception))
        {
            wrong = $"the database does not take it: {exception.MessageText}";
        }

        if (wrong == Twice)
        {
            return BatchOutcome.Repeated;
        }

        if (wrong is not null)
        {
            await transaction.RollbackAsync(cancellation);
            if (wrong == Superseded)
            {
                await connection.RunAsync(
                    """
                    update vantage v set repeated = repeated + greatest(0, least($2, c.to_position) - greatest($3, c.from_position))
                    from chunk c where c.id = $1 and v.job = c.job and v.zone = c.zone
                    """,
                    cancellation, batch.Chunk, batch.To, batch.From);
            }

            return await RefuseAsync(connection, sender, batch.Job, batch.Chunk, wrong, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        counters?.Add(CoordinatorCount.Positions, batch.To - batch.From);
        counters?.Add(CoordinatorCount.Observations, batch.Ports.Count);
        return BatchOutcome.Stored;
    }

    /// <summary>Writes down that something was refused before it was read.</summary>
    internal async Task NoteAsync(string agent, string reason, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        await RefuseAsync(connection, agent, null, null, reason, cancellation);
    }

    // Data exceptions and violated constraints (SQLSTATE 22 and 23) come again however often it is tried.
    private static bool IsOfValues(PostgresException exception) =>
        exception.SqlState.StartsWith("22", StringComparison.Ordinal) || exception.SqlState.StartsWith("23", StringComparison.Ordinal);

    private const string Twice = "twice";

    private const string Superseded = "a superseded attempt";

    private static async Task<BatchOutcome> RefuseAsync(
        NpgsqlConnection connection, string agent, long? job, long? chunk, string reason, CancellationToken cancellation)
    {
        await connection.RunAsync(
            "insert into refusal (agent, job, chunk, reason) values ($1, $2::bigint, $3::bigint, $4)", cancellation, agent, job, chunk,
            TerminalText.Escape(reason));
        return BatchOutcome.Refused;
    }

    /// <returns>Why it is not stored; <c>null</c> when it is.</returns>
    private async Task<string?> StoreAsync(NpgsqlConnection connection, ResultBatch batch, CancellationToken cancellation)
    {
        var found = await connection.RowsAsync(
            """
            select job, zone, is_discovery, group_number, checkpoint, to_position, attempt, agent, state from chunk where id = $1 for update
            """,
            static row => new
            {
                Job = row.GetInt64(0),
                Zone = row.GetString(1),
                IsDiscovery = row.GetBoolean(2),
                Group = row.GetInt32(3),
                Checkpoint = row.GetInt64(4),
                To = row.GetInt64(5),
                Attempt = row.GetInt32(6),
                Agent = row.OrNothing<string>(7),
                State = row.GetInt16(8),
            },
            cancellation, batch.Chunk);
        if (found is not [var chunk] || chunk.Job != batch.Job)
        {
            return "the chunk is not of that job";
        }

        if (batch.Attempt != chunk.Attempt || chunk.Agent != batch.Agent)
        {
            return batch.Attempt < chunk.Attempt ? Superseded : "the chunk is not leased to the agent";
        }

        if (batch.From >= batch.To || batch.To > chunk.To || batch.From < 0)
        {
            return "the positions are not those of the chunk";
        }

        if (batch.To <= chunk.Checkpoint || chunk.State >= 3)
        {
            return Twice;
        }

        if (batch.From != chunk.Checkpoint)
        {
            return "a batch before it is missing";
        }

        var counts = batch.Counts;
        if (new[] { counts.Sent, counts.Retries, counts.NotSent, counts.Replies }.Any(static c => c is < 0 or > MostCounted))
        {
            return "the counts are not those of a batch";
        }

        var codes = ProbeCode.Unpack(batch.Codes, checked((int)(batch.To - batch.From)));
        if (chunk.IsDiscovery)
        {
            await StoreHostsAsync(connection, batch, chunk.Zone, codes, cancellation);
        }
        else
        {
            await StorePortsAsync(connection, batch, chunk.Zone, chunk.Group, codes, cancellation);
        }

        await connection.RunAsync(
            """
            with stored as (
                insert into coverage (
                    job, zone, is_discovery, group_number, from_position, to_position, codes, not_probed, out_of_scope, agent)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)),
            moved as (
                update chunk set checkpoint = $6, state = case when $6 = to_position then 3 else state end,
                    share = case when $6 = to_position then 0 else share end,
                    lease_until = case when $6 = to_position then null else lease_until end
                where id = $11)
            update vantage set sent = sent + $12, retries = retries + $13, not_sent = not_sent + $14, replies = replies + $15,
                loss_weight = loss_weight + $16, loss_sum = loss_sum + $17, miss_bound = greatest(miss_bound, $18::double precision)
            where job = $1 and zone = $2
            """,
            cancellation, chunk.Job, chunk.Zone, chunk.IsDiscovery, chunk.Group, batch.From, batch.To, batch.Codes,
            codes.AsSpan().Count(ProbeCode.NotProbed), codes.AsSpan().Count(ProbeCode.OutOfScope), batch.Agent, batch.Chunk, counts.Sent,
            counts.Retries, counts.NotSent, counts.Replies, counts.Loss is null ? 0.0 : counts.Replies,
            Math.Clamp(counts.Loss ?? 0, 0, 1) * counts.Replies, counts.MissBound);
        return null;
    }

    private async Task StoreHostsAsync(
        NpgsqlConnection connection, ResultBatch batch, string zone, byte[] codes, CancellationToken cancellation)
    {
        var plan = await PlanAsync(connection, batch.Job, cancellation);
        var count = codes.Count(static c => ProbeCode.StateOf(c) == PortState.Open);
        if (count != batch.Hosts.Count)
        {
            throw new FormatException("the hosts are not those of the states");
        }

        var (hosts, addresses, reasons, lives, macs) =
            (new long[count], new string[count], new int[count], new int[count], new string[count]);
        long before = -1;
        for (var i = 0; i < count; i++)
        {
            var host = batch.Hosts[i];
            var code = CodeOf(codes, batch, host.At, ref before);
            hosts[i] = plan.HostAt(host.At);
            (addresses[i], reasons[i], lives[i]) = (plan.AddressOf(hosts[i]).ToString(), (int)ProbeCode.ReasonOf(code), host.Ttl);
            macs[i] = host.Mac is { } mac ? new MacAddress(mac & 0xffff_ffff_ffff).ToString() : "";
        }

        await connection.RunAsync(
            """
            insert into host_up (job, zone, host, address, reason, ttl, mac)
            select $1, $2, h, a::inet, r, t, nullif(m, '')
            from unnest($3::bigint[], $4::text[], $5::int[], $6::int[], $7::text[]) as x(h, a, r, t, m) on conflict do nothing
            """,
            cancellation, batch.Job, zone, hosts, addresses, reasons, lives, macs);
    }

    private async Task StorePortsAsync(
        NpgsqlConnection connection, ResultBatch batch, string zone, int group, byte[] codes, CancellationToken cancellation)
    {
        var count = codes.Count(static c => ProbeCode.StateOf(c) == PortState.Open);
        if (count != batch.Ports.Count)
        {
            throw new FormatException("the open ports are not those of the states");
        }

        if (count == 0)
        {
            return;
        }

        var order = await OrderAsync(connection, batch.Job, zone, group, cancellation);
        var rows = new (IPAddress Address, ProbePort Port, byte Code, IPAddress? From)[count];
        long before = -1;
        for (var i = 0; i < count; i++)
        {
            var port = batch.Ports[i];
            var code = CodeOf(codes, batch, port.At, ref before);
            if (port.Evidence > (byte)Evidence.Identified || port.Time > MostTime)
            {
                throw new FormatException("the evidence or the time is none");
            }

            var (address, probe) = order.ProbeAt(port.At);
            var from = port.From is null ? null : InternetAddress.TryParse(port.From, out var read)
                ? read.ToIPAddress() : throw new FormatException("an address is none");
            rows[i] = (address.ToIPAddress(), probe, code, from);
        }

        // The primary key holds of itself: positions are stored once, and each is another address or port.
        await using var import = await connection.BeginBinaryImportAsync(
            """
            copy observation (job, zone, address, protocol, port, state, reason, ttl, evidence, reason_address, found_at, agent)
            from stdin (format binary)
            """,
            cancellation);
        for (var i = 0; i < count; i++)
        {
            var (address, probe, code, from) = rows[i];
            var port = batch.Ports[i];
            await import.StartRowAsync(cancellation);
            await import.WriteAsync(batch.Job, cancellation);
            await import.WriteAsync(zone, cancellation);
            await import.WriteAsync(address, cancellation);
            await import.WriteAsync((short)probe.Protocol, cancellation);
            await import.WriteAsync((int)probe.Port.Value, cancellation);
            await import.WriteAsync((short)PortState.Open, cancellation);
            await import.WriteAsync((short)ProbeCode.ReasonOf(code), cancellation);
            await import.WriteAsync((short)port.Ttl, cancellation);
            await import.WriteAsync((short)port.Evidence, cancellation);
            await (from is null ? import.WriteNullAsync(cancellation) : import.WriteAsync(from, cancellation));
            await import.WriteAsync(DateTime.UnixEpoch.AddMilliseconds(Math.Max(0, port.Time)), cancellation);
            await import.WriteAsync(batch.Agent, cancellation);
        }

        await import.CompleteAsync(cancellation);
    }

    // Rows come in the order of their positions, each once, and say no more than their state.
    private static byte CodeOf(byte[] codes, ResultBatch batch, long at, ref long before)
    {
        if (at <= before || at < batch.From || at >= batch.To)
        {
            throw new FormatException("a position is outside the batch, or not in order");
        }

        before = at;
        var code = codes[at - batch.From];
        return ProbeCode.StateOf(code) == PortState.Open ? code : throw new FormatException("a state is not that of its row");
    }

    /// <summary>The plan of a job.</summary>
    internal async Task<JobPlan> PlanAsync(NpgsqlConnection connection, long job, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_plans.TryGetValue(job, out var known))
            {
                return known;
            }
        }

        var plan = JobPlan.Of(JobSpec.Read(await connection.ValueAsync<byte[]>("select spec from job where id = $1", cancellation, job)));
        lock (_gate)
        {
            if (_plans.Count >= MostOrders)
            {
                _plans.Clear();
            }

            _plans[job] = plan;
        }

        return plan;
    }

    /// <summary>The order of a group.</summary>
    internal async Task<GroupOrder> OrderAsync(
        NpgsqlConnection connection, long job, string zone, int group, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_orders.TryGetValue((job, zone, group), out var known))
            {
                return known;
            }
        }

        var plan = await PlanAsync(connection, job, cancellation);
        var rows = await connection.RowsAsync(
            "select hosts, first_host, host_count from probe_group where job = $1 and zone = $2 and number = $3",
            static row => (Hosts: row.OrNothing<byte[]>(0), First: row.GetInt64(1), Count: row.GetInt32(2)), cancellation, job, zone,
            group);
        var found = rows is [var row] ? row
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"job {job} has no group {group} in zone {zone}"));
        var hosts = found.Hosts is { } list ? HostListCodec.Read(list, plan.HostCount) : plan.HostsAt(found.First, found.Count);
        var order = new GroupOrder(plan, group, hosts);
        lock (_gate)
        {
            if (_orders.Count >= MostOrders)
            {
                _orders.Clear();
            }

            _orders[(job, zone, group)] = order;
        }

        return order;
    }
}
