using Portolan.Transport.Links;

namespace Portolan.Tests.Transport.Paths;

/// <summary>50 Mb/s and 10 ms forward, 200 kb/s and 200 ms back: acknowledgments are what is short (RFC 3449).</summary>
public sealed class AsymmetryTests
{
    private const double Forward = 50;
    private const int Back = 200_000;

    /// <summary>Every second segment is acknowledged by 52 bytes: RFC 3449 section 2.1.</summary>
    private const double ByAcknowledgments = Back / (8.0 * 52) * 2 * 1448 * 8 / 1e6;

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(1500, 16)]
    [InlineData(1500, 256)]
    [InlineData(256, 16)]
    [InlineData(256, 256)]
    public void Where_acknowledgments_queue_the_transfer_is_as_fast_as_they_are(int queue, int queueBack)
    {
        using var path = Path(queue, queueBack);
        path.Run(5);
        Assert.InRange(path.Run(10), 0.95 * ByAcknowledgments, 1.1 * ByAcknowledgments);

        // Acknowledgments of what was lost in the short queue come one for each segment, and the round trip doubles within a round trip: a
        // timeout then is found needless and undone. With the long queue nothing is lost.
        Assert.InRange(path.Info.Timeouts, 0, queue == 256 ? 2 : 0);
        Assert.Equal(path.Info.Timeouts, path.Info.Undone);
        path.Finish(seconds: 10);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Where_acknowledgments_are_lost_those_that_follow_stand_for_them()
    {
        using var path = Path(queue: 1500, queueBack: 4);
        var lost = 0;
        path.World.Sent = (_, fromLeft, _, in report) => lost += !fromLeft && report.IsLost ? 1 : 0;
        path.Run(10);
        Assert.InRange(path.Run(5), 0.6 * Forward, Forward);
        Assert.True(lost > 1000, $"{lost} acknowledgments were lost");
        Assert.Equal((0, 0), (path.Info.Timeouts, path.Info.Retransmissions));
    }

    private static PathTransfer Path(int queue, int queueBack) => new(
        new FaultProfile { Bandwidth = (long)(Forward * 1e6), Delay = TimeSpan.FromMilliseconds(10), QueueLimit = queue << 10 },
        new FaultProfile { Bandwidth = Back, Delay = TimeSpan.FromMilliseconds(200), QueueLimit = queueBack << 10 });
}
