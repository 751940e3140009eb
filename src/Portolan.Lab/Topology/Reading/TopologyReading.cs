using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>What came of reading a topology's text.</summary>
/// <param name="Topology">The topology; <c>null</c> when the text has an error.</param>
/// <param name="Faults">All errors and warnings of the text, by line.</param>
public sealed record TopologyReading(LabTopology? Topology, IReadOnlyList<TopologyFault> Faults)
{
    /// <summary>Whether there is a topology.</summary>
    [MemberNotNullWhen(true, nameof(Topology))]
    public bool IsValid => Topology is not null;

    /// <summary>Where the text names its scenario; the start of the text when it names none.</summary>
    internal (int Line, int Column) ScenarioPlace { get; init; } = (1, 1);

    /// <summary>The faults that keep the lab from running.</summary>
    public IEnumerable<TopologyFault> Errors => Faults.Where(f => !f.IsWarning);

    /// <summary>What can be run nevertheless.</summary>
    public IEnumerable<TopologyFault> Warnings => Faults.Where(f => f.IsWarning);

    /// <summary>The topology.</summary>
    /// <param name="source">Where the text is from, for the error.</param>
    /// <exception cref="PortolanException">The text has errors; all of them are its details, each as
    /// <c>FILE:LINE:COLUMN: …</c>.</exception>
    public LabTopology OrThrow(string source)
    {
        if (Topology is not null)
        {
            return Topology;
        }

        var name = TerminalText.Escape(source);
        var details = Errors.Select(f => $"{name}:{f}").ToList();
        var count = details.Count == 1 ? "an error" : string.Create(CultureInfo.InvariantCulture, $"{details.Count} errors");
        throw new PortolanException(
            $"{name} has {count}", $"docs/lab-topology.md describes the format", ExitCode.Usage)
        { Details = details };
    }
}
