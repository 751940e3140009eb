using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>Names and DNS servers against dnsmasq.</summary>
public sealed class CheckNamesTests
{
    [Fact]
    public void A_name_tells_who_said_what_and_both_families_race()
    {
        using var lab = new CheckLab();
        StartDns(lab);
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));

        var check = lab.CheckJson(0, "www.example.test:22", "--dns-servers", "198.18.0.2");

        var name = check.Step("name");
        Assert.Equal(["198.18.0.2", "2001:db8::2"], name.GetProperty("addresses").EnumerateArray().Select(a => a.GetString()));
        var lookups = name.GetProperty("lookups").EnumerateArray().ToList();
        Assert.Equal(["A", "AAAA"], lookups.Select(l => l.Text("type")));
        Assert.All(lookups, l => Assert.Equal(("198.18.0.2", "udp", "answered"), (l.Text("server"), l.Text("carrier"), l.Text("outcome"))));
        Assert.Equal("198.18.0.2", lookups[0].GetProperty("answer").GetProperty("records")[0].Text("data"));
        var attempt = Assert.Single(check.Step("connect").GetProperty("attempts").EnumerateArray());
        Assert.Equal("2001:db8::2", attempt.Text("address"));
    }

    [Theory]
    [InlineData("https://www.example.test")]
    [InlineData("www.example.test:22")]
    [InlineData("dns://192.0.2.53/www.example.test")]
    public void A_DNS_server_that_this_host_has_no_route_to_says_nothing_of_the_target(string target)
    {
        using var lab = new CheckLab();

        var check = lab.CheckJson(3, target, "--dns-servers", "192.0.2.53");

        Assert.Equal(JsonValueKind.Null, check.GetProperty("passed").ValueKind);
    }

    [Fact]
    public void Where_IPv6_is_silent_IPv4_wins_the_race_and_every_attempt_is_shown()
    {
        using var lab = new CheckLab();
        StartDns(lab);
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));
        lab.Server.Nft("table ip6 t {\n chain c {\n  type filter hook input priority 0;\n  tcp dport 22 drop\n }\n}\n");

        var check = lab.CheckJson(0, "www.example.test:22", "--dns-servers", "198.18.0.2");

        var attempts = check.Step("connect").GetProperty("attempts").EnumerateArray().ToList();
        Assert.Equal(
            [("2001:db8::2", "abandoned", false), ("198.18.0.2", "connected", true)],
            attempts.Select(a => (a.Text("address"), a.Text("outcome"), a.GetProperty("used").GetBoolean())));
        Assert.True(attempts[1].GetProperty("atMilliseconds").GetDouble() - attempts[0].GetProperty("atMilliseconds").GetDouble() >= 249);
        Assert.Equal("open", check.Text("state"));
    }

    [Fact]
    public void Where_IPv6_is_refused_IPv4_is_tried_at_once()
    {
        using var lab = new CheckLab();
        StartDns(lab);
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));
        lab.Server.Nft("table ip6 t {\n chain c {\n  type filter hook input priority 0;\n  tcp dport 22 reject with tcp reset\n }\n}\n");

        var attempts = lab.CheckJson(0, "www.example.test:22", "--dns-servers", "198.18.0.2").Step("connect").GetProperty("attempts");

        Assert.Equal(["refused", "connected"], attempts.EnumerateArray().Select(a => a.Text("outcome")));
        Assert.True(attempts[1].GetProperty("atMilliseconds").GetDouble() - attempts[0].GetProperty("atMilliseconds").GetDouble() < 249);
    }

    [Fact]
    public void Without_a_route_for_IPv6_IPv4_goes_first()
    {
        using var lab = new CheckLab();
        StartDns(lab);
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));

        var check = lab.CheckJson(0, "far6.example.test:22", "--dns-servers", "198.18.0.2");

        Assert.Equal("198.18.0.2", Assert.Single(check.Step("connect").GetProperty("attempts").EnumerateArray()).Text("address"));
        Assert.Equal(
            ["198.18.0.2", "2001:db8:9::1"], check.Step("route").GetProperty("routes").EnumerateArray().Select(r => r.Text("address")));
    }

    [Fact]
    public void The_hosts_file_is_named_when_it_says_so()
    {
        using var lab = new CheckLab();
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can put another file in the place of /etc/hosts");
        File.WriteAllText(lab.Folder["hosts"], "198.18.0.2 fromhosts.example.test\n");
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));
        var (output, error, _) = lab.Client.Execute(
            "/usr/bin/unshare", input: null, "-m", "/bin/sh", "-c",
            $"mount --bind {lab.Folder["hosts"]} /etc/hosts && exec {PortolanProgram.Path} check fromhosts.example.test:22");

        Assert.Contains("fromhosts.example.test is 198.18.0.2, says /etc/hosts", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_does_not_exist_is_an_answer()
    {
        using var lab = new CheckLab();
        StartDns(lab);

        var check = lab.CheckJson(1, "nobody.example.test:22", "--dns-servers", "198.18.0.2");

        Assert.Equal(("unknown", "failed"), (check.Text("state"), check.Text("result")));
        Assert.Equal("nobody.example.test has no address: no such name (says 198.18.0.2)", check.Text("summary"));
        Assert.Equal(
            "www.example.test has no IPv4 address: the name has no A record (198.18.0.2)".Split(':')[0],
            lab.CheckJson(1, "six.example.test:22", "-4", "--dns-servers", "198.18.0.2").Text("summary")!.Replace(
                "six", "www", StringComparison.Ordinal).Split(':')[0]);
    }

    [Fact]
    public void A_DNS_server_is_asked_and_its_answer_shown()
    {
        using var lab = new CheckLab();
        StartDns(lab);

        var check = lab.CheckJson(0, "dns://198.18.0.2/www.example.test?type=AAAA", "--expect", "answer=2001:db8::2", "--expect", "open");

        var question = Assert.Single(check.Step("query").GetProperty("questions").EnumerateArray());
        Assert.Equal(("udp", "answered"), (question.Text("carrier"), question.Text("outcome")));
        Assert.Equal(53, question.GetProperty("sent").GetProperty("destination").GetProperty("port").GetInt32());
        Assert.Equal("2001:db8::2", question.GetProperty("answer").GetProperty("records")[0].Text("data"));
    }

    [Fact]
    public void A_truncated_answer_is_asked_for_again_over_TCP()
    {
        using var lab = new CheckLab();
        StartDns(lab);

        var questions = lab.CheckJson(0, "dns://198.18.0.2/long.example.test?type=TXT").Step("query").GetProperty("questions");

        Assert.Equal(
            [("udp", "truncated"), ("tcp", "answered")], questions.EnumerateArray().Select(q => (q.Text("carrier"), q.Text("outcome"))));
        Assert.True(questions[1].GetProperty("answer").GetProperty("records").GetArrayLength() >= 10);
    }

    [Theory]
    [InlineData("dns://198.18.0.2/nobody.example.test", "open", "NXDOMAIN", 1)]
    [InlineData("dns://198.18.0.2/www.example.test?type=MX", "open", "no such record", 1)]
    [InlineData("dns://198.18.0.2:54/www.example.test", "closed", "port unreachable", 1)]
    [InlineData("dns://198.18.0.2:55/www.example.test", "open|filtered", "which proves nothing", 1)]
    [InlineData("dns://203.0.113.1/www.example.test", "unknown", "not sent", 3)]
    public void What_a_DNS_server_does_otherwise_is_told_apart(string target, string state, string summary, int exitCode)
    {
        using var lab = new CheckLab();
        StartDns(lab);
        lab.Server.BindUdp(55);

        var check = lab.CheckJson(exitCode, target, "--timeout", state == "open|filtered" ? "0.4" : "5");

        Assert.Equal(state, check.Text("state"));
        Assert.Contains(summary, check.Text("summary"), StringComparison.Ordinal);
        Assert.NotEqual(JsonValueKind.Undefined, check.Step("query").ValueKind);
    }

    [Fact]
    public void An_answer_with_another_id_is_no_firewalls_silence()
    {
        using var lab = new CheckLab();
        Assert.SkipUnless(PortolanProgram.IsRoot, "port 53 needs root");
        lab.Server.EchoUdp(53, static message => (message[0], message[2]) = ((byte)~message[0], (byte)(message[2] | 0x80)));

        var check = lab.CheckJson(1, "dns://198.18.0.2/www.example.test", "--timeout", "1");
        var name = lab.CheckJson(1, "www.example.test:22", "--dns-servers", "198.18.0.2", "--timeout", "1").Step("name");

        Assert.Equal("open", check.Text("state"));
        Assert.Equal(
            "A of www.example.test: no valid answer from 198.18.0.2: 2 messages with a wrong id, a wrong question, or not DNS",
            check.Text("summary"));
        Assert.DoesNotContain("firewall", check.Step("query").Text("meaning"), StringComparison.Ordinal);
        Assert.Equal(
            "no address of www.example.test is known: no DNS server gave a valid answer (asked 198.18.0.2 last)", name.Text("summary"));
    }

    private static void StartDns(CheckLab lab)
    {
        var dnsmasq = Programs.Find("dnsmasq", "/usr/sbin/dnsmasq");
        Assert.SkipUnless(PortolanProgram.IsRoot, "dnsmasq on port 53 needs root");
        List<string> args =
        [
            "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
            $"--pid-file={lab.Folder["dns.pid"]}",
            "--local=/example.test/", "--host-record=www.example.test,198.18.0.2,2001:db8::2",
            "--host-record=far6.example.test,198.18.0.2,2001:db8:9::1",
            "--host-record=six.example.test,2001:db8::2", "--edns-packet-max=512",
        ];
        for (var i = 0; i < 12; i++)
        {
            args.Add($"--txt-record=long.example.test,{new string((char)('a' + i), 100)}");
        }

        lab.Serve(53, dnsmasq, [.. args]);
    }
}
