using Portolan.Firewall.Acquire;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Rendering;

/// <summary>Rules → bytecode → our text → bytecode again, each in a namespace of its own.</summary>
internal static class RoundTrip
{
    /// <summary>Loads the rules, writes what the kernel holds as text, loads that, and compares what the kernel then holds.</summary>
    /// <param name="rules">A file of nft.</param>
    internal static Ruleset Check(string rules)
    {
        var first = Load(rules);
        var text = new StringWriter();
        var leftOut = RulesetText.Write(first.Tables, text, RuleTextOptions.Complete);
        Assert.True(
            leftOut == 0,
            $"left out:\n{string.Join('\n', text.ToString().Split('\n').Where(l => l.Contains("# cannot", StringComparison.Ordinal)))}");
        Ruleset second;
        try
        {
            second = Load(text.ToString());
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Assert.Fail($"{e.Message}\n{string.Join('\n', text.ToString().Split('\n').Select((l, i) => $"{i + 1} {l}"))}");
            throw;
        }

        Compare(first, second);
        return first;
    }

    private static void Compare(Ruleset first, Ruleset second)
    {
        var before = RulesetDump.Of(first);
        var after = RulesetDump.Of(second);
        var texts = first.Tables.SelectMany(
            t => t.Chains.SelectMany(c => c.Rules.Select(r => (Dump: RulesetDump.Rule(r, t), Text: RuleText.Of(t, r)))));
        var problems = before.Zip(after).Where(p => p.First != p.Second)
            .Select(
                p => $"{texts.FirstOrDefault(t => p.First.EndsWith(t.Dump, StringComparison.Ordinal)).Text}\n  was {p.First}\n  is  "
                    + $"{p.Second}");
        Assert.True(!problems.Any(), string.Join('\n', problems));
        Assert.Equal(before.Count, after.Count);
    }

    private static Ruleset Load(string rules)
    {
        Ruleset? ruleset = null;
        Netns.Run(() =>
        {
            Nft.Load(rules);
            ruleset = KernelRules.Read(TestContext.Current.CancellationToken).Require();
        });
        Assert.Empty(ruleset!.Missing);
        return ruleset;
    }
}
