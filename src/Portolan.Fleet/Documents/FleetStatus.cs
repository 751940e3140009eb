using System.Globalization;
using System.Text.Json.Serialization;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Settings;

namespace Portolan.Fleet.Documents;

/// <summary>How a fleet stands, as <c>portolan.fleet/1</c> (docs/schema/portolan.fleet-1.json).</summary>
/// <param name="BrokerProblem">Why the broker or its management API does not answer; <c>null</c> when they do.</param>
/// <param name="DeadMessages">Messages that could not be delivered; <c>null</c> when unknown.</param>
/// <param name="JobsRunning">Jobs that run.</param>
/// <param name="Chunks">Their chunks.</param>
/// <param name="Zones">The zones that have agents.</param>
/// <param name="Refusals">What was refused in the last 24 hours, by agent.</param>
/// <param name="NeedsAttention">For people.</param>
public sealed record FleetStatus(
    string? BrokerProblem, long? DeadMessages, long JobsRunning, ChunkCounts Chunks, IReadOnlyList<ZoneStatus> Zones,
    IReadOnlyList<FleetRefusal> Refusals, IReadOnlyList<string> NeedsAttention)
{
    private const int RefusalHours = 24;

    /// <summary>The name and version of the format.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => "portolan.fleet/1";

    /// <summary>Asks the database and the broker.</summary>
    /// <param name="settings">The fleet.</param>
    /// <param name="database">Its database.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How it stands, and its agents.</returns>
    /// <exception cref="PortolanException">The database has other tables than this program knows.</exception>
    public static async Task<(FleetStatus Status, IReadOnlyList<AgentStatus> Agents)> ReadAsync(
        FleetSettings settings, FleetDatabase database, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(database);
        await database.CheckSchemaAsync(cancellation);
        var gauges = await FleetGauges.ReadAsync(database, cancellation);
        var (dead, problem) = await AskBrokerAsync(settings, cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        var refusals = await connection.RowsAsync(
            "select agent, count(*), max(reason) from refusal where at > now() - make_interval(hours => $1) group by agent order by agent",
            static row => new FleetRefusal(row.GetString(0), row.GetInt64(1), row.GetString(2)), cancellation, RefusalHours);
        var zones = gauges.Agents.GroupBy(static a => a.Zone, StringComparer.Ordinal).Select(static zone => new ZoneStatus(
            zone.Key, zone.Count(), zone.Count(static a => !a.IsSilent), zone.Count(static a => a is { IsSilent: false, Chunks: > 0 }),
            zone.Count(static a => a is { IsSilent: false, IsDraining: true }))).ToList();
        long Count(ChunkState state) => gauges.Chunks.GetValueOrDefault(state);
        var chunks = new ChunkCounts(
            Count(ChunkState.Waiting), Count(ChunkState.Queued), Count(ChunkState.Leased), Count(ChunkState.Done),
            Count(ChunkState.GivenUp));
        var status = new FleetStatus(problem, dead, gauges.JobsRunning, chunks, zones, refusals, []);
        return (status with { NeedsAttention = [.. status.Needs()] }, gauges.Agents);
    }

    private static async Task<(long? Dead, string? Problem)> AskBrokerAsync(FleetSettings settings, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await settings.Broker.ConnectAsync("portolan fleet status", cancellation);
        }
        catch (Exception exception) when (BrokerLoop.IsOutage(exception))
        {
            return (null, $"the broker {settings.Broker.Place} does not answer: {BrokerLoop.Why(exception)}");
        }

        try
        {
            using var management = new ManagementApi(settings.Management, settings.Broker);
            return (await management.CountAsync(BrokerTopology.Dead, cancellation), null);
        }
        catch (PortolanException exception)
        {
            return (null, exception.Message);
        }
    }

    private IEnumerable<string> Needs()
    {
        if (BrokerProblem is not null)
        {
            yield return BrokerProblem;
        }

        foreach (var zone in Zones.Where(static z => z.Connected == 0))
        {
            yield return $"zone {zone.Zone}: no agent is connected";
        }

        if (DeadMessages > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{DeadMessages} messages in {BrokerTopology.Dead} could not be delivered");
        }

        if (Chunks.GivenUp > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{Chunks.GivenUp} chunks of running jobs were given up after repeated failures");
        }

        foreach (var refusal in Refusals)
        {
            var sender = refusal.Agent.Length == 0 ? "an unknown user" : $"agent {refusal.Agent}";
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{sender}: {refusal.Count} refused in {RefusalHours} h, e.g. {refusal.Reason}");
        }
    }
}

/// <summary>Chunks of the jobs that run.</summary>
/// <param name="Waiting">To be published.</param>
/// <param name="Queued">In a queue.</param>
/// <param name="Leased">At work.</param>
/// <param name="Done">Stored.</param>
/// <param name="GivenUp">Their attempts all failed.</param>
public sealed record ChunkCounts(long Waiting, long Queued, long Leased, long Done, long GivenUp);

/// <summary>The agents of a zone, counted.</summary>
/// <param name="Zone">The zone.</param>
/// <param name="Agents">All of them.</param>
/// <param name="Connected">Heard in the last 45 seconds.</param>
/// <param name="AtWork">Of those connected.</param>
/// <param name="Draining">Of those connected.</param>
public sealed record ZoneStatus(string Zone, int Agents, int Connected, int AtWork, int Draining);

/// <summary>What was refused of an agent. Hostile text.</summary>
/// <param name="Agent">The agent; empty when the sender is unknown.</param>
/// <param name="Count">How often.</param>
/// <param name="Reason">Of one of them.</param>
public sealed record FleetRefusal(string Agent, long Count, string Reason);
