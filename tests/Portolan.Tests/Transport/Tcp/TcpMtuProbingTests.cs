using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Path MTU discovery by probes: RFC 4821.</summary>
public sealed class TcpMtuProbingTests
{
    private static readonly TcpProfile Probing = TcpProfile.Linux with { MtuProbing = TcpMtuProbing.Always, InitialWindowSegments = 12 };

    /// <summary>Halfway between 1,064 and 1,500 bytes of a packet.</summary>
    private const int FirstProbe = 1242;

    /// <summary>A probe and segments of 1,024 bytes are out.</summary>
    private static ScriptedPeer ProbeOut(TcpProfile? profile = null, bool sack = true)
    {
        var peer = ScriptedPeer.Connected(profile ?? Probing, sack: sack);
        peer.Write(30_000);
        var sent = peer.Drain();
        Assert.Equal((1u, FirstProbe), (sent[0].Sequence, sent[0].Length));
        Assert.Equal((0, false), (sent[0].Departure.SegmentSize, sent[0].Departure.MayFragment));
        Assert.All(sent[1..], s => Assert.Equal(1024, s.Length));
        Assert.Equal(11, sent.Length);
        peer.Advance(10);
        return peer;
    }

    [Fact]
    public void Nothing_is_probed_by_default()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Linux with { InitialWindowSegments = 12 });
        peer.Write(30_000);
        Assert.All(peer.Drain(), s => Assert.Equal(1460, s.Length));
    }

    [Fact]
    public void A_probe_that_arrives_makes_segments_larger_and_leaves_the_window_RFC_4821_section_7_6_1()
    {
        var peer = ProbeOut();
        var before = peer.Core.Info().CongestionWindow;
        peer.Ack(FirstProbe + 1);
        Assert.Equal(FirstProbe, peer.Core.Info().SegmentSize);
        Assert.Equal(before + FirstProbe, peer.Core.Info().CongestionWindow);
        Assert.All(peer.Drain(), s => Assert.True(s.Length > 1024));
    }

    [Fact]
    public void The_search_ends_where_the_range_is_small()
    {
        var peer = ScriptedPeer.Connected(Probing, mss: 1460, windowScale: 3);
        for (var i = 0; i < 60; i++)
        {
            peer.Write(40_000);
            var sent = peer.Drain();
            if (sent.Length > 0)
            {
                peer.Advance(10);
                peer.Ack(sent[^1].Sequence + (uint)sent[^1].Length);
            }
        }

        Assert.InRange(peer.Core.Info().SegmentSize, 1460 - 8, 1460);
        peer.Drain();
        Assert.Equal(0, peer.Core.Info().Retransmissions);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_probe_that_alone_is_lost_was_too_large_and_that_is_no_congestion_RFC_4821_section_7_6_2(bool sack)
    {
        var peer = ProbeOut(sack: sack);
        var before = peer.Core.Info();
        uint end = FirstProbe + 1 + (10 * 1024);
        if (sack)
        {
            peer.Ack(1, (FirstProbe + 1, FirstProbe + 1 + (3 * 1024)));
        }
        else
        {
            // Limited transmit sends new data for the first two (RFC 3042).
            peer.Ack(1);
            peer.Ack(1);
            end = Math.Max(end, peer.Drain().Max(s => s.Sequence + (uint)s.Length));
            peer.Ack(1);
        }

        var again = peer.Drain();
        end = Math.Max(end, again.Max(s => s.Sequence + (uint)s.Length));
        Assert.Equal([(1u, 1024), (1025u, FirstProbe - 1024)], again[..2].Select(s => (s.Sequence, s.Length)));
        var info = peer.Core.Info();
        Assert.Equal(
            (before.CongestionWindow, before.SlowStartThreshold, 0L), (info.CongestionWindow, info.SlowStartThreshold, info.Recoveries));
        peer.Advance(10);
        peer.Ack(end);
        Assert.Equal(TcpRecoveryPhase.Open, peer.Core.Info().Phase);
        Assert.Equal(1024, peer.Core.Info().SegmentSize);

        // The next is smaller: halfway between 1,064 and 1,281 bytes of a packet.
        peer.Write(20_000);
        Assert.Contains(peer.Drain(), s => s.Length == ((1064 + 1281) / 2) - 40);
    }

    [Fact]
    public void A_probe_that_is_lost_with_others_tells_nothing_and_the_loss_is_congestion_RFC_4821_section_7_6_4()
    {
        var peer = ProbeOut();
        var before = peer.Core.Info().CongestionWindow;
        const uint Next = FirstProbe + 1;
        peer.Ack(1, (Next + 1024, Next + (5 * 1024)));
        Assert.Equal(TcpRecoveryPhase.Recovery, peer.Core.Info().Phase);
        Assert.Equal((long)(before * 0.7), peer.Core.Info().SlowStartThreshold);
        Assert.All(peer.Drain(), s => Assert.True(s.Length <= 1024));
    }

    [Fact]
    public void A_packet_too_big_about_the_probe_has_its_bytes_sent_again_at_once()
    {
        var peer = ProbeOut();
        var before = peer.Core.Info();
        var report = new IcmpArrival(IcmpProblem.PacketTooBig, 3, 4, 1200, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, FirstProbe + 40, peer.Now);
        Assert.Equal([(1u, 1024), (1025u, FirstProbe - 1024)], peer.Drain()[..2].Select(s => (s.Sequence, s.Length)));
        Assert.Equal((1024, before.SlowStartThreshold), (peer.Core.Info().SegmentSize, peer.Core.Info().SlowStartThreshold));
    }

    [Fact]
    public void What_was_a_probe_and_was_sent_again_in_parts_proves_nothing()
    {
        var peer = ProbeOut();
        peer.Ack(1, (FirstProbe + 1 + 1024, FirstProbe + 1 + (5 * 1024)));
        peer.Drain();
        peer.Advance(10);
        peer.Ack(FirstProbe + 1 + (10 * 1024));
        Assert.Equal(1024, peer.Core.Info().SegmentSize);
    }

    [Theory]
    [InlineData(TcpMtuProbing.AfterBlackHole, 1024, 512)]
    [InlineData(TcpMtuProbing.Off, 1460, 1460)]
    public void Timeouts_in_a_row_show_a_black_hole_RFC_4821_section_7_7(TcpMtuProbing mode, int atThird, int atFourth)
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Linux with { MtuProbing = mode, UsesTailProbes = false });
        peer.Write(4 * 1460);
        Assert.All(peer.Drain(), s => Assert.Equal(1460, s.Length));
        foreach (var expected in (int[])[1460, 1460, atThird, atFourth])
        {
            peer.UntilSent();
            var again = peer.Drain();
            Assert.Equal((1u, expected), (again[0].Sequence, again[0].Length));
        }
    }

    [Fact]
    public void Behind_a_black_hole_the_connection_goes_on_and_searches_upwards()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Linux with { MtuProbing = TcpMtuProbing.AfterBlackHole, UsesTailProbes = false });
        peer.Write(60_000);
        var (next, most, largest) = (1u, 1300, 0);
        var got = new SortedDictionary<uint, int>();
        for (var i = 0; i < 3000 && next <= 60_000; i++)
        {
            if (peer.Sent.Count == 0)
            {
                peer.UntilSent();
            }

            // Nothing larger than the hole takes arrives, and nobody says so.
            foreach (var sent in peer.Drain().Where(s => s.Length > 0 && s.Length + 40 <= most))
            {
                largest = Math.Max(largest, sent.Length);
                got[sent.Sequence] = Math.Max(got.GetValueOrDefault(sent.Sequence), sent.Length);
                while (got.FirstOrDefault(g => g.Key <= next && g.Key + g.Value > next) is { Value: > 0 } at)
                {
                    next = at.Key + (uint)at.Value;
                }

                peer.Advance(5);
                if (sent.Sequence > next)
                {
                    peer.Ack(next, (sent.Sequence, sent.Sequence + (uint)sent.Length));
                }
                else
                {
                    peer.Ack(next);
                }
            }
        }

        Assert.Equal(60_001u, next);
        Assert.InRange(largest, 1025, most - 40);
    }
}
