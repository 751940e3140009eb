using System.Globalization;
using System.Text;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Kernel.Tests.Firewall.Referee;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall;

/// <summary>
/// Rulesets made to hurt whoever reads or judges them: they end in bounded memory, without an exception, and with the right answer.
/// </summary>
public sealed class HostileRulesetTests(RefereeFixture fixture) : IClassFixture<RefereeFixture>
{
    /// <summary>Far beyond what any of them takes; only an explosion comes near.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>For what a thread allocates on the way, not only for what stays.</summary>
    private const long MemoryBound = 3L << 30;

    private RefereeLab Lab => fixture.Lab;

    [Fact]
    public void Ten_megabytes_of_rules()
    {
        var text = new StringBuilder("table inet hostile {\n chain in { type filter hook input priority 0; policy drop;\n");
        for (var i = 0; text.Length < 10 << 20; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"ip saddr 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255} tcp dport {1 + (i % 60000)} log prefix \"{new string('p', 120)}\" "
                    + $"accept comment \"rule {i} {new string('x', 110)}\"\n");
        }

        Judge(text.Append("tcp dport 80 accept\n}\n}\n").ToString(), answer =>
        {
            Assert.Equal(FlowDecision.Accept, FateOf(answer, "203.0.113.7"));
        });
    }

    [Fact]
    public void A_thousand_chains_that_jump_on()
    {
        var text = new StringBuilder("table inet hostile {\n");
        for (var i = 0; i < 1000; i++)
        {
            // Sixteen levels at most: every fifteenth chain is an end.
            var next = i % 15 == 0 ? "tcp dport 80 return" : $"ip saddr 203.0.{i % 256}.0/24 return\n jump c{i - 1}";
            text.Append(CultureInfo.InvariantCulture, $" chain c{i} {{ {next}\n }}\n");
        }

        text.Append(" chain in { type filter hook input priority 0; policy drop;\n");
        for (var i = 14; i < 1000; i += 15)
        {
            text.Append(CultureInfo.InvariantCulture, $"jump c{i}\n");
        }

        Judge(text.Append("accept\n}\n}\n").ToString(), answer => Assert.Equal(FlowDecision.Accept, FateOf(answer, "203.0.113.7")));
    }

    [Fact]
    public void Jumps_that_double_at_each_of_twelve_levels()
    {
        var text = new StringBuilder("table inet hostile {\n chain c0 { ip saddr 203.0.113.7 drop; }\n");
        for (var i = 1; i <= 12; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture, $" chain c{i} {{ ip saddr 203.0.113.{100 + i} return; jump c{i - 1}; jump c{i - 1}; }}\n");
        }

        Judge(text.Append(" chain in { type filter hook input priority 0; jump c12; }\n}\n").ToString(), answer =>
        {
            Assert.Equal(FlowDecision.Drop, FateOf(answer, "203.0.113.7"));
            Assert.Equal(FlowDecision.Accept, FateOf(answer, "203.0.113.112"));
        });
    }

    [Theory]
    [InlineData("ipv4_addr", "ip saddr")]
    [InlineData("ipv4_addr . inet_service", "ip saddr . tcp dport")]
    public void Sets_of_a_hundred_thousand_elements(string type, string key)
    {
        var isPair = type.Contains('.', StringComparison.Ordinal);
        var text = new StringBuilder($"table inet hostile {{\n set s {{ type {type}; {(isPair ? "" : "flags interval; ")}elements = {{\n");
        for (var i = 0; i < 100_000; i++)
        {
            var address = 0xcb00_0000u + ((uint)i * 2) + 1;
            text.Append(
                CultureInfo.InvariantCulture,
                $"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}{(isPair ? " . 80" : "")},\n");
        }

        Judge(
            text.Append(CultureInfo.InvariantCulture, $"}} }}\n chain in {{ type filter hook input priority 0; {key} @s drop; }}\n}}\n")
                .ToString(), answer =>
        {
            Assert.Equal(FlowDecision.Drop, FateOf(answer, "203.0.113.7"));
            Assert.Equal(FlowDecision.Accept, FateOf(answer, "203.0.113.8"));
        });
    }

    [Fact]
    public void Every_rule_splits_the_senders_anew()
    {
        // Each bit of the address is tested by itself: two to the power of 32 ways, if somebody follows all of them.
        var text = new StringBuilder("table ip hostile {\n chain in { type filter hook input priority 0; policy drop;\n");
        for (var bit = 0; bit < 24; bit++)
        {
            var mask = 1u << bit;
            text.Append(
                CultureInfo.InvariantCulture,
                $"ip saddr & {mask >> 24}.{mask >> 16 & 255}.{mask >> 8 & 255}.{mask & 255} != 0 meta mark set meta mark ^ {mask}\n");
        }

        Judge(text.Append("meta mark 7 accept\n}\n}\n").ToString(), answer => Assert.NotEmpty(answer.Regions), isExact: false);
    }

    [Fact]
    public void Names_and_comments_with_control_characters_stay_text()
    {
        const string Escape = "\u001b[2J\u0007\u202e";
        Judge(
            $"table inet hostile {{ comment \"{Escape}\"\n chain in {{ type filter hook input priority 0; comment \"{Escape}\"\n tcp dport "
                + $"80 log prefix \"{Escape}\" drop comment \"{Escape}\"\n }}\n}}\n",
            answer =>
            {
                Assert.Equal(FlowDecision.Drop, FateOf(answer, "203.0.113.7"));
                var rule = Assert.Single(answer.Regions.Select(r => r.Outcome.Decider?.Rule?.Comment).Where(c => c is not null).Distinct());
                Assert.Contains('\u001b', rule!);
                Assert.DoesNotContain('\u001b', TerminalText.Escape(rule!));
            });
    }

    private void Judge(string rules, Action<FlowAnswer> check, bool isExact = true)
    {
        Lab.Target.Nft(rules);
        try
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            using var patience = new CancellationTokenSource(Patience);
            var judge = new FlowJudge(JudgeSide.ReadRules(Lab), JudgeSide.ReadHost(Lab));
            var answer = judge.Judge(
                new FlowQuery
                {
                    Direction = FlowDirection.Inbound,
                    IsIPv4 = true,
                    Protocol = 6,
                    DestinationPort = 80,
                    Destinations = IntervalSet.Of(0xc612_0002),
                },
                patience.Token);
            Assert.True(!isExact || answer.Regions.All(r => r.Outcome.Proof == FlowProof.Proved));
            check(answer);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MemoryBound);
        }
        finally
        {
            Lab.Target.Nft(
                string.Concat(rules.Split('\n')[0].Split(' ') is [_, var family, var name, ..] ? $"delete table {family} {name}\n" : ""));
        }
    }

    private static FlowDecision FateOf(FlowAnswer answer, string source) =>
        answer.Regions.First(r => r.Packets.Sources.Contains(InternetAddressOf(source).Number)).Outcome.Decision;

    private static InternetAddress InternetAddressOf(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
