using System.Diagnostics;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Forwarding;

/// <summary>What <c>who</c>, <c>list</c>, the chart and <c>explain</c> say of ports that the kernel forwards.</summary>
public sealed class KernelForwardSeenTests : IDisposable
{
    private static readonly string Program = BuiltProgram.Path;
    private static readonly string[] User = ["--reuid", "65534", "--regid", "65534", "--clear-groups", Program];

    private readonly ForwardLab _lab = ForwardLab.Create();
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill();
            process.End();
            process.Dispose();
        }

        _lab.Dispose();
    }

    [Fact]
    public void Who_names_the_targets_the_senders_and_the_process()
    {
        var forward = Start("--kernel", "8080", "198.18.0.2:80,198.18.0.3:81", "--allow", "192.0.2.0/24,203.0.113.9");
        var (text, error, exit) = Execute("who", "8080");
        Assert.Equal((0, ""), (exit, error));
        Assert.StartsWith(
            $"8080/tcp is forwarded by the kernel, for portolan {forward.Id} root", text, StringComparison.Ordinal);
        Assert.Matches(@"\n  forwards to 198\.18\.0\.2:80, 198\.18\.0\.3:81, only from 192\.0\.2\.0/24, 203\.0\.113\.9, IPv4 only, by inet portolan_forward forward_1 handle \d+ as long as that process runs\n", text);
        using var document = Json("portolan.holder/1", "who", "8080", "--json");
        var led = document.RootElement.GetProperty("forwards")[0];
        Assert.Equal(["198.18.0.2:80", "198.18.0.3:81"], led.GetProperty("targets").EnumerateArray().Select(t => t.GetString()));
        Assert.Equal(["192.0.2.0/24", "203.0.113.9/32"], led.GetProperty("allow").EnumerateArray().Select(t => t.GetString()));
        Assert.Equal(
            ("portolan-forward", forward.Id),
            (led.GetProperty("by").GetString(), led.GetProperty("owners")[0].GetProperty("pid").GetInt32()));
    }

    [Fact]
    public void Each_of_several_forwards_is_of_its_own_process()
    {
        var first = Start("--kernel", "8080", "198.18.0.2:80");
        var second = Start("--kernel", "127.0.0.1:8081", "198.18.0.2:80", "5353/udp", "198.18.0.2:53");
        using var document = Json("portolan.sockets/1", "list", "-tul", "--json");
        Assert.Equal(
            [$"8080 {first.Id}", $"8081 {second.Id}", $"5353 {second.Id}"],
            document.RootElement.GetProperty("forwards").EnumerateArray().Select(
                f => $"{f.GetProperty("port")} {f.GetProperty("owners")[0].GetProperty("pid")}"));
        var (text, _, _) = Execute("who", "5353/udp");
        Assert.StartsWith($"5353/udp is forwarded by the kernel, for portolan {second.Id}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void List_shows_it_below_the_sockets_as_far_as_it_fits_what_was_asked_for()
    {
        var forward = Start("--kernel", "8080", "198.18.0.2:80", "5353/udp", "198.18.0.2:53", "--allow", "192.0.2.0/24");
        Assert.Matches($@"\n\nPROTO +FORWARDED BY THE KERNEL +TO +ONLY FROM +OWNER\ntcp +\*:8080 +198\.18\.0\.2:80 +192\.0\.2\.0/24 +portolan {forward.Id}\nudp +\*:5353 +198\.18\.0\.2:53 +192\.0\.2\.0/24 +portolan {forward.Id}\n$", Execute("list").Output);
        foreach (var words in (string[][])[
            ["-tl"], ["-l", "port", "8080"], ["-l", "process", "portolan", "and", "port", "8080"], ["-4tan"]])
        {
            var text = Execute(["list", .. words]).Output;
            Assert.Contains("tcp    *:8080", text, StringComparison.Ordinal);
            Assert.DoesNotContain("udp    *:5353", text, StringComparison.Ordinal);
        }

        foreach (var words in (string[][])[
            ["-t"], ["-l", "port", "81"], ["-l", "process", "nginx"], ["-6tl"], ["-tlH"], ["-tl", "--csv"], ["-tl", "--columns", "local"],
            ["--netstat", "-tl"], ["-xl"]])
        {
            Assert.DoesNotContain("198.18.0.2", Execute(["list", .. words]).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_chart_has_a_row_for_it_and_says_whose_it_is()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var forward = Start("--kernel", "8080", "198.18.0.2:80", "127.0.0.1:7070", "198.18.0.2:70", "5353/udp", "198.18.0.2:53");
        var (text, _, _) = Execute();
        Assert.Matches($@"\n8080/tcp +\* v4\+v6 +→ 198\.18\.0\.2:80 by portolan {forward.Id} ", text);
        Assert.Matches($@"(?s)THIS MACHINE ONLY\n7070/tcp +lo +→ 198\.18\.0\.2:70 by portolan {forward.Id} ", text);
        Assert.Contains(
            "  ! the kernel forwards it to 198.18.0.2:53, IPv4 only: portolan forward --kernel", text, StringComparison.Ordinal);
        using var document = Json("portolan.chart/1", "--json");
        var row = document.RootElement.GetProperty("ports").EnumerateArray().Single(p => p.GetProperty("port").GetInt32() == 8080);
        Assert.Equal(
            ("198.18.0.2:80", forward.Id),
            (row.GetProperty("forward").GetProperty("targets")[0].GetString(), row.GetProperty("owners")[0].GetProperty("pid").GetInt32()));
        Assert.Equal("forwarded", row.GetProperty("owner").GetProperty("kind").GetString());
    }

    [Fact]
    public void Who_names_rules_of_others_too_and_what_they_leave_to_a_program()
    {
        _lab.Gateway.Nft("table ip mine { chain pre { type nat hook prerouting priority -100; tcp dport 9090 dnat to 198.18.0.2:90; ip "
            + "saddr 192.0.2.9 tcp dport 9091 redirect to :91; }; }");
        var (text, error, exit) = Execute("who", "9090/tcp");
        Assert.Equal((1, ""), (exit, error));
        Assert.Matches(@"  ! traffic from other hosts for 9090/tcp is forwarded to 198\.18\.0\.2:90, IPv4 only, by ip mine pre handle \d+: it does not reach a program that binds the port\n", text);
        Assert.Contains(
            "some traffic from other hosts for 9091/tcp is forwarded to", Execute("who", "9091").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("is forwarded to", Execute("who", "9092").Output, StringComparison.Ordinal);
        using var document = Json("portolan.holder/1", "who", "9090", "--json");
        Assert.Equal("rules", document.RootElement.GetProperty("forwards")[0].GetProperty("by").GetString());
    }

    [Fact]
    public void Who_may_not_read_rules_is_told_that_they_were_not_read()
    {
        Start("--kernel", "8080", "198.18.0.2:80");
        var (_, error, _) = AsUser("who", "8080");
        Assert.Contains("unknown: whether rules redirect packets for port 8080: the kernel shows them only to processes with "
            + "CAP_NET_ADMIN: run with sudo", error, StringComparison.Ordinal);
        (_, error, _) = AsUser("list", "-tl");
        Assert.Contains(
            "unknown: whether a portolan forward --kernel forwards ports: the kernel shows them only to processes with CAP_NET_ADMIN",
            error, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(AsUser("list", "-tl", "--json").Output);
        Assert.Equal(
            (JsonValueKind.Null, false),
            (document.RootElement.GetProperty("forwards").ValueKind, document.RootElement.GetProperty("complete").GetBoolean()));
        Assert.Empty(JsonSchema.Load("portolan.sockets/1").Validate(document.RootElement));
    }

    [Fact]
    public void List_bothers_nobody_where_no_forward_can_be()
    {
        var (_, error, exit) = AsUser("list", "-tl");
        Assert.Equal((0, ""), (exit, error));
    }

    [Fact]
    public void Explain_names_the_forward_its_allow_and_the_senders_that_it_names()
    {
        var forward = Start("--kernel", "8080", "198.18.0.2:80", "5353/udp", "198.18.0.2:53", "--allow", "192.0.2.9,203.0.113.0/24");
        var (text, _, exit) = Execute("explain", "8080", "--from", "192.0.2.2");
        Assert.Equal(1, exit);
        Assert.StartsWith($"NO – --allow of portolan forward --kernel *:8080 (portolan {forward.Id}) does not name 192.0.2.2, but "
            + $"192.0.2.9, 203.0.113.0/24; the client is refused.\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "Fix:   # start that forward again with --allow 192.0.2.9,203.0.113.0/24,192.0.2.2\n", text, StringComparison.Ordinal);
        Assert.Equal("ConnectionRefused", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        (text, _, _) = Execute("explain", "5353/udp", "--from", "192.0.2.2");
        Assert.StartsWith(
            $"NO – --allow of portolan forward --kernel *:5353 (portolan {forward.Id}) does not name 192.0.2.2", text,
            StringComparison.Ordinal);
        Assert.DoesNotContain("nft insert", text, StringComparison.Ordinal);
        (text, _, _) = Execute("explain", "8080", "--from", "192.0.2.0/24");
        Assert.Contains($"does not name all of 192.0.2.0/24, but 192.0.2.9, 203.0.113.0/24", text, StringComparison.Ordinal);
        using var document = Json("portolan.explanation/1", "explain", "8080", "--from", "2001:db8:1::2", "--json");
        Assert.Contains("has no IPv6 target", document.RootElement.GetProperty("headline").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_names_the_allow_of_a_relay_which_resets()
    {
        var relay = Start("192.0.2.1:8081", "198.18.0.2:80", "--allow", "192.0.2.9");
        var (text, _, exit) = Execute("explain", "8081", "--from", "192.0.2.2");
        Assert.Equal(1, exit);
        Assert.StartsWith($"NO – --allow of portolan forward 192.0.2.1:8081 (portolan {relay.Id}) does not name 192.0.2.2, but 192.0.2.9; "
            + $"the client connects and is reset.\n", text, StringComparison.Ordinal);
        Assert.Equal("ConnectionReset", ForwardLab.Ask(_lab.Client, "192.0.2.1:8081"));
        (text, _, exit) = Execute("explain", "8081", "--from", "192.0.2.9");
        Assert.True(exit == 0, text);
        using var document = Json("portolan.explanation/1", "explain", "8081", "--from", "192.0.2.2", "--json");
        Assert.Equal("connects", document.RootElement.GetProperty("symptom").GetString());
        Assert.Contains(
            "forwards to 198.18.0.2:80, from an address of this host, only from 192.0.2.9", Execute("who", "8081").Output,
            StringComparison.Ordinal);
    }

    private Process Start(params string[] words)
    {
        var process = _lab.Gateway.Start(Program, ["forward", .. words]);
        _started.Add(process);
        Assert.StartsWith("forwarding", process.NextLine(), StringComparison.Ordinal);
        return process;
    }

    private (string Output, string Error, int ExitCode) Execute(params string[] words) => _lab.Gateway.Execute(Program, "", words);

    private (string Output, string Error, int ExitCode) AsUser(params string[] words) =>
        _lab.Gateway.Execute(Tool.Find("setpriv"), "", [.. User, .. words]);

    private JsonDocument Json(string schema, params string[] words)
    {
        var document = JsonDocument.Parse(Execute(words).Output);
        Assert.Empty(JsonSchema.Load(schema).Validate(document.RootElement));
        return document;
    }
}
