using Portolan.Lab.Topology;

namespace Portolan.Server.Lab;

/// <summary>Whom a scenario plays with, taken from the lab that is built in for it, and who of them another lab has not.</summary>
internal static class ScenarioNeeds
{
    /// <summary>The hosts that are missing, such as <c>no host client</c>.</summary>
    /// <param name="topology">The lab that the scenario was to play in.</param>
    /// <param name="own">The lab that it is made for.</param>
    internal static IReadOnlyList<string> Missing(LabTopology topology, LabTopology own) =>
        [.. own.Hosts.Select(static h => h.Name).Except(topology.Hosts.Select(static h => h.Name), StringComparer.OrdinalIgnoreCase).Select(static name => $"no host {name}")];
}
