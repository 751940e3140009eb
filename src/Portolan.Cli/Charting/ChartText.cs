using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>Draws the chart for people: a line about the machine, then the ports by who can reach them, then warnings.</summary>
internal sealed class ChartText(ChartModel chart, MachineFacts facts, OwnerName owners)
{
    private const int MostPortsShown = 8;

    private const int NoteIndent = 4;

    private static readonly (ChartGroup Group, string Word)[] GroupWords =
    [
        (ChartGroup.Reachable, "reachable"), (ChartGroup.Limited, "limited"), (ChartGroup.Unknown, "not known"),
        (ChartGroup.Blocked, "blocked"), (ChartGroup.ThisMachine, "local"),
    ];

    private ChartTable? _table;
    private bool _isFirst = true;

    /// <summary>How many ports are listened on in all, where words choose some of them; else <c>null</c>.</summary>
    public int? Listening { get; init; }

    /// <summary>The words that choose them. Hostile text.</summary>
    public string Words { get; init; } = "";

    /// <summary>The machine's name.</summary>
    public required string Host { get; init; }

    /// <summary>Whether this is root, from whom little is hidden.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Whether the rules of the own namespace were judged.</summary>
    public bool IsJudged { get; init; }

    /// <summary>Whether privilege is what the judge lacked.</summary>
    public bool LacksPrivilege { get; init; }

    /// <summary>Who manages the rules, such as <c>ufw (iptables-nft) + Docker</c>; empty when none is known.</summary>
    public string Managers { get; init; } = "";

    /// <summary>Whether to leave out service names.</summary>
    public bool Numeric { get; init; }

    /// <summary>Whether services were asked, so that versions are known.</summary>
    public bool HasVersions { get; init; }

    /// <summary>What is said of the asking, below the rows; empty where nobody was asked.</summary>
    public IReadOnlyList<string> Inquiries { get; init; } = [];

    /// <summary>Whether to use colour.</summary>
    public bool Color { get; init; }

    /// <summary>The terminal's width, or <c>null</c> to cut nothing.</summary>
    public int? Width { get; init; }

    /// <summary>
    /// The rows of other namespaces as they are before they are judged: their columns line up with those of the first part.
    /// </summary>
    public IReadOnlyList<ChartRow> Others { get; init; } = [];

    /// <summary>Writes the first part: the line about the machine, and the rows of the own namespace.</summary>
    public void WriteOwn(Utf8Writer output)
    {
        WriteSummary(output);
        WriteRows(output, chart.Rows);
    }

    /// <summary>Writes rows that are ready.</summary>
    public void WriteRows(Utf8Writer output, IReadOnlyList<ChartRow> rows)
    {
        var table = _table ??= Table();
        foreach (var group in rows.GroupBy(Title).Select(static g => g.ToList()))
        {
            output.WriteLine();
            WriteWrapped(output, Title(group[0]), 0, AnsiStyle.Bold);
            if (_isFirst)
            {
                table.WriteHeading(output);
                _isFirst = false;
            }

            foreach (var row in group)
            {
                table.WriteRow(output, row);
                foreach (var note in row.Notes.Where(note => SharersOf(note, rows).Count == 1))
                {
                    WriteNote(output, note);
                }
            }
        }

        WriteSharedNotes(output, rows);
    }

    /// <summary>What is true of several ports stands once, below them all, with the ports.</summary>
    private void WriteSharedNotes(Utf8Writer output, IReadOnlyList<ChartRow> rows)
    {
        var isFirst = true;
        foreach (var note in rows.SelectMany(static r => r.Notes).Distinct(StringComparer.Ordinal))
        {
            if (SharersOf(note, rows) is { Count: > 1 } sharers)
            {
                if (isFirst)
                {
                    output.WriteLine();
                }

                isFirst = false;
                var ports = sharers.Select(ChartCells.Port).Distinct(StringComparer.Ordinal).ToList();
                var shown = ports.Count <= MostPortsShown
                    ? string.Join(", ", ports)
                    : $"{string.Join(", ", ports.Take(MostPortsShown))} and {ports.Count - MostPortsShown} more";
                WriteNote(output, $"{shown}: {note}");
            }
        }
    }

    private void WriteNote(Utf8Writer output, string note) =>
        WriteWrapped(output, $"! {TerminalText.Escape(note)}", NoteIndent - 2, AnsiStyle.Yellow);

    /// <summary>Writes a text that is safe for a terminal, broken between words where the terminal ends.</summary>
    private void WriteWrapped(Utf8Writer output, string text, int indent, AnsiStyle style)
    {
        var hanging = text.StartsWith("! ", StringComparison.Ordinal) ? indent + 2 : indent;
        var lines = Width is { } width ? LineWrap.Break(text, width - indent, width - hanging) : [text];
        for (var i = 0; i < lines.Count; i++)
        {
            output.Pad(i == 0 ? indent : hanging);
            output.Write(lines[i], style, Color);
            output.WriteLine();
        }
    }

    private static List<ChartRow> SharersOf(string note, IReadOnlyList<ChartRow> rows) => [.. rows.Where(r => r.Notes.Contains(note))];

    private ChartTable Table()
    {
        var cells = new ChartCells(owners, facts.Snapshot.Interfaces, Numeric);
        return new ChartTable(ChartShape.For([.. chart.Rows, .. Others], cells, HasVersions, Width), cells, Width, Color);
    }

    /// <summary>The line about the machine.</summary>
    public string Summary => string.Join(" · ", SummaryParts().Prepend(TerminalText.Escape(Host)));

    private List<string> SummaryParts()
    {
        var own = chart.Rows.Count(r => r.IsOwnNamespace);
        var parts =
            new List<string>
            {
                Listening is { } all ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{own} {(own == 1 ? "port matches" : "ports match")} {TerminalText.Escape(Words)}, of {all} listening")
                    : own == 0 ? "nothing listens here" : string.Create(CultureInfo.InvariantCulture, $"{own} listening"),
            };
        var unknown = chart.In(ChartGroup.Unknown).Count();
        if (own > 0 && (IsJudged || unknown == 0))
        {
            parts.Add(string.Join(", ", Counts()));
        }
        else if (unknown > 0)
        {
            parts.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{unknown} on outside addresses, firewall not judged{(LacksPrivilege ? ": sudo portolan" : "")}"));
        }

        if (Managers.Length > 0)
        {
            parts.Add(TerminalText.Escape(Managers));
        }

        if (chart.HiddenOwners > 0)
        {
            parts.Add($"{(IsRoot ? "" : "not root: ")}{chart.HiddenOwners} {(chart.HiddenOwners == 1 ? "owner" : "owners")} hidden");
        }

        if (facts.Snapshot.Missing.Count > 0)
        {
            parts.Add("incomplete");
        }

        return parts;
    }

    private void WriteSummary(Utf8Writer output)
    {
        var host = TerminalText.Escape(Host);
        var text = Summary;
        var lines = Width is { } width ? LineWrap.Break(text, width, width - 2) : [text];
        var named = lines[0].StartsWith(host, StringComparison.Ordinal) ? host.Length : 0;
        output.Write(lines[0].AsSpan(0, named), AnsiStyle.Bold, Color);
        output.Write(lines[0].AsSpan(named));
        output.WriteLine();
        foreach (var line in lines.Skip(1))
        {
            output.WriteLine($"  {line}");
        }
    }

    /// <summary>How many rows of each group there are, by the words of the groups.</summary>
    private IEnumerable<string> Counts()
    {
        foreach (var (group, word) in GroupWords)
        {
            if (chart.In(group).Count() is > 0 and var count)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{count} {word}");
            }
        }
    }

    /// <summary>Writes what stands below all rows.</summary>
    public void WriteTail(Utf8Writer output)
    {
        if (Listening is null)
        {
            WriteUndrawn(output);
        }

        if (Inquiries.Count > 0)
        {
            output.WriteLine();
        }

        foreach (var line in Inquiries)
        {
            WriteWrapped(output, TerminalText.Escape(line), 0, AnsiStyle.Dim);
        }

        if (chart.Warnings.Count > 0 && Listening is null)
        {
            output.WriteLine();
            foreach (var warning in chart.Warnings)
            {
                WriteWrapped(output, $"! {TerminalText.Escape(warning.Text)}", 0, AnsiStyle.Yellow);
            }
        }
    }

    /// <summary>What there is besides the rows.</summary>
    private void WriteUndrawn(Utf8Writer output)
    {
        if (chart.ClientSockets > 0)
        {
            output.WriteLine();
            WriteWrapped(
                output,
                $"{chart.ClientSockets} UDP client {(chart.ClientSockets == 1 ? "socket" : "sockets")} on ports the kernel "
                    + $"chose, not shown (--all)",
                0, AnsiStyle.Dim);
        }

        if (facts.UnseenNamespaces is > 0 and var unseen)
        {
            output.WriteLine();
            output.Write("OTHER NAMESPACES", AnsiStyle.Bold, Color);
            output.Write(string.Create(CultureInfo.InvariantCulture, $"  {unseen} (portolan --all)"));
            output.WriteLine();
        }

    }

    private string Title(ChartRow row) => row.Group switch
    {
        ChartGroup.Reachable => "REACHABLE",
        ChartGroup.Limited => "LIMITED",
        ChartGroup.Unknown => IsJudged ? "UNKNOWN" : "UNKNOWN (the firewall was not judged)",
        ChartGroup.Blocked => "BLOCKED",
        ChartGroup.ThisMachine => "THIS MACHINE ONLY",
        _ => $"NAMESPACE {TerminalText.Escape(facts.Snapshot.Namespaces[row.NamespaceIndex].LabelOrUnknown)}",
    };
}
