using Portolan.Lab.Topology;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// A lesson that plays itself in a lab and checks that what it says is so. One file for each, named once in
/// <see cref="ScenarioCatalogue"/>; its topology is the sample of the same name.
/// </summary>
public interface IScenario
{
    /// <summary>Its name, such as <c>two-browsers</c>.</summary>
    string Name { get; }

    /// <summary>What it shows, in one sentence.</summary>
    string Summary { get; }

    /// <summary>What it changes in its lab before the lab runs, such as the loss of a link; nothing, unless it says so.</summary>
    LabTopology Prepare(LabTopology topology) => topology;

    /// <summary>Plays it, on the lab's thread in virtual time.</summary>
    Task PlayAsync(ScenarioStage stage);
}
