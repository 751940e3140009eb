using Portolan.Lab.Running;
using Portolan.Lab.Topology;

namespace Portolan.Lab.Scenarios;

/// <summary>Plays scenarios: in virtual time, so that an hour of waiting takes no time and the same seed shows the same packets.</summary>
public static class ScenarioPlayer
{
    /// <summary>The most of the lab's time that a scenario takes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    /// <summary>Plays a scenario to its end, or to what goes wrong.</summary>
    /// <param name="scenario">It.</param>
    /// <param name="topology">The lab it plays in.</param>
    /// <param name="seed">What all chance comes from; <c>null</c> for the topology's.</param>
    /// <param name="capture">Where its packets are captured; <c>null</c> for nowhere.</param>
    public static async Task<ScenarioReport> PlayAsync(IScenario scenario, LabTopology topology, ulong? seed = null, Stream? capture = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ScenarioStage? stage = null;
        string? failure = null;
        var options = new VirtualNetworkOptions { Seed = seed, IsVirtualTime = true, Capture = capture, Observer = (in e, bytes) => stage?.Hear(e, bytes) };
        await using var network = new VirtualNetwork(topology, options);
        stage = new ScenarioStage(network);
        try
        {
            network.Run(() => scenario.PlayAsync(stage), Longest);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            failure = $"{exception.GetType().Name}: {exception.Message}";
        }

        return new ScenarioReport(scenario.Name, scenario.Summary, network.Seed, [.. stage.Steps], failure);
    }
}
