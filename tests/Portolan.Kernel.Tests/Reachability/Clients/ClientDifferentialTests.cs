using Portolan.Kernel.Tests.Firewall;

namespace Portolan.Kernel.Tests.Reachability.Clients;

/// <summary>Chart and explanation against ordinary clients, on rules that nobody thought of.</summary>
public sealed class ClientDifferentialTests(ITestOutputHelper output)
{
    private const int FirstSeed = 20_280_000;
    private const int Sample = 10;

    // Rules that were judged wrong once: replies to some source ports dropped, and later packets of the others; a reject that meets the
    // repeated SYN alone; resets to some of the client's ports dropped; senders whom the socket refuses named as getting in.
    private static readonly int[] Found = [5207, 5258, 1039, 1386, 2, 4];

    [Fact]
    public void Generated_rules_are_told_as_ordinary_clients_meet_them()
    {
        var (count, seed) = LongMode.Read(Sample, FirstSeed);
        using var run = new ClientRun();
        run.Run([.. Enumerable.Range(seed, count), .. Found]);
        output.WriteLine(run.Summary);
        Assert.True(run.Failures.Count == 0, string.Join('\n', run.Failures) + run.Summary);
        Assert.True(run.Works > run.Rulesets / 2 && run.Decided > run.Undecided, run.Summary);
    }
}
