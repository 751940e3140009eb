using Portolan.Cli.Output;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>The columns of the chart and their widths; 0 for a column that is left out.</summary>
internal sealed record ChartShape
{
    /// <summary>Below this many columns a port takes two lines.</summary>
    public const int LeastWidth = 80;

    private const int LeastService = 8;
    private const int LeastVersion = 16;
    private const int LeastFirewall = 24;

    // Longer ones are broken in their column where there is no room: one long name must not cost all rows theirs.
    private const int UsualOwner = 36;
    private const int UsualName = 28;
    private const int UsualBind = 17;

    /// <summary>Whether a port takes two lines: where it is and whose, then the verdict and the rest.</summary>
    public bool IsTwoLines { get; init; }

    /// <summary>Columns of PORT.</summary>
    public int Port { get; init; }

    /// <summary>Columns of BIND.</summary>
    public int Bind { get; init; }

    /// <summary>Columns of OWNER.</summary>
    public int Owner { get; init; }

    /// <summary>Columns of SERVICE.</summary>
    public int Service { get; init; }

    /// <summary>Columns of VERSION.</summary>
    public int Version { get; init; }

    /// <summary>Columns of FIREWALL.</summary>
    public int Firewall { get; init; }

    /// <summary>Columns of CONN.</summary>
    public int Connections { get; init; }

    /// <summary>Columns of IN/OUT.</summary>
    public int Traffic { get; init; }

    /// <summary>Columns of a whole row.</summary>
    public int Width => Of(Port, Bind, Owner, Service, Version, Firewall, Connections, Traffic);

    /// <summary>
    /// The shape in which nothing that decides is cut. What goes first: IN/OUT where no byte went, the verdict's one line, SERVICE's
    /// end, connections where there are none, the owner's directory, IN/OUT, SERVICE, the owner's user; then a port takes two lines.
    /// </summary>
    /// <param name="rows">All rows that will be drawn.</param>
    /// <param name="cells">Their cells.</param>
    /// <param name="hasVersions">Whether services were asked.</param>
    /// <param name="width">The terminal's width, or <c>null</c> where nothing need be left out.</param>
    public static ChartShape For(IReadOnlyList<ChartRow> rows, ChartCells cells, bool hasVersions, int? width)
    {
        int Longest(string heading, Func<ChartRow, string> cell) =>
            rows.Aggregate(heading.Length, (longest, row) => Math.Max(longest, LineWrap.Width(cell(row))));
        var full = new ChartShape
        {
            Port = Longest("PORT", ChartCells.Port),
            Bind = Longest("BIND", cells.Bind),
            Owner = Longest("OWNER", row => cells.Owner(row, OwnerDetail.Full)),
            Service = Longest("SERVICE", cells.Service),
            Version = hasVersions ? Longest("VERSION", ChartCells.Version) : 0,
            Firewall = Longest("FIREWALL", ChartCells.Firewall),
            Connections = Longest("CONN", ChartCells.Connections),
            Traffic = Longest("IN/OUT", ChartCells.Traffic),
        };
        if (width is not { } columns || (full.Width <= columns && columns >= LeastWidth))
        {
            return full;
        }

        if (columns >= LeastWidth)
        {
            var word = rows.Aggregate(LeastFirewall, (longest, row) => Math.Max(longest, LineWrap.LongestWord(ChartCells.Firewall(row))));
            var wrapped = Math.Min(full.Firewall, word);
            var owner = Math.Min(UsualOwner, Longest("OWNER", row => cells.Owner(row, OwnerDetail.NoDirectory)));
            var name = Math.Min(UsualName, Longest("OWNER", row => cells.Owner(row, OwnerDetail.NameAndPid)));
            var bind = Math.Min(UsualBind, full.Bind);
            var service = rows.Any(r => cells.Service(r).Length > 0) ? Math.Min(full.Service, LeastService) : 0;
            var traffic = rows.Any(ChartCells.HasTraffic) ? full.Traffic : 0;
            var connections = rows.Any(static r => r.Connections > 0) ? full.Connections : 0;
            var version = Math.Min(full.Version, LeastVersion);
            var least = full with
            {
                Traffic = 0,
                Firewall = wrapped,
                Version = version,
                Service = 0,
                Owner = owner,
                Connections = connections,
            };
            ChartShape[] narrower =
            [
                full with { Traffic = traffic },
                full with { Traffic = traffic, Firewall = wrapped },
                full with { Traffic = traffic, Firewall = wrapped, Version = version },
                full with { Traffic = traffic, Firewall = wrapped, Version = version, Service = service },
                least with { Service = service, Traffic = traffic, Owner = full.Owner },
                least with { Service = service, Traffic = traffic },
                least with { Service = service },
                least,
                least with { Owner = name },
                least with { Owner = name, Bind = bind },
            ];
            if (Array.Find(narrower, shape => shape.Width <= columns) is { } fits)
            {
                return fits.Widened(full, columns);
            }
        }

        return full with { IsTwoLines = true };
    }

    /// <summary>What is left over goes to what was narrowed: SERVICE, VERSION, the verdict, the owner's directory.</summary>
    private ChartShape Widened(ChartShape full, int columns)
    {
        var spare = columns - Width;
        int Give(int now, int most)
        {
            var more = now == 0 ? 0 : Math.Clamp(most - now, 0, spare);
            spare -= more;
            return now + more;
        }

        return this with
        {
            Service = Give(Service, full.Service),
            Version = Give(Version, full.Version),
            Firewall = Give(Firewall, full.Firewall),
            Owner = Give(Owner, full.Owner),
        };
    }

    private static int Of(params ReadOnlySpan<int> widths)
    {
        var sum = 0;
        foreach (var width in widths)
        {
            sum += width == 0 ? 0 : width + TextTable.Gap;
        }

        return sum - TextTable.Gap;
    }
}
