using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Kernel.Tests.Support;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>
/// What ICMP errors say about datagrams that the relay has sent on. The test sends the errors itself, as a router or a firewall would.
/// </summary>
public sealed class RelayErrorTests
{
    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(3, 10)]
    [InlineData(3, 13)]
    [InlineData(11, 0)]
    public void A_target_that_no_path_leads_to_is_said_and_another_is_asked(byte type, byte code) => Netns.Run(() =>
    {
        using var silent = Bound();
        using var other = Bound();
        using var relay = new Relay("127.0.0.1:0/udp", $"{silent.LocalEndPoint},{other.LocalEndPoint}");
        using var client = Bound();
        client.SendTo("x"u8, relay.Address);
        SendError(type, code, silent);
        Assert.Equal(EndCause.TargetUnreachable, relay.Next().Cause);
        Assert.Equal((1L, EndCause.TargetUnreachable), (relay.Totals.Lost(EndCause.TargetUnreachable), Assert.Single(relay.Losses).Cause));
        Assert.Equal((silent.LocalEndPoint!.ToString(), false), (Assert.Single(relay.Targets).Target, relay.Targets.First().IsUp));
        client.SendTo("y"u8, relay.Address);
        Assert.Equal(1, other.Receive(new byte[9]));
    });

    [Fact]
    public void A_flow_that_has_had_an_answer_outlives_an_error_and_nothing_else_is_lost_for_it() => Netns.Run(() =>
    {
        using var target = Bound();
        using var relay = new Relay("127.0.0.1:0/udp", target.LocalEndPoint!.ToString()!);
        using var client = Bound();
        var from = Exchange();
        for (var i = 1; i <= 5; i++)
        {
            client.SendTo("x"u8, relay.Address);
            SendError(3, 1, target);
            Relay.Wait(() => relay.Totals.Lost(EndCause.TargetUnreachable) == i);
            Assert.Equal(from, Exchange());
        }

        Assert.Equal((1L, 1L, 5L), (relay.Totals.Connections, relay.Totals.Active, relay.Totals.Lost(EndCause.TargetUnreachable)));
        Assert.Single(relay.Losses);

        EndPoint Exchange()
        {
            client.SendTo("question"u8, relay.Address);
            EndPoint flow = new IPEndPoint(IPAddress.Any, 0);
            var length = target.ReceiveFrom(new byte[64], ref flow);
            target.SendTo("answer"u8, flow);
            Assert.Equal((8, 6), (length, client.Receive(new byte[64])));
            return flow;
        }
    });

    [Fact]
    public void A_path_that_is_too_narrow_is_said() => Netns.Run(() =>
    {
        using var target = Bound();
        using var relay = new Relay("127.0.0.1:0/udp", target.LocalEndPoint!.ToString()!);
        using var client = Bound();
        client.SendTo(new byte[1200], relay.Address);
        SendError(3, 4, target);
        Relay.Wait(() => relay.Totals.Lost(EndCause.TooLarge) == 1 && !relay.Losses.IsEmpty);
        Assert.Equal(EndCause.TooLarge, Assert.Single(relay.Losses).Cause);
        Assert.Equal(1L, relay.Totals.Active);
    });

    [Fact]
    public void A_closed_port_ends_the_flow_as_before() => Netns.Run(() =>
    {
        int closed;
        using (var target = Bound())
        {
            closed = ((IPEndPoint)target.LocalEndPoint!).Port;
        }

        using var relay = new Relay(ForwardWords.ReadPair("127.0.0.1:0/udp", $"127.0.0.1:{closed}", new ForwardOptions()));
        using var client = Bound();
        client.SendTo("x"u8, relay.Address);
        Assert.Equal(EndCause.TargetRefused, relay.Next().Cause);
    });

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    /// <summary>
    /// Takes the next datagram that the relay has sent to a target, and sends an ICMP error about it (RFC 792): the path takes 600 bytes,
    /// where it is about that.
    /// </summary>
    private static void SendError(byte type, byte code, Socket target)
    {
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var length = target.ReceiveFrom(new byte[2048], ref from);
        var message = new byte[8 + 20 + 8];
        (message[0], message[1]) = (type, code);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), 600);
        var ip = message.AsSpan(8);
        (ip[0], ip[8], ip[9]) = (0x45, 64, 17);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(28 + length));
        IPAddress.Loopback.TryWriteBytes(ip[12..], out _);
        IPAddress.Loopback.TryWriteBytes(ip[16..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(ip[20..], (ushort)((IPEndPoint)from).Port);
        BinaryPrimitives.WriteUInt16BigEndian(ip[22..], (ushort)((IPEndPoint)target.LocalEndPoint!).Port);
        BinaryPrimitives.WriteUInt16BigEndian(ip[24..], (ushort)(8 + length));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), InternetChecksum.Of(message));
        using var raw = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp);
        raw.SendTo(message, new IPEndPoint(IPAddress.Loopback, 0));
    }
}
