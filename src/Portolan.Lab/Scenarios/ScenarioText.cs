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
        foreach (var step in report.Steps)
        {
            output.WriteLine();
            foreach (var line in WrapText.Lines(step.Sentence, Width, string.Create(CultureInfo.InvariantCulture, $"{++number}. ")))
            {
                output.WriteLine(line);
            }

            WriteLines(output, "", LadderText.Lines([.. step.Packets.Where(step.IsDrawn)], directory.NameOf, step.Start, step.MostRungs, columns));
            foreach (var exhibit in step.Exhibits)
            {
                WriteLines(output, exhibit.Title, exhibit.Lines);
            }

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
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{checks - wrong} of {checks} checks hold (seed {report.Seed})."));
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
