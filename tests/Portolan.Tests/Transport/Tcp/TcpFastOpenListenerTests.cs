using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>RFC 7413 sections 4.2.2 and 5.1: what strangers may do to a listener that has a queue for Fast Open.</summary>
public sealed class TcpFastOpenListenerTests
{
    private const int Queue = 8;

    private readonly TcpWorld _world = new(3);
    private readonly TcpListener _listener;
    private readonly List<TcpSegmentSeen> _answers = [];

    public TcpFastOpenListenerTests()
    {
        _listener = _world.Listen(fastOpenQueue: Queue);
        _world.Tap = (from, bytes) =>
        {
            if (from == _world.Server)
            {
                Assert.True(TcpSegment.TryRead(bytes, out var segment));
                var values = segment.Options.Read();
                _answers.Add(new(
                    segment.Flags, segment.Sequence, segment.Acknowledgment,
                    values.Has(TcpOptionSet.FastOpen) ? values.FastOpenCookie.ToArray() : null));
            }
        };
    }

    private sealed record TcpSegmentSeen(TcpFlags Flags, uint Sequence, uint Acknowledgment, byte[]? Cookie);

    private TcpCounters Counters => _world.Server.Layer.Counters;

    private static byte[] Option(ReadOnlySpan<byte> cookie) =>
        [2, 4, 5, 180, 34, (byte)(2 + cookie.Length), .. cookie, .. new byte[(4 - ((6 + cookie.Length) % 4)) % 4]];

    /// <summary>A stranger sends a segment; returns what is answered at once.</summary>
    private TcpSegmentSeen? Send(
        InternetAddress from, ushort port, TcpFlags flags, uint sequence, uint acknowledgment = 0, byte[]? text = null,
        byte[]? options = null)
    {
        var before = _answers.Count;
        _world.Inject(
            _world.Server, from, TcpWorld.Segment(from, port, _world.Server.Address, 80, flags, sequence, acknowledgment, text, options));
        Assert.Null(_world.Server.Layer.FindFault());
        return _answers.Count > before ? _answers[before] : null;
    }

    private static InternetAddress Stranger(int index) => InternetAddress.FromIPv4(0xc6330001u + (uint)index);

    private byte[] CookieOf(InternetAddress who)
    {
        var answer = Send(who, 999, TcpFlags.Syn, 77, options: Option([]))!;
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, 78u, 8), (answer.Flags, answer.Acknowledgment, answer.Cookie!.Length));
        Send(who, 999, TcpFlags.Rst, 78);
        return answer.Cookie;
    }

    [Fact]
    public void A_cookie_is_good_for_its_address_and_for_no_other()
    {
        var cookie = CookieOf(Stranger(0));
        Assert.Equal(1106u, Send(Stranger(0), 1000, TcpFlags.Syn, 5, text: new byte[1100], options: Option(cookie))!.Acknowledgment);
        var refused = Send(Stranger(1), 1000, TcpFlags.Syn, 5, text: new byte[1100], options: Option(cookie))!;
        Assert.Equal(6u, refused.Acknowledgment);
        Assert.Equal(8, refused.Cookie!.Length);
        Assert.NotEqual(cookie, refused.Cookie);
        Assert.Equal((1, 1, 1), (Counters.FastOpenPassive, Counters.FastOpenPassiveFailed, _listener.WaitingCount));

        // The cookie that came with the refusal is good.
        Assert.Equal(
            1106u, Send(Stranger(1), 1001, TcpFlags.Syn, 5, text: new byte[1100], options: Option(refused.Cookie))!.Acknowledgment);
    }

    [Fact]
    public void No_change_of_a_cookie_is_good_and_each_is_answered_by_a_handshake_first()
    {
        var cookie = CookieOf(Stranger(0));
        Fuzz.Run(300, (random, i) =>
        {
            var wrong = (byte[])cookie.Clone();
            wrong[random.Next(8)] ^= (byte)(1 << random.Next(8));
            var answer = Send(Stranger(0), (ushort)(2000 + i), TcpFlags.Syn, 5, text: new byte[10], options: Option(wrong))!;
            Assert.Equal(6u, answer.Acknowledgment);
            Assert.Equal(cookie, answer.Cookie);
        });
        Assert.Equal((0, 0), (Counters.FastOpenPassive, _world.Server.Layer.ConnectionCount));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(5, false)]
    [InlineData(7, false)]
    [InlineData(17, false)]
    [InlineData(18, false)]
    [InlineData(32, false)]
    [InlineData(4, true)]
    [InlineData(6, true)]
    [InlineData(10, true)]
    [InlineData(16, true)]
    public void A_length_that_cannot_be_is_no_option_and_another_than_this_hosts_is_no_cookie_of_its(int length, bool isLegal)
    {
        var cookie = CookieOf(Stranger(0));
        byte[] odd = [.. cookie, .. cookie, .. cookie, .. cookie];
        var answer = Send(Stranger(0), 1000, TcpFlags.Syn, 5, text: new byte[10], options: Option(odd.AsSpan(0, length)))!;
        Assert.Equal(6u, answer.Acknowledgment);
        Assert.Equal(isLegal, answer.Cookie is not null);
        Assert.Equal((isLegal ? 1 : 0, 0), (Counters.FastOpenPassiveFailed, Counters.FastOpenPassive));
    }

    [Fact]
    public void In_any_segment_but_a_SYN_the_option_means_nothing()
    {
        var cookie = CookieOf(Stranger(0));
        foreach (var flags in (ReadOnlySpan<TcpFlags>)[
            TcpFlags.Ack, TcpFlags.Fin, TcpFlags.Rst, TcpFlags.None, TcpFlags.Syn | TcpFlags.Ack, TcpFlags.Syn | TcpFlags.Fin,
            TcpFlags.Syn | TcpFlags.Rst, TcpFlags.Fin | TcpFlags.Ack])
        {
            Send(Stranger(0), 1000, flags, 5, 9, new byte[10], Option(cookie));
        }

        Assert.Equal((0, 0, 0), (_world.Server.Layer.ConnectionCount, _world.Server.Layer.HalfOpenCount, Counters.FastOpenPassive));
        Assert.DoesNotContain(_answers.Skip(1), static a => a.Cookie is not null);
    }

    [Fact]
    public void A_profile_that_takes_SYN_with_FIN_makes_the_handshake_first()
    {
        var world = new TcpWorld(4, profile: TcpProfile.FreeBsd);
        world.Listen(fastOpenQueue: 4);
        byte[]? given = null;
        world.Tap = (_, bytes) => given = TcpSegment.TryRead(bytes, out var s) ? s.Options.Read().FastOpenCookie.ToArray() : null;
        world.Inject(
            world.Server, Stranger(0), TcpWorld.Segment(Stranger(0), 999, world.Server.Address, 80, TcpFlags.Syn, 5, options: Option([])));
        Assert.Equal(8, given!.Length);
        world.Inject(
            world.Server, Stranger(0),
            TcpWorld.Segment(
                Stranger(0), 1000, world.Server.Address, 80, TcpFlags.Syn | TcpFlags.Fin, 5, payload: [1], options: Option(given)));
        Assert.Equal((0, 2), (world.Server.Layer.ConnectionCount, world.Server.Layer.HalfOpenCount));
    }

    [Fact]
    public void A_flood_of_SYNs_with_a_good_cookie_opens_no_more_than_the_queue_and_the_rest_shake_hands_first()
    {
        var cookie = CookieOf(Stranger(0));
        for (var i = 0; i < 1000; i++)
        {
            var answer = Send(Stranger(0), (ushort)(1000 + i), TcpFlags.Syn, 5, text: new byte[1000], options: Option(cookie))!;
            Assert.Equal(i < Queue ? 1006u : 6u, answer.Acknowledgment);
        }

        Assert.Equal(
            (Queue, 1000 - Queue, Queue),
            (_world.Server.Layer.ConnectionCount, Counters.FastOpenListenOverflow, _listener.FastOpen!.Pending));

        // One that completes its handshake makes room for one more.
        var first = _answers[1];
        Send(Stranger(0), 1000, TcpFlags.Ack, 1006, first.Sequence + 1);
        Assert.Equal(Queue - 1, _listener.FastOpen.Pending);
        Assert.Equal(1006u, Send(Stranger(0), 9000, TcpFlags.Syn, 5, text: new byte[1000], options: Option(cookie))!.Acknowledgment);

        // Nobody answers the others: once they are given up there is room again, and no memory is held.
        while (_listener.TryAccept(out var connection))
        {
            connection.Handler = new Reader();
        }

        _world.Run(300_000);
        Assert.Equal((1, 0, 0), (_world.Server.Layer.ConnectionCount, _listener.FastOpen.Pending, _listener.FastOpen.ResetCount));
        Assert.Equal(0, _world.Server.Layer.MemoryUsed);
    }

    [Fact]
    public void Those_that_are_reset_count_for_a_minute_RFC_7413_section_5_1()
    {
        var cookie = CookieOf(Stranger(0));
        for (var i = 0; i < Queue; i++)
        {
            Send(Stranger(0), (ushort)(1000 + i), TcpFlags.Syn, 5, text: new byte[10], options: Option(cookie));
            Send(Stranger(0), (ushort)(1000 + i), TcpFlags.Rst, 16);
        }

        Assert.Equal((0, 0, Queue), (_world.Server.Layer.ConnectionCount, _listener.FastOpen!.Pending, _listener.FastOpen.ResetCount));
        Assert.Equal(6u, Send(Stranger(0), 2000, TcpFlags.Syn, 5, text: new byte[10], options: Option(cookie))!.Acknowledgment);
        Assert.Equal(1, Counters.FastOpenListenOverflow);

        // A program that accepts them is told.
        Assert.True(_listener.TryAccept(out var connection));
        Assert.Equal((TcpState.Closed, TcpError.Reset), (connection.State, connection.Error));
        _world.Run(61_000);
        Assert.Equal(16u, Send(Stranger(0), 2001, TcpFlags.Syn, 5, text: new byte[10], options: Option(cookie))!.Acknowledgment);
        Assert.Equal(Queue + 1, Counters.FastOpenPassive);
    }

    [Fact]
    public void Blind_segments_neither_end_nor_complete_a_connection_that_a_cookie_opened()
    {
        var cookie = CookieOf(Stranger(0));
        var synAck = Send(Stranger(0), 1000, TcpFlags.Syn, 5, text: new byte[10], options: Option(cookie))!;
        Send(Stranger(0), 1000, TcpFlags.Rst, 17);
        Send(Stranger(0), 1000, TcpFlags.Rst, 15);
        Send(Stranger(0), 1000, TcpFlags.Syn, 9000);
        Assert.Equal(TcpFlags.Rst, Send(Stranger(0), 1000, TcpFlags.Ack, 16, synAck.Sequence)!.Flags);
        Assert.Equal(TcpFlags.Rst, Send(Stranger(0), 1000, TcpFlags.Ack, 16, synAck.Sequence + 2)!.Flags);
        Send(Stranger(0), 1000, TcpFlags.None, 16, text: new byte[5]);
        Assert.True(_listener.TryAccept(out var connection));
        Assert.Equal((TcpState.SynReceived, 10, 1), (connection.State, connection.Readable, _listener.FastOpen!.Pending));

        // Its own SYN again is answered by SYN-ACK again, and its acknowledgment completes it.
        var again = Send(Stranger(0), 1000, TcpFlags.Syn, 5)!;
        Assert.Equal((synAck.Flags, synAck.Sequence, 16u), (again.Flags, again.Sequence, again.Acknowledgment));
        Send(Stranger(0), 1000, TcpFlags.Ack, 16, synAck.Sequence + 1);
        Assert.Equal((TcpState.Established, 0), (connection.State, _listener.FastOpen.Pending));
    }

    [Fact]
    public void Admission_is_asked_before_a_cookie_counts_and_a_full_queue_of_connections_drops_the_SYN()
    {
        var cookie = CookieOf(Stranger(0));
        _listener.Admission = static (in TcpRequest _) => TcpDecision.Reset;
        Assert.Equal(
            TcpFlags.Rst | TcpFlags.Ack, Send(Stranger(0), 1000, TcpFlags.Syn, 5, text: new byte[10], options: Option(cookie))!.Flags);

        var small = _world.Listen(port: 81, backlog: 2, fastOpenQueue: 8);
        for (var i = 0; i < 5; i++)
        {
            _world.Inject(
                _world.Server, Stranger(0),
                TcpWorld.Segment(
                    Stranger(0), (ushort)(3000 + i), _world.Server.Address, 81, TcpFlags.Syn, 5, payload: [1], options: Option(cookie)));
        }

        Assert.Equal((2, 2, 3), (small.WaitingCount, small.FastOpen!.Pending, Counters.Dropped(TcpDrop.AcceptQueueFull)));
        small.Close(_world.Now);
        Assert.Equal(0, _world.Server.Layer.ConnectionCount);
    }

    [Fact]
    public void Whatever_strangers_send_with_a_good_cookie_nothing_breaks_and_nothing_is_left() => Fuzz.Run(60, (random, i) =>
    {
        var test = new TcpFastOpenListenerTests();
        var cookie = test.CookieOf(Stranger(0));
        test._listener.Ready = listener =>
        {
            while (listener.TryAccept(out var connection))
            {
                connection.Handler = new Reader { Answer = random.Next(3000), Closes = random.Next(2) == 0 };
            }
        };
        var last = 0u;
        for (var step = 0; step < 100; step++)
        {
            var port = (ushort)(1000 + random.Next(3));
            var flags = random.Next(3) == 0 ? TcpFlags.Syn : (TcpFlags)random.Next(64);
            last = test._answers.Count > 0 ? test._answers[^1].Sequence : 0;
            var acknowledgment = last + (uint)(random.Next(3) == 0 ? random.Next(4000) : random.Next(3));
            test.Send(
                Stranger(0), port, flags, (uint)(5 + (random.Next(2) * random.Next(1200))), acknowledgment,
                new byte[random.Next(3) == 0 ? 0 : random.Next(1200)], random.Next(2) == 0 ? Option(cookie) : null);
            test._world.Run(random.Next(2) * random.Next(700));
            Assert.InRange(test._listener.FastOpen!.Pending, 0, Queue);
        }

        test._listener.Close(test._world.Now);
        foreach (var connection in test._world.Server.Layer.Connections.ToArray())
        {
            connection?.Abort(test._world.Now);
        }

        test._world.Run(300_000);
        Assert.Equal(
            (0, 0, 0L, 0),
            (test._world.Server.Layer.ConnectionCount, test._listener.FastOpen!.Pending, test._world.Server.Layer.MemoryUsed,
                test._world.Server.Pool.InUse));
    });

    /// <summary>Reads all, and answers once.</summary>
    private sealed class Reader : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[2000];

        public int Answer { get; init; }

        public bool Closes { get; init; }

        public void OnReadable(TcpConnection connection, Instant now)
        {
            while (connection.Read(_buffer, now) > 0)
            {
            }

            connection.Write(new byte[Answer], now);
            if (Closes)
            {
                connection.Close(now);
            }
        }
    }
}
