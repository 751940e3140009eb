using Portolan.Kernel.Tests.Firewall.Generation;
using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall;

/// <summary>The judge against the kernel, on rulesets that nobody thought of.</summary>
public sealed class VerdictDifferentialTests(ITestOutputHelper output)
{
    internal const int FirstSeed = 20_260_000;
    private const int Sample = 150;

    [Fact]
    public void Generated_rulesets_are_judged_as_the_kernel_judges_packets()
    {
        var (count, seed) = LongMode.Read(Sample, FirstSeed);
        using var lab = RefereeLab.Create();
        var run = new DifferentialRun(lab);
        run.Run(seed, count);
        output.WriteLine(run.Summary);
        Assert.True(run.Failures.Count == 0, string.Join('\n', run.Failures) + run.Summary);
        Assert.True(run.Refused <= count / 20, $"nft refuses {run.Refused} rulesets:\n{string.Concat(run.Errors)}");
        Assert.True(run.Proved >= (run.Proved + run.Depending) * 95 / 100, run.Summary);
    }
}
