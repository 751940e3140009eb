using Npgsql;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Metrics;
using static Portolan.Server.Hosting.MetricText;

namespace Portolan.Server.Fleet;

/// <summary>What a coordinator or an agent counts, in Prometheus' text format 0.0.4. What is unknown has no sample.</summary>
internal static class FleetMetrics
{
    private const string Fleet = "portolan_fleet_";
    private const string Agent = "portolan_agent_";

    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(10);

    // The database is read for a small part of the time, however large it is.
    private const int LeastRest = 20;

    private static readonly (CoordinatorCount Count, string Outcome)[] Leases =
    [
        (CoordinatorCount.LeasesGranted, "granted"), (CoordinatorCount.LeasesRenewed, "renewed"),
        (CoordinatorCount.LeasesSettled, "settled"), (CoordinatorCount.LeasesPostponed, "postponed"),
        (CoordinatorCount.LeasesRefused, "refused"), (CoordinatorCount.LeasesExpired, "expired"),
    ];

    private static readonly (CoordinatorCount Count, string Outcome)[] Batches =
    [
        (CoordinatorCount.BatchesStored, "stored"), (CoordinatorCount.BatchesRepeated, "repeated"),
        (CoordinatorCount.BatchesRefused, "refused"),
    ];

    private static readonly (ChunkState State, string Name)[] Chunks =
    [
        (ChunkState.Waiting, "waiting"), (ChunkState.Queued, "queued"), (ChunkState.Leased, "leased"), (ChunkState.Done, "done"),
        (ChunkState.GivenUp, "given-up"),
    ];

    /// <summary>Serves them for a coordinator until cancelled.</summary>
    /// <param name="place">Where, as a person wrote it.</param>
    /// <param name="counters">What the coordinator counts.</param>
    /// <param name="database">What the fleet's own numbers are read from.</param>
    /// <param name="clock">The time.</param>
    /// <param name="say">Hears where it listens.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="PortolanException">The port is taken, or is none of this host's.</exception>
    internal static async Task<IDisposable> ServeAsync(
        string place, CoordinatorCounters counters, FleetDatabase database, TimeProvider clock, Action<string> say,
        CancellationToken cancellation)
    {
        var gauges = await ReadAsync(database, cancellation);
        var endpoint = Open(place, output => Write(counters, Volatile.Read(ref gauges), output), say);
        _ = RefreshAsync();
        return endpoint;

        async Task RefreshAsync()
        {
            var rest = RefreshEvery;
            while (!cancellation.IsCancellationRequested)
            {
                try
                {
                    await Task.Delay(rest, clock, cancellation);
                    var began = clock.GetTimestamp();
                    Volatile.Write(ref gauges, await ReadAsync(database, cancellation));
                    var took = clock.GetElapsedTime(began) * LeastRest;
                    rest = took > RefreshEvery ? took : RefreshEvery;
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Serves them for an agent until disposed.</summary>
    /// <param name="place">Where, as a person wrote it.</param>
    /// <param name="counters">What the agent counts.</param>
    /// <param name="clock">The time.</param>
    /// <param name="say">Hears where it listens.</param>
    /// <exception cref="PortolanException">The port is taken, or is none of this host's.</exception>
    internal static IDisposable Serve(string place, AgentCounters counters, TimeProvider clock, Action<string> say) =>
        Open(place, output => Write(counters, clock.GetUtcNow(), output), say);

    private static MetricsEndpoint Open(string place, Action<Utf8Writer> write, Action<string> say)
    {
        var (address, port) = ListenText.Parse("--metrics", place);
        var endpoint = MetricsEndpoint.Open(address, port, write);
        say(endpoint.Address.ToString());
        return endpoint;
    }

    private static async Task<FleetGauges?> ReadAsync(FleetDatabase database, CancellationToken cancellation)
    {
        try
        {
            return await FleetGauges.ReadAsync(database, cancellation);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // That it does not work is in last_success_timestamp_seconds.
            return null;
        }
    }

    private static void Write(CoordinatorCounters counters, FleetGauges? gauges, Utf8Writer output)
    {
        if (gauges is not null)
        {
            Head(output, Fleet, "jobs_running", "gauge", "Jobs that run.");
            Sample(output, Fleet, "jobs_running", gauges.JobsRunning);
            Head(output, Fleet, "chunks", "gauge", "Chunks of running jobs, by state.");
            foreach (var (state, name) in Chunks)
            {
                Sample(output, Fleet, "chunks", gauges.Chunks.GetValueOrDefault(state), ("state", name));
            }

            Head(output, Fleet, "agents", "gauge", "Agents by zone. Silent: not heard for 45 seconds.");
            foreach (var zone in gauges.Agents.GroupBy(static a => a.Zone, StringComparer.Ordinal))
            {
                var silent = zone.Count(static a => a.IsSilent);
                Sample(output, Fleet, "agents", zone.Count() - silent, ("zone", zone.Key), ("state", "heard"));
                Sample(output, Fleet, "agents", silent, ("zone", zone.Key), ("state", "silent"));
            }
        }

        Counts(output, "leases_total", "Requests for leases by outcome, and leases that expired.", counters, Leases);
        Counts(output, "batches_total", "Batches of results, by outcome.", counters, Batches);
        Head(output, Fleet, "positions_total", "counter", "Hosts and ports whose state was stored.");
        Sample(output, Fleet, "positions_total", counters[CoordinatorCount.Positions]);
        Head(output, Fleet, "observations_total", "counter", "Open ports that were stored.");
        Sample(output, Fleet, "observations_total", counters[CoordinatorCount.Observations]);
        Head(output, Fleet, "last_success_timestamp_seconds", "gauge", "When the broker's connection and the database last worked.");
        Sample(output, Fleet, "last_success_timestamp_seconds", Seconds(counters.BrokerWorked), ("of", "broker"));
        Sample(output, Fleet, "last_success_timestamp_seconds", Seconds(counters.DatabaseWorked), ("of", "database"));
        Head(output, Fleet, "last_ingest_seconds", "gauge", "How long the last batch took to store.");
        Sample(output, Fleet, "last_ingest_seconds", counters.LastIngest?.TotalSeconds);
    }

    private static void Write(AgentCounters counters, DateTimeOffset now, Utf8Writer output)
    {
        foreach (var (count, name, help) in new[]
        {
            (AgentCount.ProbesSent, "probes_sent_total", "Probes sent, retries included. Advances when a piece of a chunk is done."),
            (AgentCount.Retries, "retries_total", "Repeated probes."),
            (AgentCount.Replies, "replies_total", "Valid replies."),
            (AgentCount.Pieces, "pieces_total", "Pieces of chunks that were scanned."),
            (AgentCount.ChunksDone, "chunks_done_total", "Chunks that were scanned to their end."),
            (AgentCount.ChunksLost, "chunks_lost_total", "Chunks whose lease ended before."),
        })
        {
            Head(output, Agent, name, "counter", help);
            Sample(output, Agent, name, counters[count]);
        }

        Head(output, Agent, "lease_held", "gauge", "1 while the agent works on a chunk.");
        Sample(output, Agent, "lease_held", counters.Chunk is null ? 0 : 1);
        Head(output, Agent, "rate_limit", "gauge", "Probes per second that it may send at the moment; no sample without a limit.");
        Sample(output, Agent, "rate_limit", counters.Rate);
        Head(output, Agent, "broker_contact_seconds", "gauge", "Seconds since the broker was last heard.");
        Sample(output, Agent, "broker_contact_seconds", (now - counters.BrokerHeard)?.TotalSeconds);
    }

    private static void Counts(
        Utf8Writer output, string name, string help, CoordinatorCounters counters, (CoordinatorCount Count, string Outcome)[] outcomes)
    {
        Head(output, Fleet, name, "counter", help);
        foreach (var (count, outcome) in outcomes)
        {
            Sample(output, Fleet, name, counters[count], ("outcome", outcome));
        }
    }
}
