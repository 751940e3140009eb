using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>The cells of the chart.</summary>
internal readonly struct ChartRows(
    IReadOnlyList<ChartRow> rows, OwnerName owners, InterfaceNames names, bool numeric, bool hasVersions, int? serviceRoom = null,
    int? ownerRoom = null) : ITableRows
{
    /// <summary>The columns.</summary>
    public static TableColumn[] Columns { get; } =
    [
        new("PORT"),
        new("BIND"),
        new("OWNER", MinWidth: 12, Shrinks: true),
        new("SERVICE"),
        new("VERSION", Shrinks: true),
        new("FIREWALL", MinWidth: 8, Shrinks: true),
        new("CONN", AlignRight: true),
        new("IN/OUT"),
    ];

    /// <summary>Which of the columns is the owner's.</summary>
    public const int Owner = 2;

    /// <summary>Which of the columns is the service's: on a narrow terminal it is cut first, for its owner says more.</summary>
    public const int Service = 3;

    /// <summary>The column of versions, which is there where services were asked.</summary>
    public const int Version = 4;

    /// <summary>The columns of a chart whose services were not asked.</summary>
    public static TableColumn[] WithoutVersion { get; } = [.. Columns[..Version], .. Columns[(Version + 1)..]];

    /// <inheritdoc/>
    public int Count => rows.Count;

    /// <inheritdoc/>
    public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
    {
        var port = rows[row];
        switch (hasVersions || column < Version ? column : column + 1)
        {
            case 0:
                cell.WriteNumber(port.Port.Value);
                cell.Write('/');
                cell.Write(port.Protocol.Name());
                return AnsiStyle.Bold;
            case 1:
                var (place, interfaces) = (port.NamespaceIndex, names);
                cell.WriteEscaped(BindSummary.Text(port.Binds, index => interfaces.Find(place, index)));
                return AnsiStyle.None;
            case Owner:
                cell.Write(owners.Of(port.Owner, ownerRoom));
                return port.Owner.Kind is OwnerKind.Hidden or OwnerKind.None or OwnerKind.Forwarded ? AnsiStyle.Dim : AnsiStyle.None;
            case Service:
                var service = TerminalText.Escape(ServiceWords.Shown(port.Running, port.Service, numeric) ?? "");
                cell.Write(serviceRoom is { } room ? OwnerName.Cut(service, room) : service);
                return port.Running is { IsClaimed: false } ? AnsiStyle.Blue : AnsiStyle.Dim;
            case Version:
                cell.WriteEscaped(ServiceWords.Version(port.Running, port.Inquiry));
                return AnsiStyle.None;
            case 5:
                cell.WriteEscaped(Firewall(port));
                return port.Exposure switch
                {
                    PortExposure.Limited => AnsiStyle.Yellow,
                    PortExposure.Local or PortExposure.Blocked => AnsiStyle.Dim,
                    _ => AnsiStyle.None,
                };
            case 6:
                cell.WriteNumber((ulong)port.Connections);
                return port.Connections == 0 ? AnsiStyle.Dim : AnsiStyle.None;
            default:
                WriteBytes(port, cell);
                return AnsiStyle.Dim;
        }
    }

    private static string Firewall(ChartRow port) =>
        port.Exposure == PortExposure.Local ? "-" : port.Verdict.Summary.Length > 0 ? port.Verdict.Summary : "unknown";

    private static void WriteBytes(ChartRow port, Utf8Writer cell)
    {
        if (port is { BytesIn: { } received, BytesOut: { } sent })
        {
            cell.Write(new ByteSize(received));
            cell.Write('/');
            cell.Write(new ByteSize(sent));
        }
        else
        {
            cell.Write('-');
        }
    }
}
