using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Tcp;
using static Portolan.Tests.Transport.Tcp.Support.RecoveryStarts;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Loss and congestion: RFC 5681, 6582, 6675, 6937, 7661, 8985.</summary>
public sealed class TcpRecoveryTests
{
    [Fact]
    public void The_initial_window_is_ten_segments_RFC_6928()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(30_000);
        Assert.Equal(10, peer.Drain().Length);
        peer.Ack(2001);
        Assert.Equal(4, peer.Drain().Length);
    }

    [Fact]
    public void A_window_that_is_not_in_use_does_not_grow_RFC_7661()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        for (uint end = 1001; end <= 40_001; end += 1000)
        {
            peer.Write(1000);
            peer.Advance(10);
            peer.Ack(end);
        }

        Assert.Equal(10_000, peer.Core.Info().CongestionWindow);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-60")]
    [Trait("RFC 9293", "MUST-61")]
    [Trait("RFC 9293", "SHLD-27")]
    [Trait("RFC 9293", "SHLD-28")]
    public void The_last_segment_of_a_write_has_PSH_MUST_60()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(2500);
        Assert.Equal([TcpFlags.Ack, TcpFlags.Ack, TcpFlags.Ack | TcpFlags.Psh], peer.Drain().Select(s => s.Flags));
    }

    [Fact]
    public void Three_segments_selectively_acknowledged_above_a_hole_show_loss()
    {
        var peer = TenOut();
        peer.Ack(1, (1001, 2001));
        peer.Ack(1, (1001, 3001));
        peer.Quiet();
        peer.Ack(1, (1001, 4001));
        var again = peer.Next();
        Assert.Equal((1u, 1000), (again.Sequence, again.Length));
        Assert.Equal(TcpRecoveryPhase.Recovery, peer.Core.Info().Phase);
        peer.Drain();
        peer.Advance(10);
        peer.Ack(10_001);
        Assert.Equal(TcpRecoveryPhase.Open, peer.Core.Info().Phase);
        Assert.Equal(peer.Core.Info().SlowStartThreshold, peer.Core.Info().CongestionWindow);
    }

    [Fact]
    public void Two_holes_are_filled_in_one_round_trip()
    {
        var peer = TenOut();
        peer.Ack(1, (1001, 5001), (6001, 10_001));
        Assert.Equal([1u, 5001u], peer.Drain().Select(s => s.Sequence));
    }

    [Fact]
    public void A_segment_that_is_only_late_is_waited_for_a_quarter_of_the_round_trip_RFC_8985()
    {
        var peer = TenOut();
        peer.Ack(1, (1001, 2001));
        peer.Quiet();
        Assert.Equal(2.5, peer.UntilSent(), 0.1);
        Assert.Equal(1u, peer.Next().Sequence);
    }

    [Fact]
    public void Of_segments_acknowledged_together_the_slowest_tells_how_long_the_others_are_waited_for_RFC_8985_section_6_2()
    {
        var peer = TenOut();
        peer.Ack(1, (1001, 2001));
        peer.Ack(1, (1001, 3001));
        peer.Ack(1, (1001, 3001), (8001, 9001));
        Assert.Equal(1u, peer.Next().Sequence);
        peer.Quiet();
        peer.Advance(12);

        // The copy of the first took 12 ms; the fourth, never sent again, 22 ms. So the tenth, as old as the fourth, may still come.
        peer.Ack(4001, (8001, 9001));
        Assert.Equal(4000, peer.Core.Info().BytesLost);
        Assert.DoesNotContain(peer.Drain(), s => s.Sequence == 9001);
    }

    [Fact]
    public void Without_SACK_the_third_duplicate_starts_recovery_and_partial_acknowledgments_go_on_RFC_6582()
    {
        var peer = TenOut(sack: false);
        peer.Ack(1);
        peer.Ack(1);
        peer.Quiet();
        peer.Ack(1);
        Assert.Equal(1u, peer.Next().Sequence);
        peer.Drain();
        peer.Advance(10);
        peer.Ack(3001);
        Assert.Equal(3001u, peer.Next().Sequence);
        peer.Drain();
        peer.Ack(10_001);
        Assert.Equal(TcpRecoveryPhase.Open, peer.Core.Info().Phase);
    }

    [Fact]
    public void Reno_halves_and_CUBIC_keeps_seven_tenths()
    {
        var reno = TenOut(RenoProfile);
        reno.Ack(1, (1001, 4001));
        Assert.Equal(5000, reno.Core.Info().SlowStartThreshold);
        var cubic = TenOut();
        cubic.Ack(1, (1001, 4001));
        Assert.Equal(7000, cubic.Core.Info().SlowStartThreshold);
    }

    [Fact]
    public void The_window_falls_in_proportion_to_what_arrives_RFC_6937()
    {
        var peer = TenOut(RenoProfile);
        peer.Write(20_000);
        var sent = 0;
        for (uint end = 2001; end <= 10_001; end += 1000)
        {
            peer.Ack(1, (1001, end));
            sent += peer.Drain().Length;
            Assert.True(peer.Core.Info().BytesInFlight <= 10_000);
        }

        // Half of what left: one for every two that arrived.
        Assert.InRange(sent, 4, 6);
    }

    [Fact]
    public void The_window_falls_from_the_first_acknowledgment_on_and_not_at_once_RFC_6937_section_3()
    {
        var peer = ScriptedPeer.Connected(RenoProfile with { InitialWindowSegments = 40, InitialSendBuffer = 100_000 }, mss: 1000);
        peer.Write(80_000);
        Assert.Equal(40, peer.Drain().Length);
        peer.Advance(10);
        uint end = 2001;
        for (; end <= 4001; end += 1000)
        {
            peer.Ack(1, (1001, end));
        }

        Assert.Equal(TcpRecoveryPhase.Recovery, peer.Core.Info().Phase);
        peer.Drain();
        for (var i = 0; i < 5; i++, end += 2000)
        {
            peer.Ack(1, (1001, end));
            peer.Ack(1, (1001, end + 1000));
            Assert.InRange(peer.Drain().Length, 0, 1);
        }

        Assert.InRange(peer.Core.Info().BytesInFlight, 32_000, 35_000);
    }

    [Fact]
    public void The_tail_is_probed_after_two_round_trips_RFC_8985_section_7()
    {
        var peer = TenOut();
        peer.Ack(9001);
        var wait = peer.UntilSent();
        Assert.InRange(wait, 200, 240);
        var probe = peer.Next();
        Assert.Equal((9001u, 1000), (probe.Sequence, probe.Length));
        Assert.Equal((1, 0), (peer.Core.Info().TailProbes, peer.Core.Info().Timeouts));
    }

    [Fact]
    public void A_tail_that_was_acknowledged_selectively_is_not_probed()
    {
        var peer = TenOut();
        peer.Ack(1, (9001, 10_001));
        peer.Advance(3);
        peer.Drain();
        peer.Advance(150);
        Assert.DoesNotContain(peer.Drain(), segment => segment.Sequence == 9001);
        Assert.Null(peer.Core.FindFault());
        Assert.Equal(0, peer.Core.Info().TailProbes);
    }

    [Fact]
    public void An_answer_to_the_first_copy_does_not_make_what_was_sent_before_the_second_lost_RFC_8985_section_6_2()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Linux with { UsesTailProbes = false }, mss: 1012, timestamps: true);
        peer.Write(5000);
        var first = peer.Drain()[0].Timestamps()!.Value.Value;
        peer.UntilSent();
        Assert.Equal(1u, Assert.Single(peer.Drain()).Sequence);
        peer.Advance(60);
        peer.Inject(TcpFlags.Ack, 1, 1001, options: ScriptedPeer.Timestamps(1300, first));
        peer.Quiet();
        var info = peer.Core.Info();
        Assert.Equal((1, 0, 0), (info.Undone, info.BytesLost, info.Recoveries));
    }

    [Fact]
    public void A_peer_that_takes_SACK_back_gets_the_data_again_RFC_2018_section_8()
    {
        var peer = TenOut();
        peer.Ack(1, (1001, 2001));
        peer.Advance(3);
        peer.Drain();
        peer.Ack(1001);
        peer.Drain();
        peer.Advance(3000);
        Assert.Contains(peer.Drain(), segment => segment.Sequence == 1001);
    }

    [Fact]
    public void SACK_blocks_of_what_was_never_sent_are_not_believed()
    {
        var peer = TenOut();
        peer.Ack(1, (5001, 50_001));
        peer.Ack(1, (5001, 4001));
        Assert.Equal(0, peer.Core.Info().BytesSacked);
        peer.Quiet();
    }

    [Fact]
    public void A_duplicate_SACK_of_what_was_never_sent_or_long_ago_is_not_believed_RFC_2883()
    {
        var peer = TenOut();
        peer.Ack(1, (11_001, 12_001), (10_001, 13_001));
        peer.Ack(1, (unchecked(1 - 70_000u), unchecked(1 - 69_000u)));
        Assert.Equal(0, peer.Core.Info().DuplicateSacks);
        peer.Ack(2001, (1, 1001));
        Assert.Equal(1, peer.Core.Info().DuplicateSacks);
    }

    [Fact]
    [Trait("RFC 9293", "SHLD-7")]
    [Trait("RFC 9293", "MUST-17")]
    public void Nagle_waits_while_a_small_segment_is_out_and_not_with_NoDelay()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(10);
        peer.Write(10);
        Assert.Single(peer.Drain());
        peer.Ack(11);
        Assert.Single(peer.Drain());
        peer.Core.IsNoDelay = true;
        peer.Write(10);
        Assert.Single(peer.Drain());
    }

    [Fact]
    [Trait("RFC 9293", "MUST-35")]
    [Trait("RFC 9293", "MUST-36")]
    [Trait("RFC 9293", "SHLD-29")]
    [Trait("RFC 9293", "SHLD-30")]
    public void A_zero_window_is_probed_and_the_probes_back_off_MUST_36()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(1000);
        peer.Drain();
        peer.Inject(TcpFlags.Ack, 1, 1001, window: 0);
        peer.Write(1000);
        peer.Quiet();
        var waits = Enumerable.Range(0, 4).Select(_ =>
        {
            var wait = peer.UntilSent();
            Assert.Equal((1000u, 0), (peer.Sent.Peek().Sequence, peer.Next().Length));
            peer.Inject(TcpFlags.Ack, 1, 1001, window: 0);
            return Math.Round(wait);
        }).ToArray();
        Assert.Equal(waits[0] * 2, waits[1], 1.0);
        Assert.Equal(waits[1] * 2, waits[2], 1.0);
        peer.Inject(TcpFlags.Ack, 1, 1001, window: 5000);
        Assert.Equal(1000, peer.Next().Length);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-37")]
    public void A_peer_that_answers_probes_may_keep_its_window_shut_for_hours_MUST_37()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, window: 0);
        peer.Write(1000);
        for (var i = 0; i < 200; i++)
        {
            peer.UntilSent();
            peer.Drain();
            peer.Inject(TcpFlags.Ack, 1, 1, window: 0);
        }

        Assert.Equal(TcpState.Established, peer.Core.State);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 5000);
        Assert.Equal(1000, peer.Next().Length);
    }
}
