using System.Globalization;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Jobs;

namespace Portolan.FleetScenarios;

/// <summary>How fast a coordinator stores what agents send, when these send as fast as they can: broker, ingester, database.</summary>
internal static class IngestScenario
{
    public static async Task RunAsync(int open, int hosts, int ports, int count, string? folder)
    {
        await using var servers = await FleetServers.StartAsync();
        using var end = new CancellationTokenSource();
        var agents = new List<SyntheticAgent>();
        for (var i = 0; i < count; i++)
        {
            agents.Add(new SyntheticAgent(await servers.NewAgentAsync($"agent-{i}", null), open));
        }

        var runs = agents.ConvertAll(agent => agent.RunAsync(end.Token));
        await servers.KnowAsync(count);
        var (before, written) = (servers.Times(), await servers.WrittenAsync());
        var (rowBytes, codeBytes) = (await servers.SizeAsync("observation"), await servers.SizeAsync("coverage"));
        var spec = new JobSpec
        {
            Targets = [$"198.18.0.0/{32 - (int)Math.Log2(hosts)}"],
            Tcp = string.Create(CultureInfo.InvariantCulture, $"1-{ports}"),
            Seed = 7,
            SkipsDiscovery = true,
        };
        var id = await servers.Jobs.CreateAsync(new JobRequest(spec, ["lan"]), CancellationToken.None);
        var began = TimeProvider.System.GetTimestamp();
        var report = new Report($"ingest-{open}", "seconds,positions,rows,coordinator_s,broker_s,database_s,agents_s,log_bytes");
        while (true)
        {
            await Task.Delay(1000);
            var positions = await servers.NumberAsync("select sent from vantage where job = $1", id);
            var rows = await servers.NumberAsync("select replies from vantage where job = $1", id);
            var times = servers.Times().Since(before);
            var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            report.Row(
                seconds, positions, rows, times.Coordinator, times.Broker, times.Database, times.Agents,
                await servers.WrittenAsync() - written);
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"{seconds,6:f1} s {positions,12} {rows,10}\r"));
            if (await servers.NumberAsync("select count(*) from job where id = $1 and state > 0", id) > 0)
            {
                break;
            }
        }

        var all = servers.Times().Since(before);
        written = await servers.WrittenAsync() - written;
        var job = (await servers.Jobs.ReadAsync(id, CancellationToken.None))!;
        await end.CancelAsync();
        await Task.WhenAll(runs);
        var vantage = job.Vantages[0];
        var expected = agents.SelectMany(static a => a.Open).GroupBy(static c => c.Key).Sum(static c => (long)c.First().Value);
        if (!vantage.IsComplete || vantage.Open != expected || vantage.PortsStored != (long)hosts * ports)
        {
            throw new InvalidOperationException($"{vantage.Open} open ports of {expected}, {vantage.PortsStored} positions are stored");
        }

        var time = (job.EndedAt!.Value - job.CreatedAt).TotalSeconds;
        (rowBytes, codeBytes) = (await servers.SizeAsync("observation") - rowBytes, await servers.SizeAsync("coverage") - codeBytes);
        var first = agents.First(static a => a.First.Bytes > 0).First;
        void Figure(string name, double value, string unit) =>
            report.Line(string.Create(CultureInfo.InvariantCulture, $"| {name} | {value:#,0.###} | {unit} |"));
        report.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} agents that probe nothing, {hosts} hosts × {ports} ports, {open} % open, each a row; chunks of 60,000 positions."));
        report.Line("");
        report.Line("| figure | value | unit |");
        report.Line("|---|---|---|");
        Figure("time", time, "s");
        Figure("observations stored", vantage.Open / time, "rows/s");
        Figure("positions stored", vantage.PortsStored / time, "positions/s");
        Figure("repeated", vantage.Repeated, "positions");
        Figure("coordinator, CPU", all.Coordinator, "s");
        Figure("broker, CPU", all.Broker, "s");
        Figure("database, CPU", all.Database, "s");
        Figure("agents, CPU", all.Agents, "s");
        Figure("messages of results", first.Bytes / (double)first.Positions, "bytes a position");
        Figure("table observation with its index", rowBytes / (double)vantage.Open, "bytes a row");
        Figure("table coverage with its index", codeBytes / (double)vantage.PortsStored, "bytes a position");
        Figure("log of changes (WAL)", written / (double)vantage.PortsStored, "bytes a position");
        report.Write(folder);
    }
}
