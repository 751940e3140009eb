using Portolan.Scan.Pacing;

namespace Portolan.Tests.Scan.Pacing;

public sealed class RttEstimatorTests
{
    private static readonly RttBounds Bounds = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    [Fact]
    public void Nothing_measured_waits_the_initial_time() => Assert.Equal(Bounds.Initial, default(RttEstimator).Timeout(Bounds));

    [Fact]
    public void The_first_sample_gives_three_times_itself()
    {
        var rtt = default(RttEstimator);
        rtt.Add(TimeSpan.FromMilliseconds(200));
        Assert.Equal(600, rtt.Timeout(Bounds).TotalMilliseconds, 1.0);
        Assert.Equal(200, rtt.Smoothed.TotalMilliseconds, 0.1);
        Assert.Equal(100, rtt.Variation.TotalMilliseconds, 0.1);
    }

    [Fact]
    public void Later_samples_move_it_as_rfc_6298_says()
    {
        var rtt = default(RttEstimator);
        rtt.Add(TimeSpan.FromMilliseconds(200));
        rtt.Add(TimeSpan.FromMilliseconds(300));

        // RTTVAR = 3/4 * 100 + 1/4 * |200 - 300|; SRTT = 7/8 * 200 + 1/8 * 300.
        Assert.Equal(100, rtt.Variation.TotalMilliseconds, 0.1);
        Assert.Equal(212.5, rtt.Smoothed.TotalMilliseconds, 0.1);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(0.1, 100)]
    [InlineData(60_000, 10_000)]
    public void The_wait_stays_within_its_bounds(double sampleMilliseconds, double expectedMilliseconds)
    {
        var rtt = default(RttEstimator);
        rtt.Add(TimeSpan.FromMilliseconds(sampleMilliseconds));
        Assert.True(rtt.HasSample);
        Assert.Equal(expectedMilliseconds, rtt.Timeout(Bounds).TotalMilliseconds, 0.1);
    }
}
