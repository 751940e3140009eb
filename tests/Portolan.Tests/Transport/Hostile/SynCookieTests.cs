using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Tests.Transport.Hostile.Attacks;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile;

/// <summary>What a SYN-ACK remembers for its listener (RFC 4987 section 3.6).</summary>
public sealed class SynCookieTests
{
    private const int Port = 80;
    private static readonly IpArrival Arrival = new(HostileWorld.Good4, HostileWorld.Victim4, 1, 64, default, 0, IpDelivery.Host, false);
    private static readonly SynCookies Cookies = new(new SipHash(1, 2));
    private static readonly Instant Start = new(10_000_000_000_000);

    private static HostileWorld Flooded(TcpProfile? profile = null, Host? host = null)
    {
        var world = new HostileWorld(new NetworkStackOptions { Profile = profile ?? TcpProfile.Linux });
        world.Listen(Port, host ?? new Host(Manner.Reads));
        for (var i = 0; i < 2 * HostileWorld.Backlog; i++)
        {
            world.Strike(Forge.Segment(Forge.Stranger(10_000 + i), 1000, HostileWorld.Victim4, Port, TcpFlags.Syn, (uint)i));
        }

        Assert.Equal(HostileWorld.Backlog, world.Victim.Tcp.HalfOpenCount);
        return world;
    }

    [Fact]
    public void What_is_remembered_is_never_more_than_the_peer_offered() => Fuzz.Run(500, (random, _) =>
    {
        var offered = new SynCookie(random.Next(48, 65_536), random.Next(-1, 15), random.Next(2) == 0);
        var (initial, now) = (new SequenceNumber((uint)random.NextInt64()), new Instant(random.NextInt64(1L << 60)));
        var made = Cookies.Make(Arrival, new PortNumber(Port), new PortNumber(5000), initial, offered, now);
        Assert.True(Cookies.TryRead(
            Arrival, new PortNumber(Port), new PortNumber(5000), initial, made, now + TimeSpan.FromSeconds(random.Next(64)), out var read));
        Assert.InRange(read.SegmentSize, Math.Min(48, offered.SegmentSize), offered.SegmentSize);
        Assert.InRange(read.WindowShift, offered.WindowShift < 0 ? -1 : 0, offered.WindowShift);
        Assert.Equal(offered.HasSack, read.HasSack);
        if (offered.SegmentSize is >= 1460 and < 8940)
        {
            Assert.Equal(1460, read.SegmentSize);
        }
    });

    [Fact]
    public void A_cookie_is_good_for_its_pair_its_numbers_and_its_time_alone()
    {
        var (local, remote, initial) = (new PortNumber(Port), new PortNumber(5000), new SequenceNumber(77));
        var made = Cookies.Make(Arrival, local, remote, initial, new SynCookie(1460, 7, true), Start);
        bool IsGood(IpArrival? arrival = null, ushort port = 5000, uint first = 77, uint sequence = 0, double seconds = 0, ulong key = 1) =>
            new SynCookies(new SipHash(key, 2)).TryRead(
                arrival ?? Arrival, local, new PortNumber(port), new SequenceNumber(first), made + sequence,
                Start + TimeSpan.FromSeconds(seconds), out _);
        Assert.True(IsGood());
        Assert.True(IsGood(seconds: 63));
        Assert.False(IsGood(seconds: 129));
        Assert.False(IsGood(seconds: 64 * 256));
        Assert.False(IsGood(Arrival with { Source = Forge.Stranger(1) }));
        Assert.False(IsGood(Arrival with { Destination = Forge.Stranger(1) }));
        Assert.False(IsGood(port: 5001));
        Assert.False(IsGood(first: 78));
        Assert.False(IsGood(sequence: 1));
        Assert.False(IsGood(sequence: 256));
        Assert.False(IsGood(key: 3));
    }

    [Fact]
    public void Hardly_any_guess_is_a_cookie()
    {
        var random = new Random(1);
        var count = Enumerable.Range(0, 1_000_000).Count(_ => Cookies.TryRead(
            Arrival, new PortNumber(Port), new PortNumber(5000), new SequenceNumber((uint)random.NextInt64()),
            new SequenceNumber((uint)random.NextInt64()), Start, out var _));
        Assert.InRange(count, 0, 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_handshake_of_which_nothing_was_kept_makes_a_connection_with_all_that_was_agreed_on(bool timestamps)
    {
        using var world = Flooded();
        var puppet = world.AddPuppet(Port, mss: 1400, window: 1000, shift: 6, timestamps: timestamps);
        Assert.Equal((HostileWorld.Backlog, 1), (world.Victim.Tcp.HalfOpenCount, world.Victim.Tcp.ConnectionCount));
        Assert.Equal(1, world.Victim.Tcp.Counters.CookiesTaken);
        var info = world.Victim.Tcp.Connections.Single(static c => c is not null)!.Info();
        Assert.Equal((1400, 6, true), (info.PeerSegmentSize, info.SendWindowScale, info.HasSack));

        // The puppet's ACK has no timestamps: they are off where it does not send them.
        Assert.False(info.HasTimestamps);
        Assert.Equal(64_000u, info.SendWindow);
        puppet.Send(TcpFlags.Ack | TcpFlags.Psh, puppet.Next, puppet.Heard, payload: new byte[100]);
        Assert.Equal(Puppet.First + 101, puppet.TakenByVictim);
    }

    [Fact]
    public void A_stream_through_a_cookie_has_timestamps_and_arrives_whole()
    {
        using var world = Flooded();
        var (client, server) = (new StreamApp(1, 0, 300_000, 200_000), new StreamApp(2, 1, 200_000, 300_000));
        world.Listen(Port + 100, server);
        for (var i = 0; i < 2 * HostileWorld.Backlog; i++)
        {
            world.Strike(Forge.Segment(Forge.Stranger(i), 1000, HostileWorld.Victim4, Port + 100, TcpFlags.Syn, (uint)i));
        }

        var connection = world.Connect(Port + 100, client);
        world.Run(TimeSpan.FromSeconds(5));
        Assert.True(client.IsDone && server.IsDone);
        Assert.Equal((1, 0), (world.Victim.Tcp.Counters.CookiesTaken, connection.Info().Retransmissions));
        Assert.True(connection.Info() is { HasTimestamps: true, HasSack: true });
    }

    [Fact]
    public void Data_bring_the_cookie_too_when_the_first_acknowledgment_was_lost()
    {
        var host = new Host(Manner.Reads);
        using var world = Flooded(host: host);
        var puppet = world.AddPuppet(Port, opens: false);
        puppet.Send(TcpFlags.Syn, Puppet.First, 0, Forge.SynOptions(timestamp: null));
        puppet.Send(TcpFlags.Ack | TcpFlags.Psh, puppet.Next, puppet.VictimFirst + 1, payload: new byte[500]);
        Assert.Equal(500, host.Read);
    }

    [Fact]
    public void A_wrong_cookie_is_answered_with_RST_and_none_is_looked_for_where_none_was_sent()
    {
        using var world = Flooded();
        var puppet = world.AddPuppet(Port, opens: false);
        puppet.Send(TcpFlags.Ack, puppet.Next, 12_345);
        Assert.True(puppet.HasHeardReset);
        Assert.Equal(1, world.Victim.Tcp.Counters.CookiesRefused);
        world.Run(TimeSpan.FromSeconds(200));
        puppet.Send(TcpFlags.Ack, puppet.Next, 12_345);
        Assert.Equal(1, world.Victim.Tcp.Counters.CookiesRefused);
    }

    [Fact]
    public void A_cookie_that_was_sent_before_there_was_room_is_taken_after_there_is()
    {
        using var world = Flooded();
        var puppet = world.AddPuppet(Port, opens: false);
        puppet.Send(TcpFlags.Syn, Puppet.First, 0, Forge.SynOptions(timestamp: null));
        var cookie = puppet.VictimFirst;

        // The half-open connections end, the peer sends its SYN again and gets another number; its answer to the first SYN-ACK was on its
        // way.
        for (var i = 0; i < 2 * HostileWorld.Backlog; i++)
        {
            world.Strike(Forge.Segment(Forge.Stranger(10_000 + i), 1000, HostileWorld.Victim4, Port, TcpFlags.Rst, (uint)i + 1));
        }

        puppet.Send(TcpFlags.Syn, Puppet.First, 0, Forge.SynOptions(timestamp: null));
        Assert.NotEqual(cookie, puppet.VictimFirst);
        puppet.Acknowledge(cookie + 1);
        Assert.False(puppet.HasHeardReset);
        Assert.Equal((1, 0), (world.Victim.Tcp.ConnectionCount, world.Victim.Tcp.HalfOpenCount));
    }

    [Fact]
    public void Without_cookies_a_full_queue_drops_SYNs()
    {
        using var world = Flooded(TcpProfile.Linux with { UsesSynCookies = false });
        Assert.Equal(HostileWorld.Backlog, world.Victim.Tcp.Counters.Dropped(TcpDrop.SynQueueFull));
        Assert.Equal(0, world.Victim.Tcp.Counters.CookiesSent);
    }

    [Fact]
    public void A_SYN_that_is_answered_by_a_cookie_allocates_nothing()
    {
        using var world = Flooded();
        var packets = Enumerable.Range(0, 1000)
            .Select(
                static i =>
                    Forge.Segment(Forge.Stranger(i), 7000, HostileWorld.Victim4, Port, TcpFlags.Syn, (uint)i, options: Forge.SynOptions()))
                    .ToArray();
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            foreach (var packet in packets)
            {
                world.Strike(packet);
            }
        }));
        Assert.Equal(HostileWorld.Backlog, world.Victim.Tcp.HalfOpenCount);
    }

    [Fact]
    public void The_limit_of_challenges_is_another_each_second_and_nobody_can_foresee_it_CVE_2016_5696()
    {
        using var world = new HostileWorld();
        world.OpenStream(new StreamApp(1, 0, 0, 0), new StreamApp(2, 1, 0, 0));
        world.Listen(90, handler: null);
        var puppet = world.AddPuppet(90, opens: false);
        var counts = new List<long>();
        for (var second = 0; second < 8; second++)
        {
            // A half-open connection of the attacker's own is challenged as often as there is any left.
            puppet.Send(TcpFlags.Syn, Puppet.First, 0);
            var before = puppet.Count;
            for (var i = 0; i < 2000; i++)
            {
                puppet.Send(TcpFlags.Ack, puppet.Next + 10_000_000, puppet.VictimFirst + 1);
            }

            counts.Add(puppet.Count - before);
            world.Run(TimeSpan.FromSeconds(1));
        }

        Assert.All(counts, static count => Assert.InRange(count, 500, 1500));
        Assert.InRange(counts.Distinct().Count(), 5, 8);
    }
}
