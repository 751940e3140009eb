using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Limits;
using Portolan.Linux.Relay;

namespace Portolan.Tests.Forwarding;

public sealed class SharedTokenBucketTests
{
    [Fact]
    public void It_gives_its_rate_and_no_more_however_it_is_asked()
    {
        var now = 0L;
        var bucket = new SharedTokenBucket(1000, 100, () => now);
        var random = new Random(1);
        var taken = 0L;
        while (now < 60_000)
        {
            now += random.Next(0, 90);
            var one = bucket.Take(random.Next(1, 500));
            if (one > 3 && random.Next(3) == 0)
            {
                bucket.GiveBack(2);
                one -= 2;
            }

            taken += one;
            Assert.InRange(taken, 0, 100 + now);
        }

        Assert.InRange(taken, now * 85 / 100, 100 + now);
    }

    [Theory]
    [InlineData(10, 1, 1)]
    [InlineData(2048, 102, 16384)]
    [InlineData(1_000_000, 50_000, 16384)]
    public void Who_comes_as_late_as_deadlines_may_be_gets_the_whole_rate(long perSecond, long burst, int step)
    {
        var now = 0L;
        var bucket = new SharedTokenBucket(perSecond, burst, () => now);
        var random = new Random(2);
        var taken = 0L;
        while (now < 60_000)
        {
            taken += bucket.Take(1 << 20);
            now += bucket.MillisecondsUntil(step) + random.Next(0, 2 * DeadlineWheel.Grain);
        }

        Assert.InRange(taken, perSecond * now * 99 / 100_000, burst + (perSecond * now / 1000));
    }

    [Fact]
    public void It_says_when_there_is_enough()
    {
        var now = 0L;
        var bucket = new SharedTokenBucket(1000, 100, () => now);
        Assert.Equal(100, bucket.Take(1000));
        Assert.Equal(0, bucket.Take(1));
        Assert.Equal(50, bucket.MillisecondsUntil(50));
        Assert.Equal(100, bucket.MillisecondsUntil(5000));
        now = 50;
        Assert.Equal(50, bucket.Take(1000));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Deadlines_are_never_early_and_never_forgotten(int seed)
    {
        var random = new Random(seed);
        var wheel = new DeadlineWheel();
        var now = 1L;
        var alarms = Enumerable.Range(0, 200).Select(_ => new Alarm(() => now)).ToList();
        while (now < 120_000)
        {
            foreach (var alarm in alarms.Where(_ => random.Next(40) == 0))
            {
                alarm.Due = random.Next(3) switch
                {
                    0 => DeadlineWheel.Never,
                    1 => now + random.Next(1, 200),
                    _ => now + random.Next(1, 60_000),
                };
                wheel.Set(alarm, alarm.Due);
            }

            // As a thread that sleeps as long as it may.
            var wait = wheel.Wait(now);
            now += Math.Min(wait < 0 ? 1000 : Math.Max(1, wait), random.Next(1, 3000));
            wheel.Advance(now);
            Assert.All(
                alarms,
                alarm => Assert.True(
                    alarm.Due == DeadlineWheel.Never || alarm.Due > now - DeadlineWheel.Grain, $"due {alarm.Due}, now {now}"));
        }

        Assert.Equal(alarms.Count(a => a.Due != DeadlineWheel.Never), wheel.Count);
    }

    private sealed class Alarm(Func<long> now) : Watched
    {
        public long Due { get; set; } = DeadlineWheel.Never;

        public override void OnEvent(int part, RelayEvent events)
        {
        }

        public override void OnDeadline()
        {
            Assert.True(now() >= Due, $"due {Due}, told {now()}");
            Due = DeadlineWheel.Never;
        }
    }
}
