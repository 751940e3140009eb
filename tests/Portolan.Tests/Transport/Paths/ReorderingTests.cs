using Portolan.Transport.Links;

namespace Portolan.Tests.Transport.Paths;

/// <summary>
/// Paths on which many segments overtake one: no duplicate threshold is large enough, and what RACK allows for has to grow (RFC 8985
/// section 6.2, step 4). 50 Mb/s and a round trip of 20 ms: what is held for 24 ms is overtaken by a hundred segments.
/// </summary>
public sealed class ReorderingTests
{
    private static readonly FaultProfile Link = new()
    {
        Bandwidth = 50_000_000,
        Delay = TimeSpan.FromMilliseconds(10),
        QueueLimit = 1 << 20,
    };

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(0.001, 5)]
    [InlineData(0.01, 5)]
    [InlineData(0.05, 5)]
    [InlineData(0.001, 24)]
    [InlineData(0.01, 24)]
    [InlineData(0.05, 24)]
    public void A_path_on_which_many_segments_overtake_one_is_as_fast_as_one_in_order(double chance, double milliseconds)
    {
        using var ordered = new PathTransfer(Link, Link);
        using var path = new PathTransfer(Link with { Reordering = chance, ReorderDelay = TimeSpan.FromMilliseconds(milliseconds) }, Link);
        var held = 0;
        path.World.Sent = (_, fromLeft, _, in report) => held += fromLeft && (report.Kinds & FaultKinds.Reordered) != 0 ? 1 : 0;
        ordered.Run(2);
        path.Run(2);
        Assert.InRange(path.Run(3), 0.9 * ordered.Run(3), 50);

        // The first is taken for lost, and by that the path is known; a few more are while no queue makes the round trip longer than they
        // are held.
        Assert.True(held > 10, $"{held} segments were held");
        Assert.InRange(path.Info.Retransmissions, 0, Math.Max(6, held / 10));
        Assert.Equal(path.Info.Recoveries, path.Info.Undone);
        Assert.Equal(0, path.Info.Timeouts);
        Assert.InRange(path.Info.Reordering, milliseconds > 20 ? 90 : 15, 500);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Where_queues_overflow_too_what_is_lost_is_told_from_what_is_late()
    {
        var link = Link with { QueueLimit = 128 << 10 };
        using var ordered = new PathTransfer(link, link);
        using var path = new PathTransfer(link with { Reordering = 0.01, ReorderDelay = TimeSpan.FromMilliseconds(24) }, link);
        var lost = 0;
        var held = 0;
        path.World.Sent = (_, fromLeft, _, in report) =>
        {
            lost += fromLeft && report.IsLost ? 1 : 0;
            held += fromLeft && (report.Kinds & FaultKinds.Reordered) != 0 ? 1 : 0;
        };
        ordered.Run(3);
        path.Run(3);
        Assert.InRange(path.Run(4), 0.8 * ordered.Run(4), 50);
        Assert.InRange(lost, 1, 200);
        Assert.InRange(path.Info.Retransmissions - lost, 0, held / 2);
        Assert.Equal(0, path.Info.Timeouts);
        path.Finish(seconds: 2);
    }
}
