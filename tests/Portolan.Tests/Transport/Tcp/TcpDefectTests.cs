using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Congestion;
using Portolan.Transport.Tcp.Core;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Classes of defects that other stacks have had, each shown to be absent.</summary>
public sealed class TcpDefectTests
{
    [Fact]
    public void A_FIN_that_comes_before_its_data_is_not_forgotten()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 101, 1, ScriptedPeer.Bytes(100, 100));
        Assert.Equal((TcpState.Established, 1u), (peer.Core.State, peer.Next().Acknowledgment));
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(100));
        Assert.Equal((TcpState.CloseWait, 202u), (peer.Core.State, peer.Next().Acknowledgment));
        Assert.Equal(ScriptedPeer.Bytes(200), peer.Read());
        Assert.True(peer.Core.IsAtEnd);
    }

    [Fact]
    public void A_bare_FIN_that_comes_too_early_is_kept_too()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 101, 1);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(100));
        Assert.Equal((TcpState.CloseWait, 102u), (peer.Core.State, peer.Drain()[^1].Acknowledgment));
    }

    [Fact]
    public void Data_behind_a_FIN_are_not_taken()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 101, 1);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(500));
        Assert.Equal((TcpState.CloseWait, 102u), (peer.Core.State, peer.Drain()[^1].Acknowledgment));
        Assert.Equal(ScriptedPeer.Bytes(100), peer.Read());
    }

    [Fact]
    public void A_FIN_counts_once_also_when_another_with_the_next_number_follows()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1);
        Assert.Equal(TcpEvents.Readable, peer.TakeEvents() & TcpEvents.Readable);
        foreach (var sequence in (ReadOnlySpan<uint>)[1, 2, 2, 3])
        {
            peer.Inject(TcpFlags.Fin | TcpFlags.Ack, sequence, 1, sequence == 3 ? ScriptedPeer.Bytes(1) : null);
            Assert.Equal(2u, peer.Next().Acknowledgment);
        }

        Assert.Equal((TcpState.CloseWait, TcpEvents.None), (peer.Core.State, peer.TakeEvents()));
    }

    [Fact]
    public void A_FIN_in_front_of_data_that_came_is_not_believed()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack, 101, 1, ScriptedPeer.Bytes(100, 100));
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 51, 1);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(100));
        Assert.Equal(TcpState.Established, peer.Core.State);
        Assert.Equal(ScriptedPeer.Bytes(200), peer.Read());
    }

    [Fact]
    [Trait("RFC 9293", "MUST-34")]
    [Trait("RFC 9293", "SHLD-15")]
    [Trait("RFC 9293", "SHLD-16")]
    [Trait("RFC 9293", "SHLD-17")]
    [Trait("RFC 9293", "MAY-7")]
    public void A_window_that_shrinks_below_what_is_out_stalls_nothing()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(10_000);
        Assert.Equal(10, peer.Drain().Length);
        peer.Inject(TcpFlags.Ack, 1, 2001, window: 1000);
        peer.Advance(5000);
        Assert.NotEmpty(peer.Drain());
        peer.Inject(TcpFlags.Ack, 1, 10_001, window: 1000);
        peer.Write(3000);
        var sent = 0;
        for (uint acked = 10_001; acked < 13_001; acked += 1000)
        {
            sent += peer.Drain().Sum(s => s.Length);
            peer.Inject(TcpFlags.Ack, 1, acked + 1000, window: 1000);
        }

        Assert.Equal(3000, sent);
        Assert.Equal(0, peer.Core.Info().BytesUnacknowledged);
    }

    [Fact]
    public void A_window_update_that_is_lost_stalls_nothing()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 0);
        peer.Write(1000);
        peer.UntilSent();
        peer.Drain();
        peer.Inject(TcpFlags.Ack, 1, 1, window: 2000);
        Assert.Equal(1000, peer.Next().Length);
    }

    [Fact]
    public void CUBIC_does_not_overflow_after_days_or_with_huge_windows()
    {
        var cubic = new Cubic();
        var state = CongestionState.Start(1460, 10);
        state.Threshold = state.Window;
        var now = 1L;
        for (var i = 0; i < 20_000; i++)
        {
            now += 3600L * 1_000_000_000;
            cubic.OnAcknowledged(ref state, 60_000, now, 100_000_000);
            Assert.InRange(state.Window, 14_600, CongestionState.MaxWindow);
            Assert.False(state.Memory is { } memory && !double.IsFinite(memory.Credit));
        }

        cubic.OnCongestion(ref state, state.Window);
        Assert.InRange(state.Threshold, 2920, CongestionState.MaxWindow);
    }

    [Fact]
    [Trait("RFC 9293", "MAY-18")]
    public void CUBIC_reaches_its_former_window_after_K_seconds_RFC_9438_section_4_2()
    {
        var cubic = new Cubic();
        var state = CongestionState.Start(1000, 10);
        state.Window = 1000_000;
        cubic.OnCongestion(ref state, 1000_000);
        Assert.Equal(700_000, state.Threshold);
        state.Window = state.Threshold;
        var k = Math.Cbrt(1000 * 0.3 / 0.4);
        var step = 100_000_000L;
        var now = 1_000_000_000L;
        for (var passed = 0.0; passed < k; passed += 0.1, now += step)
        {
            for (var segment = 0; segment < state.Window / 1000; segment++)
            {
                cubic.OnAcknowledged(ref state, 1000, now, step);
            }
        }

        Assert.InRange(state.Window, 970_000, 1_030_000);
    }

    [Fact]
    public void Both_ends_may_close_at_once()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.Shutdown(peer.Now);
        var fin = peer.Next();
        Assert.Equal((TcpFlags.Ack | TcpFlags.Fin, 1u), (fin.Flags, fin.Sequence));
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 1, 1);
        Assert.Equal((TcpState.Closing, 2u), (peer.Core.State, peer.Next().Acknowledgment));
        peer.Inject(TcpFlags.Ack, 2, 2);
        Assert.Equal((TcpState.TimeWait, TcpError.None, 1), (peer.Core.State, peer.Core.Error, peer.ClosedCount));
    }

    [Fact]
    public void One_segment_may_acknowledge_the_FIN_and_bring_another()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.Shutdown(peer.Now);
        peer.Next();
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 1, 2);
        Assert.Equal((TcpState.TimeWait, 2u), (peer.Core.State, peer.Next().Acknowledgment));
    }

    [Fact]
    public void After_a_half_close_data_still_come()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.Shutdown(peer.Now);
        peer.Next();
        peer.Inject(TcpFlags.Ack, 1, 2);
        Assert.Equal(TcpState.FinWait2, peer.Core.State);
        peer.Advance(3_600_000);
        peer.Inject(TcpFlags.Ack, 1, 2, ScriptedPeer.Bytes(1000));
        Assert.Equal(1000, peer.Read().Length);
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 1001, 2);
        Assert.Equal(TcpState.TimeWait, peer.Core.State);
    }

    [Fact]
    public void A_connection_that_nobody_owns_does_not_wait_for_ever_in_FIN_WAIT_2()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.Close(peer.Now);
        peer.Next();
        peer.Inject(TcpFlags.Ack, 1, 2);
        peer.Advance(61_000);
        Assert.Equal(TcpState.Closed, peer.Core.State);
    }

    [Fact]
    public void A_connection_that_is_left_in_FIN_WAIT_2_does_not_wait_for_ever_either()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.Shutdown(peer.Now);
        peer.Ack(2);
        peer.Advance(600_000);
        Assert.Equal(TcpState.FinWait2, peer.Core.State);
        peer.Core.Close(peer.Now);
        peer.Advance(61_000);
        Assert.Equal((TcpState.Closed, TcpError.None), (peer.Core.State, peer.Core.Error));
    }

    [Fact]
    public void A_lost_FIN_is_sent_again_until_it_is_acknowledged()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 1, 1);
        peer.Drain();
        peer.Core.Shutdown(peer.Now);
        Assert.Equal((TcpState.LastAck, TcpFlags.Ack | TcpFlags.Fin), (peer.Core.State, peer.Next().Flags));
        for (var i = 0; i < 3; i++)
        {
            peer.UntilSent();
            Assert.Equal((TcpFlags.Ack | TcpFlags.Fin, 1u), (peer.Sent.Peek().Flags, peer.Next().Sequence));
        }

        peer.Inject(TcpFlags.Ack, 2, 2);
        Assert.Equal((TcpState.Closed, TcpError.None, 1), (peer.Core.State, peer.Core.Error, peer.ClosedCount));
    }

    [Fact]
    public void The_last_data_and_the_FIN_share_a_segment_and_are_sent_again_together()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, sack: false);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 0);
        peer.Write(1500);
        peer.Core.Shutdown(peer.Now);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 5000);
        var sent = peer.Drain();
        Assert.Equal([(1u, 1000, false), (1001u, 500, true)], sent.Select(s => (s.Sequence, s.Length, (s.Flags & TcpFlags.Fin) != 0)));
        peer.Inject(TcpFlags.Ack, 1, 1001, window: 5000);
        peer.UntilSent();
        Assert.Equal(
            (1001u, 500, TcpFlags.Ack | TcpFlags.Fin | TcpFlags.Psh),
            (peer.Sent.Peek().Sequence, peer.Sent.Peek().Length, peer.Next().Flags));
        peer.Inject(TcpFlags.Ack, 1, 1502, window: 5000);
        Assert.Equal(TcpState.FinWait2, peer.Core.State);
    }

    [Fact]
    public void A_FIN_waits_for_a_window_and_is_probed_for()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(100);
        peer.Drain();
        peer.Inject(TcpFlags.Ack, 1, 101, window: 0);
        peer.Core.Shutdown(peer.Now);
        peer.Quiet();
        peer.UntilSent();
        peer.Drain();
        peer.Inject(TcpFlags.Ack, 1, 101, window: 1000);
        Assert.Equal(TcpFlags.Ack | TcpFlags.Fin, peer.Next().Flags);
    }

    [Fact]
    public void A_SYN_ACK_that_comes_again_is_acknowledged_again()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1);
        Assert.Equal((TcpFlags.Ack, 1u, 1u), (peer.Sent.Peek().Flags, peer.Sent.Peek().Sequence, peer.Next().Acknowledgment));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_both_ends_have_closed_an_abort_says_nothing_RFC_9293_section_3_10_5(bool isLast)
    {
        var peer = ScriptedPeer.Connected();
        if (isLast)
        {
            peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1);
            peer.Core.Shutdown(peer.Now);
        }
        else
        {
            peer.Core.Shutdown(peer.Now);
            peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1);
        }

        Assert.Equal(isLast ? TcpState.LastAck : TcpState.Closing, peer.Core.State);
        peer.Drain();
        peer.Core.Abort(peer.Now);
        peer.Quiet();
        Assert.Equal((TcpState.Closed, TcpError.Aborted), (peer.Core.State, peer.Core.Error));
    }

    [Fact]
    public void An_abort_before_the_FIN_has_left_tells_the_peer_that_data_are_lost()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, window: 500);
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1);
        peer.Write(2000);
        peer.Core.Shutdown(peer.Now);
        Assert.Equal(TcpState.LastAck, peer.Core.State);
        peer.Drain();
        peer.Core.Abort(peer.Now);
        Assert.Equal(TcpFlags.Rst, peer.Next().Flags & TcpFlags.Rst);
    }

    [Fact]
    public void A_window_that_is_taken_back_counts_with_the_next_news_as_with_Linux()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, window: 10_000);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 10_000);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 2000);
        peer.Write(8000);
        Assert.Equal(8000, peer.Drain().Sum(s => s.Length));
        peer.Inject(TcpFlags.Ack, 1, 8001, window: 2000);
        peer.Write(8000);
        Assert.Equal(2000, peer.Drain().Sum(s => s.Length));
    }

    [Fact]
    public void A_keepalive_probe_of_the_peer_is_answered()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack, 0, 1);
        Assert.Equal((TcpFlags.Ack, 1u), (peer.Sent.Peek().Flags, peer.Next().Acknowledgment));
        peer.Inject(TcpFlags.Ack, 0, 1, [0]);
        Assert.Equal(1u, peer.Next().Acknowledgment);
        Assert.Empty(peer.Read());
    }

    [Fact]
    public void An_MSS_of_zero_does_not_make_segments_of_nothing()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: ScriptedPeer.SynOptions(0, sack: true, null, null));
        peer.Write(1000);
        Assert.True(peer.Core.Info().SegmentSize >= TcpProfile.Linux.MinimumSegmentSize);
    }

    [Fact]
    public void Data_for_a_reader_that_has_gone_reset_the_peer()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.Close(peer.Now);
        peer.Next();
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10));

        // The number that the peer expects, as it says itself: the FIN that it has not seen does not count.
        Assert.Equal((TcpFlags.Rst, 1u), (peer.Sent.Peek().Flags, peer.Next().Sequence));
        Assert.Equal(TcpState.Closed, peer.Core.State);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-21")]
    public void The_user_timeout_ends_a_connection_whose_data_stay_unacknowledged_RFC_5482()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Core.SetUserTimeout(10_000_000_000);
        peer.Advance(60_000);
        peer.Write(1000);
        peer.Advance(9_999);
        Assert.Equal(TcpState.Established, peer.Core.State);
        peer.Advance(1);
        Assert.Equal((TcpState.Closed, TcpError.TimedOut), (peer.Core.State, peer.Core.Error));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-21")]
    public void The_user_timeout_of_an_attempt_ends_it_when_it_expires()
    {
        var peer = new ScriptedPeer();
        peer.Core.SetUserTimeout(10_000_000_000);
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(9_999);
        Assert.Equal(TcpState.SynSent, peer.Core.State);
        peer.Advance(1);
        Assert.Equal((TcpState.Closed, TcpError.TimedOut), (peer.Core.State, peer.Core.Error));
    }

    [Fact]
    public void Probes_of_a_window_that_nobody_answers_end_with_the_user_timeout()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, window: 0);
        peer.Core.SetUserTimeout(30_000_000_000);
        peer.Write(1000);

        // A peer that answers may keep its window shut for longer than that, and one answer that is late ends nothing.
        for (var i = 0; i < 10; i++)
        {
            peer.UntilSent();
            peer.Drain();
            peer.Inject(TcpFlags.Ack, 1, 1, window: 0);
        }

        peer.UntilSent();
        peer.Advance(29_000);
        Assert.Equal(TcpState.Established, peer.Core.State);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 0);
        peer.Advance(30_000);
        Assert.Equal(TcpState.Established, peer.Core.State);
        peer.Advance(2_000);
        Assert.Equal((TcpState.Closed, TcpError.TimedOut), (peer.Core.State, peer.Core.Error));
    }

    [Fact]
    public void With_a_user_timeout_that_decides_how_long_a_silent_peer_is_probed()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.SetUserTimeout(20_000_000_000);
        peer.Core.SetKeepalive(1_000_000_000, 1_000_000_000, 3, peer.Now);
        peer.Advance(19_000);
        Assert.Equal((TcpState.Established, 19), (peer.Core.State, peer.Drain().Length));
        peer.Advance(2_000);
        Assert.Equal((TcpState.Closed, TcpError.TimedOut), (peer.Core.State, peer.Core.Error));
    }

    [Fact]
    public void Segments_that_are_not_acceptable_do_not_keep_a_dead_connection_alive()
    {
        var peer = ScriptedPeer.Connected(timestamps: true);
        peer.Core.SetKeepalive(1_000_000_000, 1_000_000_000, 3, peer.Now);
        for (var i = 0; i < 20; i++)
        {
            // Outside of the window; an ACK of what was never sent; an old timestamp; a SYN.
            peer.Inject(TcpFlags.Ack, 500_000_000, 1, options: ScriptedPeer.Timestamps(1001, 0));
            peer.Inject(TcpFlags.Ack, 1, 50_000, options: ScriptedPeer.Timestamps(1001, 0));
            peer.Inject(TcpFlags.Ack, 1, 1, options: ScriptedPeer.Timestamps(1, 0));
            peer.Inject(TcpFlags.Syn, 1);
            peer.Advance(500);
        }

        Assert.Equal((TcpState.Closed, TcpError.TimedOut), (peer.Core.State, peer.Core.Error));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-39")]
    public void A_receiver_does_not_offer_crumbs_of_a_window()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Minimal, sack: false);
        uint at = 1;
        for (; at < 8000; at += 1000)
        {
            peer.Inject(TcpFlags.Ack, at, 1, ScriptedPeer.Bytes(1000));
        }

        peer.Drain();
        for (var i = 0; i < 30; i++)
        {
            peer.Read(100);
        }

        Assert.All(peer.Drain(), segment => Assert.True(segment.Window is 0 or >= 1000, $"{segment}"));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-38")]
    public void A_sender_does_not_send_crumbs_into_a_small_window()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, window: 10_000);
        peer.Write(10_500);
        Assert.Equal(10, peer.Drain().Length);
        peer.Inject(TcpFlags.Ack, 1, 1001, window: 9_100);
        peer.Quiet();
        peer.Inject(TcpFlags.Ack, 1, 2001, window: 9_000);
        Assert.Equal(500, Assert.Single(peer.Drain()).Length);
    }

    [Fact]
    public void A_busy_link_loses_nothing_that_TCP_wanted_to_send()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.IsLinkBusy = true;
        peer.Write(3000);
        peer.Core.Shutdown(peer.Now);
        peer.Quiet();
        Assert.True(peer.Core.IsBlocked);
        peer.IsLinkBusy = false;
        peer.Core.OnLinkReady(peer.Now);
        Assert.Equal([1000, 1000, 1000], peer.Drain().Select(s => s.Length));
    }

    [Fact]
    public void A_path_that_vanishes_into_a_small_MTU_again_and_again_ends_at_the_least()
    {
        var peer = ScriptedPeer.Connected(mtu: 1500);
        peer.Write(5000);
        foreach (var mtu in new[] { 1000, 576, 100, 68, 20, 0 })
        {
            peer.Path.ReduceMtu(mtu, 1500, peer.Now);
            peer.Write(10);
            peer.Drain();
            Assert.Null(peer.Core.FindFault());
        }

        Assert.Equal(48, peer.Core.Info().SegmentSize);
    }

    [Fact]
    public void Acknowledgments_split_into_bytes_do_not_inflate_the_window()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(60_000);
        peer.Drain();
        for (uint acked = 2; acked <= 1001; acked++)
        {
            peer.Ack(acked);
        }

        Assert.InRange(peer.Core.Info().CongestionWindow, 10_000, 11_000);
    }
}
