using Portolan.Transport.Links;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Paths;

/// <summary>
/// A path whose MTU changes behind a router in the middle of a transfer: by RFC 1191 and RFC 8201 where the router tells, by RFC 4821 where
/// nobody does.
/// </summary>
public sealed class MtuChangeTests
{
    private const int Wide = 1500;
    private const int Narrow = 1300;

    private static readonly FaultProfile Link = new() { Bandwidth = 50_000_000, Delay = TimeSpan.FromMilliseconds(10) };

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Packet_too_big_makes_segments_smaller_in_a_round_trip_and_ten_minutes_later_they_are_large_again_RFC_1191_section_6_3(
        bool isIPv4)
    {
        using var path = new PathTransfer(Link, Link, hasRouter: true, isIPv4: isIPv4);
        var largest = Watch(path);
        path.Run(0.5);
        Assert.Equal(Wide, largest());
        path.Far.LeftInterface.Mtu = Narrow;
        path.Run(0.5);
        var flight = path.Info.CongestionWindow / path.Info.SegmentSize;
        Assert.Equal(Narrow, largest());
        Assert.InRange(path.Run(0.5), 45, 51);

        // What was on its way is sent again, in two segments each, and no more than that.
        Assert.InRange(path.Info.Retransmissions, 1, 3 * flight);
        path.Far.LeftInterface.Mtu = Wide;
        path.Finish(seconds: 2);
        path.World.Run(TimeSpan.FromSeconds(590));
        largest();
        path.Resume();
        path.Run(0.5);
        Assert.Equal(Narrow, largest());
        path.Finish(seconds: 2);
        path.World.Run(TimeSpan.FromSeconds(20));
        path.Resume();
        path.Run(0.5);
        Assert.Equal(Wide, largest());
        path.Finish(seconds: 2);
        Assert.Equal(0, path.Info.Timeouts);
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_router_that_says_nothing_is_found_by_timeouts_and_the_search_goes_on_to_what_it_takes_RFC_4821_section_7_7(bool isIPv4)
    {
        using var path = new PathTransfer(
            Link, Link, TcpProfile.Linux with { MtuProbing = TcpMtuProbing.AfterBlackHole }, hasRouter: true, isIPv4: isIPv4);
        var largest = Watch(path);
        path.Run(0.5);
        Assert.Equal(Wide, largest());
        path.Far.FromLeft = Link with { MaxFrameLength = Narrow };
        path.Run(2.5);
        Assert.Equal(3, path.Info.Timeouts);
        largest();
        Assert.InRange(path.Run(1), 20, 51);
        Assert.InRange(largest(), Narrow - 8, Narrow);
        Assert.Equal(3, path.Info.Timeouts);
        path.Far.FromLeft = Link;
        path.Finish(seconds: 2);

        // Ten minutes after the last search (RFC 4821 section 7.3) another finds that the path is wide again, to within eight bytes.
        path.World.Run(TimeSpan.FromMinutes(11));
        path.Resume();
        path.Run(1);
        Assert.InRange(largest(), Wide - 8, Wide);
        path.Finish(seconds: 2);
        Assert.Equal(3, path.Info.Timeouts);
    }

    [Fact]
    public void Without_probing_a_router_that_says_nothing_is_the_end()
    {
        using var path = new PathTransfer(Link, Link, hasRouter: true);
        path.Run(0.5);
        path.Far.FromLeft = Link with { MaxFrameLength = Narrow };
        path.Run(0.5);
        Assert.Equal(0, path.Run(10));
        path.Far.FromLeft = Link;
        path.Finish(seconds: 10);
    }

    /// <summary>The largest packet that the router has passed on to the right and that arrives there, since it was asked last.</summary>
    private static Func<int> Watch(PathTransfer path)
    {
        var largest = 0;
        path.World.Sent = (cable, fromLeft, frame, in report) =>
            largest = cable == path.Far && fromLeft && !report.IsLost ? Math.Max(largest, frame.Length) : largest;
        return () =>
        {
            var was = largest;
            largest = 0;
            return was;
        };
    }
}
