using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Linux.Routing;

namespace Portolan.Cli.Scanning;

/// <summary>The interfaces and routes of this host (<c>--iflist</c>): where a scan can go, and from which address.</summary>
internal static class InterfaceList
{
    private static readonly TableColumn[] InterfaceColumns = [
        new("INTERFACE"), new("STATE"), new("FRAMES"), new("MTU", AlignRight: true), new("MAC"), new("ADDRESSES", Shrinks: true)];

    private static readonly TableColumn[] RouteColumns = [new("ROUTE"), new("GATEWAY"), new("INTERFACE"), new("METRIC", AlignRight: true)];

    /// <summary>Prints both.</summary>
    public static void Write(HostNetwork network, CommandContext context)
    {
        var interfaces = new List<string[]>();
        foreach (var one in network.Interfaces)
        {
            var addresses = new List<string>();
            foreach (var address in network.Addresses)
            {
                if (address.InterfaceIndex == one.Index)
                {
                    addresses.Add(string.Create(CultureInfo.InvariantCulture, $"{address.Address}/{address.PrefixLength}"));
                }
            }

            interfaces.Add(
            [
                one.Name, one.IsUp ? "up" : "down", one.IsLoopback ? "loopback" : one.IsEthernet ? "Ethernet" : "IP",
                one.Mtu.ToString(CultureInfo.InvariantCulture), one.IsEthernet ? one.HardwareAddress.ToString() : "-",
                addresses.Count == 0 ? "-" : string.Join(", ", addresses),
            ]);
        }

        TextTable.Write(context.Writer, InterfaceColumns, new Rows(interfaces), context.OutputColor, context.OutputWidth);
        context.Writer.WriteLine();
        var routes = new List<string[]>();
        foreach (var route in network.Routes)
        {
            var destination = route.PrefixLength == 0
                ? (route.Destination.IsIPv4 ? "default" : "default (IPv6)")
                : string.Create(CultureInfo.InvariantCulture, $"{route.Destination}/{route.PrefixLength}");
            routes.Add(
                [destination, route.Gateway?.ToString() ?? "-", NameOf(network, route.InterfaceIndex),
                    route.Metric.ToString(CultureInfo.InvariantCulture)]);
        }

        TextTable.Write(context.Writer, RouteColumns, new Rows(routes), context.OutputColor, context.OutputWidth);
    }

    private static string NameOf(HostNetwork network, int index)
    {
        foreach (var one in network.Interfaces)
        {
            if (one.Index == index)
            {
                return one.Name;
            }
        }

        return "-";
    }

    private readonly struct Rows(List<string[]> rows) : ITableRows
    {
        public int Count => rows.Count;

        public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
        {
            cell.WriteEscaped(rows[row][column]);
            return rows[row][column] == "down" ? AnsiStyle.Yellow : AnsiStyle.None;
        }
    }
}
