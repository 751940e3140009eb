using Portolan.Firewall.Intervals;
using Portolan.Model;
using Portolan.Reachability.Judging;
using Portolan.Sockets;

namespace Portolan.Tests.Reachability;

/// <summary>What sockets refuse of an ordinary client's packets.</summary>
public sealed class SocketJudgeTests
{
    [Theory]
    [InlineData(0, 0, RefusedExtent.Nothing)]
    [InlineData(32, 0, RefusedExtent.Nothing)]
    [InlineData(33, 0, RefusedExtent.Some)]
    [InlineData(128, 0, RefusedExtent.Some)]
    [InlineData(129, 0, RefusedExtent.All)]
    [InlineData(0, 255, RefusedExtent.Nothing)]
    public void A_minimum_TTL_is_of_IPv4(int ttl, int hopLimit, RefusedExtent extent)
    {
        var socket = new SocketRefusal { MinimumTtl = ttl, MinimumHopLimit = hopLimit };

        Assert.Equal(extent, SocketJudge.Of(socket, TransportProtocol.Tcp, isIPv4: true, senders: null, replies: null).Extent);
        Assert.Equal(
            RefusedExtent.Nothing, SocketJudge.Of(socket, TransportProtocol.Udp, isIPv4: true, senders: null, replies: null).Extent);
    }

    [Theory]
    [InlineData(0u, RefusedExtent.All)]
    [InlineData(64u, RefusedExtent.Unknown)]
    [InlineData(65535u, RefusedExtent.Nothing)]
    [InlineData(null, RefusedExtent.Unknown)]
    public void A_filter_is_judged_where_it_returns_a_constant(uint? result, RefusedExtent extent)
    {
        var socket = new SocketRefusal { Filter = new AttachedFilter(false, result) };

        Assert.Equal(extent, SocketJudge.Of(socket, TransportProtocol.Tcp, isIPv4: true, senders: null, replies: null).Extent);
        Assert.Equal(extent, SocketJudge.Of(socket, TransportProtocol.Udp, isIPv4: false, senders: null, replies: null).Extent);
    }

    [Theory]
    [InlineData(0u, 512u, RefusedExtent.Nothing)]
    [InlineData(1536u, 2304u, RefusedExtent.Nothing)]
    [InlineData(1537u, 2304u, RefusedExtent.All)]
    [InlineData(2304u, 2304u, RefusedExtent.All)]
    public void A_receive_queue_is_full_when_no_datagram_fits(uint queued, uint limit, RefusedExtent extent)
    {
        var socket = new SocketRefusal { QueuedBytes = queued, QueueLimit = limit };

        Assert.Equal(extent, SocketJudge.Of(socket, TransportProtocol.Udp, isIPv4: true, senders: null, replies: null).Extent);
    }

    [Fact]
    public void A_key_counts_for_the_senders_asked_about()
    {
        Assert.True(AddressPrefix.TryParse("198.18.0.0/16", out var peers));
        var socket = new SocketRefusal { Md5Peers = [peers] };

        RefusedExtent Extent(IntervalSet? senders, bool isIPv4 = true) =>
            SocketJudge.Of(socket, TransportProtocol.Tcp, isIPv4, senders, replies: null).Extent;

        Assert.Equal(RefusedExtent.Some, Extent(null));
        Assert.Equal(RefusedExtent.Nothing, Extent(null, isIPv4: false));
        Assert.Equal(RefusedExtent.All, Extent(IntervalSet.Of(peers.Address.Number)));
        Assert.Equal(RefusedExtent.Nothing, Extent(IntervalSet.Of(peers.Last.Number + 1)));
    }
}
