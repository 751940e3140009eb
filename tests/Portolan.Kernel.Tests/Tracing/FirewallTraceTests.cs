using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Tracing;

/// <summary><c>portolan firewall trace</c> on live packets between two namespaces.</summary>
public sealed class FirewallTraceTests
{
    private const string Rules = """
        table inet f {
          chain web { ip saddr 198.18.0.0/16 counter accept comment "ours"
          }
          chain i { type filter hook input priority 0; policy drop;
            ct state established accept
            tcp dport 8080 jump web
            udp dport 53 reject
          }
        }
        """;

    private static string Program { get; } = BuiltProgram.Path;

    [Fact]
    public void Each_packet_is_shown_with_the_rules_that_it_met()
    {
        using var pair = Lab();
        using var trace = Start(pair.Target, "8080", "--count", "1", "--json");

        Connect(pair, 8080);

        var packet = Line(trace, "packet");
        Assert.Equal("accept", packet.GetProperty("verdict").GetString());
        Assert.Equal("198.18.0.1", packet.GetProperty("source").GetProperty("address").GetString());
        Assert.Equal(8080, packet.GetProperty("destination").GetProperty("port").GetInt32());
        Assert.Equal("eth0", packet.GetProperty("input").GetString());
        Assert.Equal(
            ["i", "web"], packet.GetProperty("steps").EnumerateArray().Select(static step => step.GetProperty("chain").GetString()));
        Assert.Equal("tcp dport 8080 jump web", packet.GetProperty("steps")[0].GetProperty("text").GetString());
        Assert.Equal(1, Line(trace, "end").GetProperty("packets").GetInt32());
        trace.End();
        Assert.Equal(0, trace.ExitCode);
        Assert.Equal("table inet f", Tables(pair.Target));
    }

    [Fact]
    public void Only_packets_of_the_senders_that_were_named()
    {
        using var pair = Lab();
        pair.Scanner.Address("scan0", "198.18.0.77/24");
        using var trace = Start(pair.Target, "8080/tcp", "--from", "198.18.0.77", "--count", "1", "--json");

        Connect(pair, 8080);
        Connect(pair, 8080, "198.18.0.77");

        Assert.Equal("198.18.0.77", Line(trace, "packet").GetProperty("source").GetProperty("address").GetString());
    }

    [Fact]
    public void For_people_it_is_drawn()
    {
        using var pair = Lab();
        using var trace = Start(pair.Target, "53", "--count", "1");

        pair.Scanner.Run(() =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.SendTo([1], new IPEndPoint(IPAddress.Parse("198.18.0.2"), 53));
        });

        var text = trace.RestOfOutput();
        Assert.Contains(" DROP udp 198.18.0.1:", text, StringComparison.Ordinal);
        Assert.Contains("  inet f i: udp dport 53 reject", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_is_gone_when_the_program_was_killed()
    {
        using var pair = Lab();
        using var trace = Start(pair.Target, "8080");
        Assert.Contains("portolan_trace", Tables(pair.Target), StringComparison.Ordinal);

        trace.Kill();
        trace.End();

        Assert.True(SpinWait.SpinUntil(() => Tables(pair.Target) == "table inet f", TimeSpan.FromSeconds(20)), Tables(pair.Target));
    }

    [Fact]
    public void Ctrl_C_ends_it_in_order()
    {
        using var pair = Lab();
        using var trace = Start(pair.Target, "8080", "--json");
        Connect(pair, 8080);
        Line(trace, "packet");

        Tool.Lines("kill", "-INT", trace.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("end", Line(trace, "end").GetProperty("event").GetString());
        trace.End();
        Assert.Equal(130, trace.ExitCode);
        Assert.Equal("table inet f", Tables(pair.Target));
    }

    [Fact]
    public void Two_traces_run_side_by_side()
    {
        using var pair = Lab();
        using var first = Start(pair.Target, "8080", "--count", "1", "--json");
        using var second = Start(pair.Target, "8080", "--count", "1", "--json");

        Connect(pair, 8080);

        Assert.Equal("accept", Line(first, "packet").GetProperty("verdict").GetString());
        Assert.Equal("accept", Line(second, "packet").GetProperty("verdict").GetString());
    }

    [Fact]
    public void Packets_that_others_have_traced_are_neither_shown_nor_counted()
    {
        using var pair = Lab();
        pair.Target.ListenTcp(8081);
        pair.Target.Nft("table ip theirs {\nchain early {\ntype filter hook prerouting priority -400\nmeta nftrace set 1\n}\n}\n");
        pair.Target.Nft("table inet f {\nchain i {\ntcp dport 8081 accept\n}\n}\n");
        using var asked = Start(pair.Target, "8080/tcp", "--count", "2", "--json");
        using var other = Start(pair.Target, "8081/tcp", "--json", "--iface", "eth0");

        for (var count = 0; count < 3; count++)
        {
            Connect(pair, 8081);
        }

        Connect(pair, 8080);
        for (var count = 0; count < 2; count++)
        {
            var packet = Line(asked, "packet");
            Assert.Equal(8080, packet.GetProperty("destination").GetProperty("port").GetInt32());
            Assert.DoesNotContain(
                packet.GetProperty("steps").EnumerateArray(),
                static step => step.GetProperty("table").GetString()!.StartsWith("portolan", StringComparison.Ordinal));
        }

        Assert.Equal(2, Line(asked, "end").GetProperty("packets").GetInt32());
        asked.End();
        Connect(pair, 8081);
        for (var count = 0; count < 4; count++)
        {
            Assert.Equal(8081, Line(other, "packet").GetProperty("destination").GetProperty("port").GetInt32());
        }

        other.Kill();
    }

    [Fact]
    public void When_no_packet_comes_the_time_ends_it()
    {
        using var pair = Lab();
        using var trace = Start(pair.Target, "8080", "--for", "200ms");

        trace.End();

        Assert.Equal(1, trace.ExitCode);
    }

    [Fact]
    public void Without_privilege_it_says_what_to_run()
    {
        using var pair = Lab();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to become another user");

        var (_, error, exit) = pair.Target.Execute(
            Tool.Find("setpriv"), null, "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", Program, "firewall",
            "trace", "80");

        Assert.Equal(4, exit);
        Assert.Contains("CAP_NET_ADMIN", error, StringComparison.Ordinal);
        Assert.Contains("hint: run it as root", error, StringComparison.Ordinal);
    }

    private static LabPair Lab()
    {
        var pair = LabPair.Create();
        pair.Target.Nft(Rules);
        pair.Target.ListenTcp(8080);
        return pair;
    }

    private static Process Start(LabHost host, params string[] arguments)
    {
        var before = Tables(host);
        var trace = host.Start(Program, ["firewall", "trace", .. arguments]);

        // The program has begun when its table is there.
        Assert.True(SpinWait.SpinUntil(() => trace.HasExited || Tables(host).Length > before.Length, TimeSpan.FromSeconds(30)));
        return trace;
    }

    private static void Connect(LabPair pair, int port, string from = "198.18.0.1") => pair.Scanner.Run(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        socket.Connect(new IPEndPoint(IPAddress.Parse("198.18.0.2"), port));
    });

    private static JsonElement Line(Process trace, string kind)
    {
        while (trace.NextLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            Assert.Empty(JsonSchema.Load("portolan.trace/1").Validate(document.RootElement));
            if (document.RootElement.GetProperty("event").GetString() == kind)
            {
                return document.RootElement.Clone();
            }
        }

        throw new InvalidOperationException($"it ended without a {kind}: {trace.Finish().Error}");
    }

    private static string Tables(LabHost host) => host.Tool("nft", null, "list", "tables").Trim();
}
