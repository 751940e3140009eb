using Portolan.Firewall.Acquire;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Reading;

/// <summary>Rules that iptables makes, inside nftables and in legacy tables, are decoded to the same meaning.</summary>
public sealed class XtKernelTests
{
    [Fact]
    public void What_iptables_puts_into_nftables_is_decoded() => Check("iptables-nft", XtSamples.IPv4);

    [Fact]
    public void What_ip6tables_puts_into_nftables_is_decoded() => Check("ip6tables-nft", XtSamples.IPv6);

    [Fact]
    public void What_iptables_puts_into_legacy_tables_is_decoded() => Check("iptables-legacy", XtSamples.IPv4);

    [Fact]
    public void What_ip6tables_puts_into_legacy_tables_is_decoded() => Check("ip6tables-legacy", XtSamples.IPv6);

    private static void Check(string program, (string Line, object[] Decoded)[] samples) => Netns.Run(() =>
    {
        foreach (var (line, _) in samples)
        {
            var words = line.Split(' ');
            Tool.Lines(program, ["-w", "-t", words[0], "-A", .. words[1..]]);
        }

        var reading = KernelRules.Read(TestContext.Current.CancellationToken);
        Assert.True(reading.IsRead);
        Assert.Empty(reading.Ruleset.Missing);
        var isLegacy = program.EndsWith("legacy", StringComparison.Ordinal);
        Assert.All(reading.Ruleset.Tables, table => Assert.Equal(isLegacy, table.IsLegacy));
        var wrong = new List<string>();
        foreach (var group in samples.GroupBy(s => string.Join(' ', s.Line.Split(' ')[..2])))
        {
            var table = reading.Ruleset.Tables.Single(t => t.Name == group.Key.Split(' ')[0]);
            var rules = table.Chains.Single(c => c.Name == group.Key.Split(' ')[1]).Rules;
            Assert.Equal(group.Count(), rules.Count);
            foreach (var ((line, decoded), rule) in group.Zip(rules))
            {
                var expected = string.Join(" | ", decoded.Select(Text));
                var read = rule.Expressions.Select(Decoded).OfType<object>().Select(Text).ToArray();
                var actual = string.Join(" | ", read);

                // iptables-nft writes what it can in nftables' own expressions.
                if (isLegacy ? actual != expected : read.Except(decoded.Select(Text)).Any())
                {
                    wrong.Add($"{line}\n  expected {expected}\n  read     {actual} of "
                        + $"{string.Join(' ', rule.Expressions.Select(e => e.KernelName))}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    });

    private static object? Decoded(Expression expression) => expression switch
    {
        XtMatchExpression match => (object?)match.Match ?? $"match {match.Name} {match.Revision} unknown",
        XtTargetExpression target => (object?)target.Target ?? $"target {target.Name} {target.Revision} unknown",
        _ => null,
    };

    private static string Text(object decoded) => decoded switch
    {
        MultiportMatch match => $"multiport {match.Field} {string.Join(',', match.Ports)} {match.IsInverted}",
        ConntrackMatch match =>
            $"conntrack {match.Tests} {match.Inverted} {match.States} {match.Status} {match.Protocol} {(match.Tests.HasFlag(Portolan.Firewall.Xt.ConnectionTests.OriginalSource) ? match.OriginalSource : 0)} {(match.Tests.HasFlag(Portolan.Firewall.Xt.ConnectionTests.ReplySource) ? match.ReplySource : 0)} {(match.Tests.HasFlag(Portolan.Firewall.Xt.ConnectionTests.OriginalDestinationPort) ? match.OriginalDestinationPort : 0)}",
        _ => decoded.ToString()!,
    };
}
