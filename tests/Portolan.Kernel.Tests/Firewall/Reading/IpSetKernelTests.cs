using Portolan.Firewall.Acquire;
using Portolan.Firewall.IpSets;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Kernel.Tests.Firewall.Reading;

/// <summary>Sets that ipset makes are read back, and compared with what <c>ipset save</c> prints.</summary>
public sealed class IpSetKernelTests
{
    [Theory]
    [InlineData("hash:ip", "", "192.0.2.1", "192.0.2.1-192.0.2.1")]
    [InlineData("hash:ip", "netmask 24", "192.0.2.0", "192.0.2.0-192.0.2.255")]
    [InlineData("hash:ip", "family inet6", "2001:db8::1", "2001:db8::1-2001:db8::1")]
    [InlineData("hash:net", "", "10.0.0.0/8", "10.0.0.0-10.255.255.255")]
    [InlineData("hash:net", "", "10.1.0.0/16 nomatch", "10.1.0.0-10.1.255.255 nomatch")]
    [InlineData("hash:net", "family inet6", "2001:db8::/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("hash:ip,port", "", "192.0.2.1,tcp:80", "192.0.2.1-192.0.2.1 6:80-80")]
    [InlineData("hash:ip,port", "", "192.0.2.1,udp:53", "192.0.2.1-192.0.2.1 17:53-53")]
    [InlineData("hash:ip,port,ip", "", "192.0.2.1,tcp:80,198.51.100.1", "192.0.2.1-192.0.2.1 6:80-80 198.51.100.1-198.51.100.1")]
    [InlineData("hash:ip,port,net", "", "192.0.2.1,tcp:80,198.51.100.0/24", "192.0.2.1-192.0.2.1 6:80-80 198.51.100.0-198.51.100.255")]
    [InlineData("hash:net,port", "", "10.0.0.0/8,tcp:22 nomatch", "10.0.0.0-10.255.255.255 6:22-22 nomatch")]
    [InlineData("hash:net,iface", "", "10.0.0.0/8,eth0", "10.0.0.0-10.255.255.255 eth0")]
    [InlineData("hash:net,iface", "", "0.0.0.0/0,eth wildcard", "0.0.0.0-255.255.255.255 eth*")]
    [InlineData("hash:net,iface", "", "10.0.0.0/8,physdev:eth0", "10.0.0.0-10.255.255.255 bridge port eth0")]
    [InlineData("bitmap:ip", "range 192.0.2.0/24", "192.0.2.7", "192.0.2.7-192.0.2.7")]
    [InlineData("bitmap:port", "range 0-65535", "8080", "0:8080-8080")]
    public void An_element_is_what_ipset_was_told(string type, string options, string element, string expected) => Netns.Run(() =>
    {
        Tool.Lines("ipset", ["create", "probe", .. type.Split(' '), .. Words(options)]);
        Tool.Lines("ipset", ["add", "probe", .. element.Split(' ')]);
        var set = Assert.Single(Read().IpSets);
        Assert.Equal("probe", set.Name);
        Assert.Equal(type, set.TypeName);
        Assert.NotNull(set.Index);
        Assert.Equal(expected, Text(Assert.Single(set.Elements!)));
    });

    [Fact]
    public void Timeouts_and_comments_come_along() => Netns.Run(() =>
    {
        Tool.Lines("ipset", "create", "guests", "hash:ip", "timeout", "600", "comment");
        Tool.Lines("ipset", "add", "guests", "192.0.2.1", "timeout", "300", "comment", "a friend");
        var element = Assert.Single(Read().IpSets[0].Elements!);
        Assert.InRange(element.TimeoutSeconds!.Value, 200u, 300u);
        Assert.Equal("a friend", element.Comment);
    });

    [Fact]
    public void A_list_names_its_sets() => Netns.Run(() =>
    {
        Tool.Lines("ipset", "create", "one", "hash:ip");
        Tool.Lines("ipset", "create", "two", "hash:net");
        Tool.Lines("ipset", "create", "both", "list:set");
        Tool.Lines("ipset", "add", "both", "one");
        Tool.Lines("ipset", "add", "both", "two");
        var list = Read().IpSets.Single(s => s.Name == "both");
        Assert.Equal(["one", "two"], list.Members);
        Assert.Empty(list.Elements!);
        Assert.Equal(RuleFamily.Unspecified, list.Family);
    });

    [Fact]
    public void Elements_of_a_type_that_is_not_known_are_missing_and_not_none() => Netns.Run(() =>
    {
        Tool.Lines("ipset", "create", "machines", "bitmap:ip,mac", "range", "192.0.2.0/24");
        Tool.Lines("ipset", "add", "machines", "192.0.2.1,02:00:00:00:00:01");
        var ruleset = Read();
        Assert.Null(ruleset.IpSets[0].Elements);
        Assert.Contains(ruleset.Missing, m => m.What.Contains("machines", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData("iptables-nft")]
    [InlineData("iptables-legacy")]
    public void A_rule_names_its_set_by_the_index(string program) => Netns.Run(() =>
    {
        Tool.Lines("ipset", "create", "other", "hash:ip");
        Tool.Lines("ipset", "create", "wanted", "hash:net,port");
        Tool.Lines(program, "-A", "INPUT", "-m", "set", "!", "--match-set", "wanted", "src,dst", "-j", "ACCEPT");
        var ruleset = Read();
        var match = Assert.IsType<SetMatch>(
            Assert.Single(ruleset.Tables.Single().Chains.Single(c => c.Name == "INPUT").Rules).Expressions.OfType<XtMatchExpression>()
                .Single().Match);
        Assert.Equal(ruleset.IpSets.Single(s => s.Name == "wanted").Index, match.Set.Index);
        Assert.True(match.Set.IsInverted);
        Assert.Equal(2, match.Set.Dimensions);
        Assert.True(match.Set.IsSource(0));
        Assert.False(match.Set.IsSource(1));
    });

    [Fact]
    public void A_large_set_is_read_whole() => Netns.Run(() =>
    {
        Tool.Lines("ipset", "create", "many", "hash:ip", "maxelem", "100000");
        var lines = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"add many 198.{18 + (i >> 16)}.{(i >> 8) & 255}.{i & 255}\n"));
        Tool.Feed("ipset", lines, "restore");
        var set = Assert.Single(Read().IpSets);
        Assert.Equal(20_000, set.Elements!.Select(e => e.First).Distinct().Count());
        var saved = Tool.Lines("ipset", "save").Where(l => l.StartsWith("add ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2])
            .Order(StringComparer.Ordinal);
        Assert.Equal(saved, set.Elements!.Select(e => e.First!.Value.ToString()).Order(StringComparer.Ordinal));
    });

    [Fact]
    public void A_recording_replays_to_the_same_sets() => Netns.Run(() =>
    {
        Tool.Feed(
            "ipset",
            """
            create hosts hash:ip timeout 600 comment
            add hosts 192.0.2.1 comment friend
            create nets hash:net family inet6
            add nets 2001:db8::/32
            add nets 2001:db8:1::/48 nomatch
            create doors hash:net,port
            add doors 10.0.0.0/8,tcp:22
            create ports bitmap:port range 1-1024
            add ports 80
            create wires hash:net,iface
            add wires 10.0.0.0/8,eth0
            create all list:set
            add all hosts
            """,
            "restore");
        var recording = new NetlinkRecording();
        using (var channel = recording.Record(NetlinkFamily.Netfilter, NetlinkSocket.Open(NetlinkFamily.Netfilter)))
        {
            var live = IpSetReader.Read(channel, [], TestContext.Current.CancellationToken);
            Assert.Equal(["hosts", "nets", "doors", "ports", "wires", "all"], live.Select(s => s.Name));
        }

        var bytes = recording.ToBytes();
        Assert.True(NetlinkRecording.TryParse(bytes, out var parsed));
        using var replay = parsed.Replay(NetlinkFamily.Netfilter);
        Assert.Equal(6, IpSetReader.Read(replay, [], TestContext.Current.CancellationToken).Count);
        if (Environment.GetEnvironmentVariable("PORTOLAN_RECORDINGS") is { } folder)
        {
            File.WriteAllBytes(Path.Combine(folder, "ipsets.pnlr"), bytes);
        }
    });

    private static Ruleset Read()
    {
        var reading = KernelRules.Read(TestContext.Current.CancellationToken);
        Assert.True(reading.IsRead);
        return reading.Ruleset;
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Text(IpSetElement element)
    {
        var parts = new List<string>();
        if (element.First is not null)
        {
            parts.Add($"{element.First}-{element.Last}");
        }

        if (element.LastPort != 0)
        {
            parts.Add($"{element.Protocol}:{element.FirstPort}-{element.LastPort}");
        }

        if (element.SecondFirst is not null)
        {
            parts.Add($"{element.SecondFirst}-{element.SecondLast}");
        }

        if (element.Interface is not null)
        {
            parts.Add($"{(element.IsBridgePort ? "bridge port " : "")}{element.Interface}{(element.IsInterfacePrefix ? "*" : "")}");
        }

        if (element.IsException)
        {
            parts.Add("nomatch");
        }

        return string.Join(' ', parts);
    }
}
