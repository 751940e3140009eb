using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// What <c>explain</c> says the client sees is what it sees, over TCP and UDP and both families; and the printed fixes work when they are
/// pasted.
/// </summary>
public sealed class ExplainSymptomTests : IDisposable
{
    private const string Client = "198.18.0.1";
    private const string Neighbours = "icmpv6 type { 133-137 } accept;";

    private readonly LabPair _pair = LabPair.Create();
    private readonly List<IDisposable> _held = [];

    /// <summary>Rules, the port, and what it comes to. 8080 and 5353/udp are listened on.</summary>
    public static TheoryData<string, string> Cases => new()
    {
        { "", "8080" },
        { "", "5353/udp" },
        { "", "8097" },
        { "", "8097/udp" },
        { $"chain o {{ type filter hook output priority 0; policy drop; {Neighbours} }}", "8097" },
        { $"chain o {{ type filter hook output priority 0; policy drop; {Neighbours} }}", "8097/udp" },
        { $"chain o {{ type filter hook output priority 0; policy drop; {Neighbours} ct state established accept; }}", "8097/udp" },
        { $"chain o {{ type filter hook output priority 0; policy drop; {Neighbours} ct state established accept; }}", "8097" },
        { $"chain i {{ type filter hook input priority 0; meta l4proto {{ tcp, udp }} reject; }}; chain o {{ type filter hook output "
            + $"priority 0; policy drop; {Neighbours} }}", "8080" },
        { $"chain i {{ type filter hook input priority 0; tcp dport 8080 reject with tcp reset; }}; chain o {{ type filter hook output "
            + $"priority 0; policy drop; {Neighbours} ct state established accept; }}", "8080" },
        { $"chain i {{ type filter hook input priority 0; tcp dport 8080 reject with tcp reset; }}; chain o {{ type filter hook output "
            + $"priority 0; policy drop; {Neighbours} ct state related accept; }}", "8080" },
        { "chain o { type filter hook output priority 0; tcp flags & rst == rst drop; }", "8097" },
        { "chain o { type filter hook output priority 0; tcp flags & (syn | ack) == syn | ack drop; }", "8097" },
        { "chain o { type filter hook output priority 0; ct direction reply drop; }", "8097" },
        { $"chain o {{ type filter hook output priority 0; policy drop; {Neighbours} ct direction reply accept; }}", "8097/udp" },
        { $"chain i {{ type filter hook input priority 0; tcp dport 8080 reject with tcp reset; }}; chain o {{ type filter hook output "
            + $"priority 0; policy drop; {Neighbours} ct direction reply tcp flags & rst == rst accept; }}", "8080" },
        { "chain i { type filter hook input priority 0; meta l4proto { tcp, udp } reject; }; chain o { type filter hook output priority 0; "
            + "ct direction original accept; meta l4proto { icmp, icmpv6 } ct state related drop; }", "8080" },
        { "chain i { type filter hook input priority 0; meta l4proto { tcp, udp } reject; }", "8080" },
        { "chain i { type filter hook input priority 0; meta l4proto { tcp, udp } reject; }", "5353/udp" },
        { "chain i { type filter hook input priority 0; meta l4proto { tcp, udp } reject with icmpx admin-prohibited; }", "5353/udp" },
        { $"chain i {{ type filter hook input priority 0; policy drop; {Neighbours} }}", "5353/udp" },
        { "chain p { type filter hook prerouting priority raw; th dport { 5353, 8080 } drop; }", "5353/udp" },
        { "chain o { type filter hook output priority 0; udp sport 5353 drop; }", "5353/udp" },
        { "chain n { type nat hook prerouting priority dstnat; tcp dport 8081 redirect to :8080; }", "8081" },
        { "chain n { type nat hook prerouting priority dstnat; tcp dport 8081 redirect to :8099; }", "8081" },
        { "chain n { type nat hook prerouting priority dstnat; tcp dport 8080 redirect to :8099; }", "8080" },
        { "chain n { type nat hook prerouting priority dstnat; udp dport 5353 redirect to :8099; }", "5353/udp" },
        { "chain n { type nat hook prerouting priority dstnat; tcp dport 8081 dnat ip to 203.0.113.9:80; tcp dport 8081 dnat ip6 to "
            + "[2001:db8:9::9]:80; }", "8081" },
    };

    [Theory]
    [InlineData("", 8080, "handle 2    # or instead, to stop redirecting, including other senders and ports of that rule")]
    [InlineData("chain i { type filter hook input priority 0; tcp dport 8080 drop; }", 8080, "ports of that rule; then inet fw i handle ")]
    [InlineData("", 8081, null)]
    public void To_delete_a_translation_is_offered_where_that_helps(string more, int port, string? offered)
    {
        _pair.Target.ListenTcp(8080);
        _pair.Target.Nft(
            $"table inet fw {{ chain n {{ type nat hook prerouting priority dstnat; tcp dport {port} redirect to :8099; }}; {more}\n}}");

        var offers = LabConsole.Explain(_pair.Target, $"{port}", "--from", Client).Fixes.Where(
            static f => f.Contains("delete rule", StringComparison.Ordinal)).ToList();

        if (offered is null)
        {
            Assert.Empty(offers);
        }
        else
        {
            Assert.Contains(offered, Assert.Single(offers), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_client_sees_what_is_said(string chains, string port)
    {
        _pair.Target.ListenTcp(8080);
        _pair.Target.EchoUdp(5353);
        _pair.Target.Setting("net/ipv4/ip_forward", "1");
        _pair.Target.Setting("net/ipv6/conf/all/forwarding", "1");
        if (chains.Length > 0)
        {
            _pair.Target.Nft($"table inet fw {{ {chains}; }}");
        }

        foreach (var (from, to) in ((string, string)[])[(Client, "198.18.0.2"), ("2001:db8::1", "2001:db8::2")])
        {
            var explanation = LabConsole.Explain(_pair.Target, port, "--from", from);
            var seen = Try(to, port);

            // A datagram that is delivered is answered, but where rules drop the answer.
            var said = explanation.Symptom == "delivered"
                ? explanation.Verdict == "reachable" ? "connects" : "times-out"
                : explanation.Symptom;
            Assert.True(said == seen, $"{to}: said {explanation.Symptom}, seen {seen}: {explanation.Headline}\n{explanation.Steps}");
            Assert.Equal(seen == "connects", explanation.Verdict == "reachable");
        }
    }

    [Theory]
    [InlineData("chain o { type filter hook output priority 0; tcp dport 80 reject; }")]
    [InlineData("chain o { type filter hook output priority 0; tcp dport 80 reject with tcp reset; }")]
    [InlineData($"chain o {{ type filter hook output priority 0; tcp dport 80 reject; }}; chain i {{ type filter hook input priority 0; "
        + $"policy drop; {Neighbours} }}")]
    [InlineData($"chain o {{ type filter hook output priority 0; tcp dport 80 reject with tcp reset; }}; chain i {{ type filter hook input "
        + $"priority 0; policy drop; {Neighbours} }}")]
    [InlineData($"chain o {{ type filter hook output priority 0; tcp dport 80 reject; }}; chain i {{ type filter hook input priority 0; "
        + $"policy drop; {Neighbours} ct state established,related accept; }}")]
    [InlineData($"chain o {{ type filter hook output priority 0; tcp dport 80 reject with tcp reset; }}; chain i {{ type filter hook input "
        + $"priority 0; policy drop; {Neighbours} iif lo accept; }}")]
    [InlineData("chain o { type filter hook output priority 0; tcp dport 80 reject with tcp reset; tcp flags & rst == rst drop; }")]
    public void A_program_here_sees_what_is_said(string chains)
    {
        _pair.Scanner.ListenTcp(80);
        _pair.Target.Ip("link set lo up");
        _pair.Target.Nft($"table inet fw {{ {chains}; }}");

        foreach (var (target, address) in ((string, string)[])[($"{Client}:80", Client), ("[2001:db8::1]:80", "2001:db8::1")])
        {
            var explanation = LabConsole.Explain(_pair.Target, target);

            var seen = Attempt.Connect(_pair.Target, address, 80);
            Assert.True(
                explanation.Symptom == seen,
                $"{target}: said {explanation.Symptom}, seen {seen}: {explanation.Headline}\n{explanation.Steps}");
        }
    }

    [Theory]
    [InlineData(
        "chain i { type filter hook input priority 0; policy drop; }; chain late { type filter hook input priority 10; policy drop; }",
        "8080")]
    [InlineData("chain i { type filter hook input priority 0; policy drop; udp dport 5353 jump sub; }; chain sub { drop; }", "5353/udp")]
    [InlineData("chain p { type filter hook prerouting priority raw; tcp dport 8080 drop; }; chain i { type filter hook input priority 0; "
        + "policy drop; }; chain o { type filter hook output priority 0; policy drop; }", "8080")]
    [InlineData("chain i { type filter hook input priority 0; tcp dport 8080 reject with tcp reset; }", "8080")]
    [InlineData("chain n { type nat hook prerouting priority dstnat; tcp dport 8081 redirect to :8080; }; chain i { type filter hook input "
        + "priority 0; policy drop; }", "8081")]
    [InlineData("chain n { type nat hook prerouting priority dstnat; tcp dport 8081 redirect to :8080; }; chain o { type filter hook "
        + "output priority 0; policy drop; }", "8081")]
    public void A_pasted_fix_makes_it_reachable(string chains, string port)
    {
        _pair.Target.ListenTcp(8080);
        _pair.Target.EchoUdp(5353);
        _pair.Target.Nft($"table inet fw {{ {chains}; }}");

        PasteFixes(port, Client);

        Assert.Equal("connects", Try("198.18.0.2", port));
        LabConsole.Explain(_pair.Target, port, "--from", Client).AssertReachable();
    }

    [Fact]
    public void A_pasted_fix_is_for_the_port_behind_the_translation()
    {
        using var behind = Behind();
        _pair.Target.Nft("""
            table ip nat { chain prerouting { type nat hook prerouting priority dstnat; tcp dport 8081 dnat to 198.18.9.2:80; }; }
            table inet fw { chain forward { type filter hook forward priority 0; policy drop; }; }
            """);

        PasteFixes("8081", Client);

        Assert.Equal("connects", Try("198.18.0.2", "8081"));
    }

    [Theory]
    [InlineData("tables' \"q\"", "c; touch /tmp/portolan-was-here")]
    [InlineData("$(touch /tmp/portolan-was-here)", "accept")]
    [InlineData("esc\u001b[31m", "new\nline")]
    public void A_pasted_fix_runs_nothing_that_hides_in_names(string table, string chain)
    {
        _pair.Target.ListenTcp(8080);
        var text = System.Text.Json.JsonSerializer.Serialize(new[] { table, chain });
        var names = text[1..^1].Split(",", 2);
        var load = "{\"nftables\":[{\"add\":{\"table\":{\"family\":\"inet\",\"name\":" + names[0]
            + "}}},{\"add\":{\"chain\":{\"family\":\"inet\",\"table\":" + names[0]
            + ",\"name\":" + names[1] + ",\"type\":\"filter\",\"hook\":\"input\",\"prio\":0,\"policy\":\"drop\"}}}]}";
        _pair.Target.Tool("nft", load, "-j", "-f", "-");

        PasteFixes("8080", "198.18.0.0/24");

        Assert.False(File.Exists("/tmp/portolan-was-here"));
        Assert.Equal("connects", Try("198.18.0.2", "8080"));
    }

    [Fact]
    public void A_pasted_fix_names_hostile_interfaces()
    {
        _pair.Target.ListenTcp(8080);
        _pair.Target.Run(() => Ip("link", "set", "eth0", "name", "e';$(id)"));
        _pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; policy drop; }; }");

        PasteFixes("8080", "e';$(id)");

        Assert.Equal("connects", Try("198.18.0.2", "8080"));
    }

    [Fact]
    public void A_pasted_fix_passes_the_check_of_senders()
    {
        _pair.Target.ListenTcp(8080);
        _pair.Scanner.Address("lo", "203.0.113.9/32");
        _pair.Target.Setting("net/ipv4/conf/eth0/rp_filter", "1");

        PasteFixes("8080", "203.0.113.9");

        Assert.Equal("connects", Attempt.Connect(_pair.Scanner, "198.18.0.2", 8080, "203.0.113.9"));
    }

    [Fact]
    public void A_pasted_fix_keeps_IPv6_alive()
    {
        _pair.Target.ListenTcp(8080);
        _pair.Target.Nft("table inet fw { chain input { type filter hook input priority 0; policy drop; tcp dport 8080 accept; }; }");

        Paste(LabConsole.Explain(_pair.Target, "8080", "-6"));

        LabConsole.Explain(_pair.Target, "8080", "-6").AssertReachable();
    }

    [Fact]
    public void A_pasted_fix_of_a_file_of_rules_changes_the_file()
    {
        _pair.Target.ListenTcp(8080);
        var file = Path.Combine(Path.GetTempPath(), $"portolan rules {Guid.NewGuid()}.nft");
        File.WriteAllText(file, "table inet fw { chain i { type filter hook input priority 0; policy drop; }; }\n");
        try
        {
            Paste(LabConsole.Explain(_pair.Target, "8080", "--from", Client, "--rules", file));

            LabConsole.Explain(_pair.Target, "8080", "--from", Client, "--rules", file).AssertReachable();
            Assert.Equal("connects", Try("198.18.0.2", "8080"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_program_bound_to_another_interface_takes_nothing()
    {
        _pair.Target.Ip("link add side type veth peer name side-far");
        _pair.Target.Ip("link set side up");
        _pair.Target.Ip("link set side-far up");
        _pair.Target.Address("side", "198.19.0.1/24");
        Listen(IPAddress.Any, 8080, 16, "side");

        var explanation = LabConsole.Explain(_pair.Target, "8080", "--from", Client);

        Assert.Equal(("unreachable", "listener", "refused"), (explanation.Verdict, explanation.Failed, explanation.Symptom));
        Assert.Contains("bound to side", explanation.Headline, StringComparison.Ordinal);
        Assert.Equal("refused", Try("198.18.0.2", "8080"));
        Assert.Equal("depends", LabConsole.Explain(_pair.Target, "8080", "-4").Verdict);
        Assert.Equal("unreachable", LabConsole.Explain(_pair.Target, "198.18.0.2:8080", "--from", "198.18.0.2").Verdict);
    }

    [Fact]
    public void Of_listeners_that_share_a_port_only_those_that_get_the_connection_count()
    {
        Listen(IPAddress.Parse("198.18.0.2"), 8080, 0);
        Listen(IPAddress.IPv6Any, 8080, 16);
        _pair.Target.Address("eth0", "198.18.0.77/24");
        Fill(8080);

        Assert.Equal(("unreachable", "accept queue"), (Of("198.18.0.2:8080").Verdict, Of("198.18.0.2:8080").Failed));
        Assert.Equal("times-out", Try("198.18.0.2", "8080"));
        Assert.Equal("reachable", Of("198.18.0.77:8080").Verdict);
        Assert.Equal("connects", Try("198.18.0.77", "8080"));
        Assert.Equal("depends", Of("8080").Verdict);
    }

    [Fact]
    public void A_userland_proxy_is_the_listener_where_the_translation_is_for_others()
    {
        using var behind = Behind();
        _pair.Target.ListenTcp(5432);
        _pair.Target.Nft("table ip nat { chain p { type nat hook prerouting priority dstnat; ip saddr 198.18.0.1 tcp dport 5432 dnat to "
            + "198.18.9.2:80; }; }");

        var (exit, all, _) = LabConsole.Run(_pair.Target, "explain", "5432");

        Assert.Equal(0, exit);
        Assert.Contains("redirected packets never reach it; they go to 198.18.9.2:80", all, StringComparison.Ordinal);
        Assert.Equal("connects", Try("198.18.0.2", "5432"));
    }

    [Fact]
    public void A_multicast_group_is_asked_about_from_a_sender()
    {
        _pair.Target.BindUdp(5353);

        Assert.Contains("multicast", Of("224.0.0.251:5353/udp").Headline + Of("224.0.0.251:5353/udp").Steps, StringComparison.Ordinal);
        Assert.Equal("reachable", Of("224.0.0.1:5353/udp").Verdict);
    }

    [Theory]
    [InlineData("prohibit", "unreachable")]
    [InlineData("unreachable", "unreachable")]
    [InlineData("blackhole", "unreachable")]
    [InlineData("throw", "unreachable")]
    public void Routes_to_nowhere_are_named(string kind, string verdict)
    {
        _pair.Target.Ip($"route add {kind} 192.0.2.0/24");

        var explanation = LabConsole.Explain(_pair.Target, "192.0.2.1:80");

        Assert.Equal((verdict, "route out"), (explanation.Verdict, explanation.Failed));
        Assert.NotEmpty(explanation.Fixes);
    }

    [Theory]
    [InlineData("", "80", "reachable", "connects")]
    [InlineData("", "81", "unreachable", "refused")]
    [InlineData("tcp dport 80 drop", "80", "unreachable", "times-out")]
    [InlineData("tcp dport 80 reject with icmpx admin-prohibited", "80", "unreachable", "unreachable")]
    [InlineData("", "53/udp", "reachable", "delivered")]
    [InlineData("", "54/udp", "unreachable", "refused")]
    public void A_live_probe_tells_what_is_beyond(string rule, string port, string verdict, string symptom)
    {
        _pair.Scanner.ListenTcp(80);
        _pair.Scanner.EchoUdp(53);
        if (rule.Length > 0)
        {
            _pair.Scanner.Nft($"table inet f {{ chain i {{ type filter hook input priority 0; {rule}; }}; }}");
        }

        var explanation = LabConsole.Explain(_pair.Target, $"{Client}:{port}", "--probe");

        Assert.Equal((verdict, symptom), (explanation.Verdict, explanation.Symptom));
    }

    [Fact]
    public void Names_are_looked_up()
    {
        _pair.Target.ListenTcp(8080);

        LabConsole.Explain(_pair.Target, "localhost:8080").AssertReachable();
        var (exit, _, error) = LabConsole.Run(_pair.Target, "explain", "no..name:80");
        Assert.Equal(2, exit);
        Assert.Contains("is not a host name", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_other_machine_is_no_sender_of_packets_from_here()
    {
        var (exit, _, error) = LabConsole.Run(_pair.Target, "explain", "192.0.2.1:80", "--from", "198.51.100.7");

        Assert.Equal(2, exit);
        Assert.Contains("--from must be an address or interface of this machine", error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _held.ForEach(h => h.Dispose());
        _pair.Dispose();
    }

    private LabExplanation Of(string target) => LabConsole.Explain(_pair.Target, target, "--from", Client);

    private LabHost Behind()
    {
        var behind = new LabHost();
        LabHost.Connect(_pair.Target, "inner", behind, "eth0");
        _pair.Target.Address("inner", "198.18.9.1/24");
        behind.Address("eth0", "198.18.9.2/24");
        behind.Ip("route add default via 198.18.9.1");
        behind.ListenTcp(80);
        behind.Inhabit();
        _pair.Target.Setting("net/ipv4/ip_forward", "1");
        return behind;
    }

    private void PasteFixes(string port, string from)
    {
        var explanation = LabConsole.Explain(_pair.Target, port, "--from", from);
        Assert.Equal("unreachable", explanation.Verdict);
        Paste(explanation);
    }

    private void Paste(LabExplanation explanation) => LabConsole.Paste(_pair.Target, explanation);

    private string Try(string address, string port) => port.EndsWith("/udp", StringComparison.Ordinal)
        ? Attempt.Ask(_pair.Scanner, address, int.Parse(port[..^4], System.Globalization.CultureInfo.InvariantCulture))
        : Attempt.Connect(_pair.Scanner, address, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));

    private static void Ip(params string[] words)
    {
        using var process = System.Diagnostics.Process.Start(Tool.Find("ip"), words);
        process.End();
        Assert.Equal(0, process.ExitCode);
    }

    private void Fill(int port) => _held.Add(_pair.Scanner.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Parse("198.18.0.2"), port);
        return socket;
    }));

    private void Listen(IPAddress address, int port, int backlog, string device = "") => _held.Add(_pair.Target.Run(() =>
    {
        const int SocketLevel = 1, BindToDevice = 25, ReusePort = 15;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(SocketLevel, ReusePort, BitConverter.GetBytes(1));
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        if (device.Length > 0)
        {
            socket.SetRawSocketOption(SocketLevel, BindToDevice, Encoding.ASCII.GetBytes(device + "\0"));
        }

        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(backlog);
        return socket;
    }));
}
