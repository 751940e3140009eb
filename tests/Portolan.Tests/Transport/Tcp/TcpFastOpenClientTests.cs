using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.FastOpen;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>RFC 7413 section 4.2.1: a client, against a peer whose every segment the test writes.</summary>
public sealed class TcpFastOpenClientTests
{
    private static readonly byte[] Cookie = [1, 2, 3, 4, 5, 6, 7, 8];

    private static ScriptedPeer Begin(byte[]? cookie, int text, TcpProfile? profile = null, int mss = 1460)
    {
        var peer = new ScriptedPeer(profile);
        if (cookie is not null)
        {
            peer.Environment.FastOpens.Learn(ScriptedPeer.Here, ScriptedPeer.There, new FastOpenCookie(cookie), mss);
        }

        Assert.Equal(text, peer.Core.PrepareFastOpen(ScriptedPeer.Bytes(text), peer.Now));
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        return peer;
    }

    private static byte[] SynAckOptions(byte[]? cookie, int mss = 1460)
    {
        var buffer = new byte[40];
        var writer = new TcpOptionsWriter(buffer);
        writer.AddMaximumSegmentSize((ushort)mss);
        writer.AddSackPermitted();
        if (cookie is not null)
        {
            buffer[writer.Length] = (byte)TcpOptionKind.FastOpen;
            buffer[writer.Length + 1] = (byte)(2 + cookie.Length);
            cookie.CopyTo(buffer, writer.Length + 2);
            return [.. buffer[..(writer.Length + 2 + cookie.Length)], .. new byte[(4 - ((writer.Length + 2 + cookie.Length) % 4)) % 4]];
        }

        return buffer[..writer.Pad()];
    }

    private static FastOpenCookie Known(ScriptedPeer peer) =>
        peer.Environment.FastOpens.CookieFor(ScriptedPeer.Here, ScriptedPeer.There, out _);

    private static bool IsPaused(ScriptedPeer peer) =>
        peer.Environment.FastOpens.IsPaused(ScriptedPeer.Here, ScriptedPeer.There, new PortNumber(80), peer.Now);

    [Fact]
    public void A_SYN_asks_for_a_cookie_by_an_empty_option_behind_the_others_as_Linux_does()
    {
        var peer = Begin(null, 100);
        var syn = peer.Next();
        Assert.Equal(
            ("020405B4" + "0402080A" + "000003E8" + "00000000" + "01030307" + "22020101", 0),
            (Convert.ToHexString(syn.Options), syn.Length));
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(Cookie));
        Assert.Equal(new FastOpenCookie(Cookie), Known(peer));
        var (ack, text) = (peer.Next(), peer.Sent.Count > 0 ? peer.Next() : null);
        Assert.Equal(100, (text ?? ack).Length);
        Assert.Equal(TcpFastOpenOutcome.NoCookie, peer.Core.Info().FastOpen);
    }

    [Fact]
    public void A_SYN_with_a_cookie_has_text_and_no_PSH_as_with_Linux()
    {
        var peer = Begin(Cookie, 2000);
        var syn = peer.Next();
        Assert.Equal((TcpFlags.Syn, 1420), (syn.Flags, syn.Length));
        Assert.Equal(ScriptedPeer.Bytes(1420), syn.Payload);
        Assert.EndsWith("01030307" + "220A0102030405060708" + "0101", Convert.ToHexString(syn.Options));
    }

    [Fact]
    public void A_SYN_of_FreeBSD_has_the_cookie_behind_the_others_too()
    {
        var syn = Begin(Cookie, 10, TcpProfile.FreeBsd).Next();
        Assert.Equal(
            "020405B4" + "01030306" + "0402080A" + "000003E8" + "00000000" + "220A0102030405060708" + "0000",
            Convert.ToHexString(syn.Options));
    }

    [Theory]
    [InlineData(0, 496)]
    [InlineData(1220, 1180)]
    [InlineData(9000, 1420)]
    public void The_cached_MSS_bounds_the_text_and_without_one_the_least_that_every_host_takes(int mss, int expected)
    {
        var peer = new ScriptedPeer();
        var cache = peer.Environment.FastOpens;
        cache.Learn(ScriptedPeer.Here, ScriptedPeer.There, new FastOpenCookie(Cookie), mss);
        peer.Core.PrepareFastOpen(new byte[3000], peer.Now);
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        Assert.Equal(expected, peer.Next().Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    [InlineData(999)]
    public void What_the_SYN_ACK_leaves_out_of_the_text_is_sent_at_once_and_only_that(int acknowledged)
    {
        var peer = Begin(Cookie, 1000);
        peer.Next();
        peer.Advance(10);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1 + (uint)acknowledged, options: SynAckOptions(null));
        var rest = peer.Next();
        Assert.Equal((1 + (uint)acknowledged, 1000 - acknowledged, TcpFlags.Ack | TcpFlags.Psh), (rest.Sequence, rest.Length, rest.Flags));
        Assert.Equal(ScriptedPeer.Bytes(1000)[acknowledged..], rest.Payload);
        var info = peer.Core.Info();
        Assert.Equal(
            (TcpFastOpenOutcome.Accepted, acknowledged, 10.0, TcpState.Established),
            (info.FastOpen, info.BytesAcknowledged, info.SmoothedRoundTrip.TotalMilliseconds, info.State));
        Assert.Null(peer.Core.FindFault());
        peer.Ack(1001);
        Assert.Equal(1000, peer.Core.Info().BytesAcknowledged);
        peer.Quiet();
    }

    [Fact]
    public void All_the_text_acknowledged_leaves_nothing_in_flight_and_the_whole_initial_window()
    {
        var peer = Begin(Cookie, 1000);
        peer.Next();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1001, options: SynAckOptions(null));
        Assert.Equal((TcpFlags.Ack, 1001u, 1u), (peer.Sent.Peek().Flags, peer.Sent.Peek().Sequence, peer.Next().Acknowledgment));
        peer.Quiet();
        Assert.Equal((14_600, 0L), (peer.Core.Info().CongestionWindow, peer.Core.Info().BytesInFlight));
        Assert.Null(peer.Core.FindFault());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_timeouts_in_a_row_after_text_in_a_SYN_are_taken_for_a_black_hole_as_with_Linux(bool isFast)
    {
        var peer = Begin(Cookie, isFast ? 100 : 0);
        peer.Next();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, isFast ? 101u : 1u, options: SynAckOptions(null));
        peer.Drain();
        peer.Write(50);
        peer.Drain();
        for (var i = 0; i < 3 && !IsPaused(peer); i++)
        {
            Assert.Equal(0, peer.Environment.Counters.FastOpenBlackholes);
            peer.UntilSent();
            peer.Drain();
        }

        Assert.Equal((isFast, isFast ? 1 : 0), (IsPaused(peer), peer.Environment.Counters.FastOpenBlackholes));
    }

    [Fact]
    public void Nagle_waits_for_no_acknowledgment_of_text_that_a_SYN_had_as_with_Linux()
    {
        var peer = Begin(Cookie, 100);
        peer.Next();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(Cookie));
        Assert.Equal(100, peer.Next().Length);
        peer.Write(50);
        Assert.Equal((101u, 50), (peer.Sent.Peek().Sequence, peer.Next().Length));
        peer.Write(50);
        peer.Quiet();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1002u)]
    [InlineData(0x8000_0000u)]
    public void An_acknowledgment_of_more_than_the_text_is_answered_with_RST(uint acknowledgment)
    {
        var peer = Begin(Cookie, 1000);
        peer.Next();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, acknowledgment, options: SynAckOptions(Cookie));
        Assert.Equal((TcpFlags.Rst, acknowledgment, TcpState.SynSent), (peer.Sent.Peek().Flags, peer.Next().Sequence, peer.Core.State));
    }

    [Fact]
    public void A_new_cookie_that_comes_without_acknowledging_the_text_is_used_the_next_time()
    {
        var peer = Begin(Cookie, 1000);
        peer.Next();
        byte[] other = [9, 9, 9, 9];
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(other));
        var again = peer.Next();
        Assert.Equal((1u, 1000, TcpFastOpenOutcome.NotAcknowledged), (again.Sequence, again.Length, peer.Core.Info().FastOpen));
        Assert.Equal((new FastOpenCookie(other), false, 1), (Known(peer), IsPaused(peer), peer.Environment.Counters.FastOpenActiveFailed));
    }

    [Fact]
    public void A_server_that_neither_takes_the_text_nor_gives_a_cookie_is_left_alone_for_a_minute_RFC_7413_section_4_1_3_1()
    {
        var peer = Begin(Cookie, 1000);
        peer.Next();
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(null));
        Assert.True(IsPaused(peer));
        peer.Advance(60_001);
        Assert.False(IsPaused(peer));
        Assert.Equal((1, 0), (peer.Environment.Counters.FastOpenActiveFailed, peer.Environment.Counters.FastOpenBlackholes));
    }

    [Fact]
    public void What_is_sent_again_of_a_SYN_has_neither_option_nor_text_and_an_answer_to_the_first_still_counts()
    {
        var peer = Begin(Cookie, 1000);
        peer.Next();
        Assert.Equal(1000, peer.UntilSent(), 1.0);
        var again = peer.Next();
        Assert.Equal((TcpFlags.Syn, 0, 20), (again.Flags, again.Length, again.Options.Length));
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1001, options: SynAckOptions(null));
        Assert.Equal((TcpFastOpenOutcome.Accepted, false), (peer.Core.Info().FastOpen, IsPaused(peer)));
        Assert.Equal(1001u, peer.Next().Sequence);
    }

    [Theory]
    [InlineData(1u, true)]
    [InlineData(1001u, true)]
    [InlineData(500u, false)]
    [InlineData(1002u, false)]
    public void An_RST_counts_with_the_acknowledgment_of_the_SYN_with_its_text_or_without(uint acknowledgment, bool counts)
    {
        var peer = Begin(Cookie, 1000);
        peer.Next();
        peer.Inject(TcpFlags.Rst | TcpFlags.Ack, 0, acknowledgment);
        Assert.Equal(counts ? (TcpState.Closed, TcpError.Refused) : (TcpState.SynSent, TcpError.None), (peer.Core.State, peer.Core.Error));
        Assert.False(IsPaused(peer));
        Assert.Equal(counts ? 0 : peer.Pool.InUse, peer.Pool.InUse);
    }

    [Fact]
    public void No_answer_at_all_is_remembered_and_so_is_an_ICMP_error()
    {
        var peer = Begin(Cookie, 1000);
        peer.Advance(130_000);
        Assert.Equal((TcpError.TimedOut, true), (peer.Core.Error, IsPaused(peer)));

        var refused = Begin(Cookie, 1000);
        refused.Core.OnIcmp(
            new IcmpArrival(IcmpProblem.Prohibited, 3, 13, 0, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1),
            new SequenceNumber(ScriptedPeer.LocalInitial), 0, refused.Now);
        Assert.Equal((TcpError.Prohibited, true), (refused.Core.Error, IsPaused(refused)));
    }

    [Fact]
    public void A_SYN_too_big_for_the_path_is_sent_again_at_once_with_less()
    {
        var peer = Begin(Cookie, 1420);
        var syn = peer.Next();
        var report = new IcmpArrival(IcmpProblem.PacketTooBig, 3, 4, 600, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial), syn.Length + 72, peer.Now);
        var smaller = peer.Next();
        Assert.Equal((TcpFlags.Syn, 600 - 40 - 40), (smaller.Flags, smaller.Length));
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1 + (uint)smaller.Length, options: SynAckOptions(null));
        Assert.Equal(
            (TcpFastOpenOutcome.Accepted, 1420 - smaller.Length), (peer.Core.Info().FastOpen, peer.Drain().Sum(static s => s.Length)));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(1001u)]
    [InlineData(501u)]
    public void In_a_simultaneous_open_the_text_may_be_acknowledged_or_not(uint acknowledgment)
    {
        var peer = Begin(Cookie, 1000);
        peer.Next();
        peer.Inject(TcpFlags.Syn, 0, options: ScriptedPeer.SynOptions(1460, true, null, null));
        var answer = peer.Next();
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, 0, TcpState.SynReceived), (answer.Flags, answer.Length, peer.Core.State));
        Assert.Equal(8, answer.Options.Length);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, acknowledgment, options: ScriptedPeer.SynOptions(1460, true, null, null));
        Assert.Equal(TcpState.Established, peer.Core.State);
        Assert.Equal(1001 - (int)acknowledgment, peer.Drain().Sum(static s => s.Length));
        peer.Ack(1001);
        Assert.Equal(1000, peer.Core.Info().BytesAcknowledged);
        Assert.Null(peer.Core.FindFault());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(18)]
    [InlineData(30)]
    public void A_cookie_of_a_length_that_cannot_be_is_no_cookie(int length)
    {
        var peer = Begin(null, 10);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(new byte[length]));
        Assert.Equal((TcpState.Established, 0), (peer.Core.State, Known(peer).Length));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public void The_shortest_and_the_longest_cookie_are_given_back_as_they_came(int length)
    {
        var cookie = Enumerable.Range(50, length).Select(static i => (byte)i).ToArray();
        var peer = Begin(null, 10);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(cookie));
        Assert.Equal(new FastOpenCookie(cookie), Known(peer));
        var syn = Begin(cookie, 10).Next();
        Assert.Contains(Convert.ToHexString([34, (byte)(length + 2), .. cookie]), Convert.ToHexString(syn.Options));
        Assert.Equal(0, syn.Options.Length % 4);
    }

    [Fact]
    public void A_cookie_that_nobody_asked_for_is_not_learned_nor_one_in_another_segment()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(Cookie));
        Assert.Equal((TcpState.Established, 0), (peer.Core.State, peer.Environment.FastOpens.Count));

        peer = Begin(null, 10);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(null));
        peer.Inject(TcpFlags.Ack, 1, 11, [1], options: SynAckOptions(Cookie));
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: SynAckOptions(Cookie));
        Assert.Equal((1, 0), (peer.Core.Info().BytesReceived, peer.Environment.FastOpens.Count));
    }

    [Fact]
    public void What_is_known_of_servers_is_bounded_and_the_least_recently_used_goes_first()
    {
        var cache = new FastOpenCache(limit: 100);
        var now = new Instant(1);
        for (var i = 0u; i < 1000; i++)
        {
            cache.Learn(ScriptedPeer.Here, InternetAddress.FromIPv4(i), new FastOpenCookie(i), 1460);
            cache.Pause(ScriptedPeer.Here, InternetAddress.FromIPv4(i), new PortNumber(80), TimeSpan.FromDays(1000), now);
            Assert.Equal(8, cache.CookieFor(ScriptedPeer.Here, InternetAddress.FromIPv4(0), out _).Length);
        }

        Assert.Equal(100, cache.Count);
        Assert.True(cache.IsPaused(ScriptedPeer.Here, InternetAddress.FromIPv4(999), new PortNumber(80), now));
        Assert.False(cache.IsPaused(ScriptedPeer.Here, InternetAddress.FromIPv4(999), new PortNumber(81), now));
        Assert.False(cache.IsPaused(ScriptedPeer.Here, InternetAddress.FromIPv4(3), new PortNumber(80), now));
        Assert.Equal(0, cache.CookieFor(ScriptedPeer.There, InternetAddress.FromIPv4(999), out _).Length);
    }
}
