using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.History;

/// <summary>Draws an answer for people: what is known of ports, then the changes, the latest first.</summary>
/// <param name="writer">Takes it.</param>
/// <param name="zone">The zone of times.</param>
/// <param name="width">The terminal's width; <c>null</c> to cut nothing.</param>
/// <param name="color">Whether to use colour.</param>
internal sealed class HistoryText(Utf8Writer writer, TimeZoneInfo zone, int? width, bool color)
{
    private static readonly TableColumn[] ChangeColumns =
    [
        new("FOUND"), new("AFTER"), new("HOST"), new("PORT"), new("CHANGE"), new("WHAT", MinWidth: 16, Shrinks: true),
    ];

    private static readonly TableColumn[] PortColumns =
    [
        new("HOST"), new("PORT"), new("STATE"), new("FIRST SEEN OPEN"), new("LAST SEEN OPEN"), new("WHAT", MinWidth: 16, Shrinks: true),
    ];

    /// <summary>Draws it.</summary>
    public void Write(HistoryAnswer answer, HistoryQuestion question)
    {
        foreach (var host in answer.Hosts)
        {
            WriteHost(host);
        }

        if (question.Port is not null || question.Host is not null)
        {
            WritePorts(answer.Ports);
            writer.WriteLine();
        }

        WriteChanges(answer);
    }

    private void WriteHost(KnownHost host)
    {
        writer.Write(TerminalText.Escape(HistoryWords.Host(host.Key, host.Machine, host.Name)), AnsiStyle.Bold, color);
        var status = host.Known.Status == Scan.Results.HostStatus.Down ? "down, " : "";
        writer.Write(TerminalText.Escape(
            $": {status}observed from {HistoryWords.Time(host.FirstLook, zone)} to {HistoryWords.Time(host.LastLook, zone)}"));
        writer.WriteLine();
    }

    private void WritePorts(IReadOnlyList<KnownPort> ports)
    {
        if (ports.Count == 0)
        {
            writer.Write("never seen open");
            writer.WriteLine();
            return;
        }

        List<(string[], AnsiStyle)> rows = [.. ports.Select(port => (new[]
        {
            HistoryWords.Host(port.Host.Key, port.Host.Machine, port.Host.Name),
            $"{port.Endpoint.Port}/{port.Endpoint.Protocol.Name()}",
            StateOf(port),
            HistoryWords.Time(port.FirstSeen, zone),
            HistoryWords.Time(port.LastSeen, zone),
            HistoryWords.Facts(port.Facts),
        }, port.State.States == PossibleStates.Open ? AnsiStyle.None : AnsiStyle.Dim))];
        TextTable.Write(writer, PortColumns, new CellRows(rows), color, width);
    }

    private static string StateOf(KnownPort port) =>
        port.Host.Known.Status == Scan.Results.HostStatus.Down ? "host down" : port.State.Text;

    private void WriteChanges(HistoryAnswer answer)
    {
        if (answer.Changes.Count == 0)
        {
            writer.Write("no changes");
            writer.WriteLine();
            return;
        }

        List<(string[], AnsiStyle)> rows = [.. answer.Changes.Select(change => (new[]
        {
            HistoryWords.Time(change.FoundAt, zone),
            change.Since is { } since ? HistoryWords.Time(since, zone) : "",
            HistoryWords.Host(change),
            ChangeWords.Ports(change.Change),
            change.Change.Kind.Name(),
            ChangeWords.Text(change.Change, missRateBound: null),
        }, change.Change switch
        {
            { IsCertain: false } => AnsiStyle.Dim,
            { Kind: ChangeKind.Opened or ChangeKind.HostUp } or { IsWidened: true } => AnsiStyle.Yellow,
            { Kind: ChangeKind.Expiring } => AnsiStyle.Red,
            _ => AnsiStyle.None,
        }))];
        TextTable.Write(writer, ChangeColumns, new CellRows(rows), color, width);
    }
}

/// <summary>Rows whose cells are text, which is made harmless here.</summary>
/// <param name="rows">The cells of each row and the style of the row.</param>
internal readonly struct CellRows(List<(string[] Cells, AnsiStyle Style)> rows) : ITableRows
{
    /// <inheritdoc/>
    public int Count => rows.Count;

    /// <inheritdoc/>
    public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
    {
        cell.Write(TerminalText.Escape(rows[row].Cells[column]));
        return rows[row].Style;
    }
}
