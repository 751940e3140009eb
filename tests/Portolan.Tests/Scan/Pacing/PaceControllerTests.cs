using Portolan.Scan.Pacing;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Pacing;

public sealed class PaceControllerTests
{
    [Fact]
    public void On_the_link_the_rate_doubles_until_nothing_more_is_gained()
    {
        var world = new PacedWorld(PaceLimits.OnLink, answering: 1);
        world.Run(milliseconds: 40);
        Assert.True(world.Rate > 1_000_000, $"after 40 ms {world.Rate:N0}/s");
    }

    [Fact]
    public void Silence_does_not_stop_the_doubling()
    {
        var world = new PacedWorld(PaceLimits.OnLink, answering: 0);
        world.Run(milliseconds: 250);
        Assert.True(world.Rate > 1_000_000, $"after 250 ms {world.Rate:N0}/s");
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.0975)]
    [InlineData(0.36)]
    [InlineData(0.6)]
    public void Constant_random_loss_does_not_slow_it(double loss) => Fuzz.Run(Fuzz.Share(8), (random, _) =>
    {
        var world = new PacedWorld(PaceLimits.OnLink with { Ceiling = 600_000 }, answering: 1) { Loss = loss, Random = random };
        world.Run(milliseconds: 120);
        Assert.True(world.Rate > 400_000, $"after 120 ms {world.Rate:N0}/s");
    });

    [Fact]
    public void Loss_that_begins_on_the_way_does_not_slow_it_for_long() => Fuzz.Run(Fuzz.Share(20), (random, _) =>
    {
        var world = new PacedWorld(PaceLimits.OnLink with { Ceiling = 200_000 }, answering: 0.5) { Random = random };
        world.Run(milliseconds: 100);
        world.Loss = 0.2;
        world.Run(milliseconds: 300);
        Assert.True(world.Rate > 150_000, $"at the end {world.Rate:N0}/s");
    });

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(50_000)]
    [InlineData(200_000)]
    public void A_path_that_carries_so_much_is_found_and_kept_to(double capacity) => Fuzz.Run(Fuzz.Share(10), (random, _) =>
    {
        var world = new PacedWorld(PaceLimits.OnLink, answering: 1) { Capacity = capacity, Random = random };
        world.Run(milliseconds: 500);
        var (sent, answered) = (world.Sent, world.Answered);
        world.Run(milliseconds: 1000);
        Assert.InRange((world.Sent - sent) / 1.0, capacity * 0.5, capacity * 1.4);
        Assert.InRange(world.Answered - answered, capacity * 0.5, capacity * 1.05);
    });

    [Fact]
    public void A_ceiling_is_never_passed()
    {
        var world = new PacedWorld(PaceLimits.Routed(10_000), answering: 0.1);
        world.Run(milliseconds: 5000);
        Assert.InRange(world.Sent, 40_000, 50_600);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.002)]
    public void A_ceiling_that_answers_may_raise_holds_where_hardly_anything_answers(double answering)
    {
        var world = new PacedWorld(PaceLimits.Routed(10_000) with { MostProved = PaceLimits.NoCeiling }, answering);
        world.Run(milliseconds: 5000);
        Assert.InRange(world.Sent, 40_000, 50_600);
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 0.0975)]
    [InlineData(0.3, 0)]
    public void Answers_raise_such_a_ceiling_within_a_second(double answering, double loss) => Fuzz.Run(Fuzz.Share(8), (random, _) =>
    {
        var limits = PaceLimits.Routed(10_000) with { MostProved = PaceLimits.NoCeiling };
        var world = new PacedWorld(limits, answering) { RoundTrip = 10_000_000, Loss = loss, Random = random };
        world.Run(milliseconds: 1000);
        Assert.True(world.Rate > 80_000, $"after a second {world.Rate:N0}/s");
    });

    [Theory]
    [InlineData(20_000)]
    [InlineData(60_000)]
    public void A_raised_ceiling_falls_back_to_what_the_path_carries(double capacity) => Fuzz.Run(Fuzz.Share(10), (random, _) =>
    {
        var limits = PaceLimits.Routed(10_000) with { MostProved = PaceLimits.NoCeiling };
        var world = new PacedWorld(limits, answering: 1) { Capacity = capacity, Random = random };
        world.Run(milliseconds: 1000);
        var (sent, answered) = (world.Sent, world.Answered);
        world.Run(milliseconds: 1000);
        Assert.InRange(world.Sent - sent, capacity * 0.5, capacity * 1.4);
        Assert.InRange(world.Answered - answered, capacity * 0.5, capacity * 1.05);
    });

    [Fact]
    public void A_most_rate_holds_though_answers_would_raise_the_ceiling()
    {
        var limits = (PaceLimits.Routed(10_000) with { MostProved = PaceLimits.NoCeiling }).With(minRate: null, maxRate: 30_000);
        var world = new PacedWorld(limits, answering: 1);
        world.Run(milliseconds: 2000);
        Assert.InRange(world.Sent, 20_000, 60_100);
    }

    [Fact]
    public void A_least_rate_holds_whatever_is_lost()
    {
        var world = new PacedWorld(PaceLimits.OnLink.With(minRate: 300_000, maxRate: null), answering: 1) { Capacity = 20_000 };
        world.Run(milliseconds: 500);
        Assert.True(world.Sent >= 145_000, $"sent {world.Sent}");
    }

    [Fact]
    public void A_least_rate_holds_though_a_queue_fills()
    {
        var limits = PaceLimits.Routed(PaceLimits.NoCeiling).With(minRate: 30_000, maxRate: null);
        var world = new PacedWorld(limits, answering: 1) { Capacity = 10_000, Queue = 200_000, RoundTrip = 30_000_000 };
        world.Run(milliseconds: 4000);
        Assert.True(world.Sent >= 115_000, $"sent {world.Sent}");
    }

    [Fact]
    public void A_most_rate_holds_from_the_first_moment()
    {
        var world = new PacedWorld(PaceLimits.OnLink.With(minRate: null, maxRate: 100), answering: 1);
        world.Run(milliseconds: 2000);
        Assert.InRange(world.Sent, 190, 202);
    }

    [Fact]
    public void Frames_lost_on_this_host_slow_it_at_once()
    {
        var world = new PacedWorld(PaceLimits.OnLink, answering: 0);
        world.Run(milliseconds: 100);
        var before = world.Rate;
        world.Pace.OnLocalLoss(world.Now + 10_000_000);
        Assert.True(world.Rate < before);
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(5_000, 0.25)]
    [InlineData(20_000, 0.25)]
    [InlineData(50_000, 1)]
    public void A_long_queue_on_the_way_is_emptied_and_then_kept_short(double capacity, double answering) =>
        Fuzz.Run(Fuzz.Share(5), (random, _) =>
        {
            var world = new PacedWorld(PaceLimits.Routed(PaceLimits.NoCeiling), answering)
            {
                Capacity = capacity,
                Queue = 200_000,
                RoundTrip = 30_000_000,
                Random = random,
            };
            world.Run(milliseconds: 4000);
            var (sent, queued) = (world.Sent, world.Queued);
            world.Run(milliseconds: 4000);
            Assert.InRange((world.Sent - sent) / 4.0, capacity * 0.5, capacity * 1.3);
            Assert.True(
                world.Queued < capacity && queued < capacity, $"{queued:N0}, then {world.Queued:N0} wait in the queue of {capacity:N0}/s");
        });

    [Fact]
    public void One_queue_slows_it_once_however_long_no_answer_tells_more()
    {
        var world = new PacedWorld(PaceLimits.Routed(PaceLimits.NoCeiling), answering: 0.25)
        {
            Capacity = 20_000,
            Queue = 200_000,
            RoundTrip = 30_000_000,
        };
        world.Run(milliseconds: 4000);
        var before = world.Rate;

        // A pass of repeats, all of them silent: nothing tells of the rate, so nothing speaks against it.
        world.Pace.ForgetProbes(world.Now);
        var silent = new PacedWorld(world.Pace, answering: 0) { AreRepeats = true, Start = world.Now };
        silent.Run(milliseconds: 20_000);
        Assert.InRange(silent.Rate, before * 0.5, double.MaxValue);
    }

    [Fact]
    public void A_pause_of_the_receiver_does_not_slow_it_for_long()
    {
        var world = new PacedWorld(PaceLimits.Routed(50_000), answering: 1) { RoundTrip = 30_000_000 };
        world.Run(milliseconds: 2000);
        for (var pause = 0; pause < 10; pause++)
        {
            world.Stall(milliseconds: 90);
            world.Run(milliseconds: 400);
        }

        Assert.True(world.Rate > 25_000, $"at the end {world.Rate:N0}/s");
    }

    [Fact]
    public void Answers_that_may_belong_to_another_trial_do_not_slow_it() => Fuzz.Run(Fuzz.Share(5), (random, _) =>
    {
        // The time of sending is that of the last of 16 probes.
        var world = new PacedWorld(PaceLimits.OnLink with { Ceiling = 600_000 }, answering: 1) { Random = random, Blur = 16 };
        world.Run(milliseconds: 120);
        Assert.True(world.Rate > 400_000, $"after 120 ms {world.Rate:N0}/s");
    });
}
