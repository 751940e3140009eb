using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Congestion;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Loss and congestion: RFC 5681, 6298, 6582, 6675, 6937, 8985, 5682, 3168.</summary>
public sealed class TcpRecoveryTests
{
    private static readonly TcpProfile Reno = TcpProfile.Linux with { Congestion = TcpCongestionAlgorithm.Reno };

    /// <summary>Ten segments of 1,000 bytes are out.</summary>
    private static ScriptedPeer TenOut(TcpProfile? profile = null, bool sack = true, bool timestamps = false)
    {
        var peer = ScriptedPeer.Connected(profile, mss: timestamps ? 1012 : 1000, sack: sack, timestamps: timestamps);
        peer.Write(10_000);
        Assert.Equal(10, peer.Drain().Length);
        peer.Advance(10);
        return peer;
    }

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
    public void A_retransmission_that_is_lost_is_sent_again_without_a_timeout_RFC_8985()
    {
        var peer = TenOut();
        peer.Write(20_000);
        peer.Ack(1, (1001, 10_001));
        Assert.Equal(1u, peer.Next().Sequence);
        var later = peer.Drain();
        Assert.NotEmpty(later);
        peer.Advance(20);
        peer.Ack(1, (1001, later[^1].Sequence + 1000));
        Assert.Contains(peer.Drain(), segment => segment.Sequence == 1);
        Assert.Equal(0, peer.Core.Info().Timeouts);
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
        var reno = TenOut(Reno);
        reno.Ack(1, (1001, 4001));
        Assert.Equal(5000, reno.Core.Info().SlowStartThreshold);
        var cubic = TenOut();
        cubic.Ack(1, (1001, 4001));
        Assert.Equal(7000, cubic.Core.Info().SlowStartThreshold);
    }

    [Fact]
    public void The_window_falls_in_proportion_to_what_arrives_RFC_6937()
    {
        var peer = TenOut(Reno);
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
        var peer = ScriptedPeer.Connected(Reno with { InitialWindowSegments = 40, InitialSendBuffer = 100_000 }, mss: 1000);
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
    [Trait("RFC 9293", "MUST-19")]
    public void A_timeout_comes_after_RTO_and_doubles_RFC_6298()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, sack: false);
        peer.Write(1000);
        peer.Drain();
        var waits = Enumerable.Range(0, 5).Select(_ =>
        {
            var wait = peer.UntilSent();
            Assert.Equal(1u, peer.Next().Sequence);
            return wait;
        }).ToArray();
        Assert.Equal([210, 420, 840, 1680, 3360], waits);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-20")]
    [Trait("RFC 9293", "SHLD-11")]
    public void RTO_never_passes_its_most_and_the_connection_is_given_up_after_R2()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, sack: false);
        peer.Write(1000);
        peer.Drain();
        peer.Advance(3_600_000);
        var times = peer.Drain().Select(s => s.At).ToArray();
        Assert.Equal(15, times.Length);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 0, 120_000_000_000));
        Assert.Equal((TcpState.Closed, TcpError.TimedOut, 1), (peer.Core.State, peer.Core.Error, peer.ClosedCount));
        Assert.Equal(0, peer.Pool.InUse);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-19")]
    public void After_a_timeout_the_window_is_one_segment_and_starts_slowly_RFC_5681()
    {
        var peer = TenOut(Reno with { UsesForwardRto = false }, sack: false);
        peer.UntilSent();
        Assert.Equal(1u, peer.Next().Sequence);
        Assert.Equal((1000, 5000), (peer.Core.Info().CongestionWindow, peer.Core.Info().SlowStartThreshold));
        peer.Advance(10);
        peer.Ack(1001);
        Assert.Equal([1001u, 2001u], peer.Drain().Select(s => s.Sequence));
        peer.Ack(3001);
        Assert.Equal([3001u, 4001u, 5001u, 6001u], peer.Drain().Select(s => s.Sequence));
    }

    [Fact]
    public void A_timeout_in_recovery_does_not_lower_the_threshold_a_second_time()
    {
        var peer = TenOut(Reno);
        peer.Ack(1, (1001, 9001));
        Assert.Equal((TcpRecoveryPhase.Recovery, 5000), (peer.Core.Info().Phase, peer.Core.Info().SlowStartThreshold));
        peer.Ack(9001);
        Assert.Equal((TcpRecoveryPhase.Recovery, 1000), (peer.Core.Info().Phase, peer.Core.Info().BytesUnacknowledged));
        while (peer.Core.Info().Timeouts == 0)
        {
            peer.UntilSent();
            peer.Drain();
        }

        Assert.Equal((TcpRecoveryPhase.Loss, 1000, 5000), (peer.Core.Info().Phase, peer.Core.Info().CongestionWindow, peer.Core.Info().SlowStartThreshold));
    }

    [Fact]
    public void A_timeout_that_was_needless_is_undone_by_F_RTO_RFC_5682()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Write(20_000);
        peer.Drain();
        var info = peer.Core.Info();
        peer.UntilSent();
        peer.Drain();
        peer.UntilSent();
        peer.Drain();
        Assert.Equal(TcpRecoveryPhase.Loss, peer.Core.Info().Phase);
        peer.Ack(2001);
        Assert.All(peer.Drain(), segment => Assert.True(segment.Sequence >= 10_001));
        peer.Ack(4001);
        Assert.Equal((TcpRecoveryPhase.Open, 1), (peer.Core.Info().Phase, peer.Core.Info().Undone));
        Assert.True(peer.Core.Info().CongestionWindow >= info.CongestionWindow);
    }

    [Fact]
    public void A_recovery_that_was_needless_is_undone_by_timestamps_RFC_3522()
    {
        var peer = TenOut(timestamps: true);
        var stamp = (uint)(peer.Now.Nanoseconds / 1_000_000) - 10;
        peer.Inject(TcpFlags.Ack, 1, 1, options: [.. ScriptedPeer.Timestamps(1001, stamp), .. ScriptedPeer.Sack((1001, 4001))]);
        Assert.Equal(1u, peer.Next().Sequence);
        peer.Drain();
        peer.Advance(1);
        peer.Inject(TcpFlags.Ack, 1, 4001, options: ScriptedPeer.Timestamps(1002, stamp));
        Assert.Equal((TcpRecoveryPhase.Open, 1), (peer.Core.Info().Phase, peer.Core.Info().Undone));
        Assert.Equal(0, peer.Core.Info().BytesLost);
    }

    [Fact]
    public void A_duplicate_SACK_for_all_that_was_sent_again_undoes_the_reduction_RFC_3708()
    {
        var peer = TenOut();
        peer.Ack(1, (1001, 4001));
        Assert.Equal(1u, peer.Next().Sequence);
        peer.Drain();
        peer.Advance(5);
        peer.Ack(4001, (1, 1001));
        Assert.Equal((TcpRecoveryPhase.Open, 1, 1), (peer.Core.Info().Phase, peer.Core.Info().Undone, peer.Core.Info().DuplicateSacks));
    }

    [Fact]
    public void A_duplicate_SACK_that_comes_when_recovery_is_over_undoes_the_reduction_too()
    {
        var peer = TenOut();
        var before = peer.Core.Info();
        peer.Ack(1, (1001, 4001));
        Assert.Equal(1u, peer.Next().Sequence);
        var end = peer.Drain().Select(static s => s.Sequence + (uint)s.Length).Append(10_001u).Max();
        peer.Advance(5);
        peer.Ack(end);
        Assert.Equal((TcpRecoveryPhase.Open, 0), (peer.Core.Info().Phase, peer.Core.Info().Undone));
        Assert.True(peer.Core.Info().CongestionWindow < before.CongestionWindow);
        peer.Advance(1);
        peer.Ack(end, (1, 1001));
        var info = peer.Core.Info();
        Assert.Equal((TcpRecoveryPhase.Open, 1), (info.Phase, info.Undone));
        Assert.True(info.CongestionWindow >= before.CongestionWindow);
        Assert.Equal(before.SlowStartThreshold, info.SlowStartThreshold);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_needless_recovery_shows_that_the_path_reorders_so_that_three_segments_behind_a_hole_are_no_loss_yet(bool isNeedless)
    {
        var peer = TenOut();
        peer.Ack(1, (1001, 4001));
        var end = peer.Drain().Select(static s => s.Sequence + (uint)s.Length).Append(10_001u).Max();
        peer.Advance(5);
        peer.Ack(end);
        if (isNeedless)
        {
            peer.Ack(end, (1, 1001));
        }

        peer.Write(5000);
        Assert.True(peer.Drain().Length >= 5);
        peer.Advance(10);
        peer.Ack(end, (end + 1000, end + 4000));
        Assert.Equal(isNeedless ? TcpRecoveryPhase.Disorder : TcpRecoveryPhase.Recovery, peer.Core.Info().Phase);
        Assert.Equal(isNeedless ? 1 : 0, peer.Core.Info().ReorderingSeen);
        Assert.Equal(isNeedless ? [] : [end], peer.Drain().Select(static s => s.Sequence).Where(s => s == end));
    }

    [Fact]
    public void The_timeout_stays_backed_off_until_something_was_measured_RFC_6298_section_5()
    {
        // Round trips of 2.5 s, and neither SACK nor timestamps: while each segment is sent twice, none measures.
        var peer = ScriptedPeer.Connected(TcpProfile.Minimal, sack: false);
        var copies = new List<int>();
        for (var next = 101u; next <= 1001; next += 100)
        {
            peer.Write(100);
            peer.Advance(2500);
            copies.Add(peer.Drain().Count(s => s.Length > 0));
            peer.Ack(next);
        }

        Assert.Equal(2, copies[0]);
        Assert.All(copies[5..], c => Assert.Equal(1, c));
    }

    [Fact]
    public void What_is_measured_ends_the_backoff_and_what_was_sent_again_does_not_RFC_6298_section_5()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, sack: false);
        var timeout = peer.Core.Info().RetransmissionTimeout;
        peer.Write(100);
        peer.Drain();
        for (var i = 0; i < 3; i++)
        {
            peer.UntilSent();
            peer.Drain();
        }

        peer.Ack(101);
        Assert.Equal(8 * timeout, peer.Core.Info().RetransmissionTimeout);
        peer.Write(100);
        peer.Advance(10);
        peer.Ack(201);
        Assert.InRange(peer.Core.Info().RetransmissionTimeout, TimeSpan.Zero, timeout);
    }

    [Fact]
    public void What_was_sent_again_measures_nothing_when_SACK_tells_of_it_either()
    {
        var peer = TenOut();
        peer.Ack(1, (1001, 5001), (6001, 10_001));
        Assert.Equal([1u, 5001u], peer.Drain().Select(s => s.Sequence));
        var before = peer.Core.Info().SmoothedRoundTrip;
        peer.Advance(150);
        peer.Ack(1, (1001, 10_001));
        Assert.Equal((9000, before), (peer.Core.Info().BytesSacked, peer.Core.Info().SmoothedRoundTrip));
    }

    [Fact]
    public void Timeouts_count_towards_R2_from_the_last_progress_also_while_the_timeout_stays_backed_off()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Minimal with { MaxRetransmissions = 3 }, sack: false);
        for (var next = 101u; next <= 501; next += 100)
        {
            peer.Write(100);
            peer.UntilSent();
            peer.Drain();
            peer.UntilSent();
            peer.Drain();
            peer.Ack(next);
        }

        Assert.Equal((TcpState.Established, 0), (peer.Core.State, peer.Core.Info().BytesUnacknowledged));
    }

    [Fact]
    public void What_waited_behind_a_hole_measures_no_round_trip_RFC_6298_section_3()
    {
        var peer = TenOut(sack: false);
        peer.Ack(1);
        peer.Ack(1);
        peer.Ack(1);
        Assert.Equal(1u, peer.Next().Sequence);
        peer.Advance(1000);
        peer.Ack(10_001);
        Assert.Equal(TimeSpan.FromMilliseconds(10), peer.Core.Info().SmoothedRoundTrip);
    }

    [Fact]
    public void What_SACK_tells_behind_a_hole_measures_a_round_trip()
    {
        var peer = TenOut();
        peer.Advance(10);
        peer.Ack(1, (1001, 10_001));
        Assert.Equal(TimeSpan.FromMilliseconds(11.25), peer.Core.Info().SmoothedRoundTrip);
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
    public void What_was_needless_is_undone_in_CUBIC_too_RFC_9438_section_4_9()
    {
        // A loss tells W_max = 10 segments; then a timeout that was needless.
        var peer = TenOut(TcpProfile.Linux with { UsesTailProbes = false }, timestamps: true);
        var stamp = (uint)(peer.Now.Nanoseconds / 1_000_000) - 10;
        peer.Inject(TcpFlags.Ack, 1, 1, options: [.. ScriptedPeer.Timestamps(1001, stamp), .. ScriptedPeer.Sack((1001, 4001))]);
        peer.Advance(10);
        peer.Inject(TcpFlags.Ack, 1, 10_001, options: ScriptedPeer.Timestamps(1010, stamp + 10));
        Assert.Equal((TcpRecoveryPhase.Open, 0), (peer.Core.Info().Phase, peer.Core.Info().Undone));
        peer.Drain();
        var before = default(CongestionState);
        peer.Core.Congestion.CopyTo(ref before);
        Assert.Equal(10, before.Memory!.WMax);
        peer.Write(1000);
        var first = peer.Next().Timestamps()!.Value.Value;
        peer.UntilSent();
        Assert.Equal(0, peer.Core.Congestion.Memory!.WMax);
        peer.Advance(60);
        peer.Inject(TcpFlags.Ack, 1, 11_001, options: ScriptedPeer.Timestamps(1300, first));
        Assert.Equal(1, peer.Core.Info().Undone);
        var after = peer.Core.Congestion.Memory!;
        Assert.Equal((before.Memory.WMax, before.Memory.K, before.Memory.WPrior), (after.WMax, after.K, after.WPrior));
        Assert.Equal((before.Window, before.Threshold), (peer.Core.Congestion.Window, peer.Core.Congestion.Threshold));
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
    [Trait("RFC 9293", "SHLD-8")]
    public void ECE_reduces_the_window_once_and_is_answered_with_CWR_RFC_3168()
    {
        var peer = new ScriptedPeer(Reno with { Ecn = TcpEcnPolicy.Request });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece, 0, 1, options: ScriptedPeer.SynOptions(1000, sack: true, null, null));
        peer.Write(30_000);
        Assert.All(peer.Drain().Where(s => s.Length > 0), segment => Assert.Equal(EcnCodepoint.Capable0, segment.Ecn));
        peer.Inject(TcpFlags.Ack | TcpFlags.Ece, 1, 2001);
        peer.Inject(TcpFlags.Ack | TcpFlags.Ece, 1, 4001);
        Assert.Equal((4000, TcpRecoveryPhase.Reduced), (peer.Core.Info().SlowStartThreshold, peer.Core.Info().Phase));
        peer.Inject(TcpFlags.Ack | TcpFlags.Ece, 1, 8001);
        var next = peer.Drain();
        Assert.Single(next, segment => (segment.Flags & TcpFlags.Cwr) != 0);
        Assert.Equal(0, peer.Core.Info().Retransmissions);
    }

    [Fact]
    [Trait("RFC 9293", "SHLD-8")]
    public void After_a_timeout_the_first_new_data_have_CWR_RFC_3168_section_6_1_2()
    {
        var peer = new ScriptedPeer(TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(10);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece, 0, 1, options: ScriptedPeer.SynOptions(1000, sack: false, null, null));
        peer.Drain();
        peer.Write(1000);
        Assert.Equal(TcpFlags.None, peer.Next().Flags & TcpFlags.Cwr);
        peer.UntilSent();
        Assert.Equal(TcpFlags.None, peer.Next().Flags & TcpFlags.Cwr);
        peer.Advance(10);
        peer.Ack(1001);
        peer.Write(2000);
        Assert.Equal([TcpFlags.Cwr, TcpFlags.None], peer.Drain().Select(s => s.Flags & TcpFlags.Cwr));
    }

    [Fact]
    public void What_is_sent_again_is_not_marked_ECN_capable_RFC_3168_section_6_1_5()
    {
        var peer = new ScriptedPeer(TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(10);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece, 0, 1, options: ScriptedPeer.SynOptions(1000, sack: true, null, null));
        peer.Write(5000);
        Assert.Equal(5, peer.Drain().Count(s => s.Ecn == EcnCodepoint.Capable0));
        peer.Advance(10);
        peer.Ack(1, (1001, 5001));
        Assert.Equal((1u, 1000, EcnCodepoint.NotCapable), (peer.Sent.Peek().Sequence, peer.Sent.Peek().Length, peer.Next().Ecn));
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

    [Fact]
    [Trait("RFC 9293", "SHLD-6")]
    public void A_packet_too_big_makes_segments_smaller_and_is_no_congestion_RFC_1191()
    {
        var peer = ScriptedPeer.Connected(mss: 1460);
        peer.Write(14_600);
        peer.Drain();
        var window = peer.Core.Info().CongestionWindow;
        var report = new IcmpReport(IcmpProblem.PacketTooBig, 3, 4, 1200, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 20_000u, 1500, peer.Now);
        Assert.Equal(1460, peer.Core.Info().SegmentSize);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1200, peer.Now);
        Assert.Equal(1460, peer.Core.Info().SegmentSize);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1500, peer.Now);
        Assert.Equal(1160, peer.Core.Info().SegmentSize);
        Assert.Equal((window, 1L << 30), (peer.Core.Info().CongestionWindow, peer.Core.Info().SlowStartThreshold));
        var again = peer.Drain();
        Assert.NotEmpty(again);
        Assert.All(again, segment => Assert.InRange(segment.Length, 1, 1160));
        Assert.Equal(1u, again[0].Sequence);

        // Slow start goes on.
        peer.Ack(14_601);
        Assert.Equal((TcpRecoveryPhase.Open, 1L << 30), (peer.Core.Info().Phase, peer.Core.Info().SlowStartThreshold));
        Assert.True(peer.Core.Info().CongestionWindow > window);
    }

    [Fact]
    public void A_timeout_after_a_smaller_path_MTU_is_congestion_like_any_other()
    {
        var peer = ScriptedPeer.Connected(Reno, mss: 1460);
        peer.Write(14_600);
        peer.Drain();
        var report = new IcmpReport(IcmpProblem.PacketTooBig, 3, 4, 1200, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1500, peer.Now);
        Assert.NotEmpty(peer.Drain());
        peer.UntilSent();
        Assert.Equal((1, 1160, 7300), (peer.Core.Info().Timeouts, peer.Core.Info().CongestionWindow, peer.Core.Info().SlowStartThreshold));
    }

    [Theory]
    [Trait("RFC 9293", "SHLD-25")]
    [InlineData(IcmpProblem.TimeExceeded, TcpError.HostUnreachable)]
    [InlineData(IcmpProblem.ReassemblyTimeExceeded, TcpError.HostUnreachable)]
    [InlineData(IcmpProblem.ParameterProblem, TcpError.ParameterProblem)]
    public void Time_exceeded_and_parameter_problems_are_told_and_end_nothing(Enum problem, Enum error)
    {
        var peer = TenOut();
        var report = new IcmpReport((IcmpProblem)problem, 11, 0, 0, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1040, peer.Now);
        Assert.Equal((TcpState.Established, (TcpError)error), (peer.Core.State, peer.Core.SoftError));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-47")]
    [Trait("RFC 9293", "SHLD-25")]
    [Trait("RFC 9293", "SHLD-26")]
    [Trait("RFC 9293", "MUST-56")]
    public void Unreachables_end_an_attempt_and_not_a_connection_RFC_5461()
    {
        var report = new IcmpReport(IcmpProblem.PortUnreachable, 3, 3, 0, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        var peer = TenOut();
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1040, peer.Now);
        Assert.Equal((TcpState.Established, TcpError.PortUnreachable), (peer.Core.State, peer.Core.SoftError));
        var attempt = new ScriptedPeer();
        attempt.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), attempt.Now);
        attempt.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial), 60, attempt.Now);
        Assert.Equal((TcpState.Closed, TcpError.PortUnreachable), (attempt.Core.State, attempt.Core.Error));
    }
}
