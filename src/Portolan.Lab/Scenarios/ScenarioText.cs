using System.Globalization;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;

namespace Portolan.Lab.Scenarios;

/// <summary>A report for people: each step with its sentence, its ladder, its tables, and what was checked.</summary>
public static class ScenarioText
{
    /// <summary>Before a line that goes on below.</summary>
    private const string Continuation = "  ";

    /// <summary>Writes it.</summary>
    /// <param name="report">It.</param>
    /// <param name="topology">The lab it was played in.</param>
    /// <param name="output">Where to.</param>
    /// <param name="look">How.</param>
    public static void Write(ScenarioReport report, LabTopology topology, TextWriter output, ScenarioLook look = default) =>
        Write(report, new LabDirectory(topology), output, look);

    /// <summary>Writes it.</summary>
    /// <param name="report">It.</param>
    /// <param name="directory">The names of the lab's addresses.</param>
    /// <param name="output">Where to.</param>
    /// <param name="look">How.</param>
    public static void Write(ScenarioReport report, Services.ILabDirectory directory, TextWriter output, ScenarioLook look = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(directory);
        foreach (var line in WrapText.Lines($"{report.Name}: {report.Summary}", look.Width))
        {
            output.WriteLine(look.Heading(line));
        }

        var number = 0;
        var (columns, defined) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        var packets = report.Steps.SelectMany(static s => s.Packets).ToList();
        var (journeys, numbering) = (new PacketJourneys(packets, directory.NameOf), new SegmentNumbering(packets));
        foreach (var step in report.Steps)
        {
            output.WriteLine();
            foreach (var line in WrapText.Lines(step.Sentence, look.Width, string.Create(CultureInfo.InvariantCulture, $"{++number}. ")))
            {
                output.WriteLine(look.Heading(line));
            }

            WriteStep(output, step, directory, journeys, numbering, columns, defined, look);
        }

        WriteLines(
            output, "socket pairs on the wire; packets and bytes there + back", ConversationTable.Lines(report.Conversations, directory),
            look);
        var (checks, wrong) = (report.Steps.Sum(static s => s.Checks.Count),
            report.Steps.Sum(static s => s.Checks.Count(static c => !c.Holds)));
        output.WriteLine();
        if (report.Failure is { } failure)
        {
            WrapText.Lines($"It ended early: {failure}", look.Width).ForEach(output.WriteLine);
            output.WriteLine(
                look.Bad(string.Create(
                    CultureInfo.InvariantCulture,
                    $"FAILED: it did not come to its end; until then {checks - wrong} of {checks} checks held (seed {report.Seed}).")));
            return;
        }

        var balance = string.Create(
            CultureInfo.InvariantCulture, $"{(wrong > 0 ? "FAILED: " : "")}{checks - wrong} of {checks} checks hold (seed {report.Seed}).");
        output.WriteLine(wrong > 0 ? look.Bad(balance) : look.Good(balance));
    }

    /// <summary>
    /// The ladder, the tables and the checks of a step: each table below the packets that were seen before it was taken, and the checks
    /// below those that were seen before the last of them was made.
    /// </summary>
    private static void WriteStep(
        TextWriter output, ScenarioStep step, Services.ILabDirectory directory, PacketJourneys journeys, SegmentNumbering numbering,
        List<string> known, HashSet<string> defined, ScenarioLook look)
    {
        var width = look.Width - ScenarioLook.Indentation;
        var (rungs, hidden) = LadderDiagram.RungsOf(step, directory.NameOf, journeys, numbering);
        var columns = LadderDiagram.Columns(rungs, known);
        var (layout, drawn) = (LadderDiagram.LayoutOf(rungs, columns, width, step.Start), 0);
        var beforeChecks = step.Checks.Count > 0 ? step.Checks[^1].ExhibitsBefore : step.Exhibits.Count;
        step.Exhibits.GetRange(0, beforeChecks).ForEach(WriteExhibit);
        WriteChecks();
        step.Exhibits.GetRange(beforeChecks, step.Exhibits.Count - beforeChecks).ForEach(WriteExhibit);
        Draw(rungs.Count);
        WriteLines(output, "", Glossary.NewIn(step, rungs, defined), look);

        void WriteExhibit(Exhibit exhibit)
        {
            Draw(rungs.FindAll(r => r.Index < exhibit.PacketsBefore).Count);
            WriteLines(output, exhibit.Title, exhibit.Lines, look);
        }

        void WriteChecks()
        {
            if (step.Checks.Count == 0)
            {
                return;
            }

            Draw(rungs.FindAll(r => r.Index < step.Checks[^1].PacketsBefore).Count);
            output.WriteLine();
            foreach (var check in step.Checks)
            {
                var lines = check.Holds
                    ? WrapText.Lines(check.Claim, look.Width, "   ok: ")
                    : WrapText.Lines($"{check.Claim}; {check.Found}", look.Width, "   NOT SO: ");
                lines.ForEach(line => output.WriteLine(check.Holds ? look.Good(line) : look.Bad(line)));
            }
        }

        void Draw(int until)
        {
            WriteLines(
                output, "",
                LadderDiagram.Lines(rungs.GetRange(drawn, until - drawn), columns, layout, step.Start, until == rungs.Count ? hidden : 0),
                look);
            drawn = until;
        }
    }

    private static void WriteLines(TextWriter output, string title, IReadOnlyList<string> lines, ScenarioLook look)
    {
        if (lines.Count == 0)
        {
            return;
        }

        output.WriteLine();
        if (title.Length > 0)
        {
            WrapText.Lines(title, look.Width - ScenarioLook.Indentation).ForEach(line => output.WriteLine($"   {look.Heading(line)}"));
        }

        // Sentences have no title; what a program said goes on under its second letter.
        foreach (var line in Fit(lines, look.Width - ScenarioLook.Indentation, title.Length > 0 ? Continuation : ""))
        {
            output.WriteLine($"   {line}".TrimEnd());
        }
    }

    private static IEnumerable<string> Fit(IReadOnlyList<string> lines, int width, string continuation)
    {
        foreach (var line in lines is ColumnTable table ? table.Lines(width) : lines)
        {
            if (line.Length <= width)
            {
                yield return line;
                continue;
            }

            var isFirst = true;
            foreach (var part in WrapText.Lines(line, width - continuation.Length))
            {
                yield return isFirst ? part : continuation + part;
                isFirst = false;
            }
        }
    }
}
