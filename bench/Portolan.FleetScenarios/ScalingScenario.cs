using System.Globalization;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Jobs;
using Portolan.Lab.Running;
using Portolan.Lab.Topology.Reading;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Results;

namespace Portolan.FleetScenarios;

/// <summary>The same job for one agent and for more, each with a ceiling and a lab of its own in real time.</summary>
internal static class ScalingScenario
{
    private const int Hosts = 40 * 256;
    private const int Ports = 20;

    // As many for each of one, five or ten agents, so that none waits for the last chunk of another.
    private const int Chunks = 20;

    private const string Lab =
        """
        name: fleet
        vantage: { network: net, address: 198.18.255.250 }
        networks: { net: 198.18.0.0/16 }
        hosts:
          web: { addresses: 198.18.16.0-198.18.55.255, ports: { 80: open } }
        """;

    public static async Task RunAsync(int[] counts, int rate, string? folder)
    {
        var report = new Report(
            "scaling", "agents,positions,seconds,positions_per_second,coordinator_s,broker_s,database_s,agents_s,repeated,sent");
        report.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{Hosts} hosts × {Ports} ports, agents with at most {rate} probes/s each, {Chunks} chunks."));
        report.Line("");
        report.Line("| agents | positions/s | ratio | packets/s | seconds | CPU s: coordinator | broker | database | agents and labs |");
        report.Line("|---|---|---|---|---|---|---|---|---|");
        var first = 0.0;
        foreach (var count in counts)
        {
            var (seconds, times, repeated, sent) = await RunAsync(count, rate);
            var speed = Hosts * Ports / seconds;
            first = first > 0 ? first : speed;
            report.Row(
                count, Hosts * Ports, seconds, speed, times.Coordinator, times.Broker, times.Database, times.Agents, repeated, sent);
            report.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"| {count} | {speed:f0} | {speed / first:f2} | {sent / seconds:f0} | {seconds:f1} | {Cells(times)}"));
        }

        var (idle, idleTimes) = await IdleAsync();
        report.Row(0, 0, idle, 0, idleTimes.Coordinator, idleTimes.Broker, idleTimes.Database, idleTimes.Agents, 0, 0);
        report.Line(string.Create(CultureInfo.InvariantCulture, $"| none | – | – | – | {idle:f1} | {Cells(idleTimes)}"));
        report.Write(folder);
    }

    private static string Cells(ProcessorTimes times) => string.Create(
        CultureInfo.InvariantCulture,
        $"{times.Coordinator:f1} | {times.Broker:f1} | {times.Database:f1} | {times.Agents:f1} |");

    private static async Task<(double Seconds, ProcessorTimes Times, long Repeated, long Sent)> RunAsync(int count, int rate)
    {
        await using var servers = await FleetServers.StartAsync();
        using var end = new CancellationTokenSource();
        var labs = new List<VirtualNetwork>();
        var agents = new List<Task>();
        for (var i = 0; i < count; i++)
        {
            var topology = TopologyReader.Read(Lab, "bench").OrThrow("the topology");
            var wire = new LabWire(topology.Vantage!.Ipv4!.Value);
            var lab = new VirtualNetwork(topology, new VirtualNetworkOptions { Seed = (ulong)i + 1, Vantage = wire.LabEnd });
            labs.Add(lab);
            lab.Start();
            var settings = await servers.NewAgentAsync($"agent-{i}", rate);
            var agent = new FleetAgent(
                settings, ScanMode.Raw, (asked, _) => new RawProber(wire, TimeProvider.System, asked, new RawProberOptions()),
                TimeProvider.System, static text => Console.Error.WriteLine(text));
            agents.Add(agent.RunAsync(end.Token));
        }

        await servers.KnowAsync(count);
        var before = servers.Times();
        var spec = new JobSpec { Targets = ["198.18.16-55.0-255"], Tcp = "71-90", Seed = 7, SkipsDiscovery = true };
        var id = await servers.Jobs.CreateAsync(
            new JobRequest(spec, ["lan"]) { ChunkProbes = Hosts * Ports / Chunks }, CancellationToken.None);
        JobStatus job;
        do
        {
            await Task.Delay(500);
            job = (await servers.Jobs.ReadAsync(id, CancellationToken.None))!;
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"{job.Vantages[0].PortsStored,12}\r"));
        }
        while (job.State == JobState.Running);

        var times = servers.Times().Since(before);
        await end.CancelAsync();
        await Task.WhenAll(agents);
        foreach (var lab in labs)
        {
            await lab.DisposeAsync();
        }

        var vantageStatus = job.Vantages[0];
        return vantageStatus.IsComplete && vantageStatus.Open == Hosts
            ? ((job.EndedAt!.Value - job.CreatedAt).TotalSeconds, times, vantageStatus.Repeated, vantageStatus.Sent)
            : throw new InvalidOperationException($"{vantageStatus.PortsStored} ports are stored, and {vantageStatus.Open} are open");
    }

    // What a fleet costs that does nothing.
    private static async Task<(double Seconds, ProcessorTimes Times)> IdleAsync()
    {
        await using var servers = await FleetServers.StartAsync();
        var before = servers.Times();
        var began = TimeProvider.System.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(30));
        return (TimeProvider.System.GetElapsedTime(began).TotalSeconds, servers.Times().Since(before));
    }
}
