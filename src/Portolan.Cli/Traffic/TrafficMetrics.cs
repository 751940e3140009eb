using System.Globalization;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>What ports carried in Prometheus' text format 0.0.4. As many labels as there are ports, and no more than a bound.</summary>
/// <remarks>Put together at each look, by the thread that counts; requests get what was put together last.</remarks>
internal sealed class TrafficMetrics(TrafficMethod method)
{
    /// <summary>How many ports have labels of their own; the others are counted together as port "other".</summary>
    internal const int MostPorts = 256;

    private const string Other = "other";

    private readonly HashSet<(string Protocol, string Port, string Role)> _known = [];
    private volatile byte[] _text = [];

    /// <summary>Writes what was put together last.</summary>
    public void Write(Utf8Writer output) => output.Write((ReadOnlySpan<byte>)_text);

    /// <summary>Puts the last look together.</summary>
    public void Update(TrafficMeter meter, SocketFilter filter) =>
        _text = Text(meter.Summarize(TrafficGrouping.Port, filter, sinceBegin: true));

    internal byte[] Text(TrafficSummary summary)
    {
        var sums = new SortedDictionary<(string Protocol, string Port, string Role), Sum>();
        foreach (var rated in summary.Rows.OrderByDescending(static r => r.Row.Bytes))
        {
            var label = Label(rated.Row.Key);
            sums[label] = sums.GetValueOrDefault(label).With(rated.Row);
        }

        var output = new Utf8Writer();
        output.WriteLine("# HELP portolan_traffic_info How traffic is counted.");
        output.WriteLine("# TYPE portolan_traffic_info gauge");
        output.WriteLine($"portolan_traffic_info{{method=\"{TrafficFacts.Method(method)}\"}} 1");
        Family(output, sums, "received_bytes_total", "counter", "Payload bytes that sockets received.", static s => s.BytesIn);
        Family(output, sums, "sent_bytes_total", "counter", "Payload bytes that sockets sent.", static s => s.BytesOut);
        Family(output, sums, "connections_active", "gauge", "Open connections.", static s => s.Connections);
        Family(output, sums, "connections_total", "counter", "Connections opened.", static s => s.New);
        Family(output, sums, "retransmits_total", "counter", "Retransmitted segments.", static s => s.Retransmits);
        var losses = summary.Losses;
        output.WriteLine("# HELP portolan_traffic_missed_total Traffic known to be missed, by kind.");
        output.WriteLine("# TYPE portolan_traffic_missed_total counter");
        Missed(output, "calls", losses.Calls);
        Missed(output, "reports", (ulong)losses.Overruns);
        Missed(output, "ends", (ulong)losses.Unreported);
        if (losses.Connections is { } connections)
        {
            Missed(output, "connections", (ulong)connections);
        }

        return output.Written.ToArray();
    }

    /// <summary>The labels of a port: once it has its own it keeps them, so that no counter goes back.</summary>
    private (string Protocol, string Port, string Role) Label(TrafficRowKey key)
    {
        var protocol = key.Protocol!.Value.Name();
        var role = TrafficFacts.Role(key.Role) ?? "unknown";
        var label = (protocol, key.Port is { } port ? port.Value.ToString(CultureInfo.InvariantCulture) : "unknown", role);
        if (_known.Contains(label))
        {
            return label;
        }

        if (_known.Count >= MostPorts)
        {
            return (protocol, Other, role);
        }

        _known.Add(label);
        return label;
    }

    private static void Family(
        Utf8Writer output, SortedDictionary<(string Protocol, string Port, string Role), Sum> sums, string name, string type, string help,
        Func<Sum, ulong?> read)
    {
        output.WriteLine($"# HELP portolan_traffic_{name} {help}");
        output.WriteLine($"# TYPE portolan_traffic_{name} {type}");
        foreach (var (label, sum) in sums)
        {
            // What cannot be counted has no sample, rather than 0.
            if (read(sum) is { } value)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"portolan_traffic_{name}{{protocol=\"{label.Protocol}\",port=\"{label.Port}\",role=\"{label.Role}\"}} {value}"));
            }
        }
    }

    private static void Missed(Utf8Writer output, string kind, ulong count) => output.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"portolan_traffic_missed_total{{kind=\"{kind}\"}} {count}"));

    private readonly record struct Sum(ulong? BytesIn, ulong? BytesOut, ulong? Connections, ulong? New, ulong? Retransmits)
    {
        public Sum With(TrafficRow row) => new(
            Add(BytesIn, row.BytesIn), Add(BytesOut, row.BytesOut), Add(Connections, (ulong?)row.Connections), Add(New, (ulong?)row.New),
            Add(Retransmits, row.Retransmits));

        private static ulong? Add(ulong? left, ulong? right) => left is null ? right : left + (right ?? 0);
    }
}
