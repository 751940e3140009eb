using Portolan.Kernel.Tests.Firewall;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>
/// Fixes against the kernel, on rulesets that nobody thought of: who asked gets in, whoever is banned stays out, and nobody else's fate
/// changes unless that is said.
/// </summary>
public sealed class FixDifferentialTests(ITestOutputHelper output)
{
    private const int FirstSeed = 20_260_000;
    private const int Sample = 48;

    // Rules whose fix was wrong once: it passed over a ban behind several drops, and over one that jumps to a chain
    // behind a chain that ends in a drop; and it left some senders out, where a ban and another rule jump to the same chain.
    private static readonly int[] Found = [6, 158, 1317, 1513, 1705, 2385, 2610, 2725, 2740, 3170, 3765, 4780];

    [Fact]
    public async Task Who_asked_gets_in_and_nothing_else_changes()
    {
        var (count, seed) = LongMode.Read(Sample, FirstSeed);
        using var run = new FixRun();
        await run.Run([.. Enumerable.Range(seed, count), .. Found]);
        output.WriteLine(run.Summary);
        Assert.True(run.Failures.Count == 0, string.Join('\n', run.Failures) + run.Summary);
        Assert.True(run.Fixed >= count / 5, run.Summary);
        Assert.True(run.Refused >= count / 10, run.Summary);
    }
}
