using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning.Live;

/// <summary>The ports of one host as rows: <c>PORT STATE SERVICE EVIDENCE [REASON] [BANNER]</c>.</summary>
internal readonly struct PortTable(IReadOnlyList<PortResult> ports, ServiceRegistry services, bool withReason) : ITableRows
{
    private static readonly TableColumn[] Always = [new("PORT"), new("STATE"), new("SERVICE", Shrinks: true), new("EVIDENCE")];
    private static readonly TableColumn Reason = new("REASON");
    private static readonly TableColumn Banner = new("BANNER", Shrinks: true);

    /// <summary>The columns: banners where they were asked for, or there are any.</summary>
    public static TableColumn[] Columns(IReadOnlyList<PortResult> ports, ScanOutputOptions options)
    {
        var withBanner = options.Banners || ports.Any(static port => !port.Banner.IsEmpty);
        return [.. Always, .. options.ShowReasons ? [Reason] : Array.Empty<TableColumn>(), .. withBanner ? [Banner] : Array.Empty<TableColumn>()];
    }

    /// <inheritdoc/>
    public int Count => ports.Count;

    /// <inheritdoc/>
    public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
    {
        var port = ports[row];
        switch (column)
        {
            case 0:
                cell.WriteNumber(port.Port.Port.Value);
                cell.Write('/');
                cell.Write(port.Port.Protocol.Name());
                return AnsiStyle.None;
            case 1:
                cell.Write(port.State.Name());
                return port.State switch
                {
                    PortState.Open => AnsiStyle.Green,
                    PortState.Closed or PortState.Filtered or PortState.ClosedFiltered => AnsiStyle.Dim,
                    _ => AnsiStyle.Yellow,
                };
            case 2:
                var name = services.PrimaryName(port.Port.Port, port.Port.Protocol);
                cell.WriteEscaped(name.IsEmpty ? "-"u8 : name);
                return name.IsEmpty ? AnsiStyle.Dim : AnsiStyle.None;
            case 3:
                cell.Write(port.Evidence.Name() ?? "-");
                return AnsiStyle.Dim;
            case 4 when withReason:
                cell.Write(ScanWording.Reason(port.Reason, port.TimeToLive, port.ReasonAddress));
                return AnsiStyle.Dim;
            default:
                return WriteBanner(port, cell);
        }
    }

    private static AnsiStyle WriteBanner(in PortResult port, Utf8Writer cell)
    {
        var text = BannerText.Of(port.Banner.Span);
        cell.Write((text, port.BannerState) switch
        {
            (null, BannerState.Interrupted) => "(cut off)",
            (not null, BannerState.Interrupted) => "(cut off) " + text,
            (null, BannerState.Unheard) => "(not heard)",
            _ => text ?? "-",
        });
        return text is null ? AnsiStyle.Dim : AnsiStyle.None;
    }
}
