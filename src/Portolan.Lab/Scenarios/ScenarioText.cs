using System.Globalization;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;

namespace Portolan.Lab.Scenarios;

/// <summary>A report for people: each step with its sentence, its ladder, its tables, and what was checked.</summary>
public static class ScenarioText
{
    /// <summary>Sentences are broken before this column.</summary>
    private const int Width = 100;

    /// <summary>Writes it.</summary>
    /// <param name="report">It.</param>
    /// <param name="topology">The lab it was played in.</param>
    /// <param name="output">Where to.</param>
    public static void Write(ScenarioReport report, LabTopology topology, TextWriter output) => Write(report, new LabDirectory(topology), output);

    /// <summary>Writes it.</summary>
    /// <param name="report">It.</param>
    /// <param name="directory">The names of the lab's addresses.</param>
    /// <param name="output">Where to.</param>
    public static void Write(ScenarioReport report, Services.ILabDirectory directory, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(directory);
        foreach (var line in WrapText.Lines($"{report.Name}: {report.Summary}", Width))
        {
            output.WriteLine(line);
        }

        var number = 0;
        var columns = new List<string>();
        var packets = report.Steps.SelectMany(static s => s.Packets).ToList();
        var (journeys, numbering) = (new PacketJourneys(packets, directory.NameOf), new SegmentNumbering(packets));
        foreach (var step in report.Steps)
        {
            output.WriteLine();
            foreach (var line in WrapText.Lines(step.Sentence, Width, string.Create(CultureInfo.InvariantCulture, $"{++number}. ")))
            {
                output.WriteLine(line);
            }

            WriteStep(output, step, directory, journeys, numbering, columns);
            if (step.Checks.Count > 0)
            {
                output.WriteLine();
            }

            foreach (var check in step.Checks)
            {
                output.WriteLine(check.Holds ? $"   ok: {check.Claim}" : $"   NOT SO: {check.Claim}; {check.Found}");
            }
        }

        WriteLines(output, "socket pairs on the wire; packets and bytes there + back", ConversationTable.Lines(report.Conversations, directory));
        var (checks, wrong) = (report.Steps.Sum(static s => s.Checks.Count), report.Steps.Sum(static s => s.Checks.Count(static c => !c.Holds)));
        output.WriteLine();
        if (report.Failure is { } failure)
        {
            output.WriteLine($"It ended early: {failure}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"FAILED: it did not come to its end; until then {checks - wrong} of {checks} checks held (seed {report.Seed})."));
            return;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(wrong > 0 ? "FAILED: " : "")}{checks - wrong} of {checks} checks hold (seed {report.Seed})."));
    }

    /// <summary>The ladder and the tables of a step, each table below the packets that were seen before it was taken.</summary>
    private static void WriteStep(TextWriter output, ScenarioStep step, Services.ILabDirectory directory, PacketJourneys journeys, SegmentNumbering numbering, List<string> known)
    {
        var (rungs, hidden) = LadderText.RungsOf(step, directory.NameOf, journeys, numbering);
        var columns = LadderText.Columns(rungs, known);
        var (layout, drawn) = (LadderText.LayoutOf(rungs, columns), 0);
        foreach (var exhibit in step.Exhibits)
        {
            Draw(rungs.FindAll(r => r.Index < exhibit.PacketsBefore).Count);
            WriteLines(output, exhibit.Title, exhibit.Lines);
        }

        Draw(rungs.Count);

        void Draw(int until)
        {
            WriteLines(output, "", LadderText.Lines(rungs.GetRange(drawn, until - drawn), columns, layout, step.Start, until == rungs.Count ? hidden : 0));
            drawn = until;
        }
    }

    private static void WriteLines(TextWriter output, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        output.WriteLine();
        if (title.Length > 0)
        {
            output.WriteLine($"   {title}");
        }

        foreach (var line in lines)
        {
            output.WriteLine($"   {line}".TrimEnd());
        }
    }
}
