using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>What writers ask for: corked and joined writes, records; and super-segments for links that cut them.</summary>
public sealed class TcpPushingTests
{
    [Fact]
    public void A_corked_connection_sends_full_segments_only_and_the_rest_when_it_is_uncorked()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Core.SetCorked(true, peer.Now);
        peer.Write(2300);
        Assert.Equal([1000, 1000], peer.Drain().Select(s => s.Length));
        peer.Core.SetCorked(false, peer.Now);
        Assert.Equal((TcpFlags.Ack | TcpFlags.Psh, 300), (peer.Sent.Peek().Flags, peer.Next().Length));
    }

    [Fact]
    public void What_is_corked_leaves_after_a_retransmission_timeout_at_last()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Core.SetCorked(true, peer.Now);
        peer.Write(300);
        peer.Quiet();
        Assert.InRange(peer.UntilSent(), 200, 400);
        Assert.Equal(300, peer.Next().Length);
    }

    [Fact]
    [Trait("RFC 9293", "MAY-16")]
    public void A_write_that_more_follows_waits_for_it_also_without_Nagle()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Core.IsNoDelay = true;
        peer.Core.Write(ScriptedPeer.Bytes(40), TcpWriteMode.More, peer.Now);
        peer.Quiet();
        peer.Core.Write(ScriptedPeer.Bytes(60), TcpWriteMode.None, peer.Now);
        Assert.Equal((TcpFlags.Ack | TcpFlags.Psh, 100), (peer.Sent.Peek().Flags, peer.Next().Length));
    }

    [Fact]
    [Trait("RFC 9293", "MAY-15")]
    public void PSH_is_where_a_write_ends_and_not_where_more_follows()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Core.Write(ScriptedPeer.Bytes(3000), TcpWriteMode.More, peer.Now);
        Assert.All(peer.Drain(), s => Assert.Equal(TcpFlags.Ack, s.Flags));
        peer.Write(1000);
        Assert.Equal(TcpFlags.Ack | TcpFlags.Psh, peer.Next().Flags);
    }

    [Fact]
    public void No_segment_has_bytes_of_two_records_also_when_it_is_sent_again()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Core.IsNoDelay = true;
        peer.Write(10_000);
        peer.Drain();
        for (var i = 0; i < 3; i++)
        {
            peer.Core.Write(ScriptedPeer.Bytes(400), TcpWriteMode.EndOfRecord, peer.Now);
        }

        peer.Ack(10_001);
        var sent = peer.Drain();
        Assert.Equal([400, 400, 400], sent.Select(s => s.Length));
        Assert.All(sent, s => Assert.Equal(TcpFlags.Ack | TcpFlags.Psh, s.Flags));

        // The last is probed for, then all are sent again after the timeout.
        peer.UntilSent();
        Assert.All(peer.Drain(), s => Assert.Equal(400, s.Length));
        peer.UntilSent();
        Assert.All(peer.Drain(), s => Assert.Equal(400, s.Length));
    }

    [Fact]
    public void A_link_that_cuts_gets_super_segments_of_whole_segments_with_PSH()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Path.SuperSegment = 65_535;
        peer.Write(10_500);
        var sent = peer.Drain();
        Assert.All(sent.Where(s => s.Length > 1000), s =>
        {
            Assert.Equal((0, 1000, TcpFlags.Ack | TcpFlags.Psh), (s.Length % 1000, s.Departure.SegmentSize, s.Flags));
            Assert.InRange(s.Length, 2000, 5000);
        });
        Assert.Equal(10_000, sent.Sum(s => s.Length));
        Assert.Contains(sent, s => s.Length > 1000);
        Assert.Null(peer.Core.FindFault());
    }

    [Theory]
    [InlineData(65_535, 0, 1)]
    [InlineData(0, 4, 0)]
    public void What_acknowledgments_that_came_together_let_go_leaves_as_one_super_segment_where_the_link_cuts_such(
        int superSegment, int atOnce, int afterwards)
    {
        var peer = Near(superSegment);
        peer.Together(() =>
        {
            // Slow start: each lets two segments go.
            peer.Ack(11_001);
            peer.Ack(12_001);
            Assert.Equal(atOnce, peer.Drain().Length);
        });
        Assert.Equal(afterwards, peer.Drain().Length);
        Assert.Equal(36_000, peer.Core.Info().BytesUnsent);
        Assert.Null(peer.Core.FindFault());
    }

    [Fact]
    public void Room_for_a_whole_super_segment_and_what_is_lost_wait_for_nobody()
    {
        var peer = Near(65_535);
        peer.Together(() =>
        {
            // Half of the window, which is the most of a super-segment.
            peer.Ack(17_001);
            Assert.Equal(14_000, peer.Drain().Sum(static s => s.Length));
            peer.Advance(10);
            peer.Ack(17_001, (18_001, 30_001));
            Assert.Contains(peer.Drain(), static s => s.Sequence == 17_001);
        });
        Assert.Null(peer.Core.FindFault());
    }

    /// <summary>A peer at no distance: 20 segments of 1,000 bytes are on their way to it, from 10,001 on, and 40,000 bytes wait.</summary>
    private static ScriptedPeer Near(int superSegment)
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Path.SuperSegment = superSegment;
        peer.Write(10_000);
        peer.Drain();
        peer.Ack(10_001);
        peer.Write(60_000);
        Assert.Equal(20_000, peer.Drain().Sum(static s => s.Length));
        return peer;
    }

    [Fact]
    public void A_part_of_a_super_segment_that_is_lost_is_sent_again_alone()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Path.SuperSegment = 65_535;
        peer.Write(10_000);
        peer.Drain();
        peer.Advance(10);
        peer.Ack(1001, (2001, 6001));
        var again = Assert.Single(peer.Drain(), s => s.Sequence < 6001);
        Assert.Equal((1001u, 1000), (again.Sequence, again.Length));
        Assert.Null(peer.Core.FindFault());
    }

    [Fact]
    public void A_FIN_without_data_does_not_wait_for_the_congestion_window()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(10_000);
        Assert.Equal(10, peer.Drain().Length);
        peer.Core.Shutdown(peer.Now);
        Assert.Equal(TcpFlags.Ack | TcpFlags.Fin, peer.Next().Flags);
    }

    [Fact]
    public void An_acknowledgment_with_a_cumulative_and_a_selective_part_is_no_reordering()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(10_000);
        peer.Drain();
        peer.Advance(10);
        peer.Ack(1001, (2001, 5001));

        // Three segments were acknowledged selectively, so the hole is lost now and not after a reordering window (RFC 8985 section 6.2,
        // step 4).
        Assert.Equal(1001u, peer.Next().Sequence);
        Assert.Equal(0, peer.Core.Info().ReorderingSeen);
    }

    [Fact]
    public void A_window_that_is_not_restarted_after_a_pause_is_the_profiles_choice()
    {
        foreach (var (restarts, expected) in (ReadOnlySpan<(bool, int)>)[(true, 10), (false, 20)])
        {
            var peer = ScriptedPeer.Connected(TcpProfile.Linux with { RestartsAfterIdle = restarts }, mss: 1000);
            peer.Write(10_000);
            peer.Drain();
            peer.Advance(10);
            peer.Ack(10_001);
            peer.Advance(5000);
            peer.Write(30_000);
            Assert.Equal(expected, peer.Drain().Length);
        }
    }

    [Fact]
    public void A_link_that_takes_nothing_does_not_outlast_the_user_timeout()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Core.SetUserTimeout(3_000_000_000);
        peer.IsLinkBusy = true;
        peer.Write(24);
        peer.Advance(2900);
        Assert.Equal(Portolan.Model.TcpState.Established, peer.Core.State);
        peer.Advance(700);
        Assert.Equal((Portolan.Model.TcpState.Closed, TcpError.TimedOut), (peer.Core.State, peer.Core.Error));
    }

    [Fact]
    public void The_time_in_which_the_peers_window_held_data_back_is_told()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, window: 500);
        peer.Write(2000);
        peer.Advance(100);
        var info = peer.Core.Info(peer.Now);
        Assert.InRange(info.TimeReceiverLimited.TotalMilliseconds, 99, 101);
        Assert.InRange(info.TimeBusy.TotalMilliseconds, 99, 101);
    }

    [Fact]
    public void The_time_in_which_a_full_send_buffer_held_data_back_is_told()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Core.SetSendBuffer(4000);
        peer.Core.Write(new byte[10_000], peer.Now);
        Assert.Equal(4, peer.Drain().Length);
        peer.Advance(20);
        peer.Ack(4001);
        Assert.True(peer.TakeEvents().HasFlag(Portolan.Transport.Tcp.Core.TcpEvents.Writable));
        peer.Advance(20);
        Assert.Equal(20, peer.Core.Info(peer.Now).TimeSendBufferLimited.TotalMilliseconds, 1.0);

        // The congestion window holds back what does not fit it, and then the buffer is not the reason.
        peer.Core.SetSendBuffer(100_000);
        peer.Core.Write(new byte[200_000], peer.Now);
        peer.Advance(20);
        Assert.Equal(20, peer.Core.Info(peer.Now).TimeSendBufferLimited.TotalMilliseconds, 1.0);
        Assert.Equal(40, peer.Core.Info(peer.Now).TimeBusy.TotalMilliseconds, 1.0);
    }

    [Fact]
    public void A_limit_of_the_segment_size_is_named_and_kept()
    {
        var peer = new ScriptedPeer();
        peer.Core.SegmentSizeLimit = 1100;
        peer.Core.Connect(new Portolan.Transport.SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        var syn = peer.Next();
        Assert.Equal([2, 4, 1100 >> 8, 1100 & 0xff], syn.Options[..4]);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: ScriptedPeer.SynOptions(1460, sack: true, null, null));
        peer.Drain();
        peer.Write(3300);
        Assert.All(peer.Drain(), s => Assert.Equal(1100, s.Length));
    }
}
