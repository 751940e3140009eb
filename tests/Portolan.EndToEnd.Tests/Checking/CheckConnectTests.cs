using System.Globalization;
using System.Text;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>Connections and greetings against a host whose truth is known.</summary>
public sealed class CheckConnectTests
{
    [Fact]
    public void An_open_port_shows_its_greeting_our_port_and_the_pair_of_the_replies_swapped()
    {
        using var lab = new CheckLab();
        lab.Serve(22, async stream => await stream.WriteAsync("SSH-2.0-Test\r\n"u8.ToArray()));

        var check = lab.CheckJson(0, "198.18.0.2:22");

        Assert.Equal(("open", true, "ok"), (check.Text("state"), check.GetProperty("reached").GetBoolean(), check.Text("result")));
        Assert.Equal("route connect greeting identify", check.Kinds());
        Assert.Equal(("ssh", "Test"), (check.GetProperty("identified").Text("protocol"), check.GetProperty("identified").Text("product")));
        var route = Assert.Single(check.Step("route").GetProperty("routes").EnumerateArray());
        Assert.Equal(("scan0", "198.18.0.1"), (route.Text("interface"), route.Text("source")));
        var attempt = Assert.Single(check.Step("connect").GetProperty("attempts").EnumerateArray());
        var (sent, replies) = (attempt.GetProperty("sent"), attempt.GetProperty("replies"));
        Assert.Equal("198.18.0.1", sent.GetProperty("source").Text("address"));
        Assert.InRange(sent.GetProperty("source").GetProperty("port").GetInt32(), 1024, 65535);
        Assert.Equal(22, sent.GetProperty("destination").GetProperty("port").GetInt32());
        Assert.True(JsonElement.DeepEquals(sent.GetProperty("source"), replies.GetProperty("destination")));
        Assert.True(JsonElement.DeepEquals(sent.GetProperty("destination"), replies.GetProperty("source")));
        Assert.True(attempt.GetProperty("roundTripMilliseconds").GetDouble() > 0);
        var greeting = check.Step("greeting");
        Assert.Equal(("SSH-2.0-Test\r\n", "complete"), (greeting.Text("text"), greeting.Text("ending")));
    }

    [Theory]
    [InlineData("", "closed", "refused", "nothing listens on that port")]
    [InlineData("tcp dport 9 reject with tcp reset", "closed", "refused", "or a firewall sends a reset")]
    [InlineData("tcp dport 9 drop", "filtered", "no answer in 0.", "a firewall drops the segments, or the host is down")]
    [InlineData(
        "tcp dport 9 reject", "filtered", "198.18.0.2 sent ICMP port unreachable",
        "a firewall rejects the connection: a host without a listener would send a reset")]
    [InlineData(
        "tcp dport 9 reject with icmpx admin-prohibited", "filtered", "198.18.0.2 sent ICMP communication administratively prohibited",
        "a firewall rejects the connection")]
    [InlineData(
        "tcp dport 9 reject with icmpx host-unreachable", "filtered", "198.18.0.2 sent ICMP host unreachable",
        "a router or firewall on the path rejected it")]
    [InlineData(
        "tcp dport 9 reject with icmpx no-route", "filtered", "198.18.0.2 sent ICMP network unreachable",
        "a router or firewall on the path rejected it")]
    public void What_keeps_a_connection_away_is_told_apart(string rule, string state, string summary, string meaning)
    {
        using var lab = new CheckLab();
        lab.Server.Nft($"table inet t {{\n chain c {{\n  type filter hook input priority 0;\n  {rule}\n }}\n}}\n");

        var check = lab.CheckJson(1, "198.18.0.2:9", "--timeout", "0.3");

        Assert.Equal((state, false, "failed"), (check.Text("state"), check.GetProperty("reached").GetBoolean(), check.Text("result")));
        var connect = check.Step("connect");
        Assert.Contains(summary, connect.Text("summary"), StringComparison.Ordinal);
        Assert.Contains(meaning, connect.Text("meaning"), StringComparison.Ordinal);
        // Our port is known although nobody ever answered.
        Assert.Equal("198.18.0.1", connect.GetProperty("attempts")[0].GetProperty("sent").GetProperty("source").Text("address"));
    }

    [Fact]
    public void IPv6_refusals_are_told_apart_too()
    {
        using var lab = new CheckLab();
        lab.Server.Nft("table inet t {\n chain c {\n  type filter hook input priority 0;\n  tcp dport 2 reject\n  tcp dport 3 reject with "
            + "icmpx admin-prohibited\n }\n}\n");

        var checks = lab.CheckAll(1, "[2001:db8::2]:1", "[2001:db8::2]:2", "[2001:db8::2]:3");

        Assert.Equal(["closed", "filtered", "filtered"], checks.EnumerateArray().Select(c => c.Text("state")));
        Assert.Contains("2001:db8::2 sent ICMPv6 port unreachable", checks[1].Text("summary"), StringComparison.Ordinal);
        Assert.Contains("communication administratively prohibited", checks[2].Text("summary"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_route_nothing_is_sent_and_that_is_no_answer()
    {
        using var lab = new CheckLab();

        var check = lab.CheckJson(3, "203.0.113.1:80", "--expect", "filtered");

        Assert.Equal(("unknown", "local-failure"), (check.Text("state"), check.Text("result")));
        Assert.Equal(JsonValueKind.Null, check.GetProperty("passed").ValueKind);
        Assert.Equal("not-sent", check.Step("connect").GetProperty("attempts")[0].Text("outcome"));
    }

    [Fact]
    public void A_socket_that_meets_itself_is_no_open_port()
    {
        using var lab = new CheckLab();
        lab.Client.Setting("net/ipv4/ip_local_port_range", "40000 40000");

        var check = lab.CheckJson(1, "127.0.0.1:40000");

        Assert.Equal("closed", check.Text("state"));
        Assert.Contains("connected to itself", check.Text("summary"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("closed by the server without data", "closed", "")]
    [InlineData("none in 0.2 s", "silent", null)]
    public void A_server_that_says_nothing_is_described(string summary, string ending, string? says)
    {
        using var lab = new CheckLab();
        lab.Serve(
            7, async stream =>
                await (says is null ? Task.Delay(Timeout.Infinite) : stream.WriteAsync(Encoding.ASCII.GetBytes(says)).AsTask()));

        var greeting = lab.CheckJson(0, "198.18.0.2:7", "--timeout", says is null ? "0.2" : "5").Step("greeting");

        Assert.Equal(ending, greeting.Text("ending"));
        Assert.StartsWith(summary, greeting.Text("summary"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_trickles_its_greeting_does_not_keep_us()
    {
        using var lab = new CheckLab();
        lab.Serve(7, async stream =>
        {
            while (true)
            {
                await stream.WriteAsync("x"u8.ToArray());
                await Task.Delay(20);
            }
        });

        var greeting = lab.CheckJson(0, "198.18.0.2:7").Step("greeting");

        Assert.Equal("paused", greeting.Text("ending"));
        Assert.InRange(greeting.GetProperty("length").GetInt32(), 1, 1024);
    }

    [Fact]
    public void A_hostile_greeting_cannot_move_the_cursor()
    {
        using var lab = new CheckLab();
        lab.Serve(
            22, async stream => await stream.WriteAsync("220 \u001b[2J\u001b]0;owned\u0007 \u202egnp.exe\r\n\u009b31m\n"u8.ToArray()));

        var result = lab.Check("198.18.0.2:22").Expect(0);

        Assert.Contains("220 \\x1b[2J\\x1b]0;owned\\x07 \\u{202e}gnp.exe", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);
        Assert.DoesNotContain('\u202e', result.Output);
        Assert.DoesNotContain('\u009b', result.Output);
    }

    [Fact]
    public void Several_targets_are_printed_in_the_order_of_the_command_line()
    {
        using var lab = new CheckLab();
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));
        lab.Server.Nft("table inet t {\n chain c {\n  type filter hook input priority 0;\n  tcp dport 1 drop\n }\n}\n");
        var file = lab.Folder["targets"];
        File.WriteAllText(file, "# a comment\n\n198.18.0.2:3 closed # closed on purpose\nhttp://198.18.0.2:4/#fragment closed\n");

        var checks = lab.CheckAll(0, "198.18.0.2:1", "-f", file, "--timeout", "0.3", "--expect", "filtered");

        Assert.Equal(
            ["198.18.0.2:1", "198.18.0.2:3", "http://198.18.0.2:4/#fragment"], checks.EnumerateArray().Select(c => c.Text("target")));
        Assert.Equal(
            ["filtered", "closed", "closed"], checks.EnumerateArray().Select(c => c.GetProperty("expectations")[0].Text("actual")));
    }

    [Fact]
    public void The_ladder_on_a_terminal_shows_what_went_back_and_forth()
    {
        using var lab = new CheckLab();
        lab.Serve(22, async stream => await stream.WriteAsync("220 \u001b[2J ready\r\n"u8.ToArray()));
        var script = Programs.Find("script", "/usr/bin/script");
        var command = string.Create(
            CultureInfo.InvariantCulture, $"stty cols 90; TERM=xterm {PortolanProgram.Path} check --color never 198.18.0.2:22");

        var (output, _, _) = lab.Client.Execute(script, input: null, "-q", "-e", "-c", command, "/dev/null");

        var lines = output.ReplaceLineEndings("\n").Split('\n');
        Assert.Contains(lines, l => l.Contains("│ SYN ───", StringComparison.Ordinal) && l.EndsWith("▶ │", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("│ ◀───", StringComparison.Ordinal) && l.EndsWith("─ SYN-ACK │", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("220 \\x1b[2J ready │", StringComparison.Ordinal));
        Assert.Contains(
            lines,
            l => l.TrimStart().StartsWith("198.18.0.1:", StringComparison.Ordinal)
                && l.EndsWith("198.18.0.2:22", StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', output);
        Assert.All(lines, line => Assert.True(line.Length <= 90 || !line.Contains('│', StringComparison.Ordinal), line));
    }
}
