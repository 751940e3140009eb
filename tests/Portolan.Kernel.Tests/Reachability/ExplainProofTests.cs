namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// The packet that the kernel is asked about is one of those that were judged; what it says is never called a defect where it is none.
/// </summary>
public sealed class ExplainProofTests : ExplainLab
{
    [Theory]
    [InlineData("ip frag-off & 0x4000 != 0 drop", "")]
    [InlineData("ip length > 600 drop", "")]
    [InlineData("ip length < 48 drop", "")]
    [InlineData("ip ttl < 60 drop", "")]
    [InlineData("ip id 7 drop", "")]
    [InlineData("ip dscp cs1 drop", "")]
    [InlineData("tcp window < 1000 drop", "")]
    [InlineData("tcp doff 5 drop", "")]
    [InlineData("tcp sequence 5 drop", "")]
    [InlineData("tcp dport 8080 reject", "")]
    [InlineData("tcp dport 8080 reject with icmpx admin-prohibited", "")]
    [InlineData("iifname nosuch drop", "")]
    [InlineData("add @a { ip saddr limit rate over 1/minute } drop", "set a { type ipv4_addr; flags dynamic; size 1000; }")]
    [InlineData("add @a { ip saddr } accept", "set a { type ipv4_addr; flags dynamic; size 1000; }")]
    [InlineData("update @a { ip saddr timeout 1m counter } accept", "set a { type ipv4_addr; flags dynamic,timeout; size 1000; }")]
    public void The_kernel_agrees(string rule, string set)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ {set}\n chain i {{ type filter hook input priority 0; {rule}\n }}\n }}");

        Assert.Contains("as predicted", Prove("8080", "--from", Client), StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_without_IPv4_is_rebuilt_without_it()
    {
        Listen(System.Net.IPAddress.IPv6Any, 8080);
        Pair.Target.Ip("address del 127.0.0.1/8 dev lo");
        Pair.Target.Ip("address flush dev eth0 scope global");
        Pair.Target.Ip("address add 2001:db8::2/64 dev eth0 nodad");

        var said = Prove("8080", "-6");

        Assert.Contains("the kernel delivered it, and let a request and its reply through, as predicted", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_SYN_proxy_is_one_of_the_ways_it_may_go()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("""
            table inet fw {
              chain i { type filter hook input priority 0; tcp dport 8080 ct state invalid,untracked synproxy mss 1460
              }
              chain p { type filter hook prerouting priority -300; tcp dport 8080 tcp flags syn notrack
              }
            }
            """);

        Assert.Contains("one of the predicted outcomes", Prove("8080", "--from", Client), StringComparison.Ordinal);
    }

    [Fact]
    public void A_fragment_cannot_be_made_and_that_is_said()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; ip frag-off & 0x4000 == 0 ip id 1-65535 ip ttl 1-255 "
            + "accept\n ip frag-off & 0xffff == 0x2000 drop\n }\n }");

        Assert.DoesNotContain("defect", Prove("8080", "--from", Client), StringComparison.Ordinal);
    }

    [Fact]
    public void To_a_neighbour_on_the_link_over_IPv6()
    {
        var near = Pair.Scanner.Run(static () => System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address).First(a => a.IsIPv6LinkLocal));
        near.ScopeId = 0;

        Assert.Contains("sent it out, as predicted", Prove($"[{near}]:8600"), StringComparison.Ordinal);
        Pair.Target.ListenTcp(8080);
        Assert.Contains(
            "let a request and its reply through, as predicted", Prove("8080", "--from", near.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void From_here_the_source_port_is_one_of_those_that_the_kernel_gives()
    {
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; tcp dport 8080 reject\n }\n }");

        Assert.Equal(("depends", ""), (Explain($"{Client}:8600").Verdict, Explain($"{Client}:8600").Failed));
        Assert.Contains("as predicted", Prove($"{Client}:8600"), StringComparison.Ordinal);
    }

    [Fact]
    public void It_names_the_interface_of_the_packet_and_no_other()
    {
        foreach (var number in new[] { 1, 2, 3 })
        {
            Pair.Target.Ip($"link add other{number} type veth peer name far{number}");
            Pair.Target.Ip($"link set other{number} up");
            Pair.Target.Address($"other{number}", $"198.19.{number}.1/24");
        }

        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; policy drop; icmpv6 type { 133-137 } accept; tcp "
            + "dport 22 accept; }; }");

        var said = Prove("8080", "--from", Client);
        Assert.Matches(
            $" prove +✔ one packet from {Client} by \\S+ to {Server}:8080: the kernel dropped it by inet fw i policy drop, as predicted\n",
            said);
        Assert.DoesNotMatch("other[0-9]|far[0-9]", said);

        // Nor where they arrive on another one.
        said = Prove("8080", "--from", "198.19.2.9");
        Assert.Contains("one packet from 198.19.2.9 by other2 to ", said, StringComparison.Ordinal);
        Assert.DoesNotMatch("other[13]|far[0-9]", said);
    }

    [Theory]
    [InlineData("policy accept;", "delivered it, and let a request and its reply through, as predicted")]
    [InlineData("policy accept; tcp flags & psh == psh drop", "delivered it, and stopped the request by inet fw i handle ")]
    [InlineData(
        "policy accept; ct state established reject with tcp reset", "delivered it, and stopped the request by inet fw i handle ")]
    [InlineData(
        "policy drop; limit rate 3/hour burst 2 packets accept",
        "delivered it, and stopped the request by inet fw i policy drop, as predicted")]
    [InlineData(
        "policy accept; }; chain o { type filter hook output priority 0; tcp flags & psh == psh drop",
        "delivered it, and stopped the reply by inet fw o handle ")]
    [InlineData("policy accept; tcp flags & fin == fin drop", "delivered it, and let a request and its reply through, as predicted")]
    public void Data_is_exchanged_both_ways(string rules, string said)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ chain i {{ type filter hook input priority 0; {rules}\n }}\n }}");

        foreach (var sender in new[] { Client, "2001:db8::1" })
        {
            Assert.Contains(said, Prove("8080", "--from", sender), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("policy accept;", "delivered it, and let a request and its reply through, as predicted")]
    [InlineData(
        "policy accept; }; chain o { type filter hook output priority 0; udp sport 5353 drop",
        "delivered it, and stopped the reply by inet fw o handle ")]
    public void A_datagram_is_answered(string rules, string said)
    {
        Pair.Target.EchoUdp(5353);
        Pair.Target.Nft($"table inet fw {{ chain i {{ type filter hook input priority 0; {rules}\n }}\n }}");

        Assert.Contains(said, Prove("5353/udp", "--from", Client), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from 10.0.0.0/8 tun_id 5 lookup 7", "through, as predicted", "")]
    [InlineData("ipproto tcp dport 25 prohibit", "through, as predicted", "")]
    [InlineData("from 203.0.113.0/24 uidrange 1000-1001 lookup 7", "through, as predicted", "is not rebuilt")]
    public void A_policy_rule_about_other_packets_does_not_disable_the_proof(string rule, string said, string caveat)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Ip($"rule add pref 100 {rule}");

        var output = Prove("8080", "--from", Client);

        Assert.Contains(said, output, StringComparison.Ordinal);
        Assert.Equal(caveat.Length > 0, output.Contains("policy rule 100: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_policy_rule_that_cannot_be_rebuilt_is_named_once_in_the_words_of_ip_rule()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Ip("rule add pref 100 from all uidrange 1000-1001 lookup 7");

        var output = LabConsole.Run(Pair.Target, "explain", "8080", "--from", Client, "--prove", "--json").Output;

        const string Named = "policy rule 100: from all uidrange 1000-1001 lookup 7";
        Assert.Contains($"the kernel could not be tested: not rebuilt: {Named}\"", output, StringComparison.Ordinal);
    }

    private string Prove(params string[] words)
    {
        var (_, output, error) = LabConsole.Run(Pair.Target, ["explain", .. words, "--prove"]);
        Assert.DoesNotContain("defect", output + error, StringComparison.Ordinal);
        return output + error;
    }
}
