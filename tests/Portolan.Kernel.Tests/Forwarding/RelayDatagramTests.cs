using System.Net;
using System.Net.Sockets;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Udp;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>What the relay does with datagrams.</summary>
public sealed class RelayDatagramTests
{
    [Theory]
    [InlineData("127.0.0.1:0/udp", "127.0.0.1")]
    [InlineData("0/udp", "127.0.0.1")]
    [InlineData("0/udp", "::1")]
    [InlineData("[::1]:0/udp", "::1")]
    public void Datagrams_of_every_size_come_back_whole_and_in_order(string listen, string from) => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay(listen, target.Name);
        using var client = Client(from, relay.Port);
        var buffer = new byte[65_536];
        foreach (var size in new[] { 0, 1, 512, 1400, 1500, 9000, 60_000, 65_507 })
        {
            var data = RelayStreamTests.Bytes(size, size);
            client.Send(data);
            Assert.Equal(size, client.Receive(buffer));
            Assert.Equal(data, buffer[..size]);
        }

        Assert.Equal((8L, 8L, 1L), (relay.Totals.PacketsUp, relay.Totals.PacketsDown, relay.Totals.Active));
    });

    [Fact]
    public void Bursts_of_mixed_sizes_from_many_clients_reach_the_right_one() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("0/udp", target.Name);
        var clients = Enumerable.Range(0, 20).Select(_ => Client("127.0.0.1", relay.Port)).ToList();
        var random = new Random(4);
        for (var round = 0; round < 20; round++)
        {
            var sizes = Enumerable.Range(0, 10).Select(_ => random.Next(3) == 0 ? random.Next(4, 1200) : 512).ToList();
            for (var i = 0; i < clients.Count; i++)
            {
                foreach (var size in sizes)
                {
                    clients[i].Send(RelayStreamTests.Bytes((i * 100_000) + size, size));
                }
            }

            for (var i = 0; i < clients.Count; i++)
            {
                foreach (var size in sizes)
                {
                    var buffer = new byte[2048];
                    Assert.Equal(size, clients[i].Receive(buffer));
                    Assert.Equal(RelayStreamTests.Bytes((i * 100_000) + size, size), buffer[..size]);
                }
            }
        }

        Assert.Equal((4000L, 4000L, 20L), (relay.Totals.PacketsUp, relay.Totals.PacketsDown, relay.Totals.Connections));
        clients.ForEach(c => c.Dispose());
    });

    [Fact]
    public void Datagrams_that_the_kernel_joined_stay_apart() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("127.0.0.1:0/udp", target.Name);
        using var client = Client("127.0.0.1", relay.Port);
        // UDP_SEGMENT: one call, many datagrams.
        client.SetRawSocketOption(17, 103, BitConverter.GetBytes(100));
        var data = RelayStreamTests.Bytes(1, 1050);
        client.Send(data);
        var buffer = new byte[2048];
        for (var i = 0; i < 11; i++)
        {
            var size = i == 10 ? 50 : 100;
            Assert.Equal(size, client.Receive(buffer));
            Assert.Equal(data[(i * 100)..((i * 100) + size)], buffer[..size]);
        }

        Assert.Equal((11L, 11L), (relay.Totals.PacketsUp, relay.Totals.PacketsDown));
    });

    [Fact]
    public void The_reply_comes_from_the_address_that_was_asked() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("0/udp", target.Name);
        using var client = Client("127.0.0.1", relay.Port, to: "127.0.0.9");
        client.Send([1]);
        // A connected socket takes nothing from another address.
        Assert.Equal(1, client.Receive(new byte[1]));
    });

    [Fact]
    public void A_flow_that_is_silent_ends_and_its_client_begins_another() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("127.0.0.1:0/udp", target.Name, new ForwardOptions { Idle = TimeSpan.FromMilliseconds(200) });
        using var client = Client("127.0.0.1", relay.Port);
        for (var i = 0; i < 2; i++)
        {
            client.Send([1, 2]);
            Assert.Equal(2, client.Receive(new byte[2]));
            var report = relay.Next();
            Assert.Equal((EndCause.Idle, 2L, 2L), (report.Cause, report.BytesUp, report.BytesDown));
            Assert.Equal(0, relay.Totals.Active);
        }
    });

    [Fact]
    public void Flows_are_bounded() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("127.0.0.1:0/udp", target.Name, new ForwardOptions { Limit = 3 });
        var clients = Enumerable.Range(0, 5).Select(_ => Client("127.0.0.1", relay.Port)).ToList();
        foreach (var client in clients)
        {
            client.Send([1]);
        }

        clients.Take(3).ToList().ForEach(c => Assert.Equal(1, c.Receive(new byte[1])));
        Relay.Wait(() => relay.Totals.Lost(EndCause.Limit) == 2 && !relay.Losses.IsEmpty);
        Assert.Equal((2L, EndCause.Limit), (relay.Totals.Ended(EndCause.Limit), Assert.Single(relay.Losses).Cause));
        Assert.Equal(3, relay.Totals.Active);
        clients.ForEach(c => c.Dispose());
    });

    [Fact]
    public void A_target_that_is_not_there_is_told_and_another_is_asked() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("127.0.0.1:0/udp", $"127.0.0.1:1,{target.Name}");
        using var client = Client("127.0.0.1", relay.Port);
        client.ReceiveTimeout = 200;
        Relay.Wait(() =>
        {
            client.Send([1]);
            try
            {
                return client.Receive(new byte[1]) == 1;
            }
            catch (SocketException)
            {
                return false;
            }
        });
        Assert.Equal("127.0.0.1:1", Assert.Single(relay.Targets).Target);
    });

    [Fact]
    public void A_target_that_stays_away_is_told_once_and_that_it_is_back_too() => Netns.Run(() =>
    {
        int port;
        using (var reserved = new DatagramTarget())
        {
            port = reserved.Port;
        }

        BoundPorts.AwaitDatagrams(port, count: 0);
        using var relay = new Relay("127.0.0.1:0/udp", $"127.0.0.1:{port}");
        using var client = Client("127.0.0.1", relay.Port);
        for (var refused = 1; refused <= 5; refused++)
        {
            client.Send([1]);
            Relay.Wait(() => relay.Totals.Ended(EndCause.TargetRefused) == refused);
        }

        using var target = new DatagramTarget(port);
        client.Send([2]);
        Assert.Equal(1, client.Receive(new byte[1]));
        Assert.Equal([false, true], relay.Targets.Select(t => t.IsUp));
    });

    [Fact]
    public void A_name_s_next_address_is_asked_where_the_first_has_no_route_or_refuses() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("127.0.0.1:0/udp", $"name.example:{target.Port}");
        relay.Engine.SetAddresses(0, 0, [Address("2001:db8::1"), Address("127.0.0.2"), Address("127.0.0.1")]);
        using var client = Client("127.0.0.1", relay.Port);
        client.Send([1]);
        Relay.Wait(() => relay.Totals.Ended(EndCause.TargetRefused) == 1);
        client.Send([2]);
        Assert.Equal(1, client.Receive(new byte[1]));
        Assert.Empty(relay.Targets);
    });

    [Fact]
    public void One_client_s_talks_with_two_addresses_of_this_host_stay_apart() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("0/udp", target.Name);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        client.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        foreach (var asked in new[] { "127.0.0.5", "127.0.0.6", "127.0.0.5" })
        {
            client.SendTo([1], new IPEndPoint(IPAddress.Parse(asked), relay.Port));
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            client.ReceiveFrom(new byte[1], ref from);
            Assert.Equal(asked, ((IPEndPoint)from).Address.ToString());
        }

        Assert.Equal(2, relay.Totals.Connections);
    });

    [Fact]
    public void The_flow_that_has_been_silent_longest_gives_its_place_to_a_new_client() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay =
            new Relay("127.0.0.1:0/udp", target.Name, new ForwardOptions { Limit = 3 }, times: FlowTimes.Usual with { Evictable = 1 });
        var clients = Enumerable.Range(0, 4).Select(_ => Client("127.0.0.1", relay.Port)).ToList();
        foreach (var client in new[] { clients[0], clients[1], clients[2], clients[0], clients[3] })
        {
            client.Send([1]);
            Assert.Equal(1, client.Receive(new byte[1]));
            Thread.Sleep(20);
        }

        var evicted = relay.Next();
        Assert.Equal((EndCause.Evicted, ((IPEndPoint)clients[1].LocalEndPoint!).Port), (evicted.Cause, evicted.ClientPort.Value));
        Assert.Equal((3L, 1L), (relay.Totals.Active, relay.Totals.Ended(EndCause.Evicted)));
        clients.ForEach(c => c.Dispose());
    });

    [Fact]
    public void Silent_flows_give_their_descriptors_to_connections_that_wait() => Netns.Run(() =>
    {
        using var datagrams = new DatagramTarget();
        using var streams = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(
            [.. ForwardWords.ReadPair("127.0.0.1:0/udp", datagrams.Name, new ForwardOptions()),
                .. ForwardWords.ReadPair("127.0.0.1:0", streams.Name, new ForwardOptions())],
            times: FlowTimes.Usual with { Evictable = 1 });
        using var talker = Client("127.0.0.1", relay.Port);
        talker.Send([1]);
        Assert.Equal(1, talker.Receive(new byte[1]));
        var budget = relay.Engine.Budget;
        budget.Reserve(budget.Limit - budget.Used - 1);
        using var client = Relay.Connect(new IPEndPoint(IPAddress.Loopback, relay.Engine.BoundTo(1).Port.Value));
        client.Send([7]);
        Assert.Equal(1, client.Receive(new byte[1]));
        Assert.Equal(EndCause.Evicted, relay.Next().Cause);
    });

    [Fact]
    public void An_answer_that_is_under_way_at_the_end_still_arrives_and_new_clients_are_not_served() => Netns.Run(() =>
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var relay =
            new Relay("127.0.0.1:0/udp", $"127.0.0.1:{((IPEndPoint)target.LocalEndPoint!).Port}", times: new FlowTimes(2000, 60_000, 1));
        using var client = Client("127.0.0.1", relay.Port);
        client.Send([1]);
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        target.ReceiveFrom(new byte[1], ref from);
        var stopped = Task.Run(() => relay.Stop(TimeSpan.FromMinutes(1)), TestContext.Current.CancellationToken);
        using var late = Client("127.0.0.1", relay.Port);
        Relay.Wait(
            () => relay.Engine.Workers.SelectMany(static worker => worker.Listeners).OfType<DatagramListener>().All(
                static listener => listener.IsStopping));
        late.Send([9]);
        target.SendTo([2], from);
        var answer = new byte[1];
        Assert.Equal(1, client.Receive(answer));
        Assert.Equal(2, answer[0]);
        Assert.Equal(0, stopped.Await("the relay has ended"));
        Assert.Equal((EndCause.Idle, 1L), (relay.Next().Cause, relay.Totals.Connections));
        BoundPorts.AwaitDatagrams(relay.Port, count: 0);
    });

    [Fact]
    public void Without_a_drain_flows_end_at_once() => Netns.Run(() =>
    {
        using var target = new DatagramTarget();
        using var relay = new Relay("127.0.0.1:0/udp", target.Name, times: new FlowTimes(2000, 60_000, 60_000));
        using var client = Client("127.0.0.1", relay.Port);
        client.Send([1]);
        client.Receive(new byte[1]);
        relay.Stop(TimeSpan.Zero);
        Assert.Equal((EndCause.Stopped, 0L), (relay.Next().Cause, relay.Totals.Active));
    });

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);

    private static Socket Client(string from, int port, string? to = null)
    {
        var address = IPAddress.Parse(from);
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        socket.Bind(new IPEndPoint(address, 0));
        socket.Connect(IPAddress.Parse(to ?? from), port);
        return socket;
    }

    /// <summary>Sends every datagram back.</summary>
    private sealed class DatagramTarget : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        public DatagramTarget(int port = 0)
        {
            // SOL_SOCKET, SO_RCVBUFFORCE: more than the usual limit, so that no burst is lost while this thread waits for a processor.
            _socket.SetRawSocketOption(1, 33, BitConverter.GetBytes(4 * 1024 * 1024));
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            new Thread(Serve) { IsBackground = true }.Start();
        }

        public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

        public string Name => $"127.0.0.1:{Port}";

        public void Dispose() => _socket.Dispose();

        private void Serve()
        {
            var buffer = new byte[65_536];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            try
            {
                while (true)
                {
                    var count = _socket.ReceiveFrom(buffer, ref from);
                    _socket.SendTo(buffer.AsSpan(0, count), from);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
