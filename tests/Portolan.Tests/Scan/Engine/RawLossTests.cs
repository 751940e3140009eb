using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Pacing;
using Portolan.Tests.Lab.Scanning;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Engine;

/// <summary>What a scan says of its own losses, against what the lab loses.</summary>
public sealed class RawLossTests
{
    private const int Ports = 3000;

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(0.01, 0)]
    [InlineData(0.05, 0)]
    [InlineData(0.2, 1)]
    public void At_the_default_pace_every_open_port_is_found_and_the_loss_is_told(double loss, int mostMissed) => Fuzz.Run(4, (_, seed) =>
    {
        // A thousand open ports, the rest dropped, as the hardest case: only open ports ever answer. Where 36 % are lost there and back,
        // ten retries (the usual number) miss one of them in every seventieth scan: 0.36^11 of a thousand.
        var scan = Scan(seed, loss, retries: 10, isOpen: true);
        Assert.InRange(scan.Count(PortState.Open), (Ports / 3) - mostMissed, Ports / 3);
        AssertLoss(loss, scan.End.ProbeLoss!.Value);
        Assert.True(scan.End.EstimatedMissRate < 1e-4, $"miss rate {scan.End.EstimatedMissRate}");
    });

    [Trait("Quick", "no")]
    [Fact]
    public void Without_loss_nothing_is_lost_and_nothing_missed() => Fuzz.Run(3, (_, seed) =>
    {
        foreach (var retries in (int[])[0, 1, 10])
        {
            var scan = Scan(seed, 0, retries, isOpen: true);
            Assert.Equal(0, scan.End.ProbeLoss!.Value, 1e-3);
            Assert.Equal(0, scan.End.EstimatedMissRate!.Value, 1e-3);
        }
    });

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(0.01, 0, true)]
    [InlineData(0.05, 0, false)]
    [InlineData(0.05, 1, true)]
    [InlineData(0.2, 0, true)]
    [InlineData(0.2, 1, false)]
    public void Over_twenty_runs_as_many_are_missed_as_were_estimated(double loss, int retries, bool isOpen)
    {
        const int Runs = 20;
        double estimated = 0, missed = 0, told = 0;
        Fuzz.Run(Runs, (_, seed) =>
        {
            var scan = Scan(seed, loss, retries, isOpen);
            var found = scan.Count(isOpen ? PortState.Open : PortState.Closed);
            missed += (Ports / 3) - found;
            estimated += scan.End.EstimatedMissRate!.Value * (Ports / 3);
            told += scan.End.ProbeLoss!.Value;
            AssertLoss(loss, scan.End.ProbeLoss!.Value);
        });

        TestContext.Current.SendDiagnosticMessage(
            $"{loss} {retries} {isOpen}: missed {missed} estimated {estimated:0.0} loss {told / Runs:0.0000} of {TwoWay(loss):0.0000}");
        Assert.InRange(told / Runs, TwoWay(loss) * 0.9, TwoWay(loss) * 1.1);
        Assert.InRange(estimated, missed / 1.3, missed * 1.3);
    }

    [Fact]
    public void A_host_that_limits_its_RSTs_is_no_loss_of_the_path() => Fuzz.Run(3, (_, seed) =>
    {
        using var lab = new ScanLab(
            $"host: {{ address: 198.18.0.2, ports: {{ \"{ScanLab.Ports(600, static port => port % 3 == 1)}\": open, "
                + $"\"{ScanLab.Ports(600, static port => port % 3 == 0)}\": filtered }} }}",
            seed, alwaysFindsNeighbours: true, resetsPerSecond: 50);

        var losses = lab.Scan(new ScanSettings { Seed = (ulong)seed }, ["198.18.0.2"], ScanLab.Tcp(1, 600)).End.Losses!;

        Assert.Equal(1, losses.Limits.Hosts);
        Assert.InRange(losses.Path.Loss!.Value, 0, 0.01);
        Assert.InRange(losses.Path.Bound!.Value, 0, 0.05);
    });

    [Trait("Quick", "no")]
    [Fact]
    public void A_receiver_that_is_slower_than_the_first_pace_slows_the_scan_and_nothing_is_missed() => Fuzz.Run(3, (_, seed) =>
    {
        const double Takes = 4000;
        using var lab = new ScanLab("host: { address: 198.18.0.2 }", seed, alwaysFindsNeighbours: true, packetsPerSecond: Takes);

        var scan = lab.Scan(new ScanSettings { Seed = (ulong)seed }, ["198.18.0.2"], ScanLab.Tcp(1, 20_000));

        Assert.InRange(scan.Count(PortState.Closed), 19_980, 20_000);
        Assert.InRange(
            scan.ProgressTold.Skip(scan.ProgressTold.Count / 2).Average(static progress => progress.ProbesPerSecond), 0, 1.5 * Takes);
    });

    /// <summary>As a packet filter's <c>limit rate over 100/second drop</c>; the scanner's first pace is hundreds of times that.</summary>
    [Theory]
    [InlineData(3, 100, true)]
    [InlineData(3, 150, false)]
    [InlineData(4, 100, false)]
    [InlineData(4, 25, true)]
    [InlineData(5, 100, true)]
    public void A_host_that_answers_only_so_many_probes_a_second_is_asked_as_slowly(int timing, double takes, bool isKnownUp) =>
        Fuzz.Run(3, (_, seed) =>
        {
            using var lab = new ScanLab(
                $"host: {{ address: 198.18.0.2, ports: {{ \"{ScanLab.Ports(600, static port => port % 15 == 1)}\": open }} }}",
                seed, alwaysFindsNeighbours: true, packetsPerSecond: takes);

            var scan = lab.Scan(
                new ScanSettings
                {
                    Seed = (ulong)seed,
                    Timing = TimingSettings.Template(timing),
                    Discovery = new DiscoverySettings { Skip = isKnownUp },
                },
                ["198.18.0.2"], ScanLab.Tcp(1, 600));

            Assert.InRange(scan.Count(PortState.Open), timing == 5 ? 37 : 39, 40);
            Assert.Equal(1, scan.End.Losses!.Limits.Hosts);
            Assert.Contains("1 host answered only so many probes a second; it was probed slowly", scan.Warnings);
            Assert.True(scan.End.IsComplete, scan.End.Incomplete);

            // As fast as the limit, nearly.
            Assert.InRange(scan.Elapsed.TotalSeconds, 0, (1.5 * 600 / takes) + 3);
        });

    /// <summary>Also where open ports are all that answers.</summary>
    [Fact]
    public void A_limit_is_found_by_open_ports_too() => Fuzz.Run(3, (_, seed) =>
    {
        using var lab = new ScanLab(
            $"host: {{ address: 198.18.0.2, default: filtered, ports: {{ \"{ScanLab.Ports(300, static p => p % 10 == 1)}\": open }} }}",
            seed, alwaysFindsNeighbours: true, packetsPerSecond: 60);

        var scan = lab.Scan(new ScanSettings { Seed = (ulong)seed }, ["198.18.0.2"], ScanLab.Tcp(1, 300));

        Assert.InRange(scan.Count(PortState.Open), 29, 30);
        Assert.Equal(1, scan.End.Losses!.Limits.Hosts);
    });

    [Fact]
    public void Where_most_probes_are_lost_at_any_pace_the_scan_is_not_complete_and_says_what_to_do() => Fuzz.Run(3, (_, seed) =>
    {
        using var lab = new ScanLab(
            $"host: {{ address: 198.18.0.2, ports: {{ \"{ScanLab.Ports(300, static port => port % 2 == 1)}\": open }} }}",
            seed, loss: 0.7, alwaysFindsNeighbours: true);
        var timing = new TimingSettings { MaxRetries = 2 };

        var scan = lab.Scan(new ScanSettings { Seed = (ulong)seed, Timing = timing }, ["198.18.0.2"], ScanLab.Tcp(1, 300));

        Assert.False(scan.End.IsComplete);
        Assert.Equal(
            "most probes to 198.18.0.2 were lost: scan again with more --max-retries or a lower --max-rate", scan.End.Incomplete);
        Assert.InRange(scan.End.Losses!.Ports.Bound!.Value, scan.Count(PortState.Filtered) / 300.0, 1);
    });

    [Trait("Quick", "no")]
    [Fact]
    public void Random_loss_of_30_percent_each_way_does_not_slow_a_scan() => Fuzz.Run(3, (_, seed) =>
    {
        using var lab = new ScanLab("host: { address: 198.18.0.2 }", seed, loss: 0.3, alwaysFindsNeighbours: true);

        var scan = lab.Scan(new ScanSettings { Seed = (ulong)seed }, ["198.18.0.2"], ScanLab.Tcp(1, 20_000));

        Assert.InRange(scan.Count(PortState.Closed), 19_900, 20_000);
        Assert.True(
            scan.End.ProbesSent / scan.Elapsed.TotalSeconds > PaceLimits.OnLink.Floor, $"{scan.End.ProbesSent} probes in {scan.Elapsed}");
    });

    private static ScanFacts Scan(int seed, double loss, int retries, bool isOpen)
    {
        // The host itself is found without loss: its discovery is not what is measured.
        var answer = isOpen ? "open" : "closed";
        using var lab = new ScanLab(
            $"host: {{ address: 198.18.0.2, default: filtered, ports: {{ \"{ScanLab.Ports(Ports, static port => port % 3 == 0)}\": "
                + $"{answer} }} }}", seed, loss, alwaysFindsNeighbours: true);
        var settings = new ScanSettings { Seed = (ulong)seed, Timing = new TimingSettings { MaxRetries = retries } };
        return lab.Scan(settings, ["198.18.0.2"], ScanLab.Tcp(1, Ports));
    }

    private static double TwoWay(double loss) => 1 - ((1 - loss) * (1 - loss));

    // Within a point, or a quarter of the truth.
    private static void AssertLoss(double loss, double told) =>
        Assert.InRange(told, TwoWay(loss) - Math.Max(0.01, TwoWay(loss) / 4), TwoWay(loss) + Math.Max(0.01, TwoWay(loss) / 4));
}
