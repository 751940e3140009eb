using Portolan.Fleet.Agent;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Jobs;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>Jobs of a fleet over real servers find what is there: everything, once.</summary>
public sealed class FleetJobTests
{
    // 200 hosts; every host of the first range has http, the others nothing.
    private const string Lab =
        """
        name: fleet
        vantage: { network: net, address: [198.18.255.250, "2001:db8::250"] }
        networks: { net: [198.18.0.0/16, "2001:db8::/64"] }
        hosts:
          web: { addresses: 198.18.1.1-198.18.1.60, ports: [http] }
          six: { address: "2001:db8::10", ports: [http] }
          dark: { addresses: 198.18.1.100-198.18.1.199, default: filtered, ping: no }
          bare: { addresses: 198.18.1.200-198.18.1.240 }
        """;

    [Fact]
    public async Task Discovery_and_ports_find_the_truth_with_chunks_that_do_not_divide_the_space()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        fleet.StartAgent("two");
        var id = await fleet.Jobs.CreateAsync(
            new JobRequest(new JobSpec { Targets = ["198.18.1.0/24"], Tcp = "78-84", Seed = 11 }, ["lan"]) { ChunkProbes = 97 },
            TestContext.Current.CancellationToken);
        var job = await fleet.FinishAsync(id);
        var vantage = Assert.Single(job.Vantages);
        Assert.Equal(JobState.Done, job.State);
        Assert.Equal(
            (256L, 101L, 101L * 7, 60L, 0L, 0L, 0),
            (vantage.HostsAsked, vantage.HostsUp, vantage.PortsStored, vantage.Open, vantage.NotProbed, vantage.OutOfScope,
                vantage.GivenUp));
        Assert.True(vantage.IsComplete);
        var states = await fleet.StatesAsync(job);
        Assert.Equal(101 * 7, states.Count);
        Assert.Equal(60, states.Count(static s => s.Key.EndsWith(" 80", StringComparison.Ordinal) && s.Value == PortState.Open));
        Assert.All(states.Where(static s => s.Value != PortState.Open), static s => Assert.Equal(PortState.Closed, s.Value));
    }

    [Fact]
    public async Task Without_discovery_silence_is_a_state_and_both_families_are_scanned()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        var id = await fleet.Jobs.CreateAsync(
            new JobRequest(
                new JobSpec
                {
                    Targets = ["198.18.1.50-60", "198.18.1.100-110", "2001:db8::10/127"],
                    Tcp = "80,443",
                    Udp = "9",
                    Seed = 5,
                    SkipsDiscovery = true,
                    MaxRetries = 1,
                },
                ["lan"])
            { ChunkProbes = 13 },
            TestContext.Current.CancellationToken);
        var states = await fleet.StatesAsync(await fleet.FinishAsync(id));
        Assert.Equal(24 * 3, states.Count);
        Assert.Equal(12, states.Count(static s => s.Value == PortState.Open));
        Assert.Equal(PortState.Open, states["2001:db8::10 tcp 80"]);
        Assert.Equal(PortState.Filtered, states["2001:db8::11 tcp 80"]);
        Assert.Equal(PortState.Filtered, states["198.18.1.100 tcp 80"]);
        Assert.Equal(PortState.OpenFiltered, states["198.18.1.100 udp 9"]);
        Assert.Equal(PortState.Closed, states["198.18.1.50 tcp 443"]);
    }

    [Fact]
    public async Task What_an_agents_scope_excludes_is_counted_and_never_closed()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.StartAgent("one", scope: new AgentScope(
            [FleetLab.Prefix("198.18.1.0/27")], [], PortSet.All(), withPrinterPorts: false, 2000));
        var id = await fleet.Jobs.CreateAsync(
            new JobRequest(
                new JobSpec { Targets = ["198.18.1.1-60"], Tcp = "80,9100", Seed = 5, SkipsDiscovery = true }, ["lan"]),
            TestContext.Current.CancellationToken);
        var job = await fleet.FinishAsync(id);
        var vantage = Assert.Single(job.Vantages);
        Assert.Equal((31L, 120L - 31), (vantage.Open, vantage.OutOfScope));
        Assert.False(vantage.IsComplete);
        Assert.Equal(31, (await fleet.StatesAsync(job)).Count);
    }

    [Fact]
    public async Task Two_zones_scan_everything_each()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator("first");
        fleet.StartCoordinator("second");
        fleet.StartAgent("one");
        fleet.StartAgent("two", zone: "dmz");
        var id = await fleet.Jobs.CreateAsync(
            new JobRequest(new JobSpec { Targets = ["198.18.1.1-64"], Tcp = "80", Seed = 2 }, ["lan", "dmz"]) { ChunkProbes = 50 },
            TestContext.Current.CancellationToken);
        var job = await fleet.FinishAsync(id);
        Assert.All(job.Vantages, static v => Assert.Equal((64L, 60L, 60L), (v.HostsAsked, v.HostsUp, v.Open)));
        Assert.Equal(await fleet.StatesAsync(job), await fleet.StatesAsync(job, "dmz"));
    }

    [Fact]
    public async Task A_cancelled_job_keeps_what_was_found_and_goes_no_further()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        var id = await fleet.Jobs.CreateAsync(
            new JobRequest(new JobSpec { Targets = ["198.18.0.0/16"], Tcp = "1-1000", Seed = 2, SkipsDiscovery = true }, ["lan"]),
            TestContext.Current.CancellationToken);
        fleet.StartAgent("one");
        Assert.True(await fleet.Jobs.CancelAsync(id, TestContext.Current.CancellationToken));
        Assert.False(await fleet.Jobs.CancelAsync(id, TestContext.Current.CancellationToken));
        var job = await fleet.FinishAsync(id);
        Assert.Equal(JobState.Cancelled, job.State);
        Assert.False(job.Vantages[0].IsComplete);
    }
}
