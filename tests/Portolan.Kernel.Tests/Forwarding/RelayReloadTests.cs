using System.Net;
using System.Net.Sockets;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Udp;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Namespaces;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>Other forwards while the relay runs.</summary>
[Collection(Alone.Name)]
public sealed class RelayReloadTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public void New_forwards_begin_old_ones_end_and_changed_ones_treat_new_connections_otherwise() => Netns.Run(() =>
    {
        using var first = new TargetServer(TargetServer.Echo);
        using var second = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(Read($"127.0.0.1:7001 {first.Name} 127.0.0.1:7002 {first.Name} 127.0.0.1:7003 {first.Name}"));
        using var ofRemoved = Connect(7001);
        using var ofChanged = Connect(7002);
        Assert.Equal(
            new ForwardChanges(1, 1, 1),
            Reload(relay, $"127.0.0.1:7002 {second.Name} 127.0.0.1:7003 {first.Name} 127.0.0.1:7004 {second.Name}"));
        var before = first.Accepted;
        using var ofChangedNow = Connect(7002);
        using var ofAdded = Connect(7004);
        Assert.Equal((before, 2), (first.Accepted, second.Accepted));
        foreach (var old in new[] { ofRemoved, ofChanged })
        {
            Assert.Equal(1, Ask(old));
        }

        Assert.Throws<SocketException>(() => Connect(7001));
        var engine = relay.Engine;
        Assert.Equal(
            ["127.0.0.1:7002/tcp 2", "127.0.0.1:7003/tcp 0", "127.0.0.1:7004/tcp 1"],
            Enumerable.Range(0, engine.Forwards.Count).Where(i => !engine.IsGone(i)).Select(
                i => $"{engine.Forwards[i].Name} {engine.Totals(i).Active}"));
        Assert.Equal(
            new ForwardChanges(0, 0, 0),
            Reload(relay, $"127.0.0.1:7002 {second.Name} 127.0.0.1:7003 {first.Name} 127.0.0.1:7004 {second.Name}"));
    });

    [Fact]
    public void Where_a_port_is_taken_nothing_changes() => Netns.Run(() =>
    {
        using var first = new TargetServer(TargetServer.Echo);
        using var second = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(Read($"127.0.0.1:7001 {first.Name} 127.0.0.1:7002 {first.Name}"));
        var failure = Assert.Throws<ListenException>(
            () => Reload(relay, $"127.0.0.1:7001 {second.Name} 127.0.0.1:7003 {second.Name} {second.Name} {first.Name}"));
        Assert.Equal((second.Name, 98), (failure.Forward.Listen.ToString(), failure.Errno));
        using var one = Connect(7001);
        using var two = Connect(7002);
        Assert.Equal((2, 0), (first.Accepted, second.Accepted));
        Assert.Throws<SocketException>(() => Connect(7003));
    });

    [Fact]
    public void A_forward_moves_from_all_addresses_to_one_and_back_while_it_listens() => Netns.Run(() =>
    {
        using var first = new TargetServer(TargetServer.Echo);
        using var second = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(Read($"7001 {first.Name}"));
        using var ofAll = Connect(7001);
        Assert.Equal(1, Ask(ofAll));
        Assert.Equal(new ForwardChanges(1, 1, 0), Reload(relay, $"127.0.0.1:7001 {second.Name}"));
        using var ofOne = Connect(7001);
        Assert.Equal((1, 1), (Ask(ofOne), second.Accepted));
        Assert.Throws<SocketException>(() => Connect(7001, "127.0.0.2"));
        Assert.Equal(1, Ask(ofAll));
        Assert.Equal(new ForwardChanges(1, 1, 0), Reload(relay, $"0.0.0.0:7001 {first.Name}"));
        using var ofAll4 = Connect(7001, "127.0.0.2");
        Assert.Equal((1, 2), (Ask(ofAll4), first.Accepted));
        Assert.Equal(new ForwardChanges(2, 1, 0), Reload(relay, $"127.0.0.1:7001 {first.Name} 127.0.0.2:7001 {second.Name}"));
        Assert.Equal(new ForwardChanges(1, 2, 0), Reload(relay, $"7001 {first.Name}"));
        foreach (var socket in new[] { ofAll, ofOne, ofAll4 })
        {
            Assert.Equal(1, Ask(socket));
        }
    });

    [Fact]
    public void Where_it_cannot_move_it_stays_and_nobody_gets_a_share_of_its_port() => Netns.Run(() =>
    {
        using var first = new TargetServer(TargetServer.Echo);
        using var second = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(Read($"7001 {first.Name}"));
        Assert.Throws<ListenException>(() => Reload(relay, $"127.0.0.1:7001 {second.Name} {second.Name} {first.Name}"));
        using var one = Connect(7001);
        using var two = Connect(7001, "127.0.0.2");
        Assert.Equal((1, 1, 2, 0), (Ask(one), Ask(two), first.Accepted, second.Accepted));
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.SetRawSocketOption(1, 15, BitConverter.GetBytes(1)); // SOL_SOCKET, SO_REUSEPORT
        Assert.Equal(
            SocketError.AddressAlreadyInUse,
            Assert.Throws<SocketException>(() => other.Bind(IPEndPoint.Parse("127.0.0.3:7001"))).SocketErrorCode);
        Reload(relay, $"127.0.0.1:7001 {second.Name}");
        Assert.Equal(
            SocketError.AddressAlreadyInUse,
            Assert.Throws<SocketException>(() => other.Bind(IPEndPoint.Parse("0.0.0.0:7001"))).SocketErrorCode);
    });

    [Fact]
    public void A_forward_for_datagrams_moves_too_and_its_clients_go_on() => Netns.Run(() =>
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        target.Bind(IPEndPoint.Parse("127.0.0.1:0"));
        using var relay = new Relay(Read($"7001/udp {target.LocalEndPoint}"));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        client.Connect(IPEndPoint.Parse("127.0.0.1:7001"));
        foreach (var next in (string[])["127.0.0.1:7001/udp", "7001/udp", "127.0.0.1:7001/udp"])
        {
            Talk();
            Assert.Equal(new ForwardChanges(1, 1, 0), Reload(relay, $"{next} {target.LocalEndPoint}"));
        }

        Talk();

        void Talk()
        {
            client.Send("question"u8);
            var buffer = new byte[64];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            var length = target.ReceiveFrom(buffer, ref from);
            target.SendTo(buffer, length, SocketFlags.None, from);
            Assert.Equal(length, client.Receive(buffer));
        }
    });

    [Fact]
    public void No_datagram_is_lost_while_a_forward_for_them_moves() => Netns.Run(() =>
    {
        const int Rounds = 20;
        const int Each = 200;
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        target.SetRawSocketOption(1, 33, BitConverter.GetBytes(16 << 20)); // SOL_SOCKET, SO_RCVBUFFORCE
        target.Bind(IPEndPoint.Parse("127.0.0.1:0"));
        using var relay = new Relay(Read($"7001/udp {target.LocalEndPoint}"));
        var (buffer, heard) = (new byte[64], new HashSet<int>());
        for (var round = 0; round < Rounds; round++)
        {
            // A question whose answer is under way, and new clients all the while.
            using var client = Client();
            client.Send(BitConverter.GetBytes(-1));
            EndPoint asked = new IPEndPoint(IPAddress.Any, 0);
            target.ReceiveFrom(buffer, ref asked);
            var first = round * Each;
            // A thread of this network namespace.
            var senders = new TestThread("new clients", () =>
            {
                for (var i = first; i < first + Each; i++)
                {
                    using var other = Client();
                    other.Send(BitConverter.GetBytes(i));
                }
            });
            Reload(relay, $"{(round % 2 == 0 ? "127.0.0.1:7001/udp" : "7001/udp")} {target.LocalEndPoint}");
            target.SendTo("answer"u8, asked);
            Assert.Equal(6, client.Receive(buffer));
            senders.Join(Bounded.Limit);
            while (heard.Count < first + Each)
            {
                Assert.Equal(4, target.Receive(buffer));
                heard.Add(BitConverter.ToInt32(buffer));
            }
        }

        Assert.Empty(relay.Losses);

        static Socket Client()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
            socket.Connect(IPEndPoint.Parse("127.0.0.1:7001"));
            return socket;
        }
    });

    /// <summary>A program that is being started has all descriptors until it is executed: also those that are closed meanwhile.</summary>
    [Fact]
    public void What_is_closed_takes_nothing_also_while_a_program_is_started() => Netns.Run(() =>
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        target.Bind(IPEndPoint.Parse("127.0.0.1:0"));
        using var server = new TargetServer(TargetServer.Echo);
        var (datagrams, streams) = (target.LocalEndPoint, server.Name);
        using var relay = new Relay(Read($"127.0.0.1:7001/udp {datagrams} 127.0.0.1:7001 {streams} 127.0.0.1:7002 {streams}"));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(IPEndPoint.Parse("127.0.0.1:7001"));
        Send();
        using var started = NamespaceProcess.Start(new NamespaceProcessOptions("/bin/true", [])
        {
            Namespaces = default,
            Made = _ =>
            {
                Assert.Equal(new ForwardChanges(2, 3, 0), Reload(relay, $"7001/udp {datagrams} 7001 {streams}"));
                Send();
                using var one = Connect(7001);
                using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                Assert.Equal(
                    SocketError.ConnectionRefused,
                    Assert.Throws<SocketException>(() => late.Connect(IPEndPoint.Parse("127.0.0.1:7002"))).SocketErrorCode);
            },
        });

        void Send()
        {
            client.Send("question"u8);
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            Assert.Equal(8, target.ReceiveFrom(new byte[64], ref from));
        }
    });

    [Fact]
    public void Connections_of_a_forward_that_ended_are_reset_when_their_time_is_over() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(Read($"127.0.0.1:7001 {target.Name} 127.0.0.1:7002 {target.Name}"));
        using var old = Connect(7001);
        using var kept = Connect(7002);
        Reload(relay, $"127.0.0.1:7002 {target.Name}", TimeSpan.Zero);
        relay.Engine.Tend();
        Assert.Throws<SocketException>(() => old.Receive(new byte[1]));
        Assert.Equal(EndCause.Stopped, relay.Next().Cause);
        Assert.Equal(1, Ask(kept));
    });

    [Fact]
    public void Limits_and_who_may_connect_hold_from_the_reload_on() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        var listen = $"127.0.0.1:7001 {target.Name}";
        using var relay = new Relay(Read(listen, new ForwardOptions { Limit = 1 }));
        using var first = Connect(7001);
        using var waiting = Relay.Connect(new IPEndPoint(IPAddress.Loopback, 7001));
        waiting.Send([1]);
        Relay.Wait(() => relay.Totals.Active == 1);
        relay.Engine.Reload(Read(listen), static _ => [], Long);
        Assert.Equal(1, waiting.Receive(new byte[1]));
        relay.Engine.Reload(Read(listen, OptionWords.With(new ForwardOptions(), "--allow", "192.0.2.0/24")), static _ => [], Long);
        Relay.AssertReset(new IPEndPoint(IPAddress.Loopback, 7001));
        Assert.Equal(1, Ask(first));
    });

    [Fact]
    public void Flows_of_a_forward_that_ended_go_on_until_their_talk_is_over_and_the_port_is_free() => Netns.Run(() =>
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var name = target.LocalEndPoint!.ToString();
        using var relay = new Relay(Read($"127.0.0.1:7001/udp {name} 127.0.0.1:7002/udp {name}"));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        client.Connect(IPAddress.Loopback, 7001);
        client.Send([1]);
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        target.ReceiveFrom(new byte[1], ref from);
        Assert.Equal(new ForwardChanges(0, 1, 0), Reload(relay, $"127.0.0.1:7002/udp {name}"));
        target.SendTo([2], from);
        Assert.Equal(1, client.Receive(new byte[1]));
        Assert.Equal(EndCause.Idle, relay.Next().Cause);
        BoundPorts.AwaitDatagrams(7001, count: 0);
        Assert.Equal(new ForwardChanges(1, 0, 0), Reload(relay, $"127.0.0.1:7001/udp {name} 127.0.0.1:7002/udp {name}"));
        client.Send([3]);
        target.ReceiveFrom(new byte[1], ref from);
    });

    [Fact]
    public void A_forward_for_datagrams_that_comes_back_while_flows_go_on_takes_the_port_over() => Netns.Run(() =>
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var words = $"127.0.0.1:7001/udp {target.LocalEndPoint}";
        using var relay = new Relay(Read($"{words} 127.0.0.1:7002 127.0.0.1:1"), times: new FlowTimes(2000, 60_000, 60_000));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        client.Connect(IPAddress.Loopback, 7001);
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        client.Send([1]);
        target.ReceiveFrom(new byte[1], ref from);
        Assert.Equal(new ForwardChanges(0, 1, 0), Reload(relay, "127.0.0.1:7002 127.0.0.1:1"));
        ForwardChanges? changes = null;
        Relay.Wait(() => (changes = TryReload(relay, $"{words} 127.0.0.1:7002 127.0.0.1:1")) is not null);
        Assert.Equal(new ForwardChanges(1, 0, 0), changes);
        client.Send([2]);
        target.ReceiveFrom(new byte[1], ref from);
        target.SendTo([3], from);
        var answer = new byte[1];
        Assert.Equal(1, client.Receive(answer));
        Assert.Equal(3, answer[0]);
    });

    [Fact]
    public void Many_reloads_take_no_more_places_and_descriptors_than_one() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(Read($"127.0.0.1:7001 {target.Name}"));
        var used = relay.Engine.Budget.Used;
        for (var i = 0; i < 50; i++)
        {
            // Another port each time: a program that another test just starts has the closed listener until it is executed.
            Reload(relay, $"127.0.0.1:{7002 + i} {target.Name}");
            relay.Engine.Tend();
        }

        Assert.InRange(relay.Engine.Forwards.Count, 1, 3);
        Assert.Equal(used, relay.Engine.Budget.Used);
        using var client = Connect(7002 + 49);
        Assert.Equal(1, Ask(client));
    });

    [Fact]
    public void What_is_known_of_a_target_that_stays_is_kept() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(Read($"127.0.0.1:7001 {target.Name}"));
        using (var client = Connect(7001))
        {
            Reload(relay, $"127.0.0.1:7001 127.0.0.1:1,{target.Name}");
            Assert.Equal([0L, 1L], relay.Engine.TargetTotals(0).Select(t => t.Connections));
        }

        Relay.Wait(() => relay.Engine.TargetTotals(0)[1].Active == 0);
        Assert.Equal(1, relay.Totals.Connections);
    });

    private static List<ForwardSpec> Read(string words, ForwardOptions? options = null) =>
        ForwardRange.Expand(ForwardWords.ReadRanges(words.Split(' '), options ?? new ForwardOptions()));

    private static ForwardChanges Reload(Relay relay, string words, TimeSpan? drain = null) =>
        relay.Engine.Reload(Read(words), static _ => [], drain ?? Long);

    /// <summary>
    /// Nothing where the port is still taken: by a child that another test starts, which has a copy of the socket that was closed until its
    /// program is executed.
    /// </summary>
    private static ForwardChanges? TryReload(Relay relay, string words)
    {
        try
        {
            return Reload(relay, words);
        }
        catch (ListenException exception) when (exception.Errno == 98)
        {
            return null;
        }
    }

    /// <summary>A client that was served once.</summary>
    private static Socket Connect(int port, string address = "127.0.0.1")
    {
        var client = Relay.Connect(new IPEndPoint(IPAddress.Parse(address), port));
        Assert.Equal(1, Ask(client));
        return client;
    }

    private static int Ask(Socket client)
    {
        client.Send([1]);
        return client.Receive(new byte[1]);
    }
}
