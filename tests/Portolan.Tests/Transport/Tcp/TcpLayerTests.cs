using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Whose a segment is, listeners, TIME-WAIT, closed ports, memory.</summary>
public sealed class TcpLayerTests
{
    private static readonly InternetAddress Stranger = InternetAddress.FromIPv4(0xc6120063);

    private sealed class Capture
    {
        public List<TcpHeaderSeen> Seen { get; } = [];

        public Capture(TcpWorld world) => world.Tap = (from, bytes) =>
        {
            Assert.True(TcpSegment.TryRead(bytes, out var segment));
            Seen.Add(new TcpHeaderSeen(
                segment.Flags, segment.Sequence, segment.Acknowledgment, segment.SourcePort, segment.DestinationPort,
                segment.Options.Bytes.ToArray()));
        };

        public TcpHeaderSeen Only()
        {
            var one = Assert.Single(Seen);
            Seen.Clear();
            return one;
        }
    }

    private sealed record TcpHeaderSeen(TcpFlags Flags, uint Sequence, uint Acknowledgment, PortNumber From, PortNumber To, byte[] Options);

    private static byte[] From(
        TcpWorld world, TcpFlags flags, uint sequence, uint acknowledgment = 0, ushort to = 80, byte[]? payload = null,
        byte[]? options = null) =>
        TcpWorld.Segment(Stranger, 5555, world.Server.Address, to, flags, sequence, acknowledgment, payload, options);

    [Fact]
    public void A_closed_port_answers_with_RST_as_RFC_9293_says()
    {
        var world = new TcpWorld(1);
        var capture = new Capture(world);
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        var reset = capture.Only();
        Assert.Equal((TcpFlags.Rst | TcpFlags.Ack, 0u, 1001u), (reset.Flags, reset.Sequence, reset.Acknowledgment));
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Ack, 1000, 77));
        reset = capture.Only();
        Assert.Equal((TcpFlags.Rst, 77u), (reset.Flags, reset.Sequence));
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn | TcpFlags.Fin, 1000, payload: new byte[5]));
        Assert.Equal(1007u, capture.Only().Acknowledgment);
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Rst, 1000));
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Rst | TcpFlags.Ack, 1000));
        Assert.Empty(capture.Seen);
    }

    [Theory]
    [InlineData("linux", TcpFlags.None, TcpFlags.None)]
    [InlineData("linux", TcpFlags.Syn | TcpFlags.Fin, TcpFlags.None)]
    [InlineData("freebsd", TcpFlags.None, TcpFlags.None)]
    [InlineData("freebsd", TcpFlags.Syn | TcpFlags.Fin, TcpFlags.Syn | TcpFlags.Ack)]
    [InlineData("windows", TcpFlags.None, TcpFlags.Rst | TcpFlags.Ack)]
    [InlineData("windows", TcpFlags.Syn | TcpFlags.Fin, TcpFlags.Rst | TcpFlags.Ack)]
    public void What_a_listener_makes_of_segments_that_make_no_sense_is_the_profiles(string profile, TcpFlags flags, TcpFlags answer)
    {
        var world = new TcpWorld(1, profile: profile switch
        {
            "freebsd" => TcpProfile.FreeBsd,
            "windows" => TcpProfile.Windows,
            _ => TcpProfile.Linux,
        });
        world.Listen();
        var capture = new Capture(world);
        world.Inject(world.Server, Stranger, From(world, flags, 1000));
        if (answer == TcpFlags.None)
        {
            Assert.Empty(capture.Seen);
            return;
        }

        var sent = capture.Only();
        Assert.Equal(
            (answer, (answer & TcpFlags.Syn) != 0 ? 1001u : 1000u + (flags == TcpFlags.None ? 0u : 2u)), (sent.Flags, sent.Acknowledgment));
    }

    [Fact]
    public void A_closed_port_may_be_silent()
    {
        var world = new TcpWorld(1, profile: TcpProfile.Linux with { ResetsClosedPorts = false });
        var capture = new Capture(world);
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        Assert.Empty(capture.Seen);
        Assert.Equal(1, world.Server.Layer.Counters.Dropped(TcpDrop.ClosedPort));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-3")]
    [Trait("RFC 9293", "MUST-57")]
    [Trait("RFC 9293", "MUST-63")]
    public void What_is_damaged_sent_to_many_or_from_nobody_is_not_answered()
    {
        var world = new TcpWorld(1);
        var capture = new Capture(world);
        var damaged = From(world, TcpFlags.Syn, 1000);
        damaged[4] ^= 1;
        world.Inject(world.Server, Stranger, damaged);
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000)[..19]);
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000), delivery: IpDelivery.Broadcast);
        var group = InternetAddress.FromIPv4(0xe0000001);
        world.Inject(world.Server, group, TcpWorld.Segment(group, 1, world.Server.Address, 80, TcpFlags.Syn, 1));
        world.Inject(world.Server, Stranger, TcpWorld.Segment(Stranger, 0, world.Server.Address, 80, TcpFlags.Syn, 1));
        Assert.Empty(capture.Seen);
        var counters = world.Server.Layer.Counters;
        Assert.Equal(
            (1, 1, 1, 2),
            (counters.Dropped(TcpDrop.Checksum), counters.Dropped(TcpDrop.Malformed), counters.Dropped(TcpDrop.NotUnicast),
                counters.Dropped(TcpDrop.BadEnds)));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-2")]
    public void A_connection_carries_bytes_both_ways_and_leaves_nothing_behind()
    {
        var world = new TcpWorld(3);
        var listener = world.Listen();
        var (client, server) = (new StreamApp(1, 0, 500_000, 300_000), new StreamApp(2, 1, 300_000, 500_000));
        listener.Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = server;
        };
        world.Connect(handler: client);
        world.Run(100_000);
        Assert.True(client.IsDone && server.IsDone);
        Assert.Equal(
            (0, 0, 0L, 0L),
            (world.Client.Layer.ConnectionCount, world.Server.Layer.ConnectionCount, world.Client.Layer.MemoryUsed,
                world.Server.Layer.MemoryUsed));
        Assert.Equal(0, world.Client.Layer.Counters.Retransmissions + world.Server.Layer.Counters.Retransmissions);
    }

    [Theory]
    [InlineData(TcpDecision.Reset, IpAnswer.None, 1)]
    [InlineData(TcpDecision.Silence, IpAnswer.None, 0)]
    [InlineData(TcpDecision.Prohibited, IpAnswer.Prohibited, 0)]
    [InlineData(TcpDecision.PortUnreachable, IpAnswer.PortUnreachable, 0)]
    [InlineData(TcpDecision.HostUnreachable, IpAnswer.HostUnreachable, 0)]
    [InlineData(TcpDecision.Accept, IpAnswer.None, 1)]
    public void The_decision_comes_before_SYN_ACK(TcpDecision decision, Enum answer, int sent)
    {
        var world = new TcpWorld(1);
        var capture = new Capture(world);
        var asked = 0;
        world.Listen().Admission = (in TcpRequest request) =>
        {
            asked++;
            Assert.Equal((Stranger, 80), (request.Remote, request.LocalPort.Value));
            return decision;
        };
        Assert.Equal((IpAnswer)answer, world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000)));
        Assert.Equal((1, sent), (asked, capture.Seen.Count));
        Assert.All(
            capture.Seen,
            s => Assert.Equal(decision == TcpDecision.Accept ? TcpFlags.Syn | TcpFlags.Ack : TcpFlags.Rst | TcpFlags.Ack, s.Flags));
        Assert.Equal(decision == TcpDecision.Accept ? 1 : 0, world.Server.Layer.HalfOpenCount);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-41")]
    public void One_listener_may_hear_every_port_and_address_and_a_specific_one_comes_first()
    {
        var world = new TcpWorld(1);
        Assert.True(world.Server.Layer.TryListen(
            new TcpListenRequest(InternetAddress.AnyIPv6, default, IsDualStack: true, IsEveryPort: true), out var every, out _));
        var specific = world.Listen(443);
        var apps = Enumerable.Range(0, 4).Select(i => new StreamApp(i, 0, 1000, 0)).ToArray();
        ushort[] ports = [1, 443, 8080, 65535];
        for (var i = 0; i < ports.Length; i++)
        {
            world.Connect(ports[i], apps[i]);
        }

        world.Run(100);
        Assert.Equal((3, 1), (every.WaitingCount, specific.WaitingCount));
        Assert.True(every.TryAccept(out var first));
        Assert.Equal((1, TcpState.CloseWait, 1000), (first.LocalPort.Value, first.State, first.Readable));
        every.Close(world.Now);
        specific.Close(world.Now);
        first.Abort(world.Now);
        world.Run(1000);
        Assert.Equal((0, 0, 0), (world.Server.Layer.ConnectionCount, world.Server.Pool.InUse, world.Server.Ports.Count));
    }

    [Fact]
    public void A_full_backlog_drops_SYNs_and_goes_on_when_there_is_room()
    {
        var world = new TcpWorld(1);
        var listener = world.Listen(backlog: 2);
        for (var i = 0; i < 5; i++)
        {
            world.Connect();
            world.Run(50);
        }

        Assert.Equal(2, listener.WaitingCount);
        Assert.True(world.Server.Layer.Counters.Dropped(TcpDrop.AcceptQueueFull) > 0);
        Assert.True(listener.TryAccept(out _));
        Assert.True(listener.TryAccept(out _));
        world.Run(1500);
        Assert.Equal(2, listener.WaitingCount);
    }

    [Fact]
    public void A_SYN_ACK_is_sent_again_five_times_and_then_the_half_open_connection_is_forgotten()
    {
        var world = new TcpWorld(1);
        var capture = new Capture(world);
        var listener = world.Listen();
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        Assert.Equal((1, 1), (listener.HalfOpenCount, world.Server.Layer.HalfOpenCount));
        world.Run(200_000);
        Assert.Equal((6, 0, 0), (capture.Seen.Count, listener.HalfOpenCount, world.Server.Layer.HalfOpenCount));
        Assert.Single(capture.Seen.Select(s => s.Sequence).Distinct());
    }

    [Fact]
    [Trait("RFC 9293", "MUST-11")]
    public void A_half_open_connection_believes_only_the_exact_acknowledgment_and_reset()
    {
        var world = new TcpWorld(1);
        var capture = new Capture(world);
        var listener = world.Listen();
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        var answer = capture.Only();
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, 1001u), (answer.Flags, answer.Acknowledgment));
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Ack, 1001, answer.Sequence + 2));
        Assert.Equal((TcpFlags.Rst, answer.Sequence + 2), (capture.Seen[0].Flags, capture.Only().Sequence));
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Rst, 1002));
        Assert.Equal(TcpFlags.Ack, capture.Only().Flags);
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        Assert.Equal(answer.Sequence, capture.Only().Sequence);
        Assert.Equal(1, listener.HalfOpenCount);
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Rst, 1001));
        Assert.Equal(0, listener.HalfOpenCount);
    }

    [Fact]
    public void Data_that_come_with_the_handshakes_last_segment_are_taken()
    {
        var world = new TcpWorld(1);
        var capture = new Capture(world);
        var listener = world.Listen();
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        var answer = capture.Only();
        world.Inject(
            world.Server, Stranger, From(world, TcpFlags.Ack | TcpFlags.Psh | TcpFlags.Fin, 1001, answer.Sequence + 1, payload: [1, 2, 3]));
        Assert.True(listener.TryAccept(out var connection));
        Assert.Equal((3, TcpState.CloseWait), (connection.Readable, connection.State));
        world.Run(40);
        Assert.Equal(1005u, capture.Only().Acknowledgment);
    }

    [Fact]
    public void Listeners_that_share_a_port_share_its_connections()
    {
        var world = new TcpWorld(1);
        var request = new TcpListenRequest(InternetAddress.AnyIPv4, new PortNumber(80), ReusePort: true);
        Assert.True(world.Server.Layer.TryListen(request, out var one, out _));
        Assert.True(world.Server.Layer.TryListen(request, out var other, out _));
        for (var i = 0; i < 64; i++)
        {
            world.Connect();
        }

        world.Run(50);
        Assert.Equal(64, one.WaitingCount + other.WaitingCount);
        Assert.InRange(one.WaitingCount, 16, 48);
    }

    [Fact]
    public void A_second_listener_is_told_who_is_in_the_way()
    {
        var world = new TcpWorld(1);
        var listener = world.Listen();
        Assert.False(world.Server.Layer.TryListen(new TcpListenRequest(world.Server.Address, new PortNumber(80)), out _, out var result));
        Assert.Same(listener.Holder, result.Conflict);
        Assert.Equal(1, world.Server.Ports.Count);
    }

    private static (TcpWorld World, Capture Capture, TcpConnection Client) Rested(ushort localPort = 40_000)
    {
        var world = new TcpWorld(1);
        var listener = world.Listen();
        var client = world.Connect(localPort: localPort);
        world.Run(10);
        client.Shutdown(world.Now);
        world.Run(10);
        Assert.True(listener.TryAccept(out var accepted));
        accepted.Shutdown(world.Now);
        world.Run(10);
        Assert.Equal(1, world.Client.Layer.TimeWaitCount + world.Server.Layer.TimeWaitCount);
        return (world, new Capture(world), client);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-13")]
    public void TIME_WAIT_lasts_a_minute_and_holds_the_port_MUST_13()
    {
        var (world, _, client) = Rested();
        Assert.Equal(TcpState.TimeWait, client.State);
        Assert.Equal(1, world.Client.Layer.TimeWaitCount);
        Assert.Equal(PortUse.TimeWait, Assert.Single(world.Client.Ports.HoldersOf(TransportProtocol.Tcp, new PortNumber(40_000))).Use);
        var again = world.Client.Layer.Connect(
            new TcpConnectRequest(world.Server.Address, new PortNumber(80), InternetAddress.AnyIPv4, new PortNumber(40_000)), world.Now);
        Assert.Null(again.Connection);
        world.Run(59_000);
        Assert.Equal(1, world.Client.Layer.TimeWaitCount);
        world.Run(2_000);
        Assert.Equal((0, 0), (world.Client.Layer.TimeWaitCount, world.Client.Ports.Count));
    }

    [Fact]
    public void TIME_WAIT_answers_the_FIN_again_and_no_RST_ends_it_RFC_1337()
    {
        var (world, capture, client) = Rested();
        var rest = client.Core.Rest();
        world.Run(30_000);
        void FromServer(TcpFlags flags, uint sequence) => world.Inject(
            world.Client,
            world.Server.Address,
            TcpWorld.Segment(
                world.Server.Address, 80, world.Client.Address, 40_000, flags, sequence, rest.SendNext.Value,
                options: ScriptedPeer.Timestamps(rest.TimestampRecent + 30_000, 0)));
        FromServer(TcpFlags.Rst, rest.ReceiveNext.Value);
        FromServer(TcpFlags.Ack, rest.ReceiveNext.Value);
        FromServer(TcpFlags.Fin, rest.ReceiveNext.Value);
        Assert.Empty(capture.Seen);
        FromServer(TcpFlags.Ack, rest.ReceiveNext.Value + 1);
        Assert.Equal(rest.ReceiveNext.Value, capture.Only().Acknowledgment);
        FromServer(TcpFlags.Fin | TcpFlags.Ack, rest.ReceiveNext.Value - 1);
        var answer = capture.Only();
        Assert.Equal((TcpFlags.Ack, rest.SendNext.Value, rest.ReceiveNext.Value), (answer.Flags, answer.Sequence, answer.Acknowledgment));
        world.Run(59_000);
        Assert.Equal(1, world.Client.Layer.TimeWaitCount);
        world.Run(2_000);
        Assert.Equal(0, world.Client.Layer.TimeWaitCount);
    }

    [Fact]
    [Trait("RFC 9293", "MAY-2")]
    [Trait("RFC 9293", "SHLD-4")]
    public void A_SYN_with_a_later_timestamp_takes_a_pair_over_from_TIME_WAIT_RFC_6191()
    {
        var world = new TcpWorld(1);
        var listener = world.Listen();
        listener.Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Shutdown(world.Now);
        };
        var first = world.Connect(localPort: 40_000);
        world.Run(5);
        first.Shutdown(world.Now);
        world.Run(10);
        Assert.Equal((1, 0), (world.Server.Layer.TimeWaitCount, world.Client.Layer.TimeWaitCount));
        world.Run(10);
        var second = world.Connect(localPort: 40_000);
        world.Run(20);
        Assert.Equal(0, world.Server.Layer.TimeWaitCount);
        Assert.Equal(TcpState.CloseWait, second.State);
    }

    [Fact]
    public void An_own_connection_may_take_a_pair_over_after_a_second()
    {
        var (world, _, _) = Rested();
        world.Run(1_500);
        var result = world.Client.Layer.Connect(
            new TcpConnectRequest(
                world.Server.Address, new PortNumber(80), InternetAddress.AnyIPv4, new PortNumber(40_000), ReuseAddress: true), world.Now);
        Assert.NotNull(result.Connection);
        Assert.Equal(0, world.Client.Layer.TimeWaitCount);
        world.Run(20);
        Assert.Equal(TcpState.Established, result.Connection.State);
    }

    [Fact]
    public void Records_are_small()
    {
        Assert.Equal(60, TcpLayer.RestingBytes);
        Assert.InRange(TcpLayer.HalfOpenBytes, 1, 128);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-12")]
    public void An_abort_sends_RST_and_the_peer_hears_of_it_once()
    {
        var world = new TcpWorld(1);
        var app = new StreamApp(2, 1, 0, 100_000);
        world.Listen().Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = app;
        };
        var client = world.Connect();
        world.Run(10);
        client.Abort(world.Now);
        client.Abort(world.Now);
        world.Run(100);
        Assert.Equal((1, TcpError.Reset), (app.ClosedCount, app.Reason));
        Assert.Equal((0, 0, 0), (world.Client.Layer.ConnectionCount, world.Server.Layer.ConnectionCount, world.Client.Layer.TimeWaitCount));
    }

    [Fact]
    [Trait("RFC 9293", "MAY-1")]
    [Trait("RFC 9293", "SHLD-3")]
    public void Closing_with_data_unread_resets_the_peer()
    {
        var world = new TcpWorld(1);
        TcpConnection? accepted = null;
        world.Listen().Ready = l => Assert.True(l.TryAccept(out accepted));
        var client = world.Connect();
        world.Run(10);
        client.Write(new byte[100], world.Now);
        world.Run(10);
        accepted!.Close(world.Now);
        world.Run(10);
        Assert.Equal((TcpState.Closed, TcpError.Reset), (client.State, client.Error));
    }

    [Theory]
    [Trait("RFC 9293", "SHLD-26")]
    [InlineData(IcmpProblem.PortUnreachable, true, true)]
    [InlineData(IcmpProblem.PortUnreachable, false, true)]
    [InlineData(IcmpProblem.HostUnreachable, true, true)]
    [InlineData(IcmpProblem.HostUnreachable, false, false)]
    [InlineData(IcmpProblem.TimeExceeded, true, true)]
    [InlineData(IcmpProblem.PacketTooBig, true, false)]
    public void An_ICMP_error_about_a_SYN_ACK_ends_the_attempt_where_it_would_end_ones_own(Enum problem, bool aborts, bool ends)
    {
        var world = new TcpWorld(1, profile: TcpProfile.Linux with { DoesIcmpAbortConnecting = aborts });
        var (listener, capture) = (world.Listen(), new Capture(world));
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        var sent = capture.Only().Sequence;
        var report = new IcmpArrival((IcmpProblem)problem, 3, 3, 1200, Stranger, world.Server.Address, Stranger, 1, PacketLength: 60);
        world.Server.Layer.OnIcmpError(report, Quote(80, 5555, sent + 1), world.Now);
        Assert.Equal((1, 1), (listener.HalfOpenCount, world.Server.Layer.Counters.Dropped(TcpDrop.UnprovenIcmp)));
        world.Server.Layer.OnIcmpError(report, Quote(80, 5555, sent), world.Now);
        Assert.Equal(ends ? 0 : 1, listener.HalfOpenCount);

        // The peer may try again.
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, capture.Only().Flags & (TcpFlags.Syn | TcpFlags.Ack));
        Assert.Equal(1, listener.HalfOpenCount);
    }

    private static byte[] Quote(ushort from, ushort to, uint sequence)
    {
        var quoted = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(quoted, from);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(quoted.AsSpan(2), to);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(quoted.AsSpan(4), sequence);
        return quoted;
    }

    [Fact]
    [Trait("RFC 9293", "MUST-54")]
    public void An_ICMP_error_reaches_the_connection_it_is_about()
    {
        var world = new TcpWorld(1);
        var client = world.Connect();
        var quoted = Quote(client.LocalPort.Value, 80, client.Core.SendUnacknowledged.Value);
        var report = new IcmpArrival(IcmpProblem.Prohibited, 3, 13, 0, Stranger, world.Client.Address, world.Server.Address, 1);
        world.Client.Layer.OnIcmpError(report, quoted, world.Now);
        Assert.Equal(TcpError.Prohibited, client.Error);
        world.Client.Layer.OnIcmpError(report, quoted, world.Now);
        Assert.Equal(1, world.Client.Layer.Counters.Dropped(TcpDrop.UnprovenIcmp));
    }

    [Fact]
    [Trait("RFC 9293", "MAY-5")]
    [Trait("RFC 9293", "MUST-24")]
    [Trait("RFC 9293", "MUST-26")]
    [Trait("RFC 9293", "MUST-27")]
    [Trait("RFC 9293", "MUST-29")]
    public void An_idle_peer_is_probed_and_given_up()
    {
        var world = new TcpWorld(1);
        var listener = world.Listen();
        var client = world.Connect();
        world.Run(10);
        client.EnableKeepalive(world.Now, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), 3);
        world.Run(60_000);
        Assert.Equal(TcpState.Established, client.State);
        world.Faults = world.Faults with { Loss = 1 };
        world.Run(14_000);
        Assert.Equal((TcpState.Closed, TcpError.TimedOut), (client.State, client.Error));
        Assert.Equal(1, listener.WaitingCount);
    }

    [Fact]
    public void Memory_is_bounded_and_a_connection_lives_on_when_it_is_out()
    {
        var world = new TcpWorld(1, options: new TcpLayerOptions { MemoryLimit = 40_000 });
        TcpConnection? accepted = null;
        world.Listen().Ready = l => Assert.True(l.TryAccept(out accepted));
        var client = world.Connect();
        world.Run(10);
        var sent = client.Write(new byte[100_000], world.Now);
        Assert.InRange(sent, 1, 40_000);
        world.Run(5_000);
        Assert.True(world.Server.Layer.MemoryUsed <= 40_000 && world.Client.Layer.MemoryUsed <= 40_000);
        var buffer = new byte[100_000];
        var read = 0;
        for (var i = 0; i < 200 && read < sent; i++)
        {
            read += accepted!.Read(buffer, world.Now);
            world.Run(500);
        }

        Assert.Equal(sent, read);
        Assert.Equal((0, 0), (world.Client.Pool.InUse, world.Server.Pool.InUse));
    }

    [Fact]
    public void An_answer_of_a_closed_port_or_a_listener_that_refuses_allocates_nothing()
    {
        var world = new TcpWorld(1, poisons: false);
        world.Listen(81).Admission = static (in TcpRequest _) => TcpDecision.Reset;
        var closed = From(world, TcpFlags.Syn, 1000);
        var refused = From(world, TcpFlags.Syn, 1000, to: 81);
        var output = new WireOutput(world.Server.Address, static (_, _, _, _) => { });
        var layer = new TcpLayer(output, world.Server.Pool, world.Server.Ports, new TcpLayerOptions());
        Assert.True(layer.TryListen(new TcpListenRequest(InternetAddress.AnyIPv4, new PortNumber(82)), out var listener, out _));
        listener.Admission = static (in TcpRequest _) => TcpDecision.Reset;
        var arrival = new IpArrival(Stranger, world.Server.Address, 1, 64, default, 0, IpDelivery.Host, false);
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                layer.OnPacket(arrival, closed, new Instant(1));
                layer.OnPacket(arrival, refused, new Instant(1));
            }
        }));
        Assert.True(layer.Counters.ResetsSent >= 200);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-8")]
    [Trait("RFC 9293", "MUST-9")]
    [Trait("RFC 9293", "SHLD-1")]
    public void Initial_sequence_numbers_differ_by_pair_and_move_with_time_RFC_6528()
    {
        var world = new TcpWorld(1);
        var capture = new Capture(world);
        world.Listen();
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        var first = capture.Only().Sequence;
        world.Inject(world.Server, Stranger, TcpWorld.Segment(Stranger, 5556, world.Server.Address, 80, TcpFlags.Syn, 1));
        Assert.NotInRange(capture.Only().Sequence - first, 0u, 1_000_000u);
        var answer = From(world, TcpFlags.Rst, 1001);
        world.Inject(world.Server, Stranger, answer);
        world.Run(4);
        world.Inject(world.Server, Stranger, From(world, TcpFlags.Syn, 1000));
        Assert.Equal(1000u, capture.Only().Sequence - first);
    }

    [Fact]
    public void Hostile_segments_never_break_a_layer() => Fuzz.Run(120, (random, seed) =>
    {
        var world = new TcpWorld(seed);
        TcpConnection? accepted = null;
        world.Listen().Ready = l => Assert.True(l.TryAccept(out accepted));
        var client = world.Connect();
        world.Run(3);
        accepted!.Write(new byte[20_000], world.Now);
        for (var i = 0; i < 200; i++)
        {
            var core = accepted?.Core;
            var near = core is null ? (uint)random.Next() : core.ReceiveNext.Value + (uint)random.Next(-3000, 70_000);
            var acknowledged = core is null ? (uint)random.Next() : core.SendUnacknowledged.Value + (uint)random.Next(-3000, 30_000);
            var options = new byte[random.Next(11) * 4];
            random.NextBytes(options);
            var packet = TcpWorld.Segment(
                world.Client.Address, client.LocalPort.Value, world.Server.Address, 80,
                (TcpFlags)random.Next(256) & ~(random.Next(20) == 0 ? 0 : TcpFlags.Rst), near, acknowledged, new byte[random.Next(1400)],
                options);
            world.Inject(world.Server, world.Client.Address, packet);
            if (accepted is not null)
            {
                Assert.Null(accepted.Core.FindFault());
                if (random.Next(3) == 0)
                {
                    accepted.Read(new byte[random.Next(3000)], world.Now);
                }
            }

            world.Run(random.Next(50));
        }

        accepted?.Abort(world.Now);
        Assert.Equal(0, world.Server.Pool.InUse);
    });
}
