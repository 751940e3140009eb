using System.Globalization;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Limits read as the rule has them, and leave a port reachable; what is used up already counts.</summary>
public sealed class LimitTests : ExplainLab
{
    [Theory]
    [InlineData(
        "policy drop; ct state established accept; limit rate 3/minute accept", "up to 3 connections a minute, shared by all senders")]
    [InlineData("policy accept; tcp dport 80 limit rate over 10/second drop", "up to 10 packets a second, shared by all senders")]
    [InlineData("policy accept; tcp dport 80 ct count over 500 drop", "up to 500 connections at once, shared by all senders")]
    [InlineData(
        "policy accept; tcp dport 80 ct state new add @seen { ip saddr limit rate over 3/minute } drop",
        "up to 3 connections a minute, each sender")]
    [InlineData(
        "policy accept; tcp dport 80 ct state new add @counted { ip saddr ct count over 20 } drop",
        "up to 20 connections at once, each sender")]
    [InlineData(
        "policy accept; tcp dport 80 ct state new add @seen { ip saddr & 255.255.255.0 limit rate over 3/minute } drop",
        "up to 3 connections a minute, each /24 of senders")]
    [InlineData(
        "policy drop; ct state established accept; quota 10 mbytes accept",
        "up to 10 mbytes in all, 0 bytes of it used, shared by all senders")]
    public void A_limit_is_told_and_the_port_stays_reachable(string rules, string limit)
    {
        Pair.Target.ListenTcp(80);
        Load(rules);

        var explanation = Explain("80", "-4");
        var row = Row(80);

        explanation.AssertReachable();
        Assert.Equal(limit, explanation.Limit);
        Assert.Equal($"YES – anyone can connect, {limit}.", explanation.Headline);
        Assert.Equal(
            ("reachable", limit), (row.GetProperty("exposure").GetString(), row.GetProperty("verdict").GetProperty("limit").GetString()));
        Assert.Equal("connects", Connect(80));
    }

    [Theory]
    [InlineData("policy drop; ct state established accept; quota 10 bytes accept")]
    [InlineData("policy accept; tcp dport 80 quota over 10 mbytes used 10 mbytes drop")]
    [InlineData("policy accept; tcp dport 80 ct count over 0 drop")]
    public void A_limit_that_is_used_up_drops(string rules)
    {
        Pair.Target.ListenTcp(80);
        Load(rules);

        Assert.Equal(("unreachable", "times-out", "times-out"), (Explain("80", "-4").Verdict, Explain("80", "-4").Symptom, Connect(80)));
    }

    [Fact]
    public void A_full_set_counts_those_that_are_in_it()
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft($"table inet fw {{ set s {{ type ipv4_addr; size 1; flags dynamic; elements = {{ {Client} }}; }}; chain input {{ "
            + $"type filter hook input priority 0; policy drop; ct state established accept; tcp dport 80 update @s {{ ip saddr }} accept; "
            + $"}}; }}");

        Assert.StartsWith($"DEPENDS ON the sender – only {Client}", Explain("80", "-4").Headline, StringComparison.Ordinal);
        Assert.Equal(("reachable", "connects"), (Explain("80", "--from", Client).Verdict, Connect(80)));
    }

    [Theory]
    [InlineData(
        "-m hashlimit --hashlimit-above 3/minute --hashlimit-mode srcip --hashlimit-name h -j DROP",
        "up to 3 connections a minute, each sender")]
    [InlineData(
        "-m hashlimit --hashlimit-above 5/second --hashlimit-name h -j DROP", "up to 5 connections a second, shared by all senders")]
    [InlineData("-m connlimit --connlimit-above 20 -j REJECT", "up to 20 connections at once, each sender")]
    [InlineData("-m connlimit --connlimit-above 200 --connlimit-mask 24 -j DROP", "up to 200 connections at once, each /24 of senders")]
    public void Limits_of_iptables_are_told_too(string rule, string limit)
    {
        Pair.Target.ListenTcp(80);
        Shell($"iptables -A INPUT -p tcp --dport 80 --syn {rule}");

        var explanation = Explain("80", "-4");

        Assert.Equal(("reachable", limit, "connects"), (explanation.Verdict, explanation.Limit, Connect(80)));
    }

    [Fact]
    public void What_ufw_limit_makes_is_a_limit_of_each_sender()
    {
        Pair.Target.ListenTcp(80);
        Shell("iptables -A INPUT -p tcp --dport 80 -m conntrack --ctstate NEW -m recent --set; iptables -A INPUT -p tcp --dport 80 -m "
            + "conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 -j REJECT");

        var explanation = Explain("80", "-4");

        Assert.Equal(("reachable", "up to 5 connections in 30 s, each sender"), (explanation.Verdict, explanation.Limit));
        Assert.Equal(
            "connects connects connects connects connects refused", string.Join(' ', Enumerable.Range(0, 6).Select(_ => Connect(80))));
    }

    [Fact]
    public void Who_came_too_often_already_is_refused_and_others_are_not()
    {
        Pair.Target.ListenTcp(80);
        Shell("iptables -A INPUT -p tcp --dport 80 --syn -m recent --set; iptables -A INPUT -p tcp --dport 80 --syn -m recent --rcheck "
            + "--seconds 300 --hitcount 6 -j REJECT");

        Assert.Equal(
            "connects connects connects connects connects refused", string.Join(' ', Enumerable.Range(0, 6).Select(_ => Connect(80))));
        Assert.Equal(("unreachable", "refused"), (Explain("80", "--from", Client).Verdict, Explain("80", "--from", Client).Symptom));
        Assert.Equal(
            ("reachable", "up to 5 connections in 300 s, each sender"),
            (Explain("80", "--from", "198.18.0.77").Verdict, Explain("80", "--from", "198.18.0.77").Limit));
    }

    [Theory]
    [InlineData("policy accept; tcp dport 80 ct count over 1 drop")]
    [InlineData("policy accept; tcp dport 80 ct state new add @counted { ip saddr ct count over 1 } drop")]
    public void Whether_a_limit_of_connections_is_reached_is_not_known_where_as_many_are_open(string rules)
    {
        Listen(System.Net.IPAddress.Any, 80);
        Load(rules);
        using var open = Pair.Scanner.Run(static () => new System.Net.Sockets.TcpClient(Server, 80));

        var explanation = Explain("80", "--from", Client);

        Assert.Equal("unknown", explanation.Verdict);
        Assert.Contains(
            "its limit of 1 connection at once is reached, as far as connection tracking shows", explanation.Headline,
            StringComparison.Ordinal);
        Assert.Equal("times-out", Connect(80));
    }

    [Fact]
    public void A_limit_for_each_sender_is_reached_for_that_sender_alone()
    {
        Listen(System.Net.IPAddress.Any, 80);
        Shell("iptables -A INPUT -p tcp --dport 80 --syn -m connlimit --connlimit-above 1 -j DROP");
        using var open = Pair.Scanner.Run(static () => new System.Net.Sockets.TcpClient(Server, 80));

        Assert.Equal(("unknown", "times-out"), (Explain("80", "--from", Client).Verdict, Connect(80)));
        Assert.Equal(
            ("reachable", "up to 1 connection at once, each sender"),
            (Explain("80", "--from", "198.18.0.77").Verdict, Explain("80", "--from", "198.18.0.77").Limit));
    }

    [Fact]
    public void A_connection_that_has_ended_counts_no_more()
    {
        Pair.Target.ListenTcp(80);
        Load("policy accept; tcp dport 80 ct count over 1 drop");

        Assert.Equal("connects", Connect(80));

        // Both sides have closed it a moment later.
        Assert.True(SpinWait.SpinUntil(() => Explain("80", "--from", Client).Verdict == "reachable", TimeSpan.FromSeconds(30)));
        Assert.Equal("connects", Connect(80));
    }

    [Theory]
    [InlineData(
        "policy accept; tcp dport 80 ct state new add @counted { ip saddr & 255.255.255.0 ct count over 1 } drop", "is reached",
        "reachable")]
    [InlineData("policy accept; ct state new add @pairs { ip saddr . ip daddr ct count over 1 } drop", "may be reached", "unknown")]
    public void Connections_of_a_network_or_of_another_key_count_too(string rules, string words, string elsewhere)
    {
        Listen(System.Net.IPAddress.Any, 80);
        Load(rules);
        Shell("ip route add 198.51.100.0/24 dev eth0");
        using var open = Pair.Scanner.Run(static () => new System.Net.Sockets.TcpClient(Server, 80));

        var explanation = Explain("80", "--from", "198.18.0.77");

        Assert.Equal("unknown", explanation.Verdict);
        Assert.Contains(
            $"its limit of 1 connection at once {words}, as far as connection tracking shows", explanation.Headline,
            StringComparison.Ordinal);
        Assert.Equal((elsewhere, "times-out"), (Explain("80", "--from", "198.51.100.7").Verdict, Connect(80)));
    }

    [Theory]
    [InlineData("policy accept; ct state new ct count over 1 drop")]
    [InlineData("policy accept; ct state new add @counted { ip saddr ct count over 1 } drop")]
    [InlineData("policy accept; tcp dport { 80, 81 } ct state new ct count over 1 drop")]
    public void Connections_to_other_ports_of_the_same_rule_count_too(string rules)
    {
        Listen(System.Net.IPAddress.Any, 80);
        Listen(System.Net.IPAddress.Any, 81);
        Load(rules);
        using var open = Pair.Scanner.Run(static () => new System.Net.Sockets.TcpClient(Server, 81));

        Assert.Equal(("unknown", "times-out"), (Explain("80", "--from", Client).Verdict, Connect(80)));
    }

    [Fact]
    public void Connections_of_both_families_count_together_in_a_table_of_both()
    {
        Listen(System.Net.IPAddress.Any, 80);
        Listen(System.Net.IPAddress.IPv6Any, 80);
        Load("policy accept; tcp dport 80 ct state new ct count over 1 drop");
        using var open = Pair.Scanner.Run(static () => new System.Net.Sockets.TcpClient("2001:db8::2", 80));

        Assert.Equal(("unknown", "times-out"), (Explain("80", "-4").Verdict, Connect(80)));
    }

    [Fact]
    public void Connections_to_a_redirected_port_count_where_the_port_is_limited_that_answers()
    {
        Listen(System.Net.IPAddress.Any, 8080);
        Pair.Target.Nft("table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 80 redirect to :8080; }; }");
        Load("policy accept; tcp dport 8080 ct state new ct count over 1 drop");
        using var open = Pair.Scanner.Run(static () => new System.Net.Sockets.TcpClient(Server, 80));

        Assert.Equal(("unknown", "times-out"), (Explain("80", "--from", Client).Verdict, Connect(80)));
    }

    [Fact]
    public void Connections_that_no_rule_counts_do_not_count()
    {
        Listen(System.Net.IPAddress.Any, 80);
        Listen(System.Net.IPAddress.Any, 81);
        Load("policy accept; tcp dport 80 ct state new ct count over 1 drop");
        using var open = Pair.Scanner.Run(static () => new System.Net.Sockets.TcpClient(Server, 81));

        Assert.Equal(("reachable", "connects"), (Explain("80", "--from", Client).Verdict, Connect(80)));
    }

    [Theory]
    [InlineData("--quota 1048576 -j ACCEPT", "1 mbytes", "connects")]
    [InlineData("--quota 100 -j ACCEPT", "100 bytes", "times-out")]
    public void How_much_of_the_quota_of_iptables_is_left_is_not_known(string rule, string quota, string seen)
    {
        Pair.Target.ListenTcp(80);
        Shell($"iptables -A INPUT -p tcp --dport 80 --syn -m quota {rule}; iptables -A INPUT -p tcp --dport 80 --syn -j DROP");
        Assert.Equal("connects", Connect(80));

        var explanation = Explain("80", "-4");

        Assert.Equal(("unknown", seen), (explanation.Verdict, Connect(80)));
        Assert.Contains(
            $"the kernel does not show how much of its quota of {quota} is used", explanation.Headline, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("255.255.255.0", "198.18.0.77", "198.18.1.77", "up to 5 connections in 300 s, each /24 of senders")]
    [InlineData("0.0.0.0", "203.0.113.7", null, null)]
    public void A_list_with_a_mask_counts_networks(string mask, string alike, string? other, string? limit)
    {
        Pair.Target.ListenTcp(80);
        Shell("ip route add 198.18.1.0/24 dev eth0; ip route add 203.0.113.0/24 dev eth0");
        var rule = $"iptables -A INPUT -p tcp --dport 80 --syn -m recent --mask {mask}";
        Shell($"{rule} --set; {rule} --rcheck --seconds 300 --hitcount 6 -j REJECT");

        Assert.Equal(
            "connects connects connects connects connects refused", string.Join(' ', Enumerable.Range(0, 6).Select(_ => Connect(80))));
        Assert.Equal(("unreachable", "unreachable"), (Explain("80", "--from", Client).Verdict, Explain("80", "--from", alike).Verdict));
        if (other is not null)
        {
            Assert.Equal(("reachable", limit), (Explain("80", "--from", other).Verdict, Explain("80", "--from", other).Limit));
        }
    }

    [Fact]
    public void A_list_whose_rules_have_different_masks_is_not_known()
    {
        Pair.Target.ListenTcp(80);
        const string rule = "iptables -A INPUT -p tcp --dport 80 --syn -m recent --name bad";
        Shell($"{rule} --mask 255.255.255.0 --set; {rule} --rcheck --hitcount 2 -j DROP");

        Assert.Equal("unknown", Explain("80", "-4").Verdict);
    }

    [Fact]
    public void What_was_written_into_a_list_with_a_mask_is_compared_as_it_was_written()
    {
        Pair.Target.ListenTcp(80);
        Shell($"iptables -A INPUT -p tcp --dport 80 -m recent --name bad --mask 255.255.255.0 --rcheck -j DROP; echo +{Client} > "
            + $"/proc/thread-self/net/xt_recent/bad");
        Assert.Equal(("reachable", "connects"), (Explain("80", "--from", Client).Verdict, Connect(80)));

        Shell("echo +198.18.0.0 > /proc/thread-self/net/xt_recent/bad");
        Assert.Equal(("unreachable", "times-out"), (Explain("80", "--from", Client).Verdict, Connect(80)));
    }

    [Fact]
    public void Who_is_on_a_list_already_counts_as_on_it()
    {
        Pair.Target.ListenTcp(80);
        Shell($"iptables -A INPUT -p tcp --dport 80 -m recent --name bad --rcheck -j DROP; echo +{Client} > "
            + $"/proc/thread-self/net/xt_recent/bad");

        Assert.Equal(("unreachable", "times-out"), (Explain("80", "--from", Client).Verdict, Connect(80)));
        Assert.StartsWith("DEPENDS ON the sender – everyone but", Explain("80", "-4").Headline, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("meta hour \"00:00\"-\"23:59\" accept", true)]
    [InlineData("meta day { 0, 1, 2, 3, 4, 5, 6 } accept", true)]
    [InlineData("meta time < \"2020-01-01 00:00:00\" accept", false)]
    [InlineData("meta time > \"2020-01-01 00:00:00\" accept", true)]
    public void Hours_and_days_are_judged_for_now(string rule, bool isOpen)
    {
        Pair.Target.ListenTcp(80);
        Load($"policy drop; ct state established accept; tcp dport 80 {rule}");

        Assert.Equal((isOpen ? "reachable" : "unreachable", isOpen ? "connects" : "times-out"), (Explain("80", "-4").Verdict, Connect(80)));
    }

    [Fact]
    public void What_depends_on_the_hour_says_when_it_changes()
    {
        Pair.Target.ListenTcp(80);
        var first = DateTime.UtcNow.AddHours(-1);
        var last = DateTime.UtcNow.AddHours(2);
        Shell(string.Create(
            CultureInfo.InvariantCulture,
            $"iptables -A INPUT -p tcp --dport 80 -m time --datestart {first:yyyy-MM-ddTHH:mm:ss} --datestop "
                + $"{last:yyyy-MM-ddTHH:mm:ss} -j DROP"));

        var explanation = Explain("80", "-4");

        Assert.Equal("unreachable", explanation.Verdict);
        Assert.Equal($"rules depend on the time: this answer changes at "
            + $"{last.AddSeconds(1):yyyy-MM-dd HH:mm:ss} UTC", explanation.Footnotes);
    }

    [Fact]
    public void What_depends_on_the_day_changes_at_midnight()
    {
        Pair.Target.ListenTcp(80);
        Load($"policy drop; ct state established accept; tcp dport 80 meta day {(int)DateTime.UtcNow.DayOfWeek} accept");

        var explanation = Explain("80", "-4");

        explanation.AssertReachable();
        var note = $"rules depend on the time: this answer changes at {DateTime.UtcNow.Date.AddDays(1):yyyy-MM-dd} 00:00:00 UTC";
        Assert.Equal(note, explanation.Footnotes);
        Assert.Contains(note, Row(80).GetProperty("notes").EnumerateArray().Select(static n => n.GetString()));
    }

    [Fact]
    public void What_asks_for_the_time_and_never_changes_says_nothing()
    {
        Pair.Target.ListenTcp(80);
        Load("policy drop; ct state established accept; meta hour \"00:00\"-\"12:00\" counter; tcp dport 80 accept");

        Assert.Equal("", Explain("80", "-4").Footnotes);
    }

    private void Load(
        string rules) =>
            Pair.Target.Nft($"table inet fw {{ set seen {{ type ipv4_addr; flags dynamic; timeout 1m; }}; set counted {{ type ipv4_addr; "
                + $"flags dynamic; }}; set pairs {{ type ipv4_addr . ipv4_addr; flags dynamic; }}; chain input {{ type filter hook input "
                + $"priority 0; {rules}; }}; }}");

    private void Shell(string command)
    {
        var (output, error, exit) = Pair.Target.Execute(Tool.Find("bash"), command, "-e");
        Assert.True(exit == 0, output + error);
    }

    private JsonElement Row(int port)
    {
        var (_, output, error) = LabConsole.Run(Pair.Target, "--json");
        Assert.True(output.Length > 0, error);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.GetProperty("ports").EnumerateArray().First(r => r.GetProperty("port").GetInt32() == port).Clone();
    }
}
