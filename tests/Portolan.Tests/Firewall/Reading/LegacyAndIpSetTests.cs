using Portolan.Firewall.Acquire;
using Portolan.Firewall.IpSets;
using Portolan.Firewall.Legacy;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Linux;
using Portolan.Linux.Netfilter;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Reading;

/// <summary>Legacy tables and sets of ipset from recordings, whole and damaged.</summary>
public sealed class LegacyAndIpSetTests
{
    private static byte[] Legacy => File.ReadAllBytes(Path.Combine("Recordings", "legacy-filter.bin"));

    [Fact]
    public void A_recorded_legacy_table_is_read_without_a_kernel()
    {
        var table = Decode(Legacy)!;
        Assert.Equal(["INPUT", "FORWARD", "OUTPUT", "side"], table.Chains.Select(c => c.Name));
        var side = table.Chains.Single(c => c.Name == "side");
        Assert.True(side.Rules.Count > 25);
        Assert.All(side.Rules.SelectMany(r => r.Expressions).OfType<XtMatchExpression>(), m => Assert.NotNull(m.Match));
        Assert.All(side.Rules.SelectMany(r => r.Expressions).OfType<XtTargetExpression>(), t => Assert.NotNull(t.Target));
        Assert.Contains("hello", side.Rules.Select(r => r.Comment));
    }

    [Fact]
    public void A_damaged_legacy_table_never_throws()
    {
        var (bytes, refused) = (Legacy, 0);
        Fuzz.Run(3_000, (random, _) => refused += Decode(Fuzz.Damage(random, bytes)) is null ? 1 : 0);
        Assert.InRange(refused, 1, 2_999);
    }

    [Fact]
    public void A_table_that_may_not_be_read_is_missing()
    {
        using var kernel = new FakeNetfilter();
        using var tables = new RefusingTables();
        var ruleset = KernelRules.Read(kernel, tables, TestContext.Current.CancellationToken).Require();
        Assert.Empty(ruleset.Tables);
        Assert.Contains(ruleset.Missing, m => m.What == "the table filter of iptables-legacy");
        Assert.Contains(ruleset.Missing, m => m.What == "the tables of ip6tables-legacy");
        Assert.Contains(ruleset.Missing, m => m.What == "the tables of arptables-legacy");
    }

    [Fact]
    public void Recorded_sets_are_read_without_a_kernel()
    {
        var missing = new List<MissingFact>();
        var sets = ReadSets(channel => channel, missing).ToDictionary(s => s.Name);
        Assert.Empty(missing);
        Assert.Equal("friend", Assert.Single(sets["hosts"].Elements!).Comment);
        Assert.Equal(RuleFamily.Ip6, sets["nets"].Family);
        Assert.Single(sets["nets"].Elements!, e => e.IsException);
        Assert.Equal("eth0", Assert.Single(sets["wires"].Elements!).Interface);
        Assert.Equal(["hosts"], sets["all"].Members);
    }

    [Fact]
    public void Damaged_sets_never_throw()
    {
        var told = 0;
        Fuzz.Run(2_000, (random, _) =>
        {
            var missing = new List<MissingFact>();
            ReadSets(channel => new DamagingChannel(channel, random), missing);
            told += missing.Count;
        });
        Assert.True(told > 0, "damage must have been told");
    }

    private static RuleTable? Decode(byte[] bytes) =>
        new LegacyTableDecoder(LegacyLayout.IPv4, "filter").Decode(
            bytes.AsSpan(0, Math.Min(bytes.Length, LegacyLayout.InfoSize)),
            bytes.AsMemory(Math.Min(bytes.Length, LegacyLayout.InfoSize)));

    private static IReadOnlyList<IpSet> ReadSets(Func<INetlinkChannel, INetlinkChannel> wrap, List<MissingFact> missing)
    {
        Assert.True(NetlinkRecording.TryParse(File.ReadAllBytes(Path.Combine("Recordings", "ipsets.pnlr")), out var recording));
        using var channel = wrap(recording.Replay(NetlinkFamily.Netfilter));
        return IpSetReader.Read(channel, missing, TestContext.Current.CancellationToken);
    }

    private sealed class RefusingTables : ILegacyTableSource
    {
        public int ReadNames(LegacyTableKind kind, out IReadOnlyList<string> names)
        {
            names = kind == LegacyTableKind.Ip6 ? [] : ["filter"];
            return kind == LegacyTableKind.Ip6 ? Errno.AccessDenied : 0;
        }

        public int Read(LegacyTableKind kind, LegacyTableQuestion question, Span<byte> buffer) => Errno.NotPermitted;

        public void Dispose()
        {
        }
    }
}
