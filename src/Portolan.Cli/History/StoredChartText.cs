using System.Globalization;
using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Scan.Formats.Reading;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.History;

/// <summary>Draws the rows of a stored chart for people, by who could reach them.</summary>
/// <param name="writer">Takes it.</param>
/// <param name="width">The terminal's width; <c>null</c> to cut nothing.</param>
/// <param name="color">Whether to use colour.</param>
internal sealed class StoredChartText(Utf8Writer writer, int? width, bool color)
{
    private static readonly TableColumn[] Columns =
    [
        new("PORT"), new("BIND"), new("OWNER", MinWidth: 12, Shrinks: true), new("SERVICE"),
        new("FIREWALL", MinWidth: 8, Shrinks: true),
    ];

    private static readonly (string Exposure, string Title)[] Groups =
    [
        ("reachable", "REACHABLE"), ("limited", "LIMITED"), ("unknown", "UNKNOWN"), ("blocked", "BLOCKED"), ("local", "THIS MACHINE ONLY"),
    ];

    /// <summary>Draws it.</summary>
    /// <param name="host">The machine.</param>
    /// <param name="at">The time, as people read it.</param>
    /// <param name="rows">The rows with their namespace, which is empty for the machine's own.</param>
    public void Write(string host, string at, IReadOnlyList<(string Space, StoredRow Row)> rows)
    {
        var cells = rows.Select(static row => (row.Space, Row: CellsOf(row.Row))).ToList();
        writer.Write(TerminalText.Escape(host), AnsiStyle.Bold, color);
        var own = cells.Count(static row => row.Space.Length == 0);
        writer.Write(string.Create(CultureInfo.InvariantCulture, $" at {at} · {(own == 0 ? "nothing listened" : $"{own} listening")}"));
        writer.WriteLine();
        foreach (var (exposure, title) in Groups)
        {
            WriteGroup(title, [.. cells.Where(row => row.Space.Length == 0 && row.Row.Exposure == exposure).Select(static row => row.Row)]);
        }

        foreach (var space in cells.Where(static row => row.Space.Length > 0).GroupBy(static row => row.Space))
        {
            WriteGroup($"NAMESPACE {TerminalText.Escape(space.Key)}", [.. space.Select(static row => row.Row)]);
        }
    }

    private void WriteGroup(string title, List<RowCells> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        writer.WriteLine();
        writer.Write(title, AnsiStyle.Bold, color);
        writer.WriteLine();
        TextTable.Write(writer, Columns, new CellRows([.. rows.Select(static row => (row.Cells, AnsiStyle.None))]), color, width);
    }

    private static RowCells CellsOf(StoredRow stored)
    {
        using var document = stored.Parse();
        var row = document.RootElement;
        var exposure = JsonFields.Text(row, "exposure") ?? "unknown";
        var verdict = row.TryGetProperty("verdict", out var found) ? JsonFields.Text(found, "summary") : null;
        var identified = row.TryGetProperty("identified", out var service) ? JsonFields.Text(service, "name") : null;
        var registered = JsonFields.Text(row, "service");
        return new RowCells(
            exposure,
            [
                $"{stored.Port}/{stored.Protocol.Name()}",
                BindsOf(row),
                OwnerOf(row),
                identified ?? (registered is null ? "" : $"{registered}?"),
                exposure == "local" ? "-" : verdict ?? "unknown",
            ]);
    }

    private static string BindsOf(JsonElement row)
    {
        var (binds, interfaces) = (new List<PortBind>(), new List<string>());
        foreach (var bind in JsonFields.Items(row, "binds"))
        {
            if (JsonFields.TryAddress(bind, "address", out var address))
            {
                var on = JsonFields.Text(bind, "interface");
                if (on is not null && !interfaces.Contains(on))
                {
                    interfaces.Add(on);
                }

                binds.Add(new PortBind(address, JsonFields.Flag(bind, "dualStack"), on is null ? 0 : interfaces.IndexOf(on) + 1));
            }
        }

        return BindSummary.Text(binds, index => index <= interfaces.Count ? interfaces[index - 1] : null);
    }

    private static string OwnerOf(JsonElement row)
    {
        if (!row.TryGetProperty("owner", out var owner) || JsonFields.Text(owner, "kind") is not { } kind)
        {
            return "";
        }

        var name = JsonFields.Text(owner, "name");
        var text = kind switch
        {
            "hidden" => "(hidden)",
            "none" => "(no process)",
            "container" => $"container {name}",
            _ => name ?? kind,
        };
        foreach (var process in JsonFields.Items(row, "owners"))
        {
            return JsonFields.Count(process, "pid") is { } pid
                ? string.Create(CultureInfo.InvariantCulture, $"{text} {pid}")
                : text;
        }

        return text;
    }

    private sealed record RowCells(string Exposure, string[] Cells);
}
