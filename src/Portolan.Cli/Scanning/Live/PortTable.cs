using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning.Live;

/// <summary>The ports of one host as rows: <c>PORT STATE SERVICE EVIDENCE [REASON]</c>.</summary>
internal readonly struct PortTable(IReadOnlyList<PortResult> ports, ServiceRegistry services) : ITableRows
{
    private static readonly TableColumn[] AllColumns = [new("PORT"), new("STATE"), new("SERVICE", Shrinks: true), new("EVIDENCE"), new("REASON")];

    /// <summary>The columns.</summary>
    public static ReadOnlySpan<TableColumn> Columns(bool withReason) => AllColumns.AsSpan(0, withReason ? 5 : 4);

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
            default:
                cell.Write(ScanWording.Reason(port.Reason, port.TimeToLive, port.ReasonAddress));
                return AnsiStyle.Dim;
        }
    }
}
