using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>The columns of traffic: what a row is, then figures. A figure that cannot be had is <c>-</c>, never 0.</summary>
internal static class TrafficColumns
{
    /// <summary>The columns of a grouping, those that may go first on a narrow terminal with the lowest rank.</summary>
    public static IReadOnlyList<TrafficColumn> Of(TrafficGrouping grouping, CommandContext context, bool isLive)
    {
        var columns = new List<TrafficColumn>();
        switch (grouping)
        {
            case TrafficGrouping.Port:
                columns.Add(new(new TableColumn("PORT"), 9, static (r, w) => Port(r.Row.Key, w)));
                columns.Add(new(new TableColumn("ROLE"), 5, static (r, w) => w.Write(TrafficFacts.Role(r.Row.Key.Role) ?? "-")));
                columns.Add(new(
                    new TableColumn("SERVICE", Shrinks: true), 6,
                    (r, w) => w.WriteEscaped(TrafficWords.LikelyService(context, r.Row) ?? "-")));
                break;
            case TrafficGrouping.Process:
                columns.Add(new(new TableColumn("PROCESS", Shrinks: true), 9, static (r, w) => Name(r.Row.Key.Name, w)));
                columns.Add(new(new TableColumn("PID", AlignRight: true), 6, static (r, w) => Number(r.Row.Key.ProcessId, w)));
                break;
            case TrafficGrouping.Remote:
                columns.Add(new(
                    new TableColumn("REMOTE", Shrinks: true), 9,
                    static (r, w) => w.Write(r.Row.Key.RemoteAddress?.ToString() ?? "(several)")));
                break;
            case TrafficGrouping.Connection:
                columns.Add(new(
                    new TableColumn("PROTO"), 6, static (r, w) => w.Write(r.Row.Key.Protocol!.Value.Name())));
                columns.Add(new(
                    new TableColumn("LOCAL", Shrinks: true), 9,
                    static (r, w) => End(r.Row.Key.LocalAddress, r.Row.Key.LocalPort, w)));
                columns.Add(new(
                    new TableColumn("REMOTE", Shrinks: true), 9,
                    static (r, w) => End(r.Row.Key.RemoteAddress, r.Row.Key.RemotePort, w)));
                break;
            default:
                columns.Add(new(
                    new TableColumn(grouping.Word().ToUpperInvariant(), Shrinks: true), 9,
                    static (r, w) => Name(r.Row.Key.Name, w)));
                break;
        }

        if (grouping != TrafficGrouping.Process)
        {
            columns.Add(new(new TableColumn("OWNER", Shrinks: true), 7, static (r, w) => Owners(r.Row.Owners, w)));
        }

        columns.Add(new(new TableColumn("IN", AlignRight: true), 9, static (r, w) => Size(r.Row.BytesIn, w)));
        columns.Add(new(new TableColumn("OUT", AlignRight: true), 9, static (r, w) => Size(r.Row.BytesOut, w)));
        columns.Add(new(new TableColumn("IN/S", AlignRight: true), 8, static (r, w) => Rate(r.InPerSecond, w)));
        columns.Add(new(new TableColumn("OUT/S", AlignRight: true), 8, static (r, w) => Rate(r.OutPerSecond, w)));
        columns.Add(new(new TableColumn("CONNS", AlignRight: true), 4, static (r, w) => Number(r.Row.Connections, w)));
        columns.Add(new(new TableColumn("NEW/S", AlignRight: true), 3, static (r, w) => Few(r.NewPerSecond, w)));
        columns.Add(new(new TableColumn("RETRANS", AlignRight: true), 2, static (r, w) => Number((long?)r.Row.Retransmits, w)));
        columns.Add(new(new TableColumn("RTT", AlignRight: true), 1, static (r, w) => RoundTrip(r.Row.RoundTripMilliseconds, w)));
        if (isLive)
        {
            columns.Add(new(new TableColumn("LAST MINUTE"), 0, static (r, w) => Sparkline.Write(r.LastRates, w)));
        }

        return columns;
    }

    /// <summary>A port with its protocol; <c>*</c> for one that is not known.</summary>
    private static void Port(TrafficRowKey key, Utf8Writer writer)
    {
        writer.Write(key.Port is { } port ? port.Value.ToString(CultureInfo.InvariantCulture) : "*");
        writer.Write('/');
        writer.Write(key.Protocol!.Value.Name());
    }

    private static void End(InternetAddress? address, PortNumber? port, Utf8Writer writer)
    {
        var text = address?.ToString() ?? "*";
        writer.Write(address is { IsIPv4: false } ? $"[{text}]" : text);
        writer.Write(':');
        writer.Write(port is { } number ? number.Value.ToString(CultureInfo.InvariantCulture) : "*");
    }

    private static void Name(string? name, Utf8Writer writer) => writer.WriteEscaped(name ?? "(none)");

    private static void Owners(IReadOnlyList<string> owners, Utf8Writer writer)
    {
        writer.WriteEscaped(owners.Count == 0 ? "-" : owners[0]);
        if (owners.Count > 1)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $" +{owners.Count - 1}"));
        }
    }

    private static void Size(ulong? bytes, Utf8Writer writer)
    {
        if (bytes is { } some)
        {
            writer.Write(new ByteSize(some));
        }
        else
        {
            writer.Write('-');
        }
    }

    private static void Rate(double? rate, Utf8Writer writer) => Size(rate is { } some ? (ulong)some : null, writer);

    private static void Number(long? number, Utf8Writer writer) =>
        writer.Write(number?.ToString(CultureInfo.InvariantCulture) ?? "-");

    private static void Few(double? number, Utf8Writer writer) =>
        writer.Write(number?.ToString(number is > 0 and < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture) ?? "-");

    private static void RoundTrip(double? milliseconds, Utf8Writer writer) => writer.Write(
        milliseconds is { } time ? time.ToString(time < 9.95 ? "0.00" : "0", CultureInfo.InvariantCulture) + "ms" : "-");
}

/// <summary>A column: its heading, how long it stays when room is short, and its text.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Rank">The column with the lowest rank goes first.</param>
/// <param name="Write">Writes a cell.</param>
internal sealed record TrafficColumn(TableColumn Heading, int Rank, Action<RatedRow, Utf8Writer> Write);
