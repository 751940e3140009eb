using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>What listens, and where, is named when it is the reason; a real client sees what <c>explain</c> says.</summary>
public sealed class ExplainListenerTests : ExplainLab
{
    [Fact]
    public void A_port_that_nothing_stops_is_reachable()
    {
        Pair.Target.ListenTcp(8080);

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "reachable", failed: "");
        AssertSame(Explain("8080", "--from", "2001:db8::1"), Connect(8080, "2001:db8::2"), verdict: "reachable", failed: "");
        Assert.Equal(0, Explain("8080").ExitCode);
    }

    [Fact]
    public void Nothing_listens()
    {
        // A port that no other test listens on: elsewhere in this process would be another answer.
        var explanation = Explain("8097", "--from", Client);

        AssertSame(explanation, Connect(8097), verdict: "unreachable", failed: "listener");
        Assert.Equal(1, explanation.ExitCode);
        Assert.Contains("nothing listens on 8097", explanation.Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_listens_and_a_rule_drops_besides_so_the_client_sees_a_timeout()
    {
        Pair.Target.Nft(Filter);

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "unreachable", failed: "listener");
    }

    [Fact]
    public void The_program_listens_on_loopback_only()
    {
        Listen(IPAddress.Loopback, 8080);

        var explanation = Explain("8080", "--from", Client);

        AssertSame(explanation, Connect(8080), verdict: "unreachable", failed: "listener");
        Assert.Contains("this machine only", explanation.Headline, StringComparison.Ordinal);
        Assert.Contains(explanation.Fixes, f => f.Contains("on 0.0.0.0", StringComparison.Ordinal));
        Assert.Equal("reachable", Explain("127.0.0.1:8080", "--from", "lo").Verdict);
    }

    [Fact]
    public void The_program_listens_on_IPv6_only()
    {
        Listen(IPAddress.IPv6Any, 8080);

        var explanation = Explain("8080", "--from", Client);

        AssertSame(explanation, Connect(8080), verdict: "unreachable", failed: "listener");
        Assert.Contains("IPV6_V6ONLY", explanation.Headline, StringComparison.Ordinal);
        AssertSame(Explain("8080", "-6"), Connect(8080, "2001:db8::2"), verdict: "reachable", failed: "");
        Assert.Equal("depends", Explain("8080").Verdict);
    }

    [Fact]
    public void The_program_listens_on_another_address_of_this_machine()
    {
        Pair.Target.Address("eth0", "198.18.0.77/24");
        Listen(IPAddress.Parse("198.18.0.77"), 8080);

        AssertSame(Explain($"{Server}:8080", "--from", Client), Connect(8080), verdict: "unreachable", failed: "listener");
        AssertSame(Explain("8080", "--from", Client), Connect(8080, "198.18.0.77"), verdict: "reachable", failed: "");
    }

    [Fact]
    public void The_program_lives_in_another_network_namespace()
    {
        using var other = new LabHost();
        other.ListenTcp(8080);
        using var inhabitant = other.Start(Tool.Find("sleep"), "60");
        try
        {
            var explanation = Explain("8080", "--from", Client);

            AssertSame(explanation, Connect(8080), verdict: "unreachable", failed: "listener");
            Assert.StartsWith("NO – nothing listens on 8080;", explanation.Headline, StringComparison.Ordinal);
            Assert.Contains("listens on 8080 in network namespace", explanation.Footnotes, StringComparison.Ordinal);
        }
        finally
        {
            inhabitant.Kill();
        }
    }

    [Fact]
    public void A_listener_that_is_bound_to_one_of_several_interfaces_is_not_reached_by_anyone()
    {
        const string Side = "198.19.0.2";
        LabHost.Connect(Pair.Target, "side", Pair.Scanner, "side");
        Pair.Target.Address("side", $"{Side}/24");
        Pair.Scanner.Address("side", "198.19.0.1/24");
        Hold(Pair.Target.Run(static () =>
        {
            const int SocketLevel = 1, BindToDevice = 25;
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.SetRawSocketOption(SocketLevel, BindToDevice, "side\0"u8);
            socket.Bind(new IPEndPoint(IPAddress.Any, 8080));
            socket.Listen(4);
            return socket;
        }));

        var explanation = Explain("8080", "-4");

        Assert.Equal(("refused", "connects"), (Connect(8080), Connect(8080, Side)));
        Assert.Equal(("depends", "listener", 1), (explanation.Verdict, explanation.Failed, explanation.ExitCode));
        Assert.Contains(
            "anyone behind side can connect; no listener accepts packets from other interfaces", explanation.Headline,
            StringComparison.Ordinal);
        Assert.Equal("reachable", Explain("8080", "-4", "--from", "side").Verdict);
        Assert.Equal("unreachable", Explain("8080", "-4", "--from", "eth0").Verdict);
    }

    [Fact]
    public void The_accept_queue_is_full()
    {
        Listen(IPAddress.Any, 8080, backlog: 0);
        Hold(Pair.Scanner.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Parse(Server), 8080);
            return socket;
        }));

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "unreachable", failed: "accept queue");
    }
}
