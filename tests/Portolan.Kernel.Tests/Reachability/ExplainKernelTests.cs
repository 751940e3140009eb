using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Each layer is made to fail in turn; <c>explain</c> names it, and a real client sees what it says.</summary>
public sealed class ExplainKernelTests : IDisposable
{
    private const string Client = "198.18.0.1";
    private const string Server = "198.18.0.2";
    private const string Filter = "table inet fw { chain input { type filter hook input priority 0; policy drop; ct state established,related accept; icmpv6 type { 133-137 } accept; tcp dport 22 accept; }; }";

    private readonly LabPair _pair = LabPair.Create();
    private readonly List<IDisposable> _held = [];

    [Fact]
    public void A_port_that_nothing_stops_is_reachable()
    {
        _pair.Target.ListenTcp(8080);

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
        _pair.Target.Nft(Filter);

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
        _pair.Target.Address("eth0", "198.18.0.77/24");
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
            Assert.Contains("another network namespace", explanation.Headline, StringComparison.Ordinal);
        }
        finally
        {
            inhabitant.Kill();
        }
    }

    [Fact]
    public void The_accept_queue_is_full()
    {
        Listen(IPAddress.Any, 8080, backlog: 0);
        _held.Add(_pair.Scanner.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Parse(Server), 8080);
            return socket;
        }));

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "unreachable", failed: "accept queue");
    }

    [Fact]
    public void There_is_no_route_back()
    {
        _pair.Target.ListenTcp(8080);
        _pair.Scanner.Address("lo", "203.0.113.9/32");

        AssertSame(Explain("8080", "--from", "203.0.113.9"), Attempt.Connect(_pair.Scanner, Server, 8080, "203.0.113.9"), verdict: "unreachable", failed: "replies");
    }

    [Fact]
    public void The_check_of_senders_drops_them()
    {
        _pair.Target.ListenTcp(8080);
        _pair.Scanner.Address("lo", "203.0.113.9/32");
        _pair.Target.Setting("net/ipv4/conf/eth0/rp_filter", "1");
        _pair.Target.Ip("link add side type veth peer name side-far");
        _pair.Target.Ip("link set side up");
        _pair.Target.Ip("link set side-far up");
        _pair.Target.Address("side", "198.19.0.1/24");
        _pair.Target.Ip("route add 203.0.113.0/24 via 198.19.0.2");

        // By the way back it is expected at "side"; told that it comes in by eth0, the check of senders is what stops it.
        var explanation = Explain($"{Server}:8080", "--from", "203.0.113.9");
        Assert.Contains("side", explanation.Steps, StringComparison.Ordinal);
        var byInterface = Explain("8080", "--from", "eth0");
        Assert.Equal("reachable", byInterface.Verdict);
        _pair.Target.Ip("route del 203.0.113.0/24");
        _pair.Target.Setting("net/ipv4/conf/all/rp_filter", "1");

        AssertSame(Explain("8080", "--from", "203.0.113.9"), Attempt.Connect(_pair.Scanner, Server, 8080, "203.0.113.9"), verdict: "unreachable", failed: "route in");
    }

    [Theory]
    [InlineData("table ip raw { chain prerouting { type filter hook prerouting priority raw; tcp dport 8080 drop; }; }", "prerouting")]
    [InlineData(Filter, "firewall")]
    [InlineData("table inet fw { chain input { type filter hook input priority 0; tcp dport 8080 reject with tcp reset; }; }", "firewall")]
    [InlineData("table inet fw { chain input { type filter hook input priority 0; tcp dport 8080 reject; }; }", "firewall")]
    [InlineData("table inet fw { chain input { type filter hook input priority 0; tcp dport 8080 reject with icmpx admin-prohibited; }; }", "firewall")]
    [InlineData("table inet fw { chain output { type filter hook output priority 0; tcp sport 8080 drop; }; }", "replies")]
    public void A_rule_stops_it(string rules, string layer)
    {
        _pair.Target.ListenTcp(8080);
        _pair.Target.Nft(rules);

        var explanation = Explain("8080", "--from", Client);

        AssertSame(explanation, Connect(8080), verdict: "unreachable", failed: layer);
        Assert.NotEmpty(explanation.Fixes);
    }

    [Fact]
    public void The_nearest_rule_that_lets_somebody_in_is_named()
    {
        _pair.Target.ListenTcp(8080);
        _pair.Target.Ip("route add default via 198.18.0.1");
        _pair.Target.Nft("table inet fw { chain input { type filter hook input priority 0; policy drop; ip saddr 203.0.113.0/28 tcp dport 8080 accept; }; }");

        var (_, output, _) = LabConsole.Run(_pair.Target, "explain", "8080", "--from", Client);

        Assert.Contains(" accepts 8080 only from 203.0.113.0/28", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("accept", "reachable", "")]
    [InlineData("drop", "unreachable", "firewall")]
    public void A_translated_port_is_decided_by_FORWARD_and_not_by_INPUT(string policy, string verdict, string failed)
    {
        using var behind = new LabHost();
        LabHost.Connect(_pair.Target, "inner", behind, "eth0");
        _pair.Target.Address("inner", "198.18.9.1/24");
        behind.Address("eth0", "198.18.9.2/24");
        behind.Ip("route add default via 198.18.9.1");
        behind.ListenTcp(80);
        _pair.Target.Setting("net/ipv4/ip_forward", "1");
        _pair.Target.Nft($$"""
            table ip nat { chain prerouting { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 198.18.9.2:80; }; }
            table inet fw {
              chain input { type filter hook input priority 0; policy drop; icmpv6 type { 133-137 } accept; }
              chain forward { type filter hook forward priority 0; policy {{policy}}; ct state established accept; }
            }
            """);

        var explanation = Explain("8080", "--from", Client);

        AssertSame(explanation, Connect(8080), verdict, failed);
        Assert.Contains("sent on to 198.18.9.2:80", explanation.Steps, StringComparison.Ordinal);
        var (_, chart, _) = LabConsole.Run(_pair.Target);
        Assert.Contains("→ 198.18.9.2:80", chart, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "reachable")]
    [InlineData(Filter, "unreachable")]
    [InlineData("table inet fw { chain output { type filter hook output priority 0; tcp sport 8080 drop; }; }", "unreachable")]
    public void The_kernel_itself_confirms_the_verdict_when_it_is_asked(string rules, string verdict)
    {
        _pair.Target.ListenTcp(8080);
        if (rules.Length > 0)
        {
            _pair.Target.Nft(rules);
        }

        var explanation = Explain("8080", "--from", Client, "--prove");

        Assert.Equal(verdict, explanation.Verdict);
        Assert.Contains("as judged", explanation.Steps, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_that_drops_neighbour_discovery_is_told_before_it_bites()
    {
        _pair.Target.ListenTcp(8080);
        _pair.Target.Nft("table inet fw { chain input { type filter hook input priority 0; policy drop; tcp dport 8080 accept; }; }");

        Assert.Equal(("depends", "neighbours"), (Explain("8080", "-6").Verdict, Explain("8080", "-6").Failed));
        var (_, chart, _) = LabConsole.Run(_pair.Target);
        Assert.Contains("neighbour discovery", chart, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("table inet fw { chain output { type filter hook output priority 0; tcp dport 8080 drop; }; }", "", "firewall", "unreachable")]
    [InlineData("table inet fw { chain output { type filter hook output priority 0; tcp dport 8080 reject; }; }", "", "firewall", "unreachable")]
    [InlineData("", "route add unreachable 198.18.0.1/32", "route out", "unreachable")]
    [InlineData("", "", "", "depends")]
    public void Another_machines_port_is_asked_about_from_here(string rules, string route, string failed, string verdict)
    {
        _pair.Scanner.ListenTcp(8080);
        if (rules.Length > 0)
        {
            _pair.Target.Nft(rules);
        }

        if (route.Length > 0)
        {
            _pair.Target.Ip(route);
        }

        var explanation = Explain($"{Client}:8080");

        Assert.Equal((verdict, failed), (explanation.Verdict, explanation.Failed));
        if (explanation.Symptom is { } symptom)
        {
            Assert.Equal(Attempt.Connect(_pair.Target, Client, 8080), symptom);
        }
    }

    public void Dispose()
    {
        _held.ForEach(h => h.Dispose());
        _pair.Dispose();
    }

    private LabExplanation Explain(params string[] words) => LabConsole.Explain(_pair.Target, words);

    private string Connect(int port, string address = Server) => Attempt.Connect(_pair.Scanner, address, port);

    private void Listen(IPAddress address, int port, int backlog = 16) => _held.Add(_pair.Target.Run(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(backlog);
        return socket;
    }));

    private static void AssertSame(LabExplanation explanation, string seen, string verdict, string failed) => Assert.Equal(
        (verdict, failed, seen),
        (explanation.Verdict, explanation.Failed, explanation.Symptom + (explanation.Symptom == seen ? "" : $" ({explanation.Headline} {explanation.Steps})")));
}
