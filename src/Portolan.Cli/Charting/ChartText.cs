using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>Draws the chart for people: a line about the machine, then the ports by who can reach them, then warnings.</summary>
internal sealed class ChartText(ChartModel chart, MachineFacts facts, OwnerName owners)
{
    private const int MostPortsShown = 8;

    private const int LeastService = 8;

    private TableColumn[]? _columns;
    private int? _serviceRoom;
    private bool _isFirst = true;

    /// <summary>The machine's name.</summary>
    public required string Host { get; init; }

    /// <summary>Whether this is root, from whom little is hidden.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Whether the rules of the own namespace were judged.</summary>
    public bool IsJudged { get; init; }

    /// <summary>Whether privilege is what the judge lacked.</summary>
    public bool LacksPrivilege { get; init; }

    /// <summary>Who manages the rules, such as <c>ufw (iptables-nft) + Docker</c>; empty when nobody is known to.</summary>
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
        var lines = Render(rows);
        var at = 0;
        foreach (var group in rows.GroupBy(Title).Select(static g => g.ToList()))
        {
            output.WriteLine();
            output.Write(Title(group[0]), AnsiStyle.Bold, Color);
            output.WriteLine();
            if (_isFirst)
            {
                WriteBytes(output, lines[0]);
                _isFirst = false;
            }

            foreach (var row in group)
            {
                WriteBytes(output, lines[++at]);
                foreach (var note in row.Notes.Where(note => SharersOf(note, group).Count == 1))
                {
                    WriteNote(output, note);
                }
            }

            WriteSharedNotes(output, group);
        }
    }

    /// <summary>What is true of several ports of a group stands once, below the group, with the ports.</summary>
    private void WriteSharedNotes(Utf8Writer output, List<ChartRow> group)
    {
        foreach (var note in group.SelectMany(static r => r.Notes).Distinct(StringComparer.Ordinal))
        {
            if (SharersOf(note, group) is { Count: > 1 } rows)
            {
                var ports = rows.Select(static r => $"{r.Port}/{r.Protocol.Name()}").Distinct(StringComparer.Ordinal).ToList();
                var shown = ports.Count <= MostPortsShown
                    ? string.Join(", ", ports)
                    : $"{string.Join(", ", ports.Take(MostPortsShown))} and {ports.Count - MostPortsShown} more";
                WriteNote(output, $"{shown}: {note}");
            }
        }
    }

    private void WriteNote(Utf8Writer output, string note)
    {
        output.Write($"  ! {TerminalText.Escape(note)}", AnsiStyle.Yellow, Color);
        output.WriteLine();
    }

    private static List<ChartRow> SharersOf(string note, List<ChartRow> group) => group.FindAll(r => r.Notes.Contains(note));

    private void WriteSummary(Utf8Writer output)
    {
        var own = chart.Rows.Count(r => r.IsOwnNamespace);
        var parts =
            new List<string> { own == 0 ? "nothing listens here" : string.Create(CultureInfo.InvariantCulture, $"{own} listening") };
        var unknown = chart.In(ChartGroup.Unknown).Count();
        var reachable = chart.In(ChartGroup.Reachable).Count() + chart.In(ChartGroup.Limited).Count();
        if (own > 0 && (IsJudged || unknown == 0))
        {
            parts.Add(string.Create(
                CultureInfo.InvariantCulture, $"{reachable} reachable from outside{(unknown > 0 ? $", {unknown} not known" : "")}"));
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

        output.Write(TerminalText.Escape(Host), AnsiStyle.Bold, Color);
        foreach (var part in parts)
        {
            output.Write(" · "u8);
            output.Write(part);
        }

        output.WriteLine();
    }

    /// <summary>Writes what stands below all rows.</summary>
    public void WriteTail(Utf8Writer output)
    {
        if (chart.ClientSockets > 0)
        {
            output.WriteLine();
            output.Write(
                $"{chart.ClientSockets} UDP client {(chart.ClientSockets == 1 ? "socket" : "sockets")} on ports the kernel chose, not shown (--all)",
                AnsiStyle.Dim,
                Color);
            output.WriteLine();
        }

        if (facts.UnseenNamespaces is > 0 and var unseen)
        {
            output.WriteLine();
            output.Write("OTHER NAMESPACES", AnsiStyle.Bold, Color);
            output.Write(string.Create(CultureInfo.InvariantCulture, $"  {unseen} (portolan --all)"));
            output.WriteLine();
        }

        if (Inquiries.Count > 0)
        {
            output.WriteLine();
        }

        foreach (var line in Inquiries)
        {
            output.Write(TerminalText.Escape(line), AnsiStyle.Dim, Color);
            output.WriteLine();
        }

        if (chart.Warnings.Count > 0)
        {
            output.WriteLine();
        }

        foreach (var warning in chart.Warnings)
        {
            output.Write($"! {TerminalText.Escape(warning.Text)}", AnsiStyle.Yellow, Color);
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
        _ => $"NAMESPACE {TerminalText.Escape(NamespaceText.Of(facts.Snapshot.Namespaces[row.NamespaceIndex]))}",
    };

    /// <summary>The heading and the rows as lines; the columns are as wide as those of all rows that are known.</summary>
    private List<byte[]> Render(IReadOnlyList<ChartRow> rows)
    {
        var table = new Utf8Writer(capacity: 4096);
        _columns ??= WithWidths([.. chart.Rows, .. Others]);
        TextTable.Write(table, _columns, Cells(rows, Width is null ? null : _columns[ChartRows.Owner].MinWidth), Color, Width);
        var lines = new List<byte[]>();
        foreach (var range in table.Written.Split((byte)'\n'))
        {
            lines.Add(table.Written[range].ToArray());
        }

        return lines;
    }

    // A cut must not take the pid, which is what people come for: so owners are told how much room they will have.
    private TableColumn[] WithWidths(List<ChartRow> all)
    {
        var columns = HasVersions ? ChartRows.Columns : ChartRows.WithoutVersion;
        var widths = TextTable.Widths(columns, Cells(all, null), int.MaxValue);
        if (Width is { } width)
        {
            var excess = widths.Sum() + (TextTable.Gap * (widths.Length - 1)) - width;
            _serviceRoom = Math.Max(Math.Min(LeastService, widths[ChartRows.Service]), widths[ChartRows.Service] - Math.Max(0, excess));
            widths = TextTable.Widths(columns, Cells(all, null), width);
        }

        return [.. columns.Select((column, at) => column with { MinWidth = widths[at] })];
    }

    private ChartRows Cells(IReadOnlyList<ChartRow> rows, int? ownerRoom) =>
        new(rows, owners, facts.Snapshot.Interfaces, Numeric, HasVersions, _serviceRoom, ownerRoom);

    private static void WriteBytes(Utf8Writer output, byte[] line)
    {
        output.Write(line.AsSpan().TrimEnd((byte)' '));
        output.WriteLine();
    }
}
