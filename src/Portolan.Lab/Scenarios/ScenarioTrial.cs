using System.Globalization;
using Portolan.Lab.Topology;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Whether the scenario that a lab names comes to its end in it, and all that it claims is so: played, as <c>lab run</c> plays it, for
/// nothing else can tell.
/// </summary>
internal static class ScenarioTrial
{
    /// <summary>Why <c>lab run</c> would not end with 0; <c>null</c> when it would, or when the lab names no scenario.</summary>
    /// <param name="topology">The lab.</param>
    /// <param name="source">Its file or its name, for the remedy.</param>
    internal static async Task<PortolanException?> FindAsync(LabTopology topology, string source)
    {
        if (ScenarioFit.Find(topology, source) is { } unfit)
        {
            return unfit;
        }

        if (topology.Scenario is not { } name || !ScenarioCatalogue.TryFind(name, out var scenario))
        {
            return null;
        }

        var report = await ScenarioPlayer.PlayAsync(scenario, topology);
        return report.Succeeded ? null : new PortolanException(
            Explain(report, topology),
            ScenarioFit.Hint(topology) ?? $"portolan lab run {source} plays it step by step",
            ExitCode.NothingFound);
    }

    private static string Explain(ScenarioReport report, LabTopology topology)
    {
        if (report.Failure is { } failure)
        {
            return $"the scenario {report.Name} does not come to its end in the lab {topology.Name}: {failure}";
        }

        List<ScenarioCheck> checks = [.. report.Steps.SelectMany(static s => s.Checks)];
        List<ScenarioCheck> wrong = [.. checks.Where(static c => !c.Holds)];
        var count =
            string.Create(CultureInfo.InvariantCulture, $"{wrong.Count} of {checks.Count} checks {(wrong.Count == 1 ? "does" : "do")}");
        return $"of the scenario {report.Name} {count} not hold in the lab {topology.Name}: {wrong[0].Claim}; {wrong[0].Found}";
    }
}
