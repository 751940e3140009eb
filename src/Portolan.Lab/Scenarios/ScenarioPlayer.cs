using System.Net.Sockets;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Wire;
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
    /// <param name="view">Which packets are captured; <c>null</c> for each once.</param>
    /// <param name="observer">Hears of every packet, with those that the report does not keep; <c>null</c> for none.</param>
    public static async Task<ScenarioReport> PlayAsync(
        IScenario scenario, LabTopology topology, ulong? seed = null, Stream? capture = null, CaptureView? view = null,
        PacketObserver? observer = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ScenarioStage? stage = null;
        string? failure = null;
        var options = new VirtualNetworkOptions
        {
            Seed = seed,
            IsVirtualTime = true,
            Capture = capture,
            CaptureView = view ?? CaptureView.Once,
            Observer = (in e, bytes) =>
            {
                stage?.Hear(e, bytes);
                observer?.Invoke(e, bytes);
            },
        };
        await using var network = new VirtualNetwork(scenario.Prepare(topology), options);
        stage = new ScenarioStage(network);
        try
        {
            await PlayAsync(scenario, stage, network);
            network.Run(stage.EndAsync, Longest);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            failure = Explain(exception);
        }

        // What the machines send when the lab is taken down is no part of it.
        var played = stage;
        stage = null;
        return new ScenarioReport(scenario.Name, scenario.Summary, network.Seed, [.. played.Steps], played.Conversations, failure);
    }

    /// <summary>What a network does to its clients is said in their words; all else is a defect, and has its type.</summary>
    private static string Explain(Exception exception) => exception switch
    {
        OperationCanceledException or TimeoutException => "what it waited for did not come in time",
        PortolanException or SocketException or IOException => exception.Message.TrimEnd('.'),
        _ => $"{exception.GetType().Name}: {exception.Message}",
    };

    /// <summary>Runs the lab until the scenario is done, and lets go of it for as long as something else drives it.</summary>
    private static Task PlayAsync(IScenario scenario, ScenarioStage stage, VirtualNetwork network)
    {
        Task? play = null;
        network.Run(() => Task.WhenAny(play = scenario.PlayAsync(stage), stage.Interlude), Longest);
        while (!play!.IsCompleted)
        {
            stage.PlayInterlude();
            network.Run(() => Task.WhenAny(play, stage.Interlude), Longest);
        }

        return play;
    }
}
