using Portolan.Cli.Charting;
using Portolan.Cli.Output;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Live;

/// <summary>
/// The columns of the live table and their widths; 0 for a column that is left out. They depend on the width of the screen alone, so that
/// no column moves while rows come and go.
/// </summary>
internal sealed record LiveColumns
{
    /// <summary>The mark of the chosen row, the mark of what changed, and a space.</summary>
    public const int Gutter = 3;

    private const int LeastOwner = 6;
    private const int MostOwner = 48;

    /// <summary>Columns of PORT.</summary>
    public int Port { get; private init; } = 9;

    /// <summary>Columns of BIND.</summary>
    public int Bind { get; private init; }

    /// <summary>Columns of OWNER.</summary>
    public int Owner { get; private init; }

    /// <summary>Columns of SERVICE.</summary>
    public int Service { get; private init; }

    /// <summary>Columns of REACH.</summary>
    public int Reach { get; private init; } = 9;

    /// <summary>Columns of FIREWALL.</summary>
    public int Firewall { get; private init; }

    /// <summary>Columns of CONN.</summary>
    public int Connections { get; private init; }

    /// <summary>Columns of IN/S and of OUT/S.</summary>
    public int Rate { get; private init; }

    /// <summary>Columns of SINCE.</summary>
    public int Since { get; private init; }

    /// <summary>The columns of a screen that wide.</summary>
    public static LiveColumns For(int width)
    {
        var columns = width switch
        {
            < 60 => new LiveColumns(),
            < 80 => new LiveColumns { Service = 10 },
            < 100 => new LiveColumns { Service = 10, Bind = 8, Since = 8 },
            < 120 => new LiveColumns { Service = 12, Bind = 8, Since = 8, Connections = 4, Rate = 5 },
            < 150 => new LiveColumns { Service = 14, Bind = 15, Since = 8, Connections = 4, Rate = 5 },
            _ => new LiveColumns { Service = 16, Bind = 17, Since = 8, Connections = 5, Rate = 5, Firewall = 24 },
        };
        var rest = Math.Max(LeastOwner, width - Gutter - columns.Used);
        var owner = Math.Min(rest, MostOwner);
        return columns with { Owner = owner, Firewall = columns.Firewall == 0 ? 0 : columns.Firewall + rest - owner };
    }

    private int Used => Wide(Port) + Wide(Bind) + Wide(Service) + Wide(Reach) + Wide(Firewall) + Wide(Connections) + (2 * Wide(Rate))
        + Wide(Since);

    /// <summary>The heading.</summary>
    public LiveLine Heading(LiveLine line)
    {
        line.At(Gutter);
        Cell(line, "PORT", Port, AnsiStyle.Bold);
        Cell(line, "BIND", Bind, AnsiStyle.Bold);
        Cell(line, "OWNER", Owner, AnsiStyle.Bold);
        Cell(line, "SERVICE", Service, AnsiStyle.Bold);
        Cell(line, "REACH", Reach, AnsiStyle.Bold);
        Cell(line, "FIREWALL", Firewall, AnsiStyle.Bold);
        Cell(line, "CONN", Connections, AnsiStyle.Bold, isRight: true);
        Cell(line, "IN/S", Rate, AnsiStyle.Bold, isRight: true);
        Cell(line, "OUT/S", Rate, AnsiStyle.Bold, isRight: true);
        Cell(line, "SINCE", Since, AnsiStyle.Bold);
        return line;
    }

    /// <summary>A row.</summary>
    /// <param name="line">The line, behind its marks.</param>
    /// <param name="row">The row.</param>
    /// <param name="cells">Its cells.</param>
    /// <param name="rate">Its rates, or <c>null</c>.</param>
    /// <param name="since">The time of its mark, or nothing.</param>
    public LiveLine Row(LiveLine line, LiveRow row, ChartCells cells, LiveRate? rate, string since)
    {
        var chart = row.Row;
        var isGone = row.Mark == LiveMark.Gone;
        AnsiStyle Of(AnsiStyle style) => isGone ? AnsiStyle.Dim : style;
        line.At(Gutter);
        Cell(line, ChartCells.Port(chart), Port, Of(AnsiStyle.Bold));
        Cell(line, cells.Bind(chart), Bind, Of(AnsiStyle.None));
        Cell(line, cells.Owner(chart, Owner), Owner, Of(ChartCells.OwnerStyle(chart)));
        Cell(line, Service == 0 ? "" : cells.Service(chart), Service, Of(ChartCells.ServiceStyle(chart)));
        Cell(line, chart.Exposure.Name(), Reach, Of(ChartCells.FirewallStyle(chart)));
        Cell(line, Firewall == 0 ? "" : ChartCells.Firewall(chart), Firewall, Of(ChartCells.FirewallStyle(chart)));
        Cell(line, ChartCells.Connections(chart), Connections, Of(chart.Connections == 0 ? AnsiStyle.Dim : AnsiStyle.None), isRight: true);
        Cell(line, RateText(rate?.In), Rate, Of(RateStyle(rate?.In)), isRight: true);
        Cell(line, RateText(rate?.Out), Rate, Of(RateStyle(rate?.Out)), isRight: true);
        Cell(line, since, Since, Of(AnsiStyle.None));
        return line;
    }

    private static string RateText(double? rate) => rate is { } known ? new ByteSize((ulong)known).ToString() : "-";

    private static AnsiStyle RateStyle(double? rate) => rate >= 1 ? AnsiStyle.None : AnsiStyle.Dim;

    private static void Cell(LiveLine line, string text, int columns, AnsiStyle style, bool isRight = false)
    {
        if (columns > 0)
        {
            line.Cell(text, columns, style, isRight);
        }
    }

    private static int Wide(int columns) => columns == 0 ? 0 : columns + TextTable.Gap;
}
