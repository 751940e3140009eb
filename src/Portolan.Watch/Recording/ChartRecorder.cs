using System.Buffers;
using System.Text;
using System.Text.Json;
using Portolan.Scan.Formats.Reading;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>Adds a chart (<c>portolan.chart/1</c>) to the store: a look at each network namespace, and the rows themselves.</summary>
public static class ChartRecorder
{
    // What differs at each look by itself.
    private static readonly string[] Counters = ["connections", "bytesIn", "bytesOut", "notes", "namespace"];

    /// <summary>Records one chart: its rows, its document and the looks at its ports.</summary>
    /// <param name="run">The run.</param>
    /// <param name="chart">The chart as a snapshot.</param>
    /// <param name="document">The same as its document.</param>
    /// <param name="at">When it was drawn.</param>
    public static void Add(RunRecorder run, Snapshot chart, ReadOnlyMemory<byte> document, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(chart);
        var machine = chart.Hosts.TryGetValue(new HostKey(default, ""), out var own) ? own.Name : null;
        var rows = new Dictionary<string, List<(TransportProtocol, PortNumber, string)>>(StringComparer.Ordinal);
        using (var json = JsonDocument.Parse(document))
        {
            foreach (var row in JsonFields.Items(json.RootElement, "ports"))
            {
                if (JsonFields.TryPort(row, out var protocol, out var port))
                {
                    Add(JsonFields.Text(row, "namespace") ?? "", (protocol, port, TextOf(row)));
                }
            }

            foreach (var (space, body) in MissingRows.Of(json.RootElement, chart))
            {
                Add(space, (TransportProtocol.Tcp, PortNumber.Zero, body));
            }
        }

        foreach (var host in chart.Hosts.Values)
        {
            run.AddChart(host, machine, rows.GetValueOrDefault(host.Key.Space ?? "", []), at);
        }

        void Add(string space, (TransportProtocol, PortNumber, string) row)
        {
            if (!rows.TryGetValue(space, out var list))
            {
                rows.Add(space, list = []);
            }

            list.Add(row);
        }
    }

    private static string TextOf(JsonElement row)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (var member in row.EnumerateObject())
        {
            if (Array.IndexOf(Counters, member.Name) < 0)
            {
                member.WriteTo(json);
            }
        }

        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
