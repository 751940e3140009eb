using Portolan.Scan.Engine;
using Portolan.Scan.Pacing;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Pacing;

/// <summary>What is said of misses is a bound, says when it cannot be told, and is no wider than the sample makes it.</summary>
public sealed class LossBoundTests
{
    [Fact]
    public void Thirty_answers_and_one_repeat_give_a_bound()
    {
        var ledger = Ledger(LossKind.Path, attempts: 2, silent: 10, answered: [29, 1]);

        var bound = ledger.Bound(LossKind.Path).MissRate;

        Assert.NotNull(bound);
        Assert.InRange(bound.Value, 0.001, 0.1);
    }

    [Theory]
    [InlineData(1, 2000)]
    [InlineData(2, 0)]
    public void A_thousand_answers_on_a_clean_path_say_half_a_percent_at_most(int attempts, long controls)
    {
        var bound = Ledger(LossKind.Path, attempts, silent: 500, answered: [1000], controls).Bound(LossKind.Path).MissRate;

        Assert.InRange(bound!.Value, 1e-9, 0.005);
    }

    [Fact]
    public void Where_none_stayed_silent_the_loss_is_sharp_whatever_the_last_pass_was()
    {
        // All had answered before the second pass was sent: it counts as no attempt, yet its answers came.
        var counts = new LossCounts();
        counts.CountAnswer(0, 64_424);
        counts.CountAnswer(1, 1_110);
        counts.CountControls(2_000, 35);
        var bound = LossBound.Of([new LossStratum(LossKind.Path, 1, counts, 0)]);
        Assert.InRange(bound.Loss, 0.0165, 0.02);
    }

    [Fact]
    public void Nothing_is_said_where_nothing_answered_or_nothing_was_asked_again()
    {
        Assert.Null(Ledger(LossKind.Path, 2, silent: 5, answered: []).Bound(LossKind.Path).MissRate);
        Assert.Null(Ledger(LossKind.Path, 1, silent: 5, answered: [3]).Bound(LossKind.Path).MissRate);
    }

    [Fact]
    public void A_bound_is_never_below_the_likeliest_share_and_never_more_than_was_silent() => Fuzz.Run(400, (random, _) =>
    {
        var attempts = random.Next(1, 12);
        var loss = random.NextDouble() * 0.9;
        var (targets, silent) = (random.Next(1, random.Next(2, 70_000)), random.Next(0, 3));
        var counts = new LossCounts();
        for (var (attempt, left) = (0, targets); attempt < attempts; attempt++)
        {
            var answered =
                Enumerable.Range(0, Math.Min(left, 2000)).Count(_ => random.NextDouble() > loss) * (left > 2000 ? left / 2000 : 1);
            counts.CountAnswer(attempt, answered);
            left -= answered;
            silent += attempt == attempts - 1 ? left : 0;
        }

        var ledger = new LossLedger();
        ledger.Add(new LossStratum(LossKind.Discovery, attempts, counts, silent));
        var hosts = LossSummary.Of(new ProbeBalance(1, 0, 0, 1) { Losses = ledger }, new RunCoverage(new ScanSettings { Seed = 1 })).Hosts!;

        if (hosts.Bound is { } bound && hosts.Rate is { } rate)
        {
            Assert.True(bound >= rate - 1e-9, $"bound {bound} below {rate} of {targets} at {loss} with {attempts} attempts");
            Assert.InRange(bound, 0, Math.Max((double)silent / (silent + hosts.Found), ledger.Bound(LossKind.Discovery).Chance) + 1e-9);
        }
    });

    [Fact]
    public void Two_of_65_536_that_stay_silent_are_all_that_can_be_missed_whatever_was_lost()
    {
        // Each probe was lost four times of five, so both are likely to have been missed; and there are no more.
        var ledger = Ledger(LossKind.Discovery, 5, silent: 2, answered: [14_000, 11_000, 9_000, 7_500, 24_034]);

        var hosts = LossSummary.Of(new ProbeBalance(1, 0, 0, 1) { Losses = ledger }, new RunCoverage(new ScanSettings { Seed = 1 })).Hosts!;

        Assert.Equal((65_534, 2), (hosts.Found, hosts.Silent));
        Assert.Equal(2.0 / 65_536, hosts.Bound!.Value, 1e-9);
        Assert.InRange(hosts.Rate!.Value, 0, hosts.Bound.Value);
    }

    [Fact]
    public void Two_parts_of_a_scan_say_together_what_the_whole_says_and_not_their_mean()
    {
        var (first, second) = (Ledger(LossKind.Path, 2, 40, [90, 9]), Ledger(LossKind.Path, 2, 4000, [9, 3]));
        var together = new LossLedger();
        together.Add(first);
        together.Add(second);

        var whole = Ledger(LossKind.Path, 2, 4040, [99, 12]);
        Assert.Equal(whole.Bound(LossKind.Path), together.Bound(LossKind.Path));
        Assert.Equal(whole.Estimate(LossKind.Path), together.Estimate(LossKind.Path));
        var mean = (first.Bound(LossKind.Path).Loss + second.Bound(LossKind.Path).Loss) / 2;
        Assert.True(together.Bound(LossKind.Path).Loss < mean * 0.9);
    }

    [Fact]
    public void Hosts_found_before_count_as_found_and_tell_nothing_of_loss()
    {
        var counts = new LossCounts();
        counts.CountControls(40, 4);
        counts.CountFoundBefore(20);
        var ledger = new LossLedger();
        ledger.Add(new LossStratum(LossKind.Limited, 2, counts, 10));

        var bound = ledger.Bound(LossKind.Limited);

        Assert.Equal((20, 20), (bound.Found, ledger.Found(LossKind.Limited)));
        Assert.InRange(bound.Loss, 0.1, 0.3);
        Assert.InRange(bound.MissRate!.Value, 0.005, 0.2);
    }

    private static LossLedger Ledger(LossKind kind, int attempts, long silent, long[] answered, long controls = 0)
    {
        var counts = new LossCounts();
        for (var attempt = 0; attempt < answered.Length; attempt++)
        {
            counts.CountAnswer(attempt, answered[attempt]);
        }

        counts.CountControls(controls, 0);
        var ledger = new LossLedger();
        ledger.Add(new LossStratum(kind, attempts, counts, silent));
        return ledger;
    }
}
