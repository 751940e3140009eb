using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning.Live;

/// <summary>
/// The ports of one host as rows: <c>PORT STATE SERVICE EVIDENCE|VERSION [REASON] [BANNER]</c>. Evidence that only repeats the reasons is
/// left out.
/// </summary>
internal readonly struct PortRows(IReadOnlyList<PortResult> ports, ServiceRegistry services, TableColumn[] columns)
    : ITableRows, IDetailedRows
{
    private static readonly TableColumn Port = new("PORT");
    private static readonly TableColumn State = new("STATE");
    private static readonly TableColumn Service = new("SERVICE", Shrinks: true);
    private static readonly TableColumn Evidence = new("EVIDENCE");
    private static readonly TableColumn Version = new("VERSION", Shrinks: true);
    private static readonly TableColumn Reason = new("REASON");
    private static readonly TableColumn Banner = new("BANNER", Shrinks: true);

    /// <summary>
    /// The columns: versions in place of evidence where ports were asked what they are, banners where they were asked for, each also where
    /// there are any.
    /// </summary>
    public static TableColumn[] Columns(IReadOnlyList<PortResult> ports, ScanOutputOptions options)
    {
        var withVersion = options.Identifies || ports.Any(static port => port.Service is not null);
        var withBanner = options.Banners || ports.Any(static port => !port.Banner.IsEmpty);
        List<TableColumn> columns = [Port, State, Service, withVersion ? Version : Evidence];
        if (options.ShowReasons)
        {
            columns.Insert(withVersion ? 3 : 4, Reason);

            // A SYN-ACK is reason and evidence in one.
            if (!withVersion && ports.All(static port => port.Evidence.Name() is not { } evidence || evidence == port.Reason.Name()))
            {
                columns.Remove(Evidence);
            }
        }

        if (withBanner)
        {
            columns.Add(Banner);
        }

        return [.. columns];
    }

    /// <inheritdoc/>
    public int Count => ports.Count;

    /// <inheritdoc/>
    public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
    {
        var port = ports[row];
        var kind = columns[column];
        return kind == Port ? WritePort(port, cell)
            : kind == State ? WriteState(port, cell)
            : kind == Service ? WriteService(port, cell)
            : kind == Evidence ? WriteDim(port.Evidence.Name() ?? "-", cell)
            : kind == Version ? WriteVersion(port, cell)
            : kind == Reason ? WriteDim(ScanWording.Reason(port.Reason, port.TimeToLive, port.ReasonAddress), cell)
            : WriteBanner(port, cell);
    }

    /// <inheritdoc/>
    public void WriteBelow(int row, Utf8Writer output)
    {
        foreach (var fact in ports[row].Facts ?? [])
        {
            foreach (var line in FactLines.Below(fact))
            {
                output.WriteEscaped(line.TrimEnd());
                output.WriteLine();
            }
        }
    }

    private static AnsiStyle WritePort(in PortResult port, Utf8Writer cell)
    {
        cell.WriteNumber(port.Port.Port.Value);
        cell.Write('/');
        cell.Write(port.Port.Protocol.Name());
        return AnsiStyle.None;
    }

    private static AnsiStyle WriteState(in PortResult port, Utf8Writer cell)
    {
        cell.Write(port.State.Name());
        return port.State switch
        {
            PortState.Open => AnsiStyle.Green,
            PortState.Closed or PortState.Filtered or PortState.ClosedFiltered => AnsiStyle.Dim,
            _ => AnsiStyle.Yellow,
        };
    }

    private AnsiStyle WriteService(in PortResult port, Utf8Writer cell)
    {
        if (port.Service is not null)
        {
            cell.WriteEscaped(ServiceText.NameOf(port, services));
            return port.Service.Service is null ? AnsiStyle.Dim : AnsiStyle.None;
        }

        var name = services.PrimaryName(port.Port.Port, port.Port.Protocol);
        if (name.IsEmpty && SilentServices.MayBe(port) is { } silent)
        {
            cell.WriteEscaped($"{silent}?");
            return AnsiStyle.Dim;
        }

        cell.WriteEscaped(name.IsEmpty ? "-"u8 : name);
        return name.IsEmpty ? AnsiStyle.Dim : AnsiStyle.None;
    }

    private static AnsiStyle WriteVersion(in PortResult port, Utf8Writer cell)
    {
        cell.WriteEscaped(ServiceText.ColumnOf(port) ?? "-");
        return port.Service?.Service is null ? AnsiStyle.Dim : AnsiStyle.None;
    }

    private static AnsiStyle WriteDim(string text, Utf8Writer cell)
    {
        cell.Write(text);
        return AnsiStyle.Dim;
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
