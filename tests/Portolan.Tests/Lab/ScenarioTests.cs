using Portolan.Lab.Running;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab;

/// <summary>Every scenario plays to its end, and all that it claims is so.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. ScenarioCatalogue.All.Select(static s => s.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task All_that_it_claims_is_so(string name)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        var topology = LabLibrary.Load(name);
        var report = await ScenarioPlayer.PlayAsync(scenario, topology);
        var text = new StringWriter();
        ScenarioText.Write(report, new LabDirectory(topology), text);

        TestContext.Current.TestOutputHelper?.WriteLine(text.ToString());
        Assert.True(report.Succeeded, text.ToString());
        Assert.True(report.Steps.Sum(static s => s.Checks.Count) >= 3, "a scenario that checks nothing");
        Assert.True(report.Steps.Sum(static s => s.Packets.Count) > 0, "a scenario without packets");
        Assert.Contains("socket pairs on the wire", text.ToString(), StringComparison.Ordinal);
        Assert.Contains(" ms |", text.ToString(), StringComparison.Ordinal);
        Assert.All(text.ToString().Split('\n'), static line => Assert.True(line.TrimEnd().Length < 120, $"too long: {line}"));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_same_seed_shows_the_same(string name)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        var printed = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            var topology = LabLibrary.Load(name);
            var text = new StringWriter();
            ScenarioText.Write(await ScenarioPlayer.PlayAsync(scenario, topology, 5), new LabDirectory(topology), text);
            printed.Add(text.ToString());
        }

        Assert.Equal(printed[0], printed[1]);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task It_is_so_with_other_chances_too(string name)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        foreach (var seed in (ulong[])[2, 77, 4096])
        {
            var topology = LabLibrary.Load(name);
            var report = await ScenarioPlayer.PlayAsync(scenario, topology, seed);
            var text = new StringWriter();
            ScenarioText.Write(report, new LabDirectory(topology), text);
            Assert.True(report.Succeeded, text.ToString());
        }
    }

    [Theory]
    [InlineData(2UL)]
    [InlineData(3UL)]
    [InlineData(4UL)]
    [InlineData(5UL)]
    public async Task Scan_me_is_found_out_whatever_is_lost(ulong seed)
    {
        Assert.True(ScenarioCatalogue.TryFind("scan-me", out var scenario));
        var topology = LabLibrary.Load("scan-me");
        var report = await ScenarioPlayer.PlayAsync(scenario, topology, seed);
        var text = new StringWriter();
        ScenarioText.Write(report, new LabDirectory(topology), text);

        Assert.True(report.Succeeded, text.ToString());
    }
}
