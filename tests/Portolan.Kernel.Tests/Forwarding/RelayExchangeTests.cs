using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Udp;
using Portolan.Kernel.Tests.Support;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>
/// Protocols in which each question has its answer: when flows end, how many clients they serve, and what is said of those that are lost.
/// </summary>
public sealed class RelayExchangeTests
{
    /// <summary>Flows that never end by time, so that what ends ends for another reason.</summary>
    private static readonly FlowTimes Patient = new(60_000, 60_000, 60_000) { Over = 1, Unanswered = 60_000 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_flow_of_dns_ends_when_all_of_its_questions_have_their_answers(bool joined) => Netns.Run(() =>
    {
        using var target = Bound("127.0.0.1");
        using var relay = new Relay("127.0.0.1:0/udp", target.LocalEndPoint!.ToString()!, times: Patient);
        using var client = Bound("127.0.0.1");
        client.Connect(relay.Address);
        byte[] both = [.. Question(1, DnsType.A), .. Question(2, DnsType.Aaaa)];
        if (joined)
        {
            // UDP_SEGMENT: the kernel hands both over as one message.
            client.SetRawSocketOption(17, 103, BitConverter.GetBytes(both.Length / 2));
            client.Send(both);
        }
        else
        {
            client.Send(both.AsSpan(0, both.Length / 2));
            client.Send(both.AsSpan(both.Length / 2));
        }

        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var buffer = new byte[512];
        for (var i = 0; i < 2; i++)
        {
            var length = target.ReceiveFrom(buffer, ref from);
            // Longer than a flow lives when its last answer has come.
            Thread.Sleep(50);
            buffer[2] |= 0x80;
            target.SendTo(buffer.AsSpan(0, length), from);
            Assert.Equal(length, client.Receive(new byte[512]));
        }

        var report = relay.Next();
        Assert.Equal((EndCause.Completed, (long)both.Length, (long)both.Length), (report.Cause, report.BytesUp, report.BytesDown));
        Assert.Equal((1L, 0L), (relay.Totals.Connections, relay.Totals.Active));
    });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    public void A_flow_ends_after_as_many_answers_as_were_said(int responses, int echoes) => Netns.Run(() =>
    {
        using var target = Bound("127.0.0.1");
        using var relay =
            new Relay("127.0.0.1:0/udp", target.LocalEndPoint!.ToString()!, new ForwardOptions { Responses = responses }, times: Patient);
        using var client = Bound("127.0.0.1");
        client.Connect(relay.Address);
        client.Send("no dns"u8);
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        target.ReceiveFrom(new byte[16], ref from);
        for (var i = 0; i < echoes; i++)
        {
            target.SendTo([1], from);
            Assert.Equal(1, client.Receive(new byte[16]));
        }

        if (responses > echoes)
        {
            Assert.Equal(1, relay.Totals.Active);
            target.SendTo([2], from);
        }

        Assert.Equal(EndCause.Completed, relay.Next().Cause);
    });

    [Fact]
    public void More_clients_than_this_host_has_ports_are_served_without_a_loss() => Netns.Run(() =>
    {
        const int Clients = 40_000;
        const int AtOnce = 200;
        using var target = new EchoServer();
        // Flows that are over give their places at once: their time is longer than the test.
        using var relay = new Relay("127.0.0.1:0/udp", target.Name, times: Patient with { Over = 60_000 }, room: 2000);
        var waiting = new Queue<(Socket Socket, ushort Id)>();
        for (var i = 0; i < Clients + AtOnce; i++)
        {
            if (i >= AtOnce)
            {
                var (socket, id) = waiting.Dequeue();
                var answer = new byte[512];
                Assert.True(socket.Receive(answer) > 12);
                Assert.Equal(id, (answer[0] << 8) | answer[1]);
                socket.Dispose();
            }

            if (i < Clients)
            {
                var socket = Bound($"127.0.1.{1 + (i % 4)}");
                socket.Connect(relay.Address);
                socket.Send(Question((ushort)i, DnsType.A));
                waiting.Enqueue((socket, (ushort)i));
            }
        }

        Assert.Equal((Clients, Clients, 0), (relay.Totals.PacketsUp, relay.Totals.PacketsDown, relay.Totals.Errors));
        Assert.Empty(relay.Losses);
    });

    [Fact]
    public void A_flow_whose_answer_has_come_gives_its_place_at_once() => Netns.Run(() =>
    {
        using var target = new EchoServer();
        using var relay =
            new Relay("127.0.0.1:0/udp", target.Name, new ForwardOptions { Limit = 1 }, times: Patient with { Over = 60_000 });
        for (var i = 0; i < 50; i++)
        {
            Ask(relay.Address, "127.0.0.1");
        }

        Assert.Equal(
            (50L, 49L, 0L), (relay.Totals.Connections, relay.Totals.Ended(EndCause.Completed), relay.Totals.Ended(EndCause.Evicted)));
    });

    [Fact]
    public void A_port_that_others_have_at_other_addresses_still_serves_a_flow() => Netns.Run(() =>
    {
        using var target = new EchoServer();
        using var relay = new Relay("127.0.0.1:0/udp", target.Name, new ForwardOptions { Limit = 1 }, times: Patient);
        UsePorts(45_000, 45_003);
        Ask(relay.Address, "127.0.0.1", 2000);
        Relay.Wait(() => relay.Totals.Active == 0);
        // From now on no port of the range is free at all addresses.
        var others = Enumerable.Range(45_000, 4).Select(port => Bound("127.0.0.9", port)).ToList();
        Ask(relay.Address, "127.0.0.1", 2001);
        Ask(relay.Address, "127.0.0.1", 2002);
        Assert.Equal(0, relay.Totals.Errors);
        others.ForEach(static o => o.Dispose());
    });

    [Fact]
    public void Without_a_port_new_clients_are_lost_and_that_is_said_at_once() => Netns.Run(() =>
    {
        using var target = new EchoServer();
        using var relay = new Relay("127.0.0.1:0/udp", target.Name, times: Patient);
        UsePorts(45_000, 45_003);
        var clients = Enumerable.Range(0, 6).Select(i => Bound("127.0.0.1", 2000 + i)).ToList();
        foreach (var client in clients)
        {
            // No DNS: these flows go on.
            client.SendTo("x"u8, relay.Address);
        }

        Relay.Wait(() => relay.Totals.Lost(EndCause.NoPorts) == 2 && !relay.Losses.IsEmpty);
        var loss = Assert.Single(relay.Losses);
        Assert.Equal((EndCause.NoPorts, 2L, 4L), (loss.Cause, relay.Totals.Ended(EndCause.NoPorts), relay.Totals.Active));
        Assert.Contains("net.ipv4.ip_local_port_range", loss.Hint, StringComparison.Ordinal);
        clients.ForEach(static c => c.Dispose());
    });

    [Fact]
    public void Without_room_or_a_descriptor_the_reason_is_that() => Netns.Run(() =>
    {
        using var target = new EchoServer();
        using var relay = new Relay("127.0.0.1:0/udp", target.Name, times: Patient, room: 2);
        var clients = Enumerable.Range(0, 4).Select(_ => Bound("127.0.0.1")).ToList();
        clients.Take(3).ToList().ForEach(c => c.SendTo("x"u8, relay.Address));
        Relay.Wait(() => relay.Losses.Count == 1);
        relay.Engine.FlowRoom = new FlowRoom(9);
        var budget = relay.Engine.Budget;
        budget.Reserve(budget.Limit - budget.Used);
        clients[3].SendTo("x"u8, relay.Address);
        Relay.Wait(() => relay.Losses.Count == 2);
        Assert.Equal([EndCause.NoMemory, EndCause.NoDescriptors], relay.Losses.Select(l => l.Cause));
        clients.ForEach(static c => c.Dispose());
    });

    [Fact]
    public void What_the_kernel_threw_away_for_want_of_a_buffer_is_counted_and_said() => Netns.Run(() =>
    {
        // Each takes 768 bytes of the 32 MiB, as the kernel counts them. Answers could be thrown away too: there are none.
        const int Sent = 60_000;
        using var target = Bound("127.0.0.1");
        using var relay = new Relay("127.0.0.1:0/udp", target.LocalEndPoint!.ToString()!, start: false, times: Patient);
        using var client = Bound("127.0.0.1");
        for (var i = 0; i < Sent; i++)
        {
            client.SendTo("x"u8, relay.Address);
        }

        relay.Engine.Start();
        Relay.Wait(() => relay.Totals.PacketsUp + relay.Totals.Lost(EndCause.ReceiveBuffer) == Sent && !relay.Losses.IsEmpty);
        Assert.True(relay.Totals.Lost(EndCause.ReceiveBuffer) > 0);
        Assert.Equal(EndCause.ReceiveBuffer, Assert.Single(relay.Losses).Cause);
    });

    [Fact]
    public void Datagrams_for_a_target_without_a_route_are_counted_and_said() => Netns.Run(() =>
    {
        using var relay = new Relay("127.0.0.1:0/udp", "192.0.2.1:9", times: Patient);
        using var client = Bound("127.0.0.1");
        client.SendTo("x"u8, relay.Address);
        client.SendTo("x"u8, relay.Address);
        Relay.Wait(() => relay.Totals.Lost(EndCause.TargetUnreachable) == 2 && !relay.Losses.IsEmpty);
        Assert.Equal(EndCause.TargetUnreachable, Assert.Single(relay.Losses).Cause);
    });

    [Fact]
    public void A_question_without_an_answer_ends_as_that_and_is_said() => Netns.Run(() =>
    {
        using var target = Bound("127.0.0.1");
        using var relay = new Relay("127.0.0.1:0/udp", target.LocalEndPoint!.ToString()!, times: Patient with { Unanswered = 100 });
        using var client = Bound("127.0.0.1");
        client.SendTo(Question(1, DnsType.A), relay.Address);
        Assert.Equal(EndCause.TargetTimedOut, relay.Next().Cause);
        Assert.Equal(EndCause.TargetTimedOut, Assert.Single(relay.Losses).Cause);
    });

    private static void Ask(EndPoint relay, string from, int port = 0)
    {
        using var client = Bound(from, port);
        client.Connect(relay);
        client.Send(Question(1, DnsType.A));
        Assert.True(client.Receive(new byte[512]) > 12);
    }

    private static void UsePorts(int first, int last) =>
        File.WriteAllText("/proc/sys/net/ipv4/ip_local_port_range", string.Create(CultureInfo.InvariantCulture, $"{first} {last}"));

    private static byte[] Question(ushort id, DnsType type)
    {
        var message = new byte[512];
        Assert.True(DnsWriter.TryWriteQuery(message, id, "www.example.com", type, out var length));
        return message[..length];
    }

    private static Socket Bound(string address, int port = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        return socket;
    }

    /// <summary>Sends every datagram back; a question of DNS as its answer.</summary>
    private sealed class EchoServer : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        public EchoServer()
        {
            // SOL_SOCKET, SO_RCVBUFFORCE: more than the usual limit, so that no burst is lost while this thread waits for a processor.
            _socket.SetRawSocketOption(1, 33, BitConverter.GetBytes(16 * 1024 * 1024));
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            new Thread(Serve) { IsBackground = true }.Start();
        }

        public string Name => _socket.LocalEndPoint!.ToString()!;

        public void Dispose() => _socket.Dispose();

        private void Serve()
        {
            var buffer = new byte[2048];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            try
            {
                while (true)
                {
                    var count = _socket.ReceiveFrom(buffer, ref from);
                    buffer[2] |= (byte)(count >= DnsMessage.HeaderLength ? 0x80 : 0);
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
