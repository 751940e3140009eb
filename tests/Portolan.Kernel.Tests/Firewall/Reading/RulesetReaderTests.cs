using Portolan.Firewall.Acquire;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Rules.Reading;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Reading;

/// <summary>
/// Rules that nft loads are read back as what they mean. With PORTOLAN_RECORDINGS=FOLDER the answers are written there for Portolan.Tests.
/// </summary>
public sealed class RulesetReaderTests
{
    private const string Tcp = "r0 = meta TransportProtocol; Equal r0 06; ";
    private const string IPv4 = "r0 = meta NetfilterProtocol; Equal r0 02; ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ip saddr 192.0.2.0/23 drop", IPv4 + "r0 = Network 12+4; r0 = r0 & FFFFFE00 ^ 00000000; Equal r0 C0000200; Drop")]
    [InlineData("ip saddr != 10.0.0.0/8 accept", IPv4 + "r0 = Network 12+1; NotEqual r0 0A; Accept")]
    [InlineData(
        "ip6 daddr ::1-::ff accept",
        "r0 = meta NetfilterProtocol; Equal r0 0A; r0 = Network 24+16; GreaterOrEqual r0 00000000000000000000000000000001; LessOrEqual r0 "
            + "000000000000000000000000000000FF; Accept")]
    [InlineData("tcp dport 22 accept", Tcp + "r0 = Transport 2+2; Equal r0 0016; Accept")]
    [InlineData("tcp sport != 1-1023 drop", Tcp + "r0 = Transport 0+2; r0 outside 0001-03FF; Drop")]
    [InlineData("tcp flags & (syn | ack) == syn drop", Tcp + "r0 = Transport 13+1; r0 = r0 & 12 ^ 00; Equal r0 02; Drop")]
    [InlineData("tcp dport { 22, 80 } accept", Tcp + "r0 = Transport 2+2; r0 in @__set0; Accept")]
    [InlineData("tcp dport != @ports accept", Tcp + "r0 = Transport 2+2; r0 not in @ports; Accept")]
    [InlineData("ip saddr . tcp dport @pairs accept", IPv4 + Tcp + "r0 = Network 12+4; r1 = Transport 2+2; r0 in @pairs; Accept")]
    [InlineData("tcp dport vmap @ways", Tcp + "r0 = Transport 2+2; r0 in @ways gives verdict")]
    [InlineData(
        "icmpv6 type echo-request accept",
        "r0 = meta NetfilterProtocol; Equal r0 0A; r0 = meta TransportProtocol; Equal r0 3A; r0 = Transport 0+1; Equal r0 80; Accept")]
    [InlineData("iifname \"eth*\" jump other", "r0 = meta InputInterfaceName; Equal r0 657468; Jump other")]
    [InlineData("oifname \"lo\" goto other", "r0 = meta OutputInterfaceName; Equal r0 6C6F0000000000000000000000000000; Goto other")]
    [InlineData("iif \"lo\" return", "r0 = meta InputInterface; Equal r0 01000000; Return")]
    [InlineData("ct state established,related accept", "r0 = ct State; r0 = r0 & 06000000 ^ 00000000; NotEqual r0 00000000; Accept")]
    [InlineData("ct status dnat accept", "r0 = ct Status; r0 = r0 & 20000000 ^ 00000000; NotEqual r0 00000000; Accept")]
    [InlineData("ct original ip daddr 192.0.2.1 drop", "r0 = ct OriginalDestinationIpv4; Equal r0 C0000201; Drop")]
    [InlineData("ct mark set meta mark", "r0 = meta Mark; ct Mark = r0")]
    [InlineData("meta mark set ct mark and 0xff or 0x100", "r0 = ct Mark; r0 = r0 & FF000000 ^ 00010000; meta Mark = r0")]
    [InlineData("meta mark set meta mark << 4", "r0 = meta Mark; r0 = r0 LeftShift 04000000; meta Mark = r0")]
    [InlineData("fib daddr type local accept", "r0 = fib Destination AddressType; Equal r0 02000000; Accept")]
    [InlineData("fib saddr . iif oif missing drop", "r0 = fib Source, Input, Present InterfaceIndex; Equal r0 00000000; Drop")]
    [InlineData(
        "ip saddr 192.0.2.1 add @seen { ip saddr timeout 10s limit rate 3/second }",
        IPv4 + "r0 = Network 12+4; Equal r0 C0000201; r0 = Network 12+4; Add r0 to @seen for 10000 ms with LimitExpression { KernelName = "
            + "limit, Rate = 3, PerSeconds = 1, Burst = 5, IsBytes = False, IsOver = False }")]
    [InlineData(
        "limit rate over 10 mbytes/minute burst 3 kbytes drop",
        "LimitExpression { KernelName = limit, Rate = 10485760, PerSeconds = 60, Burst = 3072, IsBytes = True, IsOver = True }; Drop")]
    [InlineData("counter packets 3 bytes 4 accept", "CounterExpression { KernelName = counter, Bytes = 4, Packets = 3 }; Accept")]
    [InlineData(
        "tcp dport 9 reject with tcp reset",
        Tcp + "r0 = Transport 2+2; Equal r0 0009; RejectExpression { KernelName = reject, Kind = TcpReset, Code = 0 }")]
    [InlineData("reject", "RejectExpression { KernelName = reject, Kind = IcmpX, Code = 1 }")]
    [InlineData(
        "log prefix \"x\" level warn",
        "LogExpression { KernelName = log, Prefix = x, Group = , SnapLength = , QueueThreshold = , Level = 4, Flags = 0 }")]
    [InlineData("@th,16,16 80 accept", "r0 = Transport 2+2; Equal r0 0050; Accept")]
    public void An_expression_is_what_nft_was_told(string statement, string expected)
    {
        var ruleset = Load($$"""
            table inet t {
                set ports { type inet_service; }
                set pairs { type ipv4_addr . inet_service; flags interval; }
                set seen { type ipv4_addr; flags dynamic, timeout; }
                map ways { type inet_service : verdict; }
                chain other { }
                chain in {
                    type filter hook input priority 0;
                    {{statement}}
                }
            }
            """);
        Assert.Equal(expected, ExpressionWords.Of(Assert.Single(ruleset.Tables[0].Chains.Single(c => c.Name == "in").Rules)));
    }

    [Theory]
    [InlineData(
        "prerouting", "dstnat", "ip protocol tcp dnat ip to 198.51.100.7-198.51.100.9:8080-8090 random",
        IPv4 + "r0 = Network 9+1; Equal r0 06; r0 = C6336407; r4 = C6336409; r8 = 1F90; r12 = 1F9A; dnat Ip r0-r4:r8-r12 flags 7")]
    [InlineData(
        "prerouting", "dstnat", "tcp dport 81 redirect to :8080",
        Tcp + "r0 = Transport 2+2; Equal r0 0051; r0 = 1F90; RedirectExpression { KernelName = redir, PortMin = Register { Word = 0, "
            + "IsVerdict = False }, PortMax = Register { Word = 0, IsVerdict = False }, Flags = 2 }")]
    [InlineData(
        "postrouting", "srcnat", "snat ip6 to 2001:db8::1 persistent", "r0 = 20010DB8000000000000000000000001; snat Ip6 r0-r0:r-r flags 9")]
    [InlineData("postrouting", "srcnat", "masquerade", "MasqueradeExpression { KernelName = masq, Flags = 0, PortMin = , PortMax =  }")]
    public void A_translation_is_what_nft_was_told(string hook, string priority, string statement, string expected)
    {
        var ruleset = Load($"table inet t {{\nchain c {{\ntype nat hook {hook} priority {priority};\n{statement}\n}}\n}}");
        Assert.Equal(expected, ExpressionWords.Of(Assert.Single(ruleset.Tables[0].Chains[0].Rules)));
    }

    [Fact]
    public void Nothing_of_a_ruleset_with_everything_is_unknown()
    {
        var ruleset = Load(EveryExpression.Ruleset);
        Assert.Empty(ruleset.Missing);
        Assert.NotEqual(0u, ruleset.Generation);
        var expressions = ruleset.Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules).SelectMany(r => r.Expressions)
            .Concat(ruleset.Tables.SelectMany(t => t.Objects).Select(o => o.Expression).OfType<Expression>());
        Assert.DoesNotContain(expressions, e => e is UnknownExpression);
        Assert.All(ruleset.Tables.SelectMany(t => t.Sets), set => Assert.False(set.IsPartial));
    }

    [Fact]
    public void Tables_and_hooks_of_every_family_are_told_apart()
    {
        var ruleset = Load(EveryExpression.Ruleset);
        Assert.Equal(
            ["Inet everything", "Arp eth", "Bridge eth", "NetDevice eth", "Ip6 asleep Dormant"],
            ruleset.Tables.Select(t => $"{t.Family} {t.Name}{(t.Flags == 0 ? "" : " " + t.Flags)}"));
        Assert.Equal(
            [
                "in Input -5 filter Drop",
                "early Prerouting -300 filter Accept",
                "mangled Prerouting -150 filter Accept",
                "translated Prerouting -100 nat Accept",
                "hidden Postrouting 100 nat Accept",
                "rerouted Output -150 route Accept",
                "door Ingress -500 filter Accept lo",
                "in Input 0 filter Accept",
                "out Output 3 filter Drop",
                "ahead Forward -200 filter Accept",
                "in Ingress 1 filter Drop lo",
                "in Input 10 filter Drop",
            ],
            ruleset.Tables.SelectMany(t => t.Chains).Where(c => c.Hook is not null)
                .Select(
                    c => $"{c.Name} {c.Hook!.Point} {c.Hook.Priority} {c.Hook.Type} {c.Hook.Policy} {string.Join(',', c.Hook.Devices)}".TrimEnd()));
    }

    [Fact]
    public void Comments_are_read_wherever_nft_keeps_them()
    {
        var table = Load(EveryExpression.Ruleset).Tables[0];
        Assert.Equal("all of it", table.Comment);
        Assert.Equal("on the side", table.Chains.Single(c => c.Name == "other").Comment);
        Assert.Equal("what comes", table.Chains.Single(c => c.Name == "in").Comment);
        Assert.Equal("the web", table.Chains.SelectMany(c => c.Rules).Single(r => r.Comment is not null).Comment);
        Assert.Equal("known hosts", table.Sets.Single(s => s.Name == "friends").Comment);
        Assert.Contains(table.Sets.Single(s => s.Name == "friends").Elements, e => e.Extra?.Comment == "inside");
    }

    [Fact]
    public void Sets_maps_and_their_elements_are_read()
    {
        var sets = Load(EveryExpression.Ruleset).Tables[0].Sets.Where(s => !s.Flags.HasFlag(SetFlags.Anonymous)).ToDictionary(s => s.Name);
        var friends = sets["friends"];
        Assert.Equal(SetFlags.Interval | SetFlags.Timeout, friends.Flags);
        Assert.Equal((7u, 4, 3_600_000ul, 4096u), (friends.KeyType, friends.KeyLength, friends.TimeoutMilliseconds, friends.Size));
        Assert.Equal(
            ["0A000000", "0B000000 end", "C0000207", "C0000208 end"],
            Elements(friends).Where(e => !e.StartsWith("00000000", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(7_200_000ul, friends.Elements.Select(e => e.Extra?.TimeoutMilliseconds).Max());
        var doors = sets["doors"];
        Assert.Equal([4, 2], doors.Fields);
        Assert.Equal(
            ["C633640000500000-C63364FF005A0000", "CB00710501BB0000-CB00710501BB0000"], Elements(doors).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["C0000201 counter"],
            sets["counted"].Elements.Select(e => $"{Convert.ToHexString(e.Key.Span)} {e.Extra!.Expressions.Single().KernelName}"));
        Assert.Empty(sets["learned"].Elements);
        Assert.Contains(
            sets["ways"].Elements, e => Convert.ToHexString(e.Key.Span) == "0016" && e.Extra?.Verdict is { Kind: VerdictKind.Accept });
        Assert.Contains(sets["ways"].Elements, e => e.Extra?.Verdict is { Kind: VerdictKind.Jump, Chain: "other" });
        Assert.Contains(
            sets["ways"].Elements, e => e.Flags.HasFlag(SetElementFlags.CatchAll) && e.Extra?.Verdict is { Kind: VerdictKind.Continue });
        Assert.Equal("C63364011F900000", Convert.ToHexString(Assert.Single(sets["hosts"].Elements).Extra!.Data.Span));
        Assert.Equal("shared", Assert.Single(sets["tallies"].Elements).Extra!.ObjectName);
        Assert.Equal(ObjectKind.Counter, sets["tallies"].ObjectKind);
    }

    [Fact]
    public void Objects_are_read()
    {
        var objects = Load(EveryExpression.Ruleset).Tables[0].Objects.ToDictionary(o => o.Name);
        Assert.Equal(new CounterExpression(900, 7), objects["shared"].Expression);
        Assert.Equal(new QuotaExpression(10 << 20, 1024, true), objects["monthly"].Expression);
        Assert.Equal(new LimitExpression(10, 1, 5, false, false), objects["slow"].Expression);
        Assert.Equal(new SynProxyExpression(1460, 7, 15), objects["proxied"].Expression);
        Assert.Equal(
            [ObjectKind.ConnectionHelper, ObjectKind.ConnectionTimeout, ObjectKind.ConnectionExpectation],
            ((string[])["ftp-helper", "patient", "awaited"]).Select(name => objects[name].Kind));
    }

    [Fact]
    public void Without_privilege_the_answer_says_so() => Netns.Run(() =>
    {
        Nft.Load("table inet t { }");
        ThreadPrivileges.Drop();
        var reading = KernelRules.Read(Token);
        Assert.Equal(RulesetAccess.NotPermitted, reading.Access);
        Assert.Null(reading.Ruleset);
    });

    [Fact]
    public void An_empty_namespace_has_no_rules()
    {
        var ruleset = Load("");
        Assert.Empty(ruleset.Tables);
        Assert.Empty(ruleset.Missing);
    }

    [Fact]
    public void A_first_rule_larger_than_the_kernels_first_datagram_hides_none()
    {
        // A page is what the kernel begins with (netlink_dump), and a rule that does not fit ends the dump as if it were the last.
        var matches = string.Concat(Enumerable.Range(0, 60).Select(i => $"@nh,{i * 8},128 != {i + 1} "));
        var ruleset = Load($"table ip t {{\nchain c {{\n{matches} drop\ncounter accept\n}}\n}}");
        var rules = ruleset.Tables[0].Chains[0].Rules;
        Assert.Equal([121, 2], rules.Select(r => r.Expressions.Count));
        Assert.True(rules[0].Attributes.Length > 4096);
        Assert.Empty(ruleset.Missing);
    }

    [Fact]
    public void Ten_thousand_elements_come_in_many_datagrams()
    {
        var elements = string.Join(", ", Enumerable.Range(0, 10_000).Select(i => $"198.18.{i >> 8}.{i & 255}"));
        var set = Load($"table ip t {{\nset s {{\ntype ipv4_addr; elements = {{ {elements} }}\n}}\n}}").Tables[0].Sets[0];
        Assert.Equal(10_000, set.Elements.Select(e => Convert.ToHexString(e.Key.Span)).Distinct().Count());
        Assert.True(set.ElementMessages.Count > 1);
    }

    [Fact]
    public void A_ruleset_that_changes_meanwhile_is_read_as_it_was_at_one_moment()
    {
        using var host = new LabHost();
        var path = Tool.Find("nft");
        string Change(int count) =>
            "add table ip t\ndelete table ip t\ntable ip t {\nchain a {\n" + string.Concat(Enumerable.Repeat("counter\n", count))
            + "}\nchain b {\n" + string.Concat(Enumerable.Repeat("counter\n", count)) + "}\n}\n";
        host.Nft(Change(3));
        using var stop = new CancellationTokenSource();
        var writer = new TestThread("who changes the rules", () =>
        {
            for (var round = 0; round < 500 && !stop.IsCancellationRequested; round++)
            {
                host.Execute(path, Change(1 + (round % 7)), "-f", "-");
            }
        });
        try
        {
            host.Run(() =>
            {
                for (var round = 0; round < 300; round++)
                {
                    var ruleset = Read();
                    if (ruleset.Missing.Count == 0)
                    {
                        var chains = Assert.Single(ruleset.Tables).Chains;
                        Assert.Equal(chains[0].Rules.Count, chains[1].Rules.Count);
                    }
                }
            });
        }
        finally
        {
            stop.Cancel();
            writer.Join();
        }
    }

    /// <summary>
    /// The kernel makes the table of a set larger in the background. A dump meanwhile tells elements twice or leaves some out, and says
    /// nothing of it.
    /// </summary>
    [Fact]
    public void The_elements_of_a_set_are_read_once_each_while_the_kernel_makes_its_table_larger() => Netns.Run(() =>
    {
        const int batch = 8_000;
        Nft.Load("table ip t {\nset s { type ipv4_addr; }\n}\n");
        for (var round = 0; round < 12; round++)
        {
            var elements =
                Enumerable.Range(round * batch, batch).Select(static number => $"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}");
            Nft.Load($"add element ip t s {{ {string.Join(',', elements)} }}\n");
            for (var reading = 0; reading < 3; reading++)
            {
                var ruleset = Read();
                Assert.Empty(ruleset.Missing);
                var keys = Assert.Single(Assert.Single(ruleset.Tables).Sets).Elements.Select(
                    static element => Convert.ToHexString(element.Key.Span)).ToList();
                Assert.Equal((batch * (round + 1), batch * (round + 1)), (keys.Count, keys.Distinct(StringComparer.Ordinal).Count()));
            }
        }
    });

    [Fact]
    public void A_recording_replays_to_the_same_rules() => Netns.Run(() =>
    {
        Nft.Load(EveryExpression.Ruleset);
        var recording = new NetlinkRecording();
        Ruleset live;
        using (var channel = recording.Record(NetlinkFamily.Netfilter, NetlinkSocket.Open(NetlinkFamily.Netfilter)))
        {
            live = RulesetReader.Read(channel, Token).Require();
        }

        var bytes = recording.ToBytes();
        Assert.True(NetlinkRecording.TryParse(bytes, out var parsed));
        using var replay = parsed.Replay(NetlinkFamily.Netfilter);
        Assert.Equal(Words(live), Words(RulesetReader.Read(replay, Token).Require()));
        if (Environment.GetEnvironmentVariable("PORTOLAN_RECORDINGS") is { } folder)
        {
            File.WriteAllBytes(Path.Combine(folder, "every-expression.pnlr"), bytes);
        }
    });

    internal static Ruleset Load(string rules)
    {
        Ruleset? ruleset = null;
        Netns.Run(() =>
        {
            Nft.Load(rules);
            ruleset = Read();
        });
        return ruleset!;
    }

    internal static Ruleset Read()
    {
        using var socket = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        return RulesetReader.Read(socket, Token).Require();
    }

    private static IEnumerable<string> Words(
        Ruleset ruleset) =>
            ruleset.Tables.SelectMany(t => t.Chains)
                .SelectMany(c => c.Rules.Select(r => $"{c.TableName} {c.Name} {r.Handle} {ExpressionWords.Of(r)}"))
        .Concat(ruleset.Tables.SelectMany(t => t.Sets).SelectMany(s => Elements(s).Select(e => $"{s.Name} {e}")));

    private static IEnumerable<string> Elements(ElementSet set) => set.Elements.Select(e =>
        Convert.ToHexString(e.Key.Span) + (e.KeyEnd.IsEmpty ? "" : "-" + Convert.ToHexString(e.KeyEnd.Span))
            + (e.Flags.HasFlag(SetElementFlags.IntervalEnd) ? " end" : ""));
}
