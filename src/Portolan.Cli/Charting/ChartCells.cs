using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>The cells of the chart as text that is safe for a terminal.</summary>
internal sealed class ChartCells(OwnerName owners, InterfaceNames names, bool numeric)
{
    /// <summary>The port and its protocol.</summary>
    public static string Port(ChartRow row) => string.Create(CultureInfo.InvariantCulture, $"{row.Port.Value}/{row.Protocol.Name()}");

    /// <summary>Where it is bound.</summary>
    public string Bind(ChartRow row) =>
        TerminalText.Escape(BindSummary.Text(row.Binds, index => names.Find(row.NamespaceIndex, index)));

    /// <summary>Who holds it.</summary>
    public string Owner(ChartRow row, OwnerDetail detail) => owners.Of(row.Owner, detail);

    /// <summary>The fullest form of the owner that fits, or the shortest.</summary>
    public string Owner(ChartRow row, int columns)
    {
        for (var detail = OwnerDetail.Full; detail < OwnerDetail.NameAndPid; detail++)
        {
            if (Owner(row, detail) is var text && LineWrap.Width(text) <= columns)
            {
                return text;
            }
        }

        return Owner(row, OwnerDetail.NameAndPid);
    }

    /// <summary>What runs there.</summary>
    public string Service(ChartRow row) => TerminalText.Escape(
        ServiceWords.Shown(row.Running, row.Service, row.Port, ServiceWords.IsProgramKnown(row.Owner), numeric) ?? "");

    /// <summary>The version that the service named when it was asked.</summary>
    public static string Version(ChartRow row) => TerminalText.Escape(ServiceWords.Version(row.Running, row.Inquiry) ?? "");

    /// <summary>The verdict.</summary>
    public static string Firewall(ChartRow row) => TerminalText.Escape(
        row.Exposure == PortExposure.Local ? "-" : row.Verdict.Summary.Length > 0 ? row.Verdict.Summary : "unknown");

    public static string Connections(ChartRow row) => row.Connections.ToString(CultureInfo.InvariantCulture);

    /// <summary>The bytes of its connections.</summary>
    public static string Traffic(ChartRow row) =>
        row is { BytesIn: { } received, BytesOut: { } sent } ? $"{new ByteSize(received)}/{new ByteSize(sent)}" : "-";

    /// <summary>Whether any byte went over its connections.</summary>
    public static bool HasTraffic(ChartRow row) => row.BytesIn > 0 || row.BytesOut > 0;

    public static AnsiStyle OwnerStyle(ChartRow row) =>
        row.Owner.Kind is OwnerKind.Hidden or OwnerKind.None or OwnerKind.Forwarded ? AnsiStyle.Dim : AnsiStyle.None;

    public static AnsiStyle ServiceStyle(ChartRow row) => row.Running is { IsClaimed: false } ? AnsiStyle.Blue : AnsiStyle.Dim;

    /// <summary>The style of the verdict.</summary>
    public static AnsiStyle FirewallStyle(ChartRow row) => row.Exposure switch
    {
        PortExposure.Limited => AnsiStyle.Yellow,
        PortExposure.Local or PortExposure.Blocked => AnsiStyle.Dim,
        _ => AnsiStyle.None,
    };
}
