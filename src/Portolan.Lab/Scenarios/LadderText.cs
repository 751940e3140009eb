using System.Globalization;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Packets as a ladder: a column for each machine at an end of one, time going down. A packet that crosses several networks is one arrow, drawn when it arrives; one
/// that a router translates on the way is two, which meet at the router; one that does not arrive ends in an <c>x</c> at the machine that dropped it.
/// </summary>
internal static class LadderText
{
    /// <summary>The fewest characters between two columns.</summary>
    private const int LeastGap = 22;

    private const int TimeWidth = 13;

    /// <summary>A note that would go further stands on a line of its own.</summary>
    private const int Width = 115;

    /// <summary>The packets of a step as arrows: at most as many as it shows.</summary>
    internal static (List<LadderRung> Rungs, int Hidden) RungsOf(ScenarioStep step, Func<InternetAddress, string?> nameOf, PacketJourneys journeys)
    {
        var rungs = step.Packets.Select((p, i) => step.IsDrawn(p) ? LadderRung.Of(i, p, nameOf, journeys) : null).OfType<LadderRung>().ToList();
        return (rungs.GetRange(0, Math.Min(rungs.Count, step.MostRungs)), Math.Max(0, rungs.Count - step.MostRungs));
    }

    /// <summary>The columns of a step, in the order in which machines have come up.</summary>
    internal static List<string> Columns(List<LadderRung> rungs, List<string> known)
    {
        // Machines keep their order from step to step.
        known.AddRange(rungs.SelectMany(static r => new[] { r.From, r.To }).Distinct().Except(known).ToList());
        return [.. known.Where(name => rungs.Exists(r => r.From == name || r.To == name))];
    }

    /// <summary>The gap between the columns of a step.</summary>
    internal static int GapOf(List<LadderRung> rungs) => rungs.Count == 0 ? LeastGap : Math.Max(LeastGap, rungs.Max(static r => r.Label.Length) + 8);

    /// <summary>A part of a ladder.</summary>
    internal static List<string> Lines(IReadOnlyCollection<LadderRung> rungs, List<string> columns, int gap, Instant start, int hidden)
    {
        if (rungs.Count == 0)
        {
            return [];
        }

        var lines = new List<string> { new string(' ', TimeWidth) + string.Concat(columns.Select(c => c.PadRight(gap))).TrimEnd() };
        foreach (var rung in rungs)
        {
            var (line, note) = Draw(rung, columns, gap, start);
            if (note.Length == 0)
            {
                lines.Add(line);
            }
            else if (line.Length + 2 + note.Length <= Width)
            {
                lines.Add($"{line}  {note}");
            }
            else
            {
                lines.AddRange([line, $"{new string(' ', TimeWidth)}{note}"]);
            }
        }

        lines.AddRange(hidden == 0 ? [] : [$"{new string(' ', TimeWidth)}... and {hidden} more"]);
        return lines;
    }

    private static (string Line, string Note) Draw(in LadderRung rung, List<string> columns, int gap, Instant start)
    {
        var (from, to) = (columns.IndexOf(rung.From), columns.IndexOf(rung.To));
        var line = new char[((columns.Count - 1) * gap) + 1];
        Array.Fill(line, ' ');
        for (var column = 0; column < columns.Count; column++)
        {
            line[column * gap] = '|';
        }

        var time = string.Create(CultureInfo.InvariantCulture, $"{(rung.Time - start).TotalMilliseconds,9:0.000} ms");
        if (from == to)
        {
            return ($"{time} {new string(line)}  {rung.Label}".TrimEnd(), rung.Note);
        }

        var (left, right) = (Math.Min(from, to) * gap, Math.Max(from, to) * gap);
        for (var at = left + 1; at < right; at++)
        {
            line[at] = '-';
        }

        line[from < to ? right - 1 : left + 1] = rung.Arrives ? (from < to ? '>' : '<') : 'x';
        var label = $" {rung.Label} ";
        label.CopyTo(0, line, left + ((right - left - label.Length) / 2) + 1, label.Length);
        return ($"{time} {new string(line)}".TrimEnd(), rung.Note);
    }
}
