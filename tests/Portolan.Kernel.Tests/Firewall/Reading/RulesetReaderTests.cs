using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Rules.Reading;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Kernel.Tests.Firewall.Reading;

/// <summary>Rules that nft loads are read back as what they mean.</summary>
public sealed class RulesetReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Nothing_of_a_ruleset_with_everything_is_unknown()
    {
        var ruleset = Load(EveryExpression.Ruleset);
        Assert.Empty(ruleset.Missing);
        var expressions = ruleset.Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules).SelectMany(r => r.Expressions)
            .Concat(ruleset.Tables.SelectMany(t => t.Objects).Select(o => o.Expression).OfType<Expression>());
        Assert.DoesNotContain(expressions, e => e is UnknownExpression);
    }

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
        var reading = RulesetReader.Read(socket, Token);
        Assert.True(reading.IsRead);
        return reading.Ruleset;
    }
}
