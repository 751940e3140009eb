using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Packets that rules give to a transparent proxy (TPROXY), to this machine's addresses and to those of others.</summary>
public sealed class ExplainTransparentProxyTests : ExplainLab
{
    private const string Mark = "meta mark set 1 accept";
    private const string ToLoopback = "meta nfproto ipv4 tcp dport 80 tproxy ip to 127.0.0.1:8080 " + Mark;
    private const string ToPort = "tcp dport 80 tproxy to :8080 " + Mark;
    private const string Divert = "meta l4proto tcp socket transparent 1 meta mark set 1 accept; ";
    private const string Elsewhere = "203.0.113.9";

    [Theory]
    [InlineData(ToLoopback, "127.0.0.1", "connects")]
    [InlineData(ToLoopback, "0.0.0.0", "connects")]
    [InlineData(ToLoopback, "198.18.0.2", "refused")]
    [InlineData(ToPort, "0.0.0.0", "connects")]
    [InlineData(ToPort, "::", "connects")]
    [InlineData(ToPort, "198.18.0.2", "connects")]
    [InlineData(ToPort, "127.0.0.1", "refused")]
    [InlineData(Divert + ToLoopback, "127.0.0.1", "connects")]
    [InlineData("tcp dport 80 tproxy to :8080 accept", "0.0.0.0", "connects")]
    [InlineData("tcp dport 80 tproxy to :8080 accept; tcp dport 80 drop", "127.0.0.1", "times-out")]
    [InlineData("ip saddr 198.18.0.0/24 tcp dport 80 tproxy ip to 127.0.0.1:8080 " + Mark, "127.0.0.1", "connects")]
    [InlineData("ip saddr 198.18.1.0/24 tcp dport 80 tproxy ip to 127.0.0.1:8080 " + Mark, "127.0.0.1", "refused")]
    [InlineData("tcp dport 80 socket wildcard 1 drop; " + ToPort, "0.0.0.0", "connects")]
    public void A_transparent_listener_takes_what_a_rule_gives_it(string rules, string listener, string seen)
    {
        Prepare(rules);
        ListenTransparently(IPAddress.Parse(listener), 8080);

        var explanation = Explain("80", "--from", Client);

        Assert.Equal((seen, seen), (Connect(80), explanation.Symptom));
        Assert.True(
            explanation.Verdict == (seen == "connects" ? "reachable" : "unreachable"), $"{explanation.Headline}\n{explanation.Steps}");
        if (seen == "connects")
        {
            Assert.Contains("passes packets to the transparent proxy at", explanation.Steps, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_listener_that_is_not_transparent_takes_nothing(bool listens)
    {
        Prepare(ToPort);
        if (listens)
        {
            Listen(IPAddress.Any, 8080);
        }

        var explanation = Explain("80", "--from", Client);

        Assert.Equal(("refused", "unreachable", "refused"), (Connect(80), explanation.Verdict, explanation.Symptom));
    }

    [Theory]
    [InlineData("tcp dport 8080 drop", "connects")]
    [InlineData("tcp dport 80 drop", "times-out")]
    [InlineData("tcp dport 80 ct state established drop", "connects")]
    public void INPUT_sees_the_port_that_was_asked_for(string rule, string seen)
    {
        Prepare(ToLoopback, $"chain input {{ type filter hook input priority 0; {rule}; }};");
        ListenTransparently(IPAddress.Loopback, 8080);

        var explanation = Explain("80", "--from", Client);

        Assert.Equal(seen, Connect(80));
        var isStopped = rule.Contains("established", StringComparison.Ordinal) || seen != "connects";
        Assert.Equal(isStopped ? "unreachable" : "reachable", explanation.Verdict);
    }

    [Theory]
    [InlineData("meta nfproto ipv6 tcp dport 80 tproxy ip6 to [::1]:8080 " + Mark, "::1", "connects")]
    [InlineData(ToPort, "::", "connects")]
    [InlineData(ToPort, "2001:db8::2", "connects")]
    [InlineData(ToPort, "::1", "refused")]
    public void IPv6_is_given_to_it_too(string rules, string listener, string seen)
    {
        Prepare(rules);
        ListenTransparently(IPAddress.Parse(listener), 8080);

        var explanation = Explain("80", "--from", "2001:db8::1");

        Assert.Equal((seen, seen), (Connect(80, "2001:db8::2"), explanation.Symptom));
        Assert.Equal(seen == "connects" ? "reachable" : "unreachable", explanation.Verdict);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Datagrams_are_given_to_it_too(bool isTransparent)
    {
        Prepare("udp dport 53 tproxy to :8053 " + Mark);
        var socket = Pair.Target.Run(() =>
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            SetTransparent(udp, isTransparent);
            udp.Bind(new IPEndPoint(IPAddress.Any, 8053));
            return udp;
        });
        Hold(socket);

        Attempt.Ask(Pair.Scanner, Server, 53);

        Assert.Equal(isTransparent, socket.Available > 0);
        Assert.Equal(isTransparent ? "reachable" : "unreachable", Explain("53/udp", "--from", Client).Verdict);
    }

    [Theory]
    [InlineData("iptables-nft", true)]
    [InlineData("iptables-nft", false)]
    [InlineData("iptables-legacy", true)]
    [InlineData("iptables-legacy", false)]
    public void The_target_of_iptables_drops_what_it_has_no_socket_for(string tool, bool isTransparent)
    {
        Prepare("");
        string[] rules =
        [
            "-p tcp -m socket --transparent -j MARK --set-mark 1",
            "-p tcp --dport 80 -j TPROXY --on-ip 127.0.0.1 --on-port 8080 --tproxy-mark 1/1",
        ];
        var path = Support.Tool.Find(tool);
        if (!Array.TrueForAll(rules, r => Pair.Target.Execute(path, null, $"-t mangle -A PREROUTING {r}".Split(' ')).ExitCode == 0))
        {
            Assert.Skip($"{tool} has no TPROXY here");
        }

        if (isTransparent)
        {
            ListenTransparently(IPAddress.Loopback, 8080);
        }

        var explanation = Explain("80", "--from", Client);

        Assert.Equal(isTransparent ? "connects" : "times-out", Connect(80));
        Assert.Equal(
            (isTransparent ? "reachable" : "unreachable", isTransparent ? "connects" : "times-out"),
            (explanation.Verdict, explanation.Symptom));
    }

    [Fact]
    public void The_chart_shows_the_port_and_who_gets_its_packets()
    {
        Prepare(ToLoopback);
        ListenTransparently(IPAddress.Loopback, 8080);

        using var document = JsonDocument.Parse(LabConsole.Run(Pair.Target, "--json").Output);
        var rows = document.RootElement.GetProperty("ports").EnumerateArray().ToDictionary(static r => r.GetProperty("port").GetInt32());

        Assert.Equal("reachable", rows[80].GetProperty("exposure").GetString());
        Assert.Contains("127.0.0.1:8080", rows[80].GetProperty("owner").GetRawText(), StringComparison.Ordinal);
        Assert.Contains("\"pid\"", rows[80].GetRawText(), StringComparison.Ordinal);
        Assert.Equal("local", rows[8080].GetProperty("exposure").GetString());
        Assert.Contains("delivers packets for port 80 to it", rows[8080].GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_rules_from_a_file_it_is_not_known()
    {
        ListenTransparently(IPAddress.Loopback, 8080);
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Table(ToLoopback, ""));

            var explanation = Explain("80", "--from", Client, "--rules", file);

            Assert.Equal("unknown", explanation.Verdict);
            Assert.Contains("handle", explanation.Headline, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(ToLoopback, "connects")]
    [InlineData("meta nfproto ipv4 tcp dport 80 tproxy ip to 127.0.0.1:8080 accept", "times-out")]
    [InlineData("tcp dport 80 meta mark set 1", "times-out")]
    public void Packets_to_another_machine_are_given_to_it_where_their_mark_is_routed_here(string rules, string seen)
    {
        Prepare(rules);
        Pair.Target.Setting("net/ipv4/ip_forward", "1");
        Pair.Target.Ip("route add 203.0.113.0/24 via 198.18.0.77");
        Pair.Target.Ip("neigh add 198.18.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent");
        Pair.Scanner.Ip("route add 203.0.113.0/24 via 198.18.0.2");
        ListenTransparently(IPAddress.Loopback, 8080);

        Assert.Equal(seen, Connect(80, Elsewhere));
        if (seen == "connects")
        {
            var explanation = Explain($"{Elsewhere}:80", "--from", Client);
            Assert.True(explanation.Verdict == "reachable", $"{explanation.Headline}\n{explanation.Steps}");
        }
    }

    private void Prepare(string rules, string more = "")
    {
        Pair.Target.Nft(Table(rules, more));
        Pair.Target.Ip("rule add fwmark 1 lookup 100");
        Pair.Target.Ip("route add local default dev lo table 100");
        Pair.Target.Ip("-6 rule add fwmark 1 lookup 100");
        Pair.Target.Ip("-6 route add local default dev lo table 100");
    }

    private static string Table(string rules, string more) =>
        $"table inet m {{ chain pre {{ type filter hook prerouting priority mangle; {rules}{(rules.Length > 0 ? ";" : "")} }}; {more} }}";

    private void ListenTransparently(IPAddress address, int port) => Hold(Pair.Target.Run(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }

        SetTransparent(socket, isTransparent: true);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(16);
        return socket;
    }));

    private static void SetTransparent(Socket socket, bool isTransparent)
    {
        const int Transparent = 19; // IP_TRANSPARENT
        socket.SetRawSocketOption(0, Transparent, BitConverter.GetBytes(isTransparent ? 1 : 0));
    }
}
