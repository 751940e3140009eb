using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Reading;

/// <summary>What the reader makes of a kernel's answers, whole, torn, refused and damaged.</summary>
public sealed class RulesetReaderTests
{
    [Fact]
    public void A_state_that_changed_is_read_again()
    {
        uint[] generations = [1, 2, 2, 2];
        var asked = 0;
        using var kernel = new FakeNetfilter { Generation = () => generations[asked++] }.WithChain();
        var ruleset = Read(kernel);
        Assert.Equal(4, asked);
        Assert.Equal(2u, ruleset.Generation);
        Assert.Empty(ruleset.Missing);
        Assert.Single(ruleset.Tables);
    }

    [Fact]
    public void An_interrupted_dump_is_read_again()
    {
        var dumps = 0;
        using var kernel = new FakeNetfilter { IsInterrupted = m => m == NetfilterMessage.GetRule && dumps++ == 0 }.WithChain().WithRule(
            ("notrack", _ => { }
        ));
        var ruleset = Read(kernel);
        Assert.Equal(2, dumps);
        Assert.Empty(ruleset.Missing);
        Assert.Single(ruleset.Tables[0].Chains[0].Rules);
    }

    [Fact]
    public void A_state_that_changes_for_ever_is_told_as_torn()
    {
        var generation = 0u;
        using var kernel = new FakeNetfilter { Generation = () => generation++ }.WithChain();
        var ruleset = Read(kernel);
        Assert.Equal(2u * RulesetReader.MaximumAttempts, generation);
        Assert.Contains(ruleset.Missing, m => m.Why.Contains("changed while they were read", StringComparison.Ordinal));
    }

    [Fact]
    public void A_set_that_went_meanwhile_is_a_torn_reading()
    {
        var refused = 0;
        using var kernel = new FakeNetfilter { Errno = m => m == NetfilterMessage.GetElement && refused++ == 0 ? Errno.NoEntry : 0 }
            .WithChain()
            .With(NetfilterMessage.GetSet, Set);
        var ruleset = Read(kernel);
        Assert.Equal(2, refused);
        Assert.Empty(ruleset.Missing);
        Assert.False(Assert.Single(ruleset.Tables[0].Sets).IsPartial);
    }

    [Fact]
    public void Elements_that_cannot_be_read_make_their_set_partial()
    {
        using var kernel = new FakeNetfilter { Errno = m => m == NetfilterMessage.GetElement ? Errno.NoMemory : 0 }
            .WithChain()
            .With(NetfilterMessage.GetSet, Set);
        var ruleset = Read(kernel);
        Assert.True(Assert.Single(ruleset.Tables[0].Sets).IsPartial);
        Assert.Contains(ruleset.Missing, m => m.What.Contains("the set s ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_kernel_that_wants_privilege_gives_no_rules_and_not_none()
    {
        using var kernel = new FakeNetfilter { Errno = _ => Errno.NotPermitted }.WithChain();
        var reading = RulesetReader.Read(kernel, TestContext.Current.CancellationToken);
        Assert.Equal(RulesetAccess.NotPermitted, reading.Access);
        var error = Assert.Throws<PortolanException>(() => reading.Require());
        Assert.Equal(ExitCode.NoPrivilege, error.ExitCode);
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public void A_kernel_without_nf_tables_has_no_rules()
    {
        using var kernel = new FakeNetfilter { Errno = _ => Errno.InvalidArgument };
        var ruleset = Read(kernel);
        Assert.Empty(ruleset.Tables);
        Assert.Empty(ruleset.Missing);
    }

    [Fact]
    public void An_old_kernel_without_objects_and_flowtables_is_read_without_them()
    {
        using var kernel = new FakeNetfilter
        {
            Errno = m =>
            m is NetfilterMessage.GetObject or NetfilterMessage.GetFlowtable ? Errno.InvalidArgument : 0
        }.WithChain();
        Assert.Empty(Read(kernel).Missing);
    }

    [Fact]
    public void Rules_that_a_kernel_refuses_are_missing()
    {
        using var kernel = new FakeNetfilter { Errno = m => m == NetfilterMessage.GetRule ? Errno.InvalidArgument : 0 }.WithChain();
        Assert.Contains(Read(kernel).Missing, m => m.What == "the firewall's rules");
    }

    [Fact]
    public void A_hook_that_a_family_does_not_have_is_missing()
    {
        using var kernel = new FakeNetfilter().With(NetfilterMessage.GetTable, w => w.Text(1, "t")).With(NetfilterMessage.GetChain, w =>
        {
            w.Text(1, "t");
            w.Text(3, "c");
            var hook = w.BeginNest(4);
            w.BigEndian32(1, 9);
            w.BigEndian32(2, 0);
            w.EndNest(hook);
        });
        var ruleset = Read(kernel);
        Assert.Empty(ruleset.Tables[0].Chains);
        Assert.Contains(ruleset.Missing, m => m.What == "a chain of the firewall");
    }

    [Fact]
    public void Flags_owners_and_counters_of_policies_are_read()
    {
        using var kernel = new FakeNetfilter()
            .With(NetfilterMessage.GetTable, w =>
            {
                w.Text(1, "t");
                w.BigEndian32(2, (uint)(TableFlags.Dormant | TableFlags.Owner));
                w.BigEndian64(4, 7);
                w.BigEndian32(7, 1234);
            })
            .With(NetfilterMessage.GetChain, w =>
            {
                w.Text(1, "t");
                w.BigEndian64(2, 8);
                w.Text(3, "c");
                var hook = w.BeginNest(4);
                w.BigEndian32(1, 1);
                w.BigEndian32(2, unchecked((uint)-10));
                w.EndNest(hook);
                w.BigEndian32(5, 0);
                w.Text(7, "filter");
                var counters = w.BeginNest(8);
                w.BigEndian64(1, 900);
                w.BigEndian64(2, 9);
                w.EndNest(counters);
            });
        var table = Assert.Single(Read(kernel).Tables);
        Assert.Equal((TableFlags.Dormant | TableFlags.Owner, 7ul, 1234u), (table.Flags, table.Handle, table.OwnerPortId));
        var chain = Assert.Single(table.Chains);
        Assert.Equal(8ul, chain.Handle);
        Assert.Equal(
            new ChainHook(HookPoint.Input, -10, "filter", VerdictKind.Drop, []) { PolicyBytes = 900, PolicyPackets = 9 },
            chain.Hook! with { Devices = [] });
    }

    [Theory]
    [InlineData(RuleFamily.Inet, "Prerouting Input Forward Output Postrouting Ingress none")]
    [InlineData(RuleFamily.Ip, "Prerouting Input Forward Output Postrouting none none")]
    [InlineData(RuleFamily.Ip6, "Prerouting Input Forward Output Postrouting none none")]
    [InlineData(RuleFamily.Bridge, "Prerouting Input Forward Output Postrouting none none")]
    [InlineData(RuleFamily.Arp, "Input Output Forward none none none none")]
    [InlineData(RuleFamily.NetDevice, "Ingress Egress none none none none none")]
    [InlineData(RuleFamily.Unspecified, "none none none none none none none")]
    public void Every_family_counts_its_hooks_in_its_own_way(RuleFamily family, string expected) =>
        Assert.Equal(
            expected, string.Join(' ', Enumerable.Range(0, 7).Select(n => HookNumbers.Find(family, (uint)n)?.ToString() ?? "none")));

    [Fact]
    public void Names_that_are_not_text_stay_apart()
    {
        using var kernel = new FakeNetfilter()
            .With(NetfilterMessage.GetTable, w => w.Data(1, [0xff, 0]))
            .With(NetfilterMessage.GetTable, w => w.Data(1, [0xfe, 0]));
        Assert.Equal(2, Read(kernel).Tables.Select(t => t.Name).Distinct().Count());
    }

    [Fact]
    public void A_recorded_ruleset_is_read_without_a_kernel()
    {
        using var channel = Recording("every-expression.pnlr");
        var ruleset = Read(channel);
        Assert.Empty(ruleset.Missing);
        Assert.Equal(5, ruleset.Tables.Count);
        var expressions = ruleset.Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules).SelectMany(r => r.Expressions).ToList();
        Assert.DoesNotContain(expressions, e => e is UnknownExpression);
        Assert.Superset(
            new HashSet<string>(
                ("meta payload cmp bitwise byteorder lookup immediate ct fib nat masq redir limit counter reject log dynset objref exthdr "
                    + "notrack range quota connlimit socket osf rt xfrm numgen hash tproxy synproxy dup fwd")
                    .Split(' ').Except(["range", "quota"])),
            new HashSet<string>(expressions.Select(e => e.KernelName)));
    }

    [Fact]
    public void Damaged_answers_never_throw()
    {
        Assert.True(NetlinkRecording.TryParse(File.ReadAllBytes(Path.Combine("Recordings", "every-expression.pnlr")), out var recording));
        var unknown = 0;
        Fuzz.Run(400, (random, _) =>
        {
            using var channel = new DamagingChannel(recording.Replay(NetlinkFamily.Netfilter), random);
            var reading = RulesetReader.Read(channel, TestContext.Current.CancellationToken);
            unknown += reading.Ruleset?.Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules).SelectMany(r => r.Expressions).Count(
                e => e is UnknownExpression) ?? 0;
        });
        Assert.True(unknown > 0, "damage must have reached the expressions");
    }

    private static void Set(NetlinkWriter writer)
    {
        writer.Text(1, "t");
        writer.Text(2, "s");
        writer.BigEndian32(5, 4);
    }

    private static Ruleset Read(INetlinkChannel channel) => RulesetReader.Read(channel, TestContext.Current.CancellationToken).Require();

    private static INetlinkChannel Recording(string name)
    {
        Assert.True(NetlinkRecording.TryParse(File.ReadAllBytes(Path.Combine("Recordings", name)), out var recording));
        return recording.Replay(NetlinkFamily.Netfilter);
    }
}
