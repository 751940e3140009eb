using System.Globalization;
using Portolan.Cli.Charting;
using Portolan.Cli.Output;

namespace Portolan.Cli.Live;

/// <summary>Draws the state of the live screen as lines: one for each row of the terminal, none wider than it.</summary>
internal sealed class LiveFrame(LiveModel model, OwnerName owners)
{
    /// <summary>Lower screens have one line for keys and one for the chosen row.</summary>
    private const int HighScreen = 16;

    private static readonly (string Key, string Does)[] Keys =
    [
        ("up/down", "choose"), ("Enter", "open"), ("e", "explain"), ("t", "traffic"), ("s", "stop"), ("f", "rules"),
        ("/", "filter"), ("o", "order"), ("space", "pause"), ("r", "look now"), ("?", "keys"), ("q", "quit"),
    ];

    private static readonly (string Key, string Does)[] PaneKeys = [("up/down, space", "scroll"), ("Esc", "back")];

    private static readonly (string Key, string Does)[] AnswerKeys = [("Enter", "do it"), ("up/down", "scroll"), ("Esc", "do nothing")];

    private static readonly (string Key, string Does)[] TypingKeys = [("Enter", "keep the filter"), ("Esc", "undo")];

    private static readonly (string Key, string Does)[] AllKeys =
    [
        ("up, down", "choose a port (also k, j; PgUp, PgDn, Home, End)"),
        ("Enter", "who holds the port, why it runs, who is connected: portolan who"),
        ("e", "who can reach it, layer by layer: portolan explain"),
        ("t", "who talks with it, and how much each second: portolan traffic"),
        ("s", "stop its holder: first what that would do, then it asks for the port"),
        ("f", "the firewall's rules about it: portolan firewall show"),
        ("/", "filter as you type: 8000-8100, 53/udp, nginx, unit:ssh, or as for portolan list: state established and process nginx; "
            + "Esc shows all again"),
        ("o", "sort by reach, port, owner, connections, changes"),
        ("space", "pause, and go on with the latest look"),
        ("r", "look now"),
        ("q", "quit (also Ctrl-C)"),
    ];

    /// <summary>The machine's name.</summary>
    public required string Host { get; init; }

    /// <summary>Whether this is root.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Whether service names are left out.</summary>
    public bool Numeric { get; init; }

    /// <summary>Whether to use colour.</summary>
    public bool Color { get; init; }

    /// <summary>The zone of times.</summary>
    public required TimeZoneInfo Zone { get; init; }

    /// <summary>Draws it.</summary>
    /// <param name="columns">Columns of the terminal.</param>
    /// <param name="rows">Rows of the terminal.</param>
    public List<string> Draw(int columns, int rows)
    {
        if (model.Pane is { } pane)
        {
            return DrawPane(pane, columns, rows);
        }

        var lines = new List<string>(rows) { Line(columns).Add(Head(), AnsiStyle.Bold).ToString(), State(columns) };
        var foot = Foot(columns, rows);
        var room = Math.Max(0, rows - lines.Count - foot.Count);
        if (model.IsHelp)
        {
            AddHelp(lines, columns, room);
        }
        else
        {
            AddTable(lines, columns, room);
        }

        while (lines.Count < rows - foot.Count)
        {
            lines.Add("");
        }

        lines.AddRange(foot);
        return lines.Count <= rows ? lines : lines.GetRange(0, rows);
    }

    private List<string> DrawPane(LivePane pane, int columns, int rows)
    {
        var foot = new List<string>();
        if (pane.Expected is { } expected)
        {
            foot.AddRange(pane.Remark is { } remark ? [Line(columns).Add(remark, AnsiStyle.Yellow).ToString()] : []);
            foot.Add(Line(columns).Add($"type {expected} to do this: ", AnsiStyle.Bold).Add(TerminalText.Escape(pane.Typed)).Add("_")
                .ToString());
        }

        foot.Add(KeyLines(columns, pane.Expected is null ? PaneKeys : AnswerKeys)[0]);
        var lines = new List<string>(rows) { "", "" };
        var text = pane.Fit(columns, rows - lines.Count - foot.Count, out var total);
        lines[0] = Line(columns).Add(TerminalText.Escape(pane.Title), AnsiStyle.Bold)
            .Add(pane.IsRunning ? " ..." : total > pane.Page ? $"  {pane.Top + 1}-{pane.Top + text.Count} of {total}" : "", AnsiStyle.Dim)
            .ToString();
        lines.AddRange(text);
        while (lines.Count < rows - foot.Count)
        {
            lines.Add("");
        }

        lines.AddRange(foot);
        return lines.Count <= rows ? lines : lines.GetRange(0, rows);
    }

    private LiveLine Line(int columns) => new(columns, Color);

    private string Head() => model.Look is not { } look ? TerminalText.Escape(Host) : new ChartText(look.Chart, look.Facts, owners)
    {
        Host = Host,
        IsRoot = IsRoot,
        IsJudged = look.IsJudged,
        LacksPrivilege = look.LacksPrivilege,
        Managers = look.Managers,
    }.Summary;

    private string State(int columns)
    {
        if (model.Look is not { } look)
        {
            return Line(columns).Add("reading ...", AnsiStyle.Dim).ToString();
        }

        var line = Line(columns);
        if (model.IsPaused)
        {
            line.Add("paused").Add(" · ", AnsiStyle.Dim);
        }

        line.Add(Time(look.At));
        line.Add($" · every {DurationText.Format(model.Every)}{(model.HearsListeners ? ", new ports at once" : "")}", AnsiStyle.Dim);
        line.Add($" · by {model.Order.Word()}", AnsiStyle.Dim);
        if (model.Filter.Length > 0)
        {
            line.Add($" · {TerminalText.Escape(model.Filter)}: {Count(model.Rows.Count)} of {Count(look.Chart.Rows.Count)}");
        }

        if (model.Failure is { } failure)
        {
            line.Add($" · {TerminalText.Escape(failure)}", AnsiStyle.Red);
        }

        return line.ToString();
    }

    private void AddTable(List<string> lines, int columns, int room)
    {
        var table = LiveColumns.For(columns);
        lines.Add(table.Heading(Line(columns)).ToString());
        model.Fit(room - 1);
        if (model.Look is not { } look || room < 2)
        {
            return;
        }

        var cells = new ChartCells(owners, look.Facts.Snapshot.Interfaces, Numeric);
        for (var i = model.Top; i < Math.Min(model.Rows.Count, model.Top + model.PageRows); i++)
        {
            var row = model.Rows[i];
            var isChosen = i == model.Selected;
            var line = new LiveLine(columns, Color && !isChosen)
                .Add(isChosen ? ">" : " ").Add(MarkOf(row.Mark), StyleOf(row.Mark));
            var since = row.Since is { } time ? Time(time) : "";
            table.Row(line, row, cells, model.Rates.Of(row), since);
            lines.Add(isChosen && Color ? line.Whole(AnsiStyle.Reverse) : line.ToString());
        }

        if (model.Rows.Count == 0)
        {
            var text = look.Chart.Rows.Count == 0 ? "nothing listens here" : "no port matches";
            lines.Add(Line(columns).At(LiveColumns.Gutter).Add(text, AnsiStyle.Dim).ToString());
        }
    }

    private void AddHelp(List<string> lines, int columns, int room)
    {
        var text = new List<string> { "" };
        var start = AllKeys.Max(static k => k.Key.Length) + 4;
        foreach (var (key, does) in AllKeys)
        {
            var wrapped = LineWrap.Break(does, columns - start);
            text.Add(Line(columns).At(2).Add(key, AnsiStyle.Bold).At(start).Add(wrapped[0]).ToString());
            text.AddRange(wrapped.Skip(1).Select(more => Line(columns).At(start).Add(more).ToString()));
        }

        text.Add("");
        text.AddRange(LineWrap.Break("+ is a new port, - one that is gone, ~ one whose process, addresses or reach changed, SINCE when "
            + "that was seen. Any key goes back.", columns - 2).Select(line => Line(columns).At(2).Add(line, AnsiStyle.Dim).ToString()));
        lines.AddRange(text.Take(room));
    }

    /// <summary>The chosen row in full, and the keys.</summary>
    private List<string> Foot(int columns, int rows)
    {
        var foot = new List<string>();
        if (model.IsTyping)
        {
            foot.Add(Line(columns).Add("/").Add(TerminalText.Escape(model.Filter)).Add("_").ToString());
            var problem = model.FilterProblem is { } wrong ? TerminalText.Escape(wrong) : "";
            foot.Add(problem.Length > 0 ? Line(columns).Add(problem, AnsiStyle.Red).ToString() : KeyLines(columns, TypingKeys)[0]);
            return foot;
        }

        var isHigh = rows >= HighScreen;
        if (!model.IsHelp)
        {
            var details = LineWrap.Break(Details(), columns);
            for (var i = 0; i < (isHigh ? 2 : 1); i++)
            {
                foot.Add(Line(columns).Add(i == 0 && !isHigh ? Details() : details.ElementAtOrDefault(i) ?? "").ToString());
            }
        }

        var keys = KeyLines(columns, Keys);
        foot.AddRange(isHigh ? keys : KeyLines(columns, Keys[^2..]));
        return foot;
    }

    private List<string> KeyLines(int columns, (string Key, string Does)[] keys)
    {
        var lines = new List<string>();
        var (line, used) = (Line(columns), 0);
        foreach (var (key, does) in keys)
        {
            var width = key.Length + 1 + does.Length;
            if (used > 0 && used + 2 + width > columns)
            {
                lines.Add(line.ToString());
                (line, used) = (Line(columns), 0);
            }

            used += used > 0 ? 2 : 0;
            line.At(used).Add(key, AnsiStyle.Bold).Add($" {does}", AnsiStyle.Dim);
            used += width;
        }

        lines.Add(line.ToString());
        return lines;
    }

    private string Details()
    {
        if (model.Chosen is not { } row || model.Look is not { } look)
        {
            return "";
        }

        var cells = new ChartCells(owners, look.Facts.Snapshot.Interfaces, Numeric);
        var parts = new List<string> { $"{ChartCells.Port(row.Row)} {cells.Owner(row.Row, OwnerDetail.Full)}" };
        if (row is { Mark: not LiveMark.None, Since: { } since })
        {
            parts.Add($"{WordOf(row.Mark)} since {Time(since)}");
        }

        parts.AddRange(row.Row.Notes.Select(static note => $"! {TerminalText.Escape(note)}"));
        parts.Insert(1, $"{cells.Bind(row.Row)} {ChartCells.Firewall(row.Row)}");
        if (row.Row.Connections > 0)
        {
            parts.Insert(2, $"{ChartCells.Connections(row.Row)} open {ChartCells.Traffic(row.Row)}");
        }

        return string.Join(" · ", parts);
    }

    private string Time(DateTimeOffset time) =>
        TimeZoneInfo.ConvertTime(time, Zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string MarkOf(LiveMark mark) => mark switch
    {
        LiveMark.New => "+",
        LiveMark.Changed => "~",
        LiveMark.Gone => "-",
        _ => " ",
    };

    private static string WordOf(LiveMark mark) => mark switch
    {
        LiveMark.New => "new",
        LiveMark.Changed => "changed",
        _ => "gone",
    };

    private static AnsiStyle StyleOf(LiveMark mark) => mark switch
    {
        LiveMark.New => AnsiStyle.Green,
        LiveMark.Changed => AnsiStyle.Yellow,
        LiveMark.Gone => AnsiStyle.Red,
        _ => AnsiStyle.None,
    };
}
