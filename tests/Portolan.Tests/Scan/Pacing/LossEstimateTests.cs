using Portolan.Scan.Pacing;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Pacing;

public sealed class LossEstimateTests
{
    [Fact]
    public void Nothing_found_says_nothing_of_loss()
    {
        var estimate = LossEstimate.From(new LossCounts(), attempts: 2, silent: 1000);
        Assert.Null(estimate.ProbeLoss);
        Assert.Null(estimate.MissRate);
    }

    [Fact]
    public void Everything_answered_at_once_is_no_loss_and_nothing_missed()
    {
        var counts = new LossCounts();
        for (var i = 0; i < 1000; i++)
        {
            counts.CountAnswer(0);
        }

        foreach (var (attempts, silent) in (ReadOnlySpan<(int, long)>)[(1, 0), (2, 0), (2, 5000), (11, 64000), (1, 5000)])
        {
            var estimate = LossEstimate.From(counts, attempts, silent);
            Assert.Equal(0, estimate.ProbeLoss!.Value, 1e-4);
            Assert.Equal(0, estimate.MissRate!.Value, 1e-4);
        }
    }

    [Fact]
    public void Control_probes_alone_tell_the_loss_of_a_single_attempt()
    {
        var counts = new LossCounts();
        for (var i = 0; i < 1000; i++)
        {
            counts.CountAnswer(0);
            counts.CountControl(isLost: i % 10 == 0);
        }

        var estimate = LossEstimate.From(counts, attempts: 1, silent: 5000);
        Assert.Equal(0.1, estimate.ProbeLoss!.Value, 1e-3);
        Assert.Equal(0.1, estimate.MissRate!.Value, 1e-3);
    }

    [Fact]
    public void No_more_can_be_missed_than_stayed_silent()
    {
        var counts = new LossCounts();
        for (var i = 0; i < 1000; i++)
        {
            counts.CountAnswer(0);
            counts.CountControl(isLost: i % 2 == 0);
        }

        Assert.Equal(3, LossEstimate.From(counts, attempts: 1, silent: 3).Missed, 1e-6);
    }

    [Theory]
    [InlineData(0.0199, 1)]
    [InlineData(0.0199, 2)]
    [InlineData(0.0975, 1)]
    [InlineData(0.0975, 2)]
    [InlineData(0.36, 1)]
    [InlineData(0.36, 2)]
    [InlineData(0.36, 5)]
    public void Over_many_runs_the_estimates_are_what_happened(double loss, int attempts)
    {
        const int Runs = 60, Ports = 1000, Controls = 500;
        double lossSum = 0, missedSum = 0, found = 0, missed = 0;
        Fuzz.Run(1, (random, _) =>
        {
            for (var run = 0; run < Runs; run++)
            {
                var counts = new LossCounts();
                var runMissed = 0;
                for (var port = 0; port < Ports; port++)
                {
                    runMissed += Probe(random, loss, attempts, counts) ? 0 : 1;
                }

                for (var control = 0; control < Controls; control++)
                {
                    counts.CountControl(random.NextDouble() < loss);
                }

                var estimate = LossEstimate.From(counts, attempts, silent: 5000 + runMissed);
                lossSum += estimate.ProbeLoss!.Value;
                missedSum += estimate.Missed;
                found += counts.Found;
                missed += runMissed;
            }

            Assert.InRange(lossSum / Runs, loss * 0.95, loss * 1.05);
            Assert.InRange(missedSum, (missed * 0.85) - 5, (missed * 1.15) + 5);
        });
    }

    // One port: an attempt is answered, or lost; a lost answer is repeated by the target later, before the next attempt, at times.
    private static bool Probe(Random random, double loss, int attempts, LossCounts counts)
    {
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            if (random.NextDouble() >= loss)
            {
                counts.CountAnswer(attempt);
                return true;
            }

            if (random.NextDouble() < 0.3)
            {
                counts.CountLate(attempt);
                return true;
            }
        }

        return false;
    }
}
