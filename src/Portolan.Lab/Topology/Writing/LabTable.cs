using System.Globalization;
using Portolan.Lab.Scenarios;

namespace Portolan.Lab.Topology.Writing;

/// <summary>Labs as a list for people: name, hosts, whether a scenario plays in it, and what it is for.</summary>
public static class LabTable
{
    /// <summary>A description gets no less, however narrow the terminal is.</summary>
    private const int LeastForDescription = 20;

    /// <summary>The lines.</summary>
    /// <param name="labs">The labs.</param>
    /// <param name="columns">How wide a line may be; descriptions go on below themselves.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<LabTopology> labs, int columns)
    {
        ArgumentNullException.ThrowIfNull(labs);
        var width = labs.Max(static lab => lab.Name.Length);
        foreach (var lab in labs)
        {
            var hosts = TopologyText.HostCount(lab).ToString("N0", CultureInfo.InvariantCulture);
            var head = $"{lab.Name.PadRight(width)}  {hosts,7} hosts  {(lab.Scenario is null ? "        " : "scenario")}  ";
            foreach (var line in WrapText.Lines(TerminalText.Escape(lab.Description ?? ""), Math.Max(columns, head.Length + LeastForDescription), head))
            {
                yield return line;
            }
        }
    }
}
