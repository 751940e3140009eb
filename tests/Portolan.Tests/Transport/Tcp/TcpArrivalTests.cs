using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>RFC 9293 section 3.10.7.4, RFC 5961, RFC 7323 section 5, RFC 2883: what is taken, what is answered, what is dropped.</summary>
public sealed class TcpArrivalTests
{
    private static ScriptedPeer NoQuickAcks(bool timestamps = false) =>
        ScriptedPeer.Connected(TcpProfile.Linux with { QuickAcks = 0 }, timestamps: timestamps);

    [Fact]
    public void Data_in_order_are_read_as_they_were_sent()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack | TcpFlags.Psh, 1, 1, ScriptedPeer.Bytes(1000));
        peer.Inject(TcpFlags.Ack | TcpFlags.Psh, 1001, 1, ScriptedPeer.Bytes(1000, 1000));
        Assert.Equal(ScriptedPeer.Bytes(2000), peer.Read());
        Assert.Equal([1001u, 2001u], peer.Drain().Select(s => s.Acknowledgment));
    }

    [Fact]
    [Trait("RFC 9293", "SHLD-18")]
    [Trait("RFC 9293", "SHLD-19")]
    [Trait("RFC 9293", "MUST-40")]
    [Trait("RFC 9293", "MUST-58")]
    public void Every_second_full_segment_is_acknowledged_at_once_and_one_alone_within_the_delay()
    {
        var peer = NoQuickAcks();
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(1460));
        peer.Inject(TcpFlags.Ack, 1461, 1, ScriptedPeer.Bytes(1460));
        Assert.Equal([2921u], peer.Drain().Select(s => s.Acknowledgment));
        peer.Inject(TcpFlags.Ack, 2921, 1, ScriptedPeer.Bytes(1460));
        peer.Quiet();
        peer.Inject(TcpFlags.Ack, 4381, 1, ScriptedPeer.Bytes(1460));
        Assert.Equal(5841u, peer.Next().Acknowledgment);
        peer.Inject(TcpFlags.Ack, 5841, 1, ScriptedPeer.Bytes(10));
        peer.Quiet();
        Assert.Equal(40, peer.UntilSent());
        Assert.Equal(5851u, peer.Next().Acknowledgment);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-58")]
    [Trait("RFC 9293", "MUST-59")]
    public void Segments_in_order_that_came_together_are_acknowledged_once()
    {
        var peer = NoQuickAcks();
        peer.Together(() =>
        {
            for (var i = 0u; i < 6; i++)
            {
                peer.Inject(TcpFlags.Ack, 1 + (i * 1460), 1, ScriptedPeer.Bytes(1460));
            }

            peer.Quiet();
        });
        Assert.Equal(8761u, peer.Next().Acknowledgment);
        peer.Quiet();

        // A quarter of the buffer is the most that waits, so that the peer need not.
        peer.Together(() =>
        {
            for (var i = 6u; i < 20; i++)
            {
                peer.Inject(TcpFlags.Ack, 1 + (i * 1460), 1, ScriptedPeer.Bytes(1460));
            }
        });
        Assert.Equal([1 + (18 * 1460u), 1 + (20 * 1460u)], peer.Drain().Select(s => s.Acknowledgment));
    }

    [Fact]
    public void Each_segment_beyond_a_gap_is_acknowledged_at_once_also_when_several_came_together()
    {
        var peer = NoQuickAcks();
        peer.Together(() =>
        {
            for (var i = 1u; i < 4; i++)
            {
                peer.Inject(TcpFlags.Ack, 1 + (i * 1460), 1, ScriptedPeer.Bytes(1460));
                Assert.Equal(1u, peer.Next().Acknowledgment);
            }
        });
        peer.Quiet();
    }

    [Fact]
    public void An_acknowledgment_rides_on_data_that_go_out()
    {
        var peer = NoQuickAcks();
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10));
        peer.Write(5);
        Assert.Equal((11u, 5), (peer.Sent.Peek().Acknowledgment, peer.Next().Length));
        peer.Advance(100);
        Assert.All(peer.Drain(), segment => Assert.NotEqual(0, segment.Length));
    }

    [Fact]
    [Trait("RFC 9293", "SHLD-31")]
    [Trait("RFC 9293", "MAY-13")]
    public void Out_of_order_data_are_reported_by_SACK_the_newest_block_first()
    {
        var peer = NoQuickAcks();
        peer.Inject(TcpFlags.Ack, 1001, 1, ScriptedPeer.Bytes(1000, 1000));
        Assert.Equal([(1001u, 2001u)], peer.Next().Sack(ScriptedPeer.PeerInitial));
        peer.Inject(TcpFlags.Ack, 3001, 1, ScriptedPeer.Bytes(1000, 3000));
        Assert.Equal([(3001u, 4001u), (1001u, 2001u)], peer.Next().Sack(ScriptedPeer.PeerInitial));
        peer.Inject(TcpFlags.Ack, 2001, 1, ScriptedPeer.Bytes(1000, 2000));
        Assert.Equal([(1001u, 4001u)], peer.Next().Sack(ScriptedPeer.PeerInitial));
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(1000));
        var whole = peer.Next();
        Assert.Equal((4001u, 0), (whole.Acknowledgment, whole.Options.Length));
        Assert.Equal(ScriptedPeer.Bytes(4000), peer.Read());
    }

    [Fact]
    public void Data_that_come_twice_are_reported_as_duplicates_RFC_2883()
    {
        var peer = NoQuickAcks();
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(1000));
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(1000));
        Assert.Equal([(1u, 1001u)], peer.Drain()[^1].Sack(ScriptedPeer.PeerInitial));
        peer.Inject(TcpFlags.Ack, 2001, 1, ScriptedPeer.Bytes(1000, 2000));
        peer.Drain();
        peer.Inject(TcpFlags.Ack, 2001, 1, ScriptedPeer.Bytes(1000, 2000));
        Assert.Equal([(2001u, 3001u), (2001u, 3001u)], peer.Next().Sack(ScriptedPeer.PeerInitial));
        peer.Inject(TcpFlags.Ack, 501, 1, ScriptedPeer.Bytes(1000, 500));
        Assert.Equal([(501u, 1001u), (2001u, 3001u)], peer.Next().Sack(ScriptedPeer.PeerInitial));
        Assert.Equal(ScriptedPeer.Bytes(1500), peer.Read());
    }

    [Theory]
    [InlineData(151, 701, "201:301 151:701")]
    [InlineData(451, 676, "451:501 401:701 201:301")]
    [InlineData(101, 601, "201:301")]
    [InlineData(51, 601, "51:101")]
    [InlineData(301, 401, "201:501 601:701")]
    public void Of_a_segment_that_is_new_in_part_the_first_part_that_is_not_is_reported_RFC_2883_section_4_2(
        uint start, uint end, string expected)
    {
        var peer = NoQuickAcks();
        foreach (var (from, to) in (ReadOnlySpan<(uint, uint)>)[(1, 101), (201, 301), (401, 501), (601, 701), (start, end)])
        {
            peer.Drain();
            peer.Inject(TcpFlags.Ack, from, 1, ScriptedPeer.Bytes((int)(to - from), (int)from - 1));
        }

        Assert.Equal(expected, string.Join(' ', peer.Next().Sack(ScriptedPeer.PeerInitial).Select(b => $"{b.Start}:{b.End}")));
    }

    [Fact]
    public void The_first_copy_of_overlapping_data_stays()
    {
        var peer = NoQuickAcks();
        peer.Inject(TcpFlags.Ack, 101, 1, ScriptedPeer.Bytes(100, 100));
        peer.Inject(TcpFlags.Ack, 51, 1, [.. ScriptedPeer.Bytes(50, 50), .. new byte[200]]);
        peer.Inject(TcpFlags.Ack, 1, 1, [.. ScriptedPeer.Bytes(50), .. new byte[100]]);
        Assert.Equal([.. ScriptedPeer.Bytes(200), .. new byte[100]], peer.Read());
    }

    [Fact]
    public void An_RST_with_the_next_number_ends_the_connection_at_once()
    {
        var peer = ScriptedPeer.Connected();
        peer.Write(100);
        peer.Inject(TcpFlags.Rst, 1);
        Assert.Equal((TcpState.Closed, TcpError.Reset, 1), (peer.Core.State, peer.Core.Error, peer.ClosedCount));
        Assert.Equal(0, peer.Pool.InUse);
    }

    [Fact]
    public void An_inexact_RST_in_the_window_is_challenged_RFC_5961_section_3()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Rst, 2);
        Assert.Equal((TcpFlags.Ack, 1u, 1u), (peer.Sent.Peek().Flags, peer.Sent.Peek().Sequence, peer.Next().Acknowledgment));
        Assert.Equal(TcpState.Established, peer.Core.State);
        peer.Inject(TcpFlags.Rst, 3);
        peer.Quiet();
        peer.Advance(600);
        peer.Inject(TcpFlags.Rst, 0);
        peer.Inject(TcpFlags.Rst, 70_000);
        peer.Quiet();
        Assert.Equal(TcpState.Established, peer.Core.State);
    }

    [Fact]
    public void A_SYN_of_an_open_connection_is_challenged_RFC_5961_section_4()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Syn, 500);
        Assert.Equal((TcpFlags.Ack, 1u), (peer.Sent.Peek().Flags, peer.Next().Acknowledgment));
        peer.Advance(600);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1);
        Assert.Equal(TcpFlags.Ack, peer.Next().Flags);
        Assert.Equal(TcpState.Established, peer.Core.State);
    }

    [Fact]
    public void A_SYN_of_a_peer_that_has_begun_anew_is_challenged_whatever_its_number_and_timestamp_RFC_5961_section_4_2()
    {
        var peer = NoQuickAcks(timestamps: true);
        peer.Inject(TcpFlags.Syn, 500);
        Assert.Equal((TcpFlags.Ack, 1u), (peer.Sent.Peek().Flags, peer.Next().Acknowledgment));
        peer.Advance(600);
        peer.Inject(TcpFlags.Syn, 1_000_000, options: ScriptedPeer.SynOptions(1460, sack: true, (5u, 0u), 7));
        Assert.Equal((TcpFlags.Ack, 1u), (peer.Sent.Peek().Flags, peer.Next().Acknowledgment));
        peer.Inject(TcpFlags.Syn, 1_000_000, options: ScriptedPeer.SynOptions(1460, sack: true, (6u, 0u), 7));
        peer.Quiet();
        Assert.Equal((3L, 2L), (peer.Environment.Counters.Dropped(TcpDrop.SynInWindow), peer.Environment.Counters.Challenges));
        Assert.Equal(TcpState.Established, peer.Core.State);
    }

    [Fact]
    [Trait("RFC 9293", "MAY-12")]
    public void Acknowledgments_of_the_unsent_or_the_too_old_are_challenged_and_dropped_RFC_5961_section_5()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Minimal, window: 1000);
        peer.Inject(TcpFlags.Ack, 1, 2, ScriptedPeer.Bytes(10));
        Assert.Equal(1u, peer.Next().Acknowledgment);

        // Nothing was sent yet that an old one could acknowledge.
        peer.Advance(600);
        peer.Inject(TcpFlags.Ack, 1, 0, ScriptedPeer.Bytes(10));
        Assert.Equal(1u, peer.Next().Acknowledgment);
        for (var i = 0; i < 2; i++)
        {
            peer.Write(1000);
            peer.Drain();
            peer.Ack((uint)(1001 + (i * 1000)));
        }

        peer.Drain();
        peer.Advance(600);
        peer.Inject(TcpFlags.Ack, 1, 2001 - 1001, ScriptedPeer.Bytes(10));
        Assert.Equal(1u, peer.Next().Acknowledgment);
        Assert.Empty(peer.Read());
        peer.Inject(TcpFlags.Ack, 1, 2001 - 1000, ScriptedPeer.Bytes(10));
        Assert.Equal(10, peer.Read().Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_read_and_comes_again_with_FIN_after_closing_is_no_loss(bool hasMore)
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack | TcpFlags.Psh, 1, 1, ScriptedPeer.Bytes(100));
        Assert.Equal(100, peer.Read().Length);
        peer.Core.Close(peer.Now);
        peer.Drain();
        peer.Inject(TcpFlags.Ack | TcpFlags.Fin, 1, 2, ScriptedPeer.Bytes(hasMore ? 101 : 100));
        var answer = peer.Drain()[^1];
        Assert.Equal(hasMore ? (TcpFlags.Rst, TcpState.Closed) : (TcpFlags.Ack, TcpState.TimeWait), (answer.Flags, peer.Core.State));
    }

    [Theory]
    [InlineData(true, 101u, true)]
    [InlineData(true, 100u, false)]
    [InlineData(false, 101u, false)]
    public void An_RST_with_the_number_of_the_FIN_before_it_is_taken(bool hasFin, uint sequence, bool isTaken)
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack | TcpFlags.Psh | (hasFin ? TcpFlags.Fin : 0), 1, 1, ScriptedPeer.Bytes(hasFin ? 100 : 101));
        peer.Drain();
        peer.Inject(TcpFlags.Rst, sequence);
        Assert.Equal(isTaken, peer.Core.State == TcpState.Closed);
    }

    [Theory]
    [InlineData(301u, true)]
    [InlineData(201u, false)]
    [InlineData(300u, false)]
    public void An_RST_behind_all_that_was_acknowledged_selectively_is_taken(uint sequence, bool isTaken)
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack, 101, 1, ScriptedPeer.Bytes(100));
        peer.Inject(TcpFlags.Ack, 251, 1, ScriptedPeer.Bytes(50));
        peer.Drain();
        peer.Inject(TcpFlags.Rst, sequence);
        Assert.Equal(isTaken, peer.Core.State == TcpState.Closed);
    }

    [Fact]
    public void Acknowledgments_of_the_unsent_are_dropped_in_silence_where_a_profile_says_so()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Linux with { AnswersUnsentAcknowledgment = false });
        peer.Inject(TcpFlags.Ack, 1, 2, ScriptedPeer.Bytes(10));
        peer.Quiet();
        Assert.Empty(peer.Read());
    }

    [Fact]
    public void A_segment_that_is_not_believed_does_not_move_the_recent_timestamp()
    {
        var peer = NoQuickAcks(timestamps: true);
        peer.Inject(TcpFlags.Ack, 1, 9999, ScriptedPeer.Bytes(10), options: ScriptedPeer.Timestamps(200_000, 1010));
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(20), options: ScriptedPeer.Timestamps(2001, 1010));
        Assert.Equal(20, peer.Read().Length);
    }

    [Fact]
    public void A_segment_without_ACK_is_dropped()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Psh, 1, 0, ScriptedPeer.Bytes(10));
        peer.Quiet();
        Assert.Empty(peer.Read());
        Assert.Equal(1, peer.Environment.Counters.Dropped(TcpDrop.NoAcknowledgment));
    }

    [Fact]
    public void An_old_timestamp_is_answered_and_dropped_and_an_RST_is_exempt_RFC_7323_section_5()
    {
        var peer = NoQuickAcks(timestamps: true);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10), options: ScriptedPeer.Timestamps(2000, 1010));
        peer.Inject(TcpFlags.Ack, 11, 1, ScriptedPeer.Bytes(10), options: ScriptedPeer.Timestamps(1999, 1010));
        Assert.Equal(11u, peer.Next().Acknowledgment);
        Assert.Equal(10, peer.Read().Length);
        Assert.Equal(1, peer.Environment.Counters.Dropped(TcpDrop.Paws));
        peer.Inject(TcpFlags.Rst, 11, options: ScriptedPeer.Timestamps(5, 0));
        Assert.Equal(TcpState.Closed, peer.Core.State);
    }

    [Fact]
    public void After_24_days_any_timestamp_is_new_RFC_7323_section_5_5()
    {
        var peer = NoQuickAcks(timestamps: true);
        peer.Advance(25.0 * 24 * 3600 * 1000);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10), options: ScriptedPeer.Timestamps(500, 1010));
        Assert.Equal(10, peer.Read().Length);
    }

    [Fact]
    public void TS_Recent_follows_only_segments_that_begin_at_or_before_the_last_acknowledgment_RFC_7323_section_4_3()
    {
        var peer = NoQuickAcks(timestamps: true);
        peer.Inject(TcpFlags.Ack, 101, 1, ScriptedPeer.Bytes(100), options: ScriptedPeer.Timestamps(3000, 1010));
        Assert.Equal(1000u, peer.Next().Timestamps()!.Value.Echo);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(100), options: ScriptedPeer.Timestamps(3001, 1010));
        Assert.Equal(3001u, peer.Next().Timestamps()!.Value.Echo);
    }

    [Fact]
    public void Data_beyond_the_window_are_cut_off()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Minimal, sack: false);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(9000));
        var answer = peer.Next();
        Assert.Equal((8193u, 0), (answer.Acknowledgment, answer.Window));
        Assert.Equal(ScriptedPeer.Bytes(8192), peer.Read());
        Assert.Equal(8192, peer.Next().Window);
    }

    [Fact]
    [Trait("RFC 9293", "MAY-8")]
    [Trait("RFC 9293", "MUST-66")]
    public void At_a_zero_window_acknowledgments_and_resets_still_count_MUST_66()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Minimal, sack: false);
        peer.Write(100);
        peer.Drain();
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(8192));
        Assert.Equal(0, peer.Drain()[^1].Window);
        peer.Inject(TcpFlags.Ack, 8193, 101, ScriptedPeer.Bytes(1));
        Assert.Equal(0, peer.Core.Info().BytesUnacknowledged);
        Assert.Equal(8193u, peer.Next().Acknowledgment);
        peer.Inject(TcpFlags.Rst, 8193);
        Assert.Equal(TcpState.Closed, peer.Core.State);
    }

    [Fact]
    [Trait("RFC 9293", "SHLD-14")]
    public void The_right_edge_of_the_window_never_goes_back()
    {
        var peer = ScriptedPeer.Connected(windowScale: 7);
        uint edge = 0;
        for (uint at = 1; at < 60_000; at += 1001)
        {
            peer.Inject(TcpFlags.Ack, at, 1, ScriptedPeer.Bytes(1001));
            foreach (var segment in peer.Drain())
            {
                var now = segment.Acknowledgment + ((uint)segment.Window << 7);
                Assert.True(now >= edge, $"{edge} to {now}");
                edge = now;
            }
        }
    }

    [Fact]
    public void What_came_late_does_not_tell_the_send_window_RFC_9293_section_3_10_7_4()
    {
        var peer = NoQuickAcks();
        peer.Inject(TcpFlags.Ack, 101, 1, ScriptedPeer.Bytes(10), window: 50_000);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10), window: 30_000);
        Assert.Equal(50_000, peer.Core.Info().SendWindow);
        peer.Inject(TcpFlags.Ack, 111, 1, ScriptedPeer.Bytes(10), window: 40_000);
        Assert.Equal(40_000, peer.Core.Info().SendWindow);
        peer.Write(10);
        peer.Inject(TcpFlags.Ack, 121, 11, window: 20_000);
        peer.Inject(TcpFlags.Ack, 131, 1, ScriptedPeer.Bytes(10), window: 60_000);
        Assert.Equal(20_000, peer.Core.Info().SendWindow);
    }

    [Fact]
    public void The_reader_opens_the_window_again_by_an_ACK_of_its_own()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Minimal, sack: false);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(8192));
        Assert.Equal(0, peer.Drain()[^1].Window);
        peer.Read(100);
        peer.Quiet();
        peer.Read(1400);
        Assert.Equal(1500, peer.Next().Window);
    }

    [Fact]
    public void Urgent_data_are_read_in_line_RFC_6093()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Ack | TcpFlags.Urg, 1, 1, ScriptedPeer.Bytes(10), urgent: 5);
        Assert.Equal(ScriptedPeer.Bytes(10), peer.Read());
    }

    [Fact]
    [Trait("RFC 9293", "SHLD-8")]
    public void CE_is_echoed_until_CWR_RFC_3168_section_6_1_3()
    {
        var peer = new ScriptedPeer(TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request });
        peer.Core.Connect(new Portolan.Transport.SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece, 0, 1);
        Assert.True(peer.Core.Info().HasEcn);
        peer.Drain();
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10), ecn: EcnCodepoint.CongestionExperienced);
        Assert.Equal(TcpFlags.Ack | TcpFlags.Ece, peer.Next().Flags);
        peer.Inject(TcpFlags.Ack, 11, 1, ScriptedPeer.Bytes(10), ecn: EcnCodepoint.Capable0);
        Assert.Equal(TcpFlags.Ack | TcpFlags.Ece, peer.Next().Flags);
        peer.Inject(TcpFlags.Ack | TcpFlags.Cwr, 21, 1, ScriptedPeer.Bytes(10), ecn: EcnCodepoint.Capable0);
        Assert.Equal(TcpFlags.Ack, peer.Next().Flags);
    }
}
