using System.Globalization;
using Portolan.Lab.Scenarios;

namespace Portolan.Lab.Topology.Writing;

/// <summary>Labs as a list for people: name, hosts, whether a scenario plays in it, and what it is for.</summary>
public static class LabTable
{
    /// <summary>Before a description that stands below its name.</summary>
    private const string Indentation = "    ";

    /// <summary>Between two columns.</summary>
    private const string Gap = "  ";

    /// <summary>The lines: a table where each lab has room in one, otherwise each description below its name.</summary>
    /// <param name="labs">The labs.</param>
    /// <param name="columns">How wide a line may be.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<LabTopology> labs, int columns)
    {
        ArgumentNullException.ThrowIfNull(labs);
        var (names, hosts, plays) = (labs.Max(static lab => lab.Name.Length), labs.Max(static lab => Hosts(lab).Length),
            labs.Max(static lab => Plays(lab).Length));
        var heads =
            labs.Select(lab => $"{lab.Name.PadRight(names)}{Gap}{Hosts(lab).PadLeft(hosts)}{Gap}{Plays(lab).PadRight(plays)}").ToList();
        if (labs.Zip(heads).All(pair => pair.Second.Length + Gap.Length + Description(pair.First).Length <= columns))
        {
            return labs.Zip(heads, static (lab, head) => $"{head}{Gap}{Description(lab)}".TrimEnd());
        }

        return labs.Zip(heads).SelectMany(pair => Below(pair.First, pair.Second, columns));
    }

    private static IEnumerable<string> Below(LabTopology lab, string head, int columns)
    {
        var line = head.TrimEnd();
        yield return line.Length <= columns ? line : lab.Name;
        if (Description(lab) is { Length: > 0 } text)
        {
            foreach (var part in WrapText.Lines(text, columns, Indentation))
            {
                yield return part;
            }
        }
    }

    private static string Description(LabTopology lab) => TerminalText.Escape(lab.Description ?? "");

    private static string Hosts(LabTopology lab) => $"{TopologyText.HostCount(lab).ToString("N0", CultureInfo.InvariantCulture)} hosts";

    private static string Plays(LabTopology lab) => lab.Scenario is null ? "" : "scenario";
}
