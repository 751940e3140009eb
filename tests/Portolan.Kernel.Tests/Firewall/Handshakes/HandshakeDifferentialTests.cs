namespace Portolan.Kernel.Tests.Firewall.Handshakes;

/// <summary>The judge against whole connections, on rules that nobody thought of.</summary>
public sealed class HandshakeDifferentialTests(ITestOutputHelper output)
{
    private const int FirstSeed = 20_270_000;
    private const int Sample = 200;

    [Fact]
    public async Task Generated_rules_are_judged_as_whole_connections_fare()
    {
        var (count, seed) = LongMode.Read(Sample, FirstSeed);
        using var run = new HandshakeRun();
        await run.Run(seed, count);
        output.WriteLine(run.Summary);
        Assert.True(run.Failures.Count == 0, string.Join('\n', run.Failures) + run.Summary);
        Assert.True(run.Works > run.Rulesets / 3 && run.Proved > (run.Proved + run.Depending) / 2, run.Summary);
    }
}
