using System.Globalization;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Packets as a ladder: a column for each machine at an end of one, time going down. A packet that crosses several networks is one arrow,
/// drawn when it arrives; one that a router translates on the way is two, which meet at the router; one that does not arrive ends in an
/// <c>x</c> at the machine that dropped it. All of it is as wide as there is room.
/// </summary>
internal static class LadderDiagram
{
    /// <summary>The fewest characters between two columns, where there is room.</summary>
    private const int LeastGap = 22;

    /// <summary>An arrow with a label: a bar, two dashes, the label between spaces, a dash and the head.</summary>
    private const int ArrowWidth = 7;

    private const int TimeWidth = 13;

    /// <summary>The packets of a step as arrows: at most as many as it shows.</summary>
    internal static (List<LadderRung> Rungs, int Hidden) RungsOf(
        ScenarioStep step, Func<InternetAddress, string?> nameOf, PacketJourneys journeys, SegmentNumbering numbering)
    {
        var rungs = step.Packets.Select((p, i) => step.IsDrawn(p) ? LadderRung.Of(i, p, nameOf, journeys, numbering) : null)
            .OfType<LadderRung>().ToList();
        return (rungs.GetRange(0, Math.Min(rungs.Count, step.MostRungs)), Math.Max(0, rungs.Count - step.MostRungs));
    }

    /// <summary>The columns of a step, in the order in which machines have come up.</summary>
    internal static List<string> Columns(List<LadderRung> rungs, List<string> known)
    {
        // Machines keep their order from step to step.
        known.AddRange(rungs.SelectMany(static r => new[] { r.From, r.To }).Distinct().Except(known).ToList());
        return [.. known.Where(name => rungs.Exists(r => r.From == name || r.To == name))];
    }

    /// <summary>
    /// How the columns of a step lie: the gap between them, and whether the numbers of every packet find room beside its arrow; otherwise
    /// they stand below.
    /// </summary>
    internal static LadderLayout LayoutOf(List<LadderRung> rungs, List<string> columns, int width, Instant start)
    {
        if (rungs.Count == 0)
        {
            return new LadderLayout(width, LeastGap, IsBeside: true, IsList: false, IsWhole: true);
        }

        // An arrow over several columns shares its label among their gaps.
        var needed = rungs.Max(
            r => Math.Abs(columns.IndexOf(r.From) - columns.IndexOf(r.To)) is > 0 and var span
                ? (r.Label.Length + ArrowWidth + span - 1) / span
                : 0);
        needed = Math.Max(needed, columns.SkipLast(1).Select(static c => c.Length + 1).DefaultIfEmpty(0).Max());
        var room = columns.Count < 2 ? LeastGap : (width - TimeWidth - columns[^1].Length) / (columns.Count - 1);
        var gap = Math.Max(needed, Math.Min(LeastGap, room));
        var needs = TimeWidth + ((columns.Count - 1) * gap) + 1;
        return new LadderLayout(
            width, gap, needs + 2 + rungs.Max(static r => r.Details.Length) <= width, needs - 1 + columns[^1].Length > width,
            rungs.TrueForAll(r => (r.Time - start).Ticks % TimeSpan.TicksPerMillisecond == 0));
    }

    /// <summary>A part of a ladder.</summary>
    internal static List<string> Lines(
        IReadOnlyCollection<LadderRung> rungs, List<string> columns, LadderLayout layout, Instant start, int hidden)
    {
        if (rungs.Count == 0)
        {
            return [];
        }

        if (layout.IsList)
        {
            return [.. Rows(rungs, layout, start), .. Rest(hidden)];
        }

        var lines = new List<string> { new string(' ', TimeWidth) + string.Concat(columns.Select(c => c.PadRight(layout.Gap))).TrimEnd() };
        foreach (var rung in rungs)
        {
            var line = Draw(rung, columns, layout, start);
            var beside = layout.IsBeside ? rung.Details : "";
            var isNoteBeside = rung.Note.Length > 0 && line.Length + 2 + beside.Length + 2 + rung.Note.Length <= layout.Width;
            beside += isNoteBeside ? $"{(beside.Length > 0 ? "; " : "")}{rung.Note}" : "";
            lines.Add(beside.Length == 0 ? line : $"{line}  {beside}");
            if (!layout.IsBeside && rung.Details.Length > 0)
            {
                lines.Add(Below(rung, columns, layout));
            }

            if (rung.Note.Length > 0 && !isNoteBeside)
            {
                lines.AddRange(WrapText.Lines(rung.Note, layout.Width, new string(' ', TimeWidth)));
            }
        }

        lines.AddRange(Rest(hidden));
        return lines;
    }

    /// <summary>A line for each packet, where there are more machines than columns find room.</summary>
    private static IEnumerable<string> Rows(IReadOnlyCollection<LadderRung> rungs, LadderLayout layout, Instant start)
    {
        var (from, to, label) = (rungs.Max(static r => r.From.Length), rungs.Max(static r => r.To.Length),
            rungs.Max(static r => r.Label.Length));
        var width = layout.Width;
        var at = TimeWidth + from + to + label + 8;
        var isBeside = at + rungs.Max(static r => r.Details.Length) <= width;
        foreach (var rung in rungs)
        {
            yield return $"{TimeOf(rung, layout, start)} {rung.From.PadRight(from)} {(rung.Arrives ? "-->" : "--x")} {rung.To.PadRight(to)}  {rung.Label.PadRight(label)} {(isBeside ? rung.Details : "")}".TrimEnd();
            var below = isBeside || rung.Details.Length == 0
                ? rung.Note
                : rung.Note.Length == 0 ? rung.Details : $"{rung.Details}; {rung.Note}";
            foreach (var more in below.Length > 0
                ? WrapText.Lines(below, width, new string(' ', isBeside || at > width ? TimeWidth : TimeWidth + from + to + 6))
                : [])
            {
                yield return more;
            }
        }
    }

    private static string[] Rest(int hidden) => hidden == 0 ? [] : [$"{new string(' ', TimeWidth)}... and {hidden} more"];

    /// <summary>Milliseconds, with a fraction where the step has one; from a second on seconds.</summary>
    private static string TimeOf(in LadderRung rung, LadderLayout layout, Instant start) =>
        (rung.Time - start) is var time && time < TimeSpan.FromSeconds(1)
            ? time.TotalMilliseconds.ToString(layout.IsWhole ? "0 'ms'" : "0.000 'ms'", CultureInfo.InvariantCulture).PadLeft(TimeWidth - 1)
            : time.TotalSeconds.ToString("0.000 's'", CultureInfo.InvariantCulture).PadLeft(TimeWidth - 1);

    /// <summary>The numbers below an arrow, between its ends where they find room there.</summary>
    private static string Below(in LadderRung rung, List<string> columns, LadderLayout layout)
    {
        var gap = layout.Gap;
        var bars = Bars(columns, gap);
        var (left, right) = (Math.Min(columns.IndexOf(rung.From), columns.IndexOf(rung.To)) * gap,
            Math.Max(columns.IndexOf(rung.From), columns.IndexOf(rung.To)) * gap);
        var free = right - left - 1 - rung.Details.Length;
        var at = Math.Max(0, Math.Min(free >= 2 ? left + 1 + (free / 2) : left + 2, layout.Width - TimeWidth - rung.Details.Length));
        var line = new string(bars).PadRight(at + rung.Details.Length).ToCharArray();
        rung.Details.CopyTo(0, line, at, rung.Details.Length);
        return new string(' ', TimeWidth) + new string(line).TrimEnd();
    }

    private static char[] Bars(List<string> columns, int gap)
    {
        var line = new char[((columns.Count - 1) * gap) + 1];
        Array.Fill(line, ' ');
        for (var column = 0; column < columns.Count; column++)
        {
            line[column * gap] = '|';
        }

        return line;
    }

    private static string Draw(in LadderRung rung, List<string> columns, LadderLayout layout, Instant start)
    {
        var (from, to, gap) = (columns.IndexOf(rung.From), columns.IndexOf(rung.To), layout.Gap);
        var line = Bars(columns, gap);
        var time = TimeOf(rung, layout, start);
        if (from == to)
        {
            return $"{time} {new string(line)}  {rung.Label}".TrimEnd();
        }

        var (left, right) = (Math.Min(from, to) * gap, Math.Max(from, to) * gap);
        for (var at = left + 1; at < right; at++)
        {
            line[at] = '-';
        }

        line[from < to ? right - 1 : left + 1] = rung.Arrives ? (from < to ? '>' : '<') : 'x';
        var label = $" {rung.Label} ";
        label.CopyTo(0, line, left + ((right - left - label.Length) / 2) + 1, label.Length);
        return $"{time} {new string(line)}".TrimEnd();
    }
}

/// <summary>How a ladder lies on the page.</summary>
/// <param name="Width">What its lines and what stands beside them take at most.</param>
/// <param name="Gap">Characters from one column to the next.</param>
/// <param name="IsBeside">Whether numbers stand beside arrows, not below.</param>
/// <param name="IsList">Whether there are too many machines for columns, so that each packet is a line.</param>
/// <param name="IsWhole">Whether all times are whole milliseconds.</param>
internal readonly record struct LadderLayout(int Width, int Gap, bool IsBeside, bool IsList, bool IsWhole);
