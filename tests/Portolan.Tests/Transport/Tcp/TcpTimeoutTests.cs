using Portolan.Model;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Tcp;
using static Portolan.Tests.Transport.Tcp.Support.RecoveryStarts;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Timeouts, how round trips are measured and when a connection is given up: RFC 6298, 5681, 9293 section 3.8.3.</summary>
public sealed class TcpTimeoutTests
{
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
        var peer = TenOut(RenoProfile with { UsesForwardRto = false }, sack: false);
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
        var peer = TenOut(RenoProfile);
        peer.Ack(1, (1001, 9001));
        Assert.Equal((TcpRecoveryPhase.Recovery, 5000), (peer.Core.Info().Phase, peer.Core.Info().SlowStartThreshold));
        peer.Ack(9001);
        Assert.Equal((TcpRecoveryPhase.Recovery, 1000), (peer.Core.Info().Phase, peer.Core.Info().BytesUnacknowledged));
        while (peer.Core.Info().Timeouts == 0)
        {
            peer.UntilSent();
            peer.Drain();
        }

        Assert.Equal(
            (TcpRecoveryPhase.Loss, 1000, 5000),
            (peer.Core.Info().Phase, peer.Core.Info().CongestionWindow, peer.Core.Info().SlowStartThreshold));
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
}
