using Portolan.Scan.Pacing;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Pacing;

/// <summary>A host that loses far more than the others is not hidden in their average.</summary>
public sealed class HostLossesTests
{
    [Fact]
    public void What_one_lossy_host_of_ten_missed_is_within_the_bound()
    {
        var scan = new Scan(hosts: 10, ports: 50, attempts: 2, seed: 7, host => host == 3 ? 0.5 : 0.005);

        var tiers = scan.Tiers();

        Assert.Equal(2, tiers.Count);
        Assert.Equal(50, tiers[1].Counts.Found + scan.MissedOf(3));
        Assert.True(LossBound.OfTiers(tiers).Missed >= scan.Missed, $"{scan.Missed} missed");
        Assert.True(LossBound.Of([scan.All]).Missed < scan.MissedOf(3), "the average alone would not do");
    }

    [Fact]
    public void The_bound_of_hosts_that_differ_is_broken_in_one_run_of_twenty_at_most()
    {
        var broken = 0;
        const int Runs = 200;
        Fuzz.Run(Runs, (random, seed) =>
        {
            var lossy = 0.3 + (0.4 * random.NextDouble());
            var scan = new Scan(random.Next(4, 30), random.Next(20, 80), random.Next(2, 5), seed, host => host == 0 ? lossy : 0.02);
            broken += LossBound.OfTiers(scan.Tiers()).Missed < scan.Missed ? 1 : 0;
        });
        Assert.InRange(broken, 0, (0.05 * Runs) + (2.5 * Math.Sqrt(0.05 * 0.95 * Runs)));
    }

    [Fact]
    public void Where_all_lose_alike_none_is_put_apart() => Fuzz.Run(100, (random, seed) =>
    {
        var loss = random.NextDouble() * 0.5;
        var apart = new Scan(20, 30, 3, seed, _ => loss).Tiers().Skip(1).Sum(static t => t.Counts.Found);
        Assert.True(apart <= 60, $"{apart} ports of hosts that are no different");
    });

    [Fact]
    public void Counts_that_are_put_apart_are_taken_from_the_rest()
    {
        var scan = new Scan(10, 50, 2, 7, host => host == 3 ? 0.5 : 0.005);

        var sum = new LossCounts();
        foreach (var tier in scan.Tiers())
        {
            sum.Add(tier.Counts);
        }

        Assert.Equal(
            (scan.All.Counts.Found, scan.All.Counts.Controls, scan.All.Counts.ControlsLost), (sum.Found, sum.Controls, sum.ControlsLost));
        Assert.Equal((scan.All.Counts.AnsweredAt(0), scan.All.Counts.AnsweredAt(1)), (sum.AnsweredAt(0), sum.AnsweredAt(1)));
        Assert.Equal(scan.All.Silent, scan.Tiers().Sum(static t => t.Silent));
    }

    /// <summary>Ports that answer, of hosts that lose differently, and as many that never do.</summary>
    private sealed class Scan
    {
        private readonly HostLosses _byHost;
        private readonly int[] _missed;
        private readonly int _ports;

        public Scan(int hosts, int ports, int attempts, int seed, Func<int, double> lossOf)
        {
            var random = new Random(seed);
            var counts = new LossCounts();
            (_byHost, _missed, _ports) = (new HostLosses(hosts), new int[hosts], ports);
            for (var host = 0; host < hosts; host++)
            {
                var left = ports;
                for (var attempt = 0; attempt < attempts; attempt++)
                {
                    var answered = Enumerable.Range(0, left).Count(_ => random.NextDouble() >= lossOf(host));
                    counts.CountAnswer(attempt, answered);
                    left -= answered;
                    for (; answered > 0; answered--)
                    {
                        _byHost.CountAnswer(host, attempt, isRefusal: answered % 2 == 0);
                    }
                }

                for (var control = 0; control < 4; control++)
                {
                    var isLost = random.NextDouble() < lossOf(host);
                    counts.CountControl(isLost);
                    _byHost.CountControl(host, isRefusal: control % 2 == 0, isQuiet: control == 3, isLost);
                }

                _missed[host] = left;
            }

            Missed = _missed.Sum();
            All = new LossStratum(LossKind.Path, attempts, counts, Missed + (hosts * ports));
        }

        public LossStratum All { get; }

        public int Missed { get; }

        public int MissedOf(int host) => _missed[host];

        public List<LossStratum> Tiers() => _byHost.Tiers(All, host => _missed[host] + _ports, withQuiet: true);
    }
}
