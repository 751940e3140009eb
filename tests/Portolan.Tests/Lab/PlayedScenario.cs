using System.Collections.Concurrent;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab;

/// <summary>Reports of the scenarios as shipped. A seed always shows the same, so each is played once for all tests that read it.</summary>
internal static class PlayedScenario
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<ScenarioReport>>> Reports = new(StringComparer.Ordinal);

    /// <summary>The report of a scenario in its own lab, with the seed that it has by default. Nobody may change it.</summary>
    internal static Task<ScenarioReport> Of(string name) =>
        Reports.GetOrAdd(name, static key => new Lazy<Task<ScenarioReport>>(() => Task.Run(() => PlayAsync(key)))).Value;

    private static async Task<ScenarioReport> PlayAsync(string name)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario), $"no scenario is named {name}");
        return await ScenarioPlayer.PlayAsync(scenario, LabLibrary.Load(name));
    }
}
