using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Congestion;
using static Portolan.Tests.Transport.Tcp.Support.RecoveryStarts;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>What turns out to have been needless is undone: RFC 5682, 3522, 3708, 9438 section 4.9.</summary>
public sealed class TcpUndoTests
{
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
}
