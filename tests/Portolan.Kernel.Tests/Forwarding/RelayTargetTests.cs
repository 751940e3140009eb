using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>Which target a connection gets, what limits it, and what happens without descriptors.</summary>
public sealed class RelayTargetTests
{
    [Fact]
    public void Connections_go_to_one_target_after_the_other() => Netns.Run(() =>
    {
        using var first = new TargetServer(TargetServer.Echo);
        using var second = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("127.0.0.1:0", $"{first.Name},{second.Name}");
        for (var i = 0; i < 10; i++)
        {
            Talk(relay);
        }

        Assert.Equal((5, 5), (first.Accepted, second.Accepted));
    });

    [Fact]
    public void A_target_that_is_down_is_told_and_left_out_and_comes_back() => Netns.Run(() =>
    {
        using var alive = new TargetServer(TargetServer.Echo);
        var dead = new TargetServer(TargetServer.Echo);
        var (name, port) = (dead.Name, dead.Port);
        dead.Dispose();
        BoundPorts.AwaitListeners(port, count: 0);
        using var relay = new Relay("127.0.0.1:0", $"{alive.Name},{name}");
        for (var i = 0; i < 6; i++)
        {
            Talk(relay);
        }

        Assert.Equal(6, alive.Accepted);
        var (target, isUp, why) = Assert.Single(relay.Targets);
        Assert.Equal((name, false, "the target refused"), (target, isUp, why));
        using var back = new TargetServer(TargetServer.Echo, new IPEndPoint(IPAddress.Loopback, port));
        Relay.Wait(() =>
        {
            Talk(relay);
            return back.Accepted > 0;
        });
        Assert.Equal((name, true), (relay.Targets.Last().Target, relay.Targets.Last().IsUp));
    });

    [Fact]
    public void Without_any_target_the_client_is_reset_and_the_cause_is_told() => Netns.Run(() =>
    {
        using var relay = new Relay("127.0.0.1:0", "127.0.0.1:1");
        using var client = relay.Connect();
        Assert.Throws<SocketException>(() => client.Receive(new byte[1]));
        Assert.Equal(EndCause.TargetRefused, relay.Next().Cause);
    });

    [Fact]
    public void A_target_that_never_answers_is_given_up_in_time_and_the_next_is_asked() => Netns.Run(() =>
    {
        using var alive = new TargetServer(TargetServer.Echo);
        // A listener whose queue is full answers no SYN.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);
        var fillers =
            Enumerable.Range(0, 4).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        fillers.ForEach(socket => socket.ConnectAsync(full.LocalEndPoint!));
        Relay.Wait(() => fillers.Count(static socket => socket.Connected) >= 2);
        var targets = $"127.0.0.1:{((IPEndPoint)full.LocalEndPoint!).Port},{alive.Name}";
        using var relay = new Relay("127.0.0.1:0", targets, new ForwardOptions { ConnectTimeout = TimeSpan.FromSeconds(1) });
        Talk(relay);
        Talk(relay);
        Assert.Equal(2, alive.Accepted);
        Assert.Equal("the target did not answer in time", Assert.Single(relay.Targets).Why);
        fillers.ForEach(socket => socket.Dispose());
    });

    [Fact]
    public void A_name_with_an_address_that_refuses_is_reached_by_its_other_one() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay(ForwardWords.ReadPair("127.0.0.1:0", $"web:{target.Port}", new ForwardOptions()), start: false);
        relay.Engine.SetAddresses(0, 0, [InternetAddress.LoopbackIPv6, InternetAddress.LoopbackIPv4]);
        relay.Engine.Start();
        Talk(relay);
        Talk(relay);
        Assert.Equal(2, target.Accepted);
        Assert.Empty(relay.Targets);
    });

    [Fact]
    public void Only_allowed_sources_connect() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        Assert.True(AddressPrefix.TryParse("127.0.0.2", out var allowed));
        using var relay = new Relay("0", target.Name, new ForwardOptions { Allow = [allowed] });
        Relay.AssertReset(relay.Address);
        Assert.Equal(EndCause.SourceNotAllowed, relay.Next().Cause);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
        client.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        client.Connect(relay.Address);
        client.Send([1]);
        Assert.Equal(1, client.Receive(new byte[1]));
        Assert.Equal(1, target.Accepted);
    });

    [Fact]
    public void Above_the_limit_connections_wait_until_another_ends() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("127.0.0.1:0", target.Name, new ForwardOptions { Limit = 2 });
        using var first = relay.Connect();
        using var second = relay.Connect();
        using var third = relay.Connect();
        foreach (var client in new[] { first, second })
        {
            client.Send([1]);
            Assert.Equal(1, client.Receive(new byte[1]));
        }

        third.Send([1]);
        Thread.Sleep(200);
        Assert.Equal((2L, 2), (relay.Totals.Active, target.Accepted));
        first.Dispose();
        Assert.Equal(1, third.Receive(new byte[1]));
    });

    [Fact]
    public void Bytes_come_no_faster_than_the_rate_and_all_of_them_come() => Netns.Run(() =>
    {
        const int Size = 300_000;
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("127.0.0.1:0", target.Name, new ForwardOptions { BytesPerSecond = 200_000 });
        using var client = relay.Connect();
        var began = Stopwatch.GetTimestamp();
        var data = RelayStreamTests.Bytes(3, Size);
        RelayStreamTests.Exchange(client, data, data, 3);
        // The bucket begins full with a twentieth of a second's worth.
        Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds > ((Size - 10_000) / 200_000.0) - 0.05);
    });

    [Fact]
    public void New_connections_come_no_faster_than_their_rate() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("127.0.0.1:0", target.Name, new ForwardOptions { ConnectionsPerSecond = 20 });
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 12; i++)
        {
            Talk(relay);
        }

        Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds > 0.45);
        Assert.Equal(12, target.Accepted);
    });

    private static void Talk(Relay relay)
    {
        using var client = relay.Connect();
        client.Send([1]);
        Assert.Equal(1, client.Receive(new byte[1]));
    }
}
