using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Sockets.Acquire;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>What the listening socket itself refuses, behind all rules, is the reason that is named; a real client sees the same.</summary>
public sealed class ExplainSocketTests : ExplainLab
{
    private const string Client6 = "2001:db8::1";
    private const string Server6 = "2001:db8::2";
    private const ulong DropAll = 0x06;
    private const ulong KeepAll = 0x06 | (0xffff_ffffUL << 32);

    [Fact]
    public void A_TCP_MD5_key_for_the_sender_stops_what_is_not_signed()
    {
        Listen(static s => s.AddMd5Key($"{Client}/32"));

        var explanation = Explain("8080", "--from", Client);

        AssertSame(explanation, Connect(8080), verdict: "unreachable", failed: "socket");
        Assert.Contains("TCP-MD5", explanation.Headline, StringComparison.Ordinal);
        Assert.Equal("reachable", Explain("8080", "--from", "198.18.0.9").Verdict);
        Assert.StartsWith("DEPENDS ON the sender", Explain("8080", "-4").Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void A_TCP_MD5_key_for_another_sender_stops_nothing()
    {
        Listen(static s => s.AddMd5Key("198.18.0.9/32"));

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "reachable", failed: "");
    }

    [Fact]
    public void A_TCP_MD5_key_for_a_prefix_covers_its_senders()
    {
        Listen(static s => s.AddMd5Key("198.18.0.0/16"));

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "unreachable", failed: "socket");
    }

    [Fact]
    public void A_TCP_MD5_key_over_IPv6()
    {
        Listen(static s => s.AddMd5Key($"{Client6}/128"), IPAddress.IPv6Any);

        AssertSame(Explain("8080", "--from", Client6), Connect(8080, Server6), verdict: "unreachable", failed: "socket");
    }

    [Fact]
    public void Keys_of_TCP_AO_leave_it_open()
    {
        Listen(static s => s.AddAoKey(Client));

        Assert.Equal("times-out", Connect(8080));
        Assert.Equal("unknown", Explain("8080", "--from", Client).Verdict);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_filter_that_drops_all(bool isExtended)
    {
        Listen(
            s =>
            {
                s.DualMode = true;
                if (isExtended)
                {
                    s.AttachBpf(0);
                }
                else
                {
                    s.AttachFilter(DropAll);
                }
            },
            IPAddress.IPv6Any);

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "unreachable", failed: "socket");
        AssertSame(Explain("8080", "--from", Client6), Connect(8080, Server6), verdict: "unreachable", failed: "socket");
    }

    [Fact]
    public void A_filter_that_keeps_all()
    {
        Listen(static s => s.AttachFilter(KeepAll));

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "reachable", failed: "");
    }

    [Fact]
    public void A_filter_that_looks_at_packets_leaves_it_open()
    {
        // ldh [0] (the source port); jeq #1, drop, keep.
        Listen(static s => s.AttachFilter(0x28, 0x15 | (1UL << 32) | (1UL << 24), DropAll, KeepAll));

        var explanation = Explain("8080", "--from", Client);

        Assert.Equal("unknown", explanation.Verdict);
        Assert.Contains("SO_ATTACH_FILTER", explanation.Headline, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, "depends")]
    [InlineData(129, "unreachable")]
    [InlineData(255, "unreachable")]
    public void A_minimum_TTL(int least, string verdict)
    {
        Listen(s => s.SetMinimumTtl(least));

        var explanation = Explain("8080", "--from", Client);

        Assert.Equal((verdict, "socket", "times-out"), (explanation.Verdict, explanation.Failed, Connect(8080)));
        Assert.Equal(verdict == "depends", explanation.Headline.StartsWith("DEPENDS ON the TTL", StringComparison.Ordinal));
        Assert.Contains($"IP_MINTTL {least}", explanation.Steps, StringComparison.Ordinal);
        Pair.Scanner.Setting("net/ipv4/ip_default_ttl", "255");
        Assert.Equal("connects", Connect(8080));
    }

    [Fact]
    public void A_minimum_TTL_that_every_ordinary_client_has()
    {
        Listen(static s => s.SetMinimumTtl(32));

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "reachable", failed: "");
    }

    [Fact]
    public void A_minimum_hop_limit()
    {
        Listen(static s => s.SetMinimumHopLimit(255), IPAddress.IPv6Any);

        var explanation = Explain("8080", "--from", Client6);

        Assert.Equal(
            ("unreachable", "socket", "times-out"), (explanation.Verdict, explanation.Failed, Connect(8080, Server6)));
    }

    [Fact]
    public void A_receive_queue_of_UDP_that_is_full()
    {
        var socket = Pair.Target.Run(static () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 0 };
            socket.Bind(new IPEndPoint(IPAddress.Any, 5353));
            return socket;
        });
        Hold(socket);
        Assert.Equal("reachable", Explain("5353/udp", "--from", Client).Verdict);
        for (var i = 0; i < 16; i++)
        {
            Send(1);
        }

        var explanation = Explain("5353/udp", "--from", Client);
        Send(2);
        var received = Drain(socket);

        Assert.Equal(("unreachable", "socket"), (explanation.Verdict, explanation.Failed));
        Assert.Contains("receive queue is full", explanation.Headline, StringComparison.Ordinal);
        Assert.DoesNotContain((byte)2, received);
        Assert.Equal("reachable", Explain("5353/udp", "--from", Client).Verdict);
        Send(2);
        Assert.Equal([(byte)2], Drain(socket));
    }

    [Fact]
    public void A_program_of_the_namespace_that_chooses_the_socket()
    {
        Pair.Target.ListenTcp(8080);
        Hold(Pair.Target.Run(SocketOptions.DropByLookup));

        var explanation = Explain("8080", "--from", Client);

        Assert.Equal(("unknown", "refused"), (explanation.Verdict, Connect(8080)));
        Assert.Contains("sk_lookup", explanation.Headline, StringComparison.Ordinal);
        Assert.Equal("unknown", Explain("8098", "--from", Client).Verdict);
    }

    [Fact]
    public void One_of_two_listeners_that_share_the_port_drops_all()
    {
        Listen(static s => s.ShareThePort());
        Listen(static s =>
        {
            s.ShareThePort();
            s.AttachFilter(DropAll);
        });

        var explanation = Explain("8080", "--from", Client);

        Assert.Equal(("depends", "socket"), (explanation.Verdict, explanation.Failed));
        Assert.Contains("of 1 of 2 sockets that share the port", explanation.Headline, StringComparison.Ordinal);
        var seen = Enumerable.Range(0, 16).Select(_ => Attempt.Connect(Pair.Scanner, Server, 8080, patienceMilliseconds: 300)).Distinct();
        Assert.Equal(["connects", "times-out"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Without_CAP_BPF_the_options_are_not_read_and_nothing_is_proved()
    {
        Listen(static s => s.AddMd5Key("198.18.0.9/32"));
        var refusals = Pair.Target.Run(static () =>
        {
            ThreadPrivileges.KeepOnly(ThreadPrivileges.NetAdmin);
            return SocketRefusalReader.Read(CancellationToken.None);
        });
        Assert.NotNull(refusals.WhyNotOptions);
        Assert.Null(refusals.WhyNotLookups);
        Assert.Contains(refusals.ByCookie.Values, static r => r.Md5Peers.Any(static p => p.ToMachineText() == "198.18.0.9/32"));

        var explanation = LabConsole.Explain(Pair.Target, ["8080", "--from", Client], () => refusals);

        Assert.Equal("reachable", explanation.Verdict);
        Assert.Contains("socket: options of the listening socket not read", explanation.Steps, StringComparison.Ordinal);
        Assert.Contains("IP_MINTTL", explanation.Footnotes, StringComparison.Ordinal);
        Assert.Equal(
            "unreachable", LabConsole.Explain(Pair.Target, ["8080", "--from", "198.18.0.9"], () => refusals).Verdict);
    }

    [Theory]
    [InlineData(255, "times-out")]
    [InlineData(100, null)]
    public void What_the_socket_refuses_comes_before_rules_about_later_packets(int least, string? symptom)
    {
        Listen(s => s.SetMinimumTtl(least));
        Pair.Target.Nft(
            "table inet t { chain i { type filter hook input priority 0; tcp dport 8080 ct state established reject with tcp reset; }; }");

        var explanation = Explain("8080", "--from", Client);

        Assert.Equal(("unreachable", symptom, "times-out"), (explanation.Verdict, explanation.Symptom, Connect(8080)));
        Assert.Contains($"IP_MINTTL {least}", explanation.Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void The_chart_does_not_call_reachable_what_sockets_refuse()
    {
        Listen(static _ => { }, port: 8081);
        Listen(static s => s.AttachFilter(DropAll), port: 8082);
        Listen(static s => s.SetMinimumTtl(100), port: 8083);
        Listen(static s => s.AddMd5Key($"{Client}/32"), port: 8084);

        var (_, chart, _) = LabConsole.Run(Pair.Target);

        Assert.Equal(
            ("REACHABLE", "BLOCKED"),
            (ChartVerdictKernelTests.GroupOf(chart, "8081/tcp"), ChartVerdictKernelTests.GroupOf(chart, "8082/tcp")));
        Assert.Contains("dropped by the socket: socket filter", chart, StringComparison.Ordinal);
        Assert.Contains("depends on the TTL: IP_MINTTL 100", chart, StringComparison.Ordinal);
        Assert.Contains("depends on the sender: TCP-MD5 key", chart, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(LabConsole.Run(Pair.Target, "--json").Output);
        var verdicts = document.RootElement.GetProperty("ports").EnumerateArray().ToDictionary(
            static r => r.GetProperty("port").GetInt32(), static r => r.GetProperty("verdict"));
        Assert.Equal(
            ("""["0.0.0.0/0"]""", "[]", "[]"), (Member(8081, "from"), Member(8082, "from"), Member(8083, "from")));
        Assert.Equal(("""["0.0.0.0/0"]""", "with a TTL from 100 on"), (Member(8083, "partly"), Member(8083, "partlyHow")));
        var from = verdicts[8084].GetProperty("from").EnumerateArray().Select(static p => IPNetwork.Parse(p.GetString()!)).ToList();
        Assert.DoesNotContain(from, static p => p.Contains(IPAddress.Parse(Client)));
        Assert.Equal((1L << 32) - 1, from.Sum(static p => 1L << (32 - p.PrefixLength)));
        Hold(Pair.Target.Run(SocketOptions.DropByLookup));
        Assert.Contains("depends on a BPF sk_lookup program", LabConsole.Run(Pair.Target).Output, StringComparison.Ordinal);

        string Member(int port, string name) =>
            verdicts[port].GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : JsonSerializer.Serialize(
                verdicts[port].GetProperty(name));
    }

    private void Listen(Action<Socket> prepare, IPAddress? address = null, int port = 8080) => Hold(Pair.Target.Run(() =>
    {
        address ??= IPAddress.Any;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        prepare(socket);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(64);
        return socket;
    }));

    private void Send(byte what) => Pair.Scanner.Run(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        return socket.SendTo([what], new IPEndPoint(IPAddress.Parse(Server), 5353));
    });

    private static List<byte> Drain(Socket socket)
    {
        var received = new List<byte>();
        var buffer = new byte[64];
        while (socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead))
        {
            socket.Receive(buffer);
            received.Add(buffer[0]);
        }

        return received;
    }
}
