using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Core;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>RFC 9293 section 3.5: how connections begin.</summary>
public sealed class TcpOpeningTests
{
    [Fact]
    [Trait("RFC 9293", "MUST-14")]
    [Trait("RFC 9293", "SHLD-5")]
    [Trait("RFC 9293", "MAY-3")]
    [Trait("RFC 9293", "MUST-67")]
    public void A_SYN_of_Linux_has_its_options_in_their_order()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        var syn = peer.Next();
        Assert.Equal((TcpFlags.Syn, 0u, 64240), (syn.Flags, syn.Sequence, syn.Window));
        Assert.Equal("020405B4" + "0402080A" + "000003E8" + "00000000" + "01030307", Convert.ToHexString(syn.Options));
    }

    /// <summary>Who does nothing acknowledges the SYN at once.</summary>
    [Theory]
    [InlineData("nothing", TcpFlags.Ack, 0)]
    [InlineData("an option", TcpFlags.Ack, 0)]
    [InlineData("write", TcpFlags.Ack | TcpFlags.Psh, 5)]
    [InlineData("close", TcpFlags.Ack | TcpFlags.Fin, 0)]
    public void What_is_done_when_told_of_the_open_connection_acknowledges_the_SYN(string what, TcpFlags flags, int length)
    {
        var peer = new ScriptedPeer();
        peer.Told = events =>
        {
            Assert.Equal(TcpEvents.Established, events & TcpEvents.Established);
            Assert.Empty(peer.Sent);
            peer.Told = null;
            switch (what)
            {
                case "write":
                    peer.Core.Write(ScriptedPeer.Bytes(5), peer.Now);
                    break;
                case "close":
                    peer.Core.Close(peer.Now);
                    break;
                case "an option":
                    peer.Core.SetKeepalive(TcpTimings.Second, TcpTimings.Second, 1, peer.Now);
                    break;
            }
        };
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Next();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: ScriptedPeer.SynOptions(1460, sack: true, null, null));
        var sent = peer.Next();
        Assert.Equal((flags, 1u, 1u, length), (sent.Flags, sent.Sequence, sent.Acknowledgment, sent.Length));
        Assert.Empty(peer.Sent);
    }

    [Fact]
    public void In_a_simultaneous_open_the_window_of_the_SYN_is_one_that_was_seen()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Next();
        peer.Inject(TcpFlags.Syn, 0, options: ScriptedPeer.SynOptions(1460, sack: true, null, null), window: 60_000);
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, peer.Next().Flags);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 128);
        Assert.Equal(TcpState.Established, peer.Core.State);

        // Silly-window avoidance: 128 bytes are neither a segment nor half of that.
        peer.Write(1000);
        peer.Quiet();
    }

    [Fact]
    public void In_a_simultaneous_open_no_ACK_says_more_than_the_SYN_ACK_could_say_again_RFC_7323_section_2_2()
    {
        var peer = new ScriptedPeer(TcpProfile.FreeBsd);
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Next();
        var options = ScriptedPeer.SynOptions(1460, sack: true, null, windowScale: 7);
        peer.Inject(TcpFlags.Syn, 0, options: options);
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, 65535), (peer.Sent.Peek().Flags, peer.Next().Window));
        peer.Advance(100);
        peer.Inject(TcpFlags.Syn, 0, options: options);
        Assert.Equal((TcpFlags.Ack, 65535 >> 6), (peer.Sent.Peek().Flags, peer.Next().Window));
        peer.UntilSent();
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, 65535), (peer.Sent.Peek().Flags, peer.Next().Window));
    }

    [Fact]
    public void A_SYN_of_FreeBSD_has_its_options_in_their_order()
    {
        var peer = new ScriptedPeer(TcpProfile.FreeBsd);
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        var syn = peer.Next();
        Assert.Equal(65535, syn.Window);
        Assert.Equal("020405B4" + "01030306" + "0402080A" + "000003E8" + "00000000", Convert.ToHexString(syn.Options));
    }

    [Fact]
    public void Timestamps_of_FreeBSD_lie_on_whole_words_also_without_SACK()
    {
        var peer = new ScriptedPeer(
            TcpProfile.FreeBsd with { SynOptions = [TcpSynOption.MaximumSegmentSize, TcpSynOption.WindowScale, TcpSynOption.Timestamps] });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        Assert.Equal("020405B4" + "01030306" + "0101080A" + "000003E8" + "00000000", Convert.ToHexString(peer.Next().Options));
    }

    [Theory]
    [InlineData(65_536, 64_240)]
    [InlineData(270_000, 65_535)]
    [InlineData(1000, 1000)]
    public void The_window_of_a_SYN_is_whole_segments_of_the_buffer_as_far_as_it_can_tell_them(int buffer, int expected)
    {
        var peer = new ScriptedPeer(TcpProfile.Linux with { InitialReceiveBuffer = buffer });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        Assert.Equal(expected, peer.Next().Window);
    }

    [Fact]
    public void FreeBSD_rounds_the_receive_buffer_up_to_whole_segments_and_tells_all_room()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.FreeBsd with { QuickAcks = 16 });
        Assert.Equal(65_700, peer.Core.Info().ReceiveBuffer);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(99));
        Assert.Equal(65_535, peer.Next().Window);
        peer.Inject(TcpFlags.Ack, 100, 1, ScriptedPeer.Bytes(700));
        Assert.Equal(65_700 - 799, peer.Next().Window);

        var linux = ScriptedPeer.Connected();
        Assert.Equal(65_536, linux.Core.Info().ReceiveBuffer);
    }

    [Fact]
    public void A_window_that_is_nearly_shut_opens_by_whole_segments_with_every_profile()
    {
        foreach (var profile in (ReadOnlySpan<TcpProfile>)[TcpProfile.FreeBsd, TcpProfile.Linux])
        {
            var peer = ScriptedPeer.Connected(
                profile with { InitialReceiveBuffer = 4000, MaxReceiveBuffer = 4000, RoundsReceiveBuffer = false, QuickAcks = 16 },
                mss: 1000);
            for (var sequence = 1u; sequence < 4001; sequence += 1000)
            {
                peer.Inject(TcpFlags.Ack, sequence, 1, ScriptedPeer.Bytes(1000));
            }

            Assert.Equal(0, peer.Drain()[^1].Window);
            peer.Core.Read(new byte[900], peer.Now);
            peer.Inject(TcpFlags.Ack, 4001, 1, ScriptedPeer.Bytes(1));
            Assert.Equal(0, peer.Drain()[^1].Window);
            peer.Core.Read(new byte[600], peer.Now);
            peer.Inject(TcpFlags.Ack, 4001, 1, ScriptedPeer.Bytes(1));
            Assert.InRange(peer.Drain()[^1].Window, 1000, 1500);
        }
    }

    [Theory]
    [InlineData(0, "SEW S S")]
    [InlineData(1, "SEW SEW S")]
    public void A_SYN_that_asks_for_ECN_is_sent_again_so_as_often_as_the_profile_says_RFC_3168(int retries, string expected)
    {
        var peer = new ScriptedPeer(TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request, EcnSynRetries = retries });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(5000);
        Assert.Equal(expected, string.Join(' ', peer.Drain().Take(3).Select(s => (s.Flags & TcpFlags.Ece) != 0 ? "SEW" : "S")));
    }

    [Fact]
    public void The_minimal_profile_offers_MSS_alone()
    {
        var peer = new ScriptedPeer(TcpProfile.Minimal);
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        Assert.Equal("020405B4", Convert.ToHexString(peer.Next().Options));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-16")]
    public void An_active_open_takes_what_both_ends_offer()
    {
        var peer = ScriptedPeer.Connected(mss: 1000, timestamps: true, windowScale: 9);
        var info = peer.Core.Info();
        Assert.Equal(
            (TcpState.Established, true, true, 9, 7),
            (info.State, info.HasSack, info.HasTimestamps, info.SendWindowScale, info.ReceiveWindowScale));
        Assert.Equal((1000, 988), (info.PeerSegmentSize, info.SegmentSize));
        Assert.Equal(10, info.SmoothedRoundTrip.TotalMilliseconds);
        Assert.Equal(TcpEvents(), peer.Events.ToString());

        static string TcpEvents() => "Established, Writable";
    }

    [Fact]
    public void Without_the_options_of_the_peer_none_is_used()
    {
        var peer = ScriptedPeer.Connected(sack: false);
        var info = peer.Core.Info();
        Assert.Equal((false, false, 0, 0), (info.HasSack, info.HasTimestamps, info.SendWindowScale, info.ReceiveWindowScale));
        Assert.Equal(1460, info.SegmentSize);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-15")]
    public void A_peer_that_names_no_MSS_is_sent_536_bytes_at_most_MUST_15()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1);
        Assert.Equal(536, peer.Core.Info().SegmentSize);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-22")]
    public void A_SYN_is_sent_again_after_1_3_7_seconds_and_given_up_after_the_seventh()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(200_000);
        Assert.Equal([0, 1, 3, 7, 15, 31, 63], peer.Drain().Select(s => (s.At / 1_000_000_000) - 1));
        Assert.Equal((TcpState.Closed, TcpError.TimedOut, 1), (peer.Core.State, peer.Core.Error, peer.ClosedCount));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-11")]
    public void A_refusal_is_told_once()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Inject(TcpFlags.Rst | TcpFlags.Ack, 0, 1);
        peer.Inject(TcpFlags.Rst | TcpFlags.Ack, 0, 1);
        Assert.Equal((TcpState.Closed, TcpError.Refused, 1), (peer.Core.State, peer.Core.Error, peer.ClosedCount));
        Assert.Equal(0, peer.Pool.InUse);
    }

    [Fact]
    public void In_SYN_SENT_an_RST_without_the_right_acknowledgment_changes_nothing()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Drain();
        peer.Inject(TcpFlags.Rst, 0);
        peer.Inject(TcpFlags.Rst | TcpFlags.Ack, 0, 2);
        Assert.Equal(TcpState.SynSent, peer.Core.State);
        peer.Quiet();
    }

    [Fact]
    public void In_SYN_SENT_an_acknowledgment_of_what_was_not_sent_is_answered_with_RST()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Drain();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 5);
        var reset = peer.Next();
        Assert.Equal((TcpFlags.Rst, 5u), (reset.Flags, reset.Sequence));
        Assert.Equal(TcpState.SynSent, peer.Core.State);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-10")]
    public void Two_SYNs_that_cross_make_one_connection_MUST_10()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Drain();
        peer.Inject(TcpFlags.Syn, 0, options: ScriptedPeer.SynOptions(1460, sack: true, (1u, 0u), windowScale: 2));
        Assert.Equal(TcpState.SynReceived, peer.Core.State);
        var answer = peer.Next();
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, 0u, 1u), (answer.Flags, answer.Sequence, answer.Acknowledgment));
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: ScriptedPeer.SynOptions(1460, sack: true, (2u, 1000u), windowScale: 2));
        Assert.Equal(TcpState.Established, peer.Core.State);
        Assert.Equal(2, peer.Core.Info().SendWindowScale);
    }

    [Fact]
    public void The_window_of_a_SYN_is_not_scaled()
    {
        var peer = ScriptedPeer.Connected(windowScale: 10, window: 5000);
        Assert.Equal(5000, peer.Core.Info().SendWindow);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 100);
        Assert.Equal(100 << 10, peer.Core.Info().SendWindow);
    }

    [Fact]
    public void A_shift_above_14_counts_as_14()
    {
        var peer = ScriptedPeer.Connected(windowScale: 15);
        Assert.Equal(14, peer.Core.Info().SendWindowScale);
    }

    [Fact]
    public void Data_that_were_written_before_the_peer_answered_go_out_with_the_handshakes_end()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        Assert.Equal(100, peer.Write(100));
        peer.Drain();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1);
        var data = peer.Next();
        Assert.Equal((TcpFlags.Ack | TcpFlags.Psh, 1u, 1u, 100), (data.Flags, data.Sequence, data.Acknowledgment, data.Length));
        peer.Quiet();
    }

    [Fact]
    public void ECN_is_asked_for_with_ECE_and_CWR_and_not_in_the_second_SYN()
    {
        var peer = new ScriptedPeer(TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(1500);
        Assert.Equal([TcpFlags.Syn | TcpFlags.Ece | TcpFlags.Cwr, TcpFlags.Syn], peer.Drain().Select(s => s.Flags));
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece, 0, 1);
        Assert.False(peer.Core.Info().HasEcn);
    }
}
