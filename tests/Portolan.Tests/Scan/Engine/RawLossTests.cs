using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Tests.Lab.Scanning;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Engine;

/// <summary>What a scan says of its own losses, against what the lab loses.</summary>
public sealed class RawLossTests
{
    private const int Ports = 3000;

    [Theory]
    [InlineData(0.01, 0)]
    [InlineData(0.05, 0)]
    [InlineData(0.2, 1)]
    public void At_the_default_pace_every_open_port_is_found_and_the_loss_is_told(double loss, int mostMissed) => Fuzz.Run(4, (_, seed) =>
    {
        // A thousand open ports, the rest dropped, as the hardest case: only open ports ever answer. Where 36 % are lost there and back, ten retries (the usual number) miss
        // one of them in every seventieth scan: 0.36^11 of a thousand.
        var scan = Scan(seed, loss, retries: 10, isOpen: true);
        Assert.InRange(scan.Count(PortState.Open), (Ports / 3) - mostMissed, Ports / 3);
        AssertLoss(loss, scan.End.ProbeLoss!.Value);
        Assert.True(scan.End.EstimatedMissRate < 1e-4, $"miss rate {scan.End.EstimatedMissRate}");
    });

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

        TestContext.Current.SendDiagnosticMessage($"{loss} {retries} {isOpen}: missed {missed} estimated {estimated:0.0} loss {told / Runs:0.0000} of {TwoWay(loss):0.0000}");
        Assert.InRange(told / Runs, TwoWay(loss) * 0.9, TwoWay(loss) * 1.1);
        Assert.InRange(estimated, missed / 1.3, missed * 1.3);
    }

    private static ScanFacts Scan(int seed, double loss, int retries, bool isOpen)
    {
        // The host itself is found without loss: its discovery is not what is measured.
        var answer = isOpen ? "open" : "closed";
        using var lab = new ScanLab(
            $"host: {{ address: 198.18.0.2, default: filtered, ports: {{ \"{ScanLab.Ports(Ports, static port => port % 3 == 0)}\": {answer} }} }}", seed, loss, alwaysFindsNeighbours: true);
        var settings = new ScanSettings { Seed = (ulong)seed, Timing = new TimingSettings { MaxRetries = retries } };
        return lab.Scan(settings, ["198.18.0.2"], ScanLab.Tcp(1, Ports));
    }

    private static double TwoWay(double loss) => 1 - ((1 - loss) * (1 - loss));

    // Within a point, or a quarter of the truth.
    private static void AssertLoss(double loss, double told) =>
        Assert.InRange(told, TwoWay(loss) - Math.Max(0.01, TwoWay(loss) / 4), TwoWay(loss) + Math.Max(0.01, TwoWay(loss) / 4));
}
