using Portolan.Firewall.Acquire;
using Portolan.Firewall.Legacy;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netfilter;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Reading;

/// <summary>Tables of iptables-legacy are read as tables, chains and rules like those of nftables.</summary>
public sealed class LegacyTableTests
{
    private const string NamesFile = "/proc/thread-self/net/ip_tables_names";

    [Fact]
    public void A_table_that_does_not_exist_is_not_made_by_reading() => Netns.Run(() =>
    {
        Assert.Empty(File.ReadAllText(NamesFile));
        Assert.Empty(Read().Tables);
        Assert.Empty(File.ReadAllText(NamesFile));

        // Listing a table is what makes it: the check above would see that.
        Tool.Lines("iptables-legacy", "-t", "nat", "-L", "-n");
        Assert.Equal("nat\n", File.ReadAllText(NamesFile));
        Assert.Equal("nat", Assert.Single(Read().Tables).Name);
        Assert.Equal("nat\n", File.ReadAllText(NamesFile));
    });

    [Fact]
    public void Every_table_has_the_hooks_and_priorities_of_its_module() => Netns.Run(() =>
    {
        foreach (var table in (string[])["raw", "mangle", "nat", "filter", "security"])
        {
            Tool.Lines("iptables-legacy", "-t", table, "-L", "-n");
            Tool.Lines("ip6tables-legacy", "-t", table, "-L", "-n");
        }

        var tables = Read().Tables;
        foreach (var family in (RuleFamily[])[RuleFamily.Ip, RuleFamily.Ip6])
        {
            string Hooks(string name) => string.Join(' ', tables.Single(t => t.Family == family && t.Name == name).Chains
                .Select(c => $"{c.Name}@{c.Hook!.Point}{c.Hook.Priority:+0;-0;+0}/{c.Hook.Type}/{c.Hook.Policy}"));
            Assert.Equal("PREROUTING@Prerouting-300/filter/Accept OUTPUT@Output-300/filter/Accept", Hooks("raw"));
            Assert.Equal(
                "PREROUTING@Prerouting-150/filter/Accept INPUT@Input-150/filter/Accept FORWARD@Forward-150/filter/Accept "
                    + "OUTPUT@Output-150/route/Accept POSTROUTING@Postrouting-150/filter/Accept",
                Hooks("mangle"));
            Assert.Equal("PREROUTING@Prerouting-100/nat/Accept INPUT@Input+100/nat/Accept OUTPUT@Output-100/nat/Accept "
                + "POSTROUTING@Postrouting+100/nat/Accept", Hooks("nat"));
            Assert.Equal("INPUT@Input+0/filter/Accept FORWARD@Forward+0/filter/Accept OUTPUT@Output+0/filter/Accept", Hooks("filter"));
            Assert.Equal("INPUT@Input+50/filter/Accept FORWARD@Forward+50/filter/Accept OUTPUT@Output+50/filter/Accept", Hooks("security"));
        }
    });

    [Fact]
    public void Jumps_returns_verdicts_policies_and_counters_are_read() => Netns.Run(() =>
    {
        Legacy("-N", "first");
        Legacy("-N", "empty");
        Legacy("-P", "FORWARD", "DROP");
        Legacy("-A", "INPUT", "-c", "7", "900", "-j", "first");
        Legacy("-A", "INPUT", "-g", "empty");
        Legacy("-A", "INPUT");
        Legacy("-A", "first", "-j", "RETURN");
        Legacy("-A", "first", "-j", "DROP");
        Legacy("-A", "first", "-j", "ACCEPT");
        var table = Assert.Single(Read().Tables);
        Assert.True(table.IsLegacy);
        var chains = table.Chains.ToDictionary(c => c.Name);
        Assert.Equal(["INPUT", "FORWARD", "OUTPUT", "empty", "first"], chains.Keys);
        Assert.Equal(VerdictKind.Drop, chains["FORWARD"].Hook!.Policy);
        Assert.Null(chains["first"].Hook);
        Assert.Empty(chains["empty"].Rules);
        Assert.Equal(["Jump first", "Goto empty", ""], chains["INPUT"].Rules.Select(Verdict));
        Assert.Equal(["Return", "Drop", "Accept"], chains["first"].Rules.Select(Verdict));
        Assert.Equal([1ul, 2ul, 3ul], chains["INPUT"].Rules.Select(r => r.Handle));
        Assert.Contains(new CounterExpression(900, 7), chains["INPUT"].Rules[0].Expressions);
    });

    [Fact]
    public void The_IP_header_of_a_rule_is_read() => Netns.Run(() =>
    {
        Legacy(
            "-A", "FORWARD", "!", "-s", "10.0.0.0/255.0.255.0", "-d", "192.0.2.1", "-i", "eth+", "!", "-o", "lan0", "-p", "tcp", "-j",
            "DROP");
        Legacy("-A", "FORWARD", "!", "-f", "!", "-p", "47");
        Tool.Lines("ip6tables-legacy", "-A", "INPUT", "-s", "2001:db8::/32", "-p", "udp", "-g", Make6("side"));
        var tables = Read().Tables;
        var rules = tables.Single(t => t.Family == RuleFamily.Ip).Chains.Single(c => c.Name == "FORWARD").Rules;
        var any = new InterfacePattern("", true, false);
        Assert.Equal(
            new IpHeaderMatchExpression(
                RuleFamily.Ip,
                new(Address("10.0.0.0"), Address("255.0.255.0"), true),
                new(Address("192.0.2.1"), Address("255.255.255.255"), false),
                new("eth", true, false),
                new("lan0", false, true),
                6,
                false,
                null),
            rules[0].Expressions[0]);
        var none = new AddressMask(Address("0.0.0.0"), Address("0.0.0.0"), false);
        Assert.Equal(new IpHeaderMatchExpression(RuleFamily.Ip, none, none, any, any, 47, true, false), rules[1].Expressions[0]);

        var rule = tables.Single(t => t.Family == RuleFamily.Ip6).Chains.Single(c => c.Name == "INPUT").Rules[0];
        var header = Assert.IsType<IpHeaderMatchExpression>(rule.Expressions[0]);
        Assert.Equal(new AddressMask(Address("2001:db8::"), Address("ffff:ffff::"), false), header.Source);
        Assert.Equal(17, header.Protocol);
        Assert.Equal("Goto side", Verdict(rule));
    });

    [Fact]
    public void Chains_and_rules_are_as_many_as_iptables_saves() => Netns.Run(() =>
    {
        var random = new Random(4);
        var lines = new List<string> { "*filter", ":INPUT DROP [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]" };
        lines.AddRange(Enumerable.Range(0, 50).Select(i => $":chain{i:00} - [0:0]"));
        for (var index = 0; index < 2_000; index++)
        {
            var chain = random.Next(49);
            lines.Add($"-A chain{chain:00} -s 198.18.{random.Next(256)}.{random.Next(256)} -p tcp -m multiport --dports "
                + $"{random.Next(1, 65535)} -j {(random.Next(2) == 0 ? "ACCEPT" : $"chain{random.Next(chain + 1, 50):00}")}");
        }

        lines.Add("COMMIT\n");
        Tool.Feed("iptables-legacy-restore", string.Join('\n', lines));
        var saved = Tool.Lines("iptables-legacy-save", "-t", "filter");
        var table = Assert.Single(Read().Tables);
        Assert.Equal(
            saved.Where(l => l[0] == ':').Select(l => l[1..].Split(' ')[0]).Order(StringComparer.Ordinal),
            table.Chains.Select(c => c.Name).Order(StringComparer.Ordinal));
        foreach (var chain in table.Chains)
        {
            Assert.Equal(
                saved.Where(l => l.StartsWith($"-A {chain.Name} ", StringComparison.Ordinal)).Select(l => l[(l.LastIndexOf(' ') + 1)..]),
                chain.Rules.Select(r => Verdict(r) is "Accept" ? "ACCEPT" : Verdict(r)["Jump ".Length..]));
        }
    });

    [Fact]
    public void A_recorded_table_decodes_to_what_was_read() => Netns.Run(() =>
    {
        Legacy("-N", "side");
        foreach (var (line, _) in XtSamples.IPv4.Where(s => s.Line.StartsWith("filter INPUT", StringComparison.Ordinal)))
        {
            Legacy(["-A", "side", .. line.Split(' ')[2..]]);
        }

        Legacy("-A", "INPUT", "-s", "192.0.2.0/24", "!", "-i", "eth+", "-p", "tcp", "-j", "side");
        using var kernel = new KernelLegacyTables();
        var info = new byte[LegacyLayout.InfoSize];
        "filter"u8.CopyTo(info);
        Assert.Equal(0, kernel.Read(LegacyTableKind.Ip, LegacyTableQuestion.Info, info));
        var size = BitConverter.ToInt32(info, LegacyLayout.InfoSize - sizeof(int));
        var answer = new byte[LegacyLayout.EntriesHeaderSize + size];
        "filter"u8.CopyTo(answer);
        BitConverter.TryWriteBytes(answer.AsSpan(LegacyLayout.TableNameSize), size);
        Assert.Equal(0, kernel.Read(LegacyTableKind.Ip, LegacyTableQuestion.Entries, answer));
        var entries = answer.AsMemory(LegacyLayout.EntriesHeaderSize);
        var table = new LegacyTableDecoder(LegacyLayout.IPv4, "filter").Decode(info, entries);
        Assert.Equal(
            Read().Tables[0].Chains.Select(c => $"{c.Name} {c.Rules.Count}"), table!.Chains.Select(c => $"{c.Name} {c.Rules.Count}"));
        if (Environment.GetEnvironmentVariable("PORTOLAN_RECORDINGS") is { } folder)
        {
            File.WriteAllBytes(Path.Combine(folder, "legacy-filter.bin"), [.. info, .. entries.Span]);
        }
    });

    private static Ruleset Read()
    {
        var reading = KernelRules.Read(TestContext.Current.CancellationToken);
        Assert.True(reading.IsRead);
        Assert.Empty(reading.Ruleset.Missing);
        return reading.Ruleset;
    }

    private static void Legacy(params string[] words) => Tool.Lines("iptables-legacy", ["-w", .. words]);

    private static string Make6(string chain)
    {
        Tool.Lines("ip6tables-legacy", "-w", "-N", chain);
        return chain;
    }

    private static string Verdict(Rule rule) =>
        rule.Expressions.OfType<ImmediateExpression>().Select(e => $"{e.Verdict!.Kind} {e.Verdict.Chain}".Trim()).SingleOrDefault() ?? "";

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);
}
