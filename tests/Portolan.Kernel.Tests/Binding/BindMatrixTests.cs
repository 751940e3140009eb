using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Binding;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Binding;

/// <summary>Whoever holds a port, and however somebody wants to bind it: what Portolan says must be what bind(2) says.</summary>
[Collection(Alone.Name)]
public sealed class BindMatrixTests
{
    private const ushort Port = 7777;

    private static readonly string[] Holders = [
        "0.0.0.0", "127.0.0.1", "127.0.0.2", ":: dual", ":: v6only", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0"];

    private static readonly string[] Attempts = [
        "0.0.0.0", "127.0.0.1", "127.0.0.3", ":: dual", ":: v6only", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0"];

    public enum Use
    {
        Listening,
        Bound,
        Datagram,
    }

    public static TheoryData<Use, string> Cases
    {
        get
        {
            var data = new TheoryData<Use, string>();
            foreach (var use in Enum.GetValues<Use>())
            {
                foreach (var holder in Holders)
                {
                    data.Add(use, holder);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_forecast_is_what_bind_says(Use use, string holder) => Netns.Run(() =>
    {
        using var socket = Hold(use, holder);
        AssertForecasts(use == Use.Datagram ? TransportProtocol.Udp : TransportProtocol.Tcp, $"{use} {holder}");
    });

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData(":: dual", "127.0.0.1")]
    [InlineData(":: dual", "::1")]
    [InlineData(":: v6only", "::1")]
    [InlineData("::1", "::1")]
    public void A_past_connection_in_time_wait_is_forecast_like_bind(string holder, string client) => Netns.Run(() =>
    {
        LeaveTimeWait(holder, client);

        AssertForecasts(TransportProtocol.Tcp, $"TIME-WAIT {holder}", mayDoubt: client == "::1");
    });

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void The_local_port_of_an_outgoing_connection_is_forecast_like_bind(string address) => Netns.Run(() =>
    {
        var at = IPAddress.Parse(address);
        using var listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(at, 9999));
        listener.Listen();
        using var client = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(at, Port));
        client.Connect(at, 9999);

        AssertForecasts(TransportProtocol.Tcp, $"connection from {address}", mayDoubt: address == "::1");
    });

    [Fact]
    public void A_closed_port_can_be_bound_and_the_probe_leaves_nothing_behind() => Netns.Run(() =>
    {
        AssertForecasts(TransportProtocol.Tcp, "nobody");
        AssertForecasts(TransportProtocol.Udp, "nobody");

        Bounded.Until(() => Snapshot().Sockets.Count == 0, "no socket is left");
    });

    /// <summary>
    /// A child that another test has just started holds copies of our closed sockets until its exec, so what differs is looked at again.
    /// </summary>
    private static void AssertForecasts(TransportProtocol protocol, string situation, bool mayDoubt = false)
    {
        var wrong = WrongForecasts(protocol, situation, mayDoubt);
        for (var look = 0; look < 250 && wrong.Count > 0; look++)
        {
            Thread.Sleep(20);
            wrong = WrongForecasts(protocol, situation, mayDoubt);
        }

        Assert.True(wrong.Count == 0, $"{situation}:\n{string.Join('\n', wrong)}");
    }

    private static List<string> WrongForecasts(TransportProtocol protocol, string situation, bool mayDoubt)
    {
        var referee = new KernelBindReferee();
        var snapshot = Snapshot();
        var wrong = new List<string>();
        foreach (var text in Attempts)
        {
            var (address, v6Only) = Parse(text);
            var attempt = new BindAttempt(protocol, InternetAddress.From(address), new PortNumber(Port), v6Only);
            var possible = BindConflicts.Find(attempt, snapshot).Count > 0;
            var certain = BindConflicts.Find(attempt, snapshot, certainOnly: true).Count > 0;
            var said = referee.TryBind(attempt);
            if (said is not (0 or BindTrial.InUse) || (said == 0 ? certain : !possible))
            {
                wrong.Add($"bind {text}: the kernel says {said}, the forecast {(certain ? "fails" : possible ? "may fail" : "works")}");
            }

            // Only a connection leaves room for doubt.
            Assert.True(certain == possible || mayDoubt, $"{situation}, bind {text}: doubtful");
        }

        return wrong;
    }

    private static SocketSnapshot Snapshot() =>
        new KernelSocketSource().Read(new SocketQuery { Bound = true }, TestContext.Current.CancellationToken);

    private static Socket Hold(Use use, string holder)
    {
        var (address, v6Only) = Parse(holder);
        var isDatagram = use == Use.Datagram;
        var socket = new Socket(
            address.AddressFamily, isDatagram ? SocketType.Dgram : SocketType.Stream, isDatagram ? ProtocolType.Udp : ProtocolType.Tcp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.IPv6Only, v6Only);
        }

        socket.Bind(new IPEndPoint(address, Port));
        if (use == Use.Listening)
        {
            socket.Listen();
        }

        return socket;
    }

    private static void LeaveTimeWait(string holder, string clientAddress)
    {
        using var listener = Hold(Use.Listening, holder);
        var at = IPAddress.Parse(clientAddress);
        using var client = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(at, Port);
        using var accepted = listener.Accept();

        // Whoever closes first keeps the pair.
        accepted.Close();
        client.Receive(new byte[1]);
        client.Close();
    }

    private static (IPAddress Address, bool V6Only) Parse(string text)
    {
        var parts = text.Split(' ');
        return (IPAddress.Parse(parts[0]), parts.Length > 1 && parts[1] == "v6only");
    }
}
