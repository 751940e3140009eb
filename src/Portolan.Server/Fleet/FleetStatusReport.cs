using System.Globalization;
using System.Text.Json;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Settings;
using Portolan.Model.Documents;
using Portolan.Server.Hosting;

namespace Portolan.Server.Fleet;

/// <summary><c>fleet status</c>: how the whole stands, and what needs attention.</summary>
internal sealed class FleetStatusReport(FleetSettings settings, FleetDatabase database, ServerStreams streams)
{
    private const int RefusalHours = 24;

    /// <summary>Writes it; says by the exit code whether something needs attention.</summary>
    internal async Task<ExitCode> WriteAsync(bool json, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var gauges = await FleetGauges.ReadAsync(database, cancellation);
        var (dead, problem) = await AskBrokerAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        var refusals = await connection.RowsAsync(
            "select agent, count(*), max(reason) from refusal where at > now() - make_interval(hours => $1) group by agent order by agent",
            static row => new Refusals(row.GetString(0), row.GetInt64(1), row.GetString(2)), cancellation, RefusalHours);
        var zones = gauges.Agents.GroupBy(static a => a.Zone, StringComparer.Ordinal).Select(static zone => new ZoneStand(
            zone.Key, zone.Count(), zone.Count(static a => !a.IsSilent), zone.Count(static a => a is { IsSilent: false, Chunks: > 0 }),
            zone.Count(static a => a is { IsSilent: false, IsDraining: true }))).ToList();
        var needs = Needs(zones, gauges, dead, problem, refusals).ToList();
        if (json)
        {
            WriteJson(zones, gauges, dead, problem, refusals, needs);
        }
        else
        {
            WriteText(zones, gauges, needs);
        }

        return needs.Count == 0 ? ExitCode.Success : ExitCode.NothingFound;
    }

    private async Task<(long? Dead, string? Problem)> AskBrokerAsync(CancellationToken cancellation)
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

    private static IEnumerable<string> Needs(
        List<ZoneStand> zones, FleetGauges gauges, long? dead, string? problem, IReadOnlyList<Refusals> refusals)
    {
        if (problem is not null)
        {
            yield return problem;
        }

        foreach (var zone in zones.Where(static z => z.Connected == 0))
        {
            yield return $"zone {zone.Zone}: no agent is connected";
        }

        if (dead > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{dead} messages in {BrokerTopology.Dead} could not be delivered");
        }

        if (gauges.Chunks.GetValueOrDefault(ChunkState.GivenUp) is > 0 and var given)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{given} chunks of running jobs were given up after repeated failures");
        }

        foreach (var refusal in refusals)
        {
            var sender = refusal.Agent.Length == 0 ? "an unknown user" : $"agent {refusal.Agent}";
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{sender}: {refusal.Count} refused in {RefusalHours} h, e.g. {refusal.Reason}");
        }
    }

    private void WriteText(List<ZoneStand> zones, FleetGauges gauges, List<string> needs)
    {
        var output = streams.Output;
        long Count(ChunkState state) => gauges.Chunks.GetValueOrDefault(state);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{gauges.JobsRunning} jobs run: {Count(ChunkState.Leased)} chunks at work, "
                + $"{Count(ChunkState.Queued) + Count(ChunkState.Waiting)} wait, {Count(ChunkState.Done)} done"));
        if (zones.Count > 0)
        {
            output.WriteLine();
            FleetReports.WriteTable(
                output,
                [
                    ["ZONE", "AGENTS", "CONNECTED", "AT WORK", "DRAINING"],
                    .. zones.Select(static z => new[]
                    {
                        z.Zone, Number(z.Agents), Number(z.Connected), Number(z.AtWork), Number(z.Draining),
                    }),
                ]);
        }

        if (needs.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Needs attention:");
            needs.ForEach(need => output.WriteLine($"  {TerminalText.Escape(need)}"));
        }
    }

    private void WriteJson(
        List<ZoneStand> zones, FleetGauges gauges, long? dead, string? problem, IReadOnlyList<Refusals> refusals, List<string> needs)
    {
        using (var json = new Utf8JsonWriter(streams.Bytes, new JsonWriterOptions { Indented = true, Encoder = JsonOutput.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("schema"u8, "portolan.fleet/1");
            json.WriteString("brokerProblem"u8, problem);
            if (dead is { } messages)
            {
                json.WriteNumber("deadMessages"u8, messages);
            }
            else
            {
                json.WriteNull("deadMessages"u8);
            }

            json.WriteNumber("jobsRunning"u8, gauges.JobsRunning);
            json.WriteStartObject("chunks"u8);
            foreach (var state in Enum.GetValues<ChunkState>())
            {
                json.WriteNumber(JsonNamingPolicy.CamelCase.ConvertName(state.ToString()), gauges.Chunks.GetValueOrDefault(state));
            }

            json.WriteEndObject();
            json.WriteStartArray("zones"u8);
            foreach (var zone in zones)
            {
                json.WriteStartObject();
                json.WriteString("zone"u8, zone.Zone);
                json.WriteNumber("agents"u8, zone.Agents);
                json.WriteNumber("connected"u8, zone.Connected);
                json.WriteNumber("atWork"u8, zone.AtWork);
                json.WriteNumber("draining"u8, zone.Draining);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("refusals"u8);
            foreach (var refusal in refusals)
            {
                json.WriteStartObject();
                json.WriteString("agent"u8, refusal.Agent);
                json.WriteNumber("count"u8, refusal.Count);
                json.WriteString("reason"u8, refusal.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("needsAttention"u8);
            needs.ForEach(json.WriteStringValue);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        streams.Bytes.WriteByte((byte)'\n');
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record ZoneStand(string Zone, int Agents, int Connected, int AtWork, int Draining);

    private sealed record Refusals(string Agent, long Count, string Reason);
}
