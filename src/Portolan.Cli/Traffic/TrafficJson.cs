using System.Text.Json;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Sockets;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>Writes traffic as JSON Lines, <c>portolan.traffic/1</c> (docs/schema/portolan.traffic-1.json).</summary>
internal sealed class TrafficJson(CommandContext context, TrafficRequest request)
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.traffic/1";

    public void WriteStart(TrafficMeter meter, string filter) => JsonOutput.WriteLine(context.Output, json =>
    {
        json.WriteString("schema"u8, Schema);
        WriteHead(json, "start", meter.BeganAt);
        json.WriteString("host"u8, Survey.Host);
        json.WriteString("method"u8, TrafficFacts.Method(meter.Method));
        json.WriteString("layer"u8, "payload");
        json.WriteString("by"u8, request.Grouping.Word());
        json.WriteText("filter"u8, filter.Length == 0 ? null : filter);
        json.WriteBoolean("allNamespaces"u8, request.AllNamespaces);
        if (request.For is { } time)
        {
            json.WriteNumber("seconds"u8, time.TotalSeconds);
        }
        else
        {
            json.WriteNull("seconds"u8);
        }

        JsonHead.WriteFacts(json, meter.WhyNotTraced is { } why ? [why] : []);
    });

    public void WriteSample(TrafficSummary summary, IReadOnlyList<RatedRow> rows, string name) =>
        JsonOutput.WriteLine(context.Output, json =>
    {
        WriteHead(json, name, context.Clock.GetUtcNow());
        json.WriteNumber("elapsed"u8, Math.Round(summary.Elapsed.TotalSeconds, 3));
        json.WriteNumber("interval"u8, Math.Round(summary.Interval.TotalSeconds, 3));
        json.WriteStartArray("rows"u8);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            WriteRow(json, row);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteUnattributed(json, summary.Unattributed);
        WriteLosses(json, summary.Losses);
        JsonHead.WriteFacts(json, TrafficFacts.Missing(summary, TrafficWords.BetterWay(request)));
    });

    private static void WriteHead(Utf8JsonWriter json, string name, DateTimeOffset at)
    {
        json.WriteString("event"u8, name);
        json.WriteString("time"u8, TimeText.Rfc3339(at));
    }

    private void WriteRow(Utf8JsonWriter json, RatedRow rated)
    {
        var (row, key) = (rated.Row, rated.Row.Key);
        switch (key.Grouping)
        {
            case TrafficGrouping.Port:
                json.WriteString("protocol"u8, key.Protocol!.Value.Name());
                WriteNumber(json, "port"u8, key.Port?.Value);
                json.WriteText("role"u8, TrafficFacts.Role(key.Role));
                json.WriteText("service"u8, TrafficFacts.Service(context.Machine.Services, key));
                break;
            case TrafficGrouping.Process:
                WriteProcess(json, row);
                break;
            case TrafficGrouping.Remote:
                json.WriteText("remote"u8, key.RemoteAddress?.ToString());
                break;
            case TrafficGrouping.Connection:
                json.WriteString("protocol"u8, key.Protocol!.Value.Name());
                json.WriteText("role"u8, TrafficFacts.Role(key.Role));
                WriteEnd(json, "local"u8, key.LocalAddress, key.LocalPort);
                WriteEnd(json, "remote"u8, key.RemoteAddress, key.RemotePort);
                break;
            default:
                json.WriteText(System.Text.Encoding.ASCII.GetBytes(key.Grouping.Word()), key.Name);
                break;
        }

        if (key.Grouping != TrafficGrouping.Process)
        {
            json.WriteStartArray("owners"u8);
            foreach (var owner in row.Owners)
            {
                json.WriteStringValue(owner);
            }

            json.WriteEndArray();
        }

        WriteNumber(json, "bytesIn"u8, row.BytesIn);
        WriteNumber(json, "bytesOut"u8, row.BytesOut);
        WriteRate(json, "bytesInPerSecond"u8, rated.InPerSecond);
        WriteRate(json, "bytesOutPerSecond"u8, rated.OutPerSecond);
        WriteNumber(json, "datagramsIn"u8, row.DatagramsIn);
        WriteNumber(json, "datagramsOut"u8, row.DatagramsOut);
        WriteNumber(json, "connections"u8, (ulong?)row.Connections);
        WriteNumber(json, "newConnections"u8, (ulong?)row.New);
        WriteRate(json, "newConnectionsPerSecond"u8, rated.NewPerSecond);
        WriteNumber(json, "retransmits"u8, row.Retransmits);
        WriteRate(json, "roundTripMilliseconds"u8, row.RoundTripMilliseconds);
    }

    private static void WriteProcess(Utf8JsonWriter json, TrafficRow row)
    {
        if (row.Key is { ProcessId: null, Name: null })
        {
            json.WriteNull("process"u8);
            return;
        }

        json.WriteStartObject("process"u8);
        WriteNumber(json, "pid"u8, (ulong?)row.Key.ProcessId);
        json.WriteText("name"u8, row.Key.Name);
        json.WriteText("unit"u8, row.Process?.Unit);
        json.WriteText("container"u8, row.Process?.Container is { } container ? container.Name ?? container.Id : null);
        WriteNumber(json, "userId"u8, row.Process?.UserId);
        json.WriteEndObject();
    }

    private static void WriteEnd(Utf8JsonWriter json, ReadOnlySpan<byte> name, InternetAddress? address, PortNumber? port)
    {
        json.WriteStartObject(name);
        json.WriteText("address"u8, address?.ToString());
        WriteNumber(json, "port"u8, port?.Value);
        json.WriteEndObject();
    }

    private static void WriteUnattributed(Utf8JsonWriter json, Unattributed? rest)
    {
        if (rest is null)
        {
            json.WriteNull("unattributed"u8);
            return;
        }

        json.WriteStartObject("unattributed"u8);
        json.WriteString("layer"u8, "wire");
        json.WriteNumber("bytesIn"u8, rest.BytesIn);
        json.WriteNumber("bytesOut"u8, rest.BytesOut);
        json.WriteStartArray("interfaces"u8);
        foreach (var one in rest.Interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, one.Name);
            json.WriteNumber("bytesIn"u8, one.BytesIn);
            json.WriteNumber("bytesOut"u8, one.BytesOut);
            json.WriteNumber("packetsIn"u8, one.PacketsIn);
            json.WriteNumber("packetsOut"u8, one.PacketsOut);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLosses(Utf8JsonWriter json, TrafficLosses losses)
    {
        json.WriteStartObject("missed"u8);
        json.WriteNumber("calls"u8, losses.Calls);
        json.WriteNumber("overruns"u8, losses.Overruns);
        json.WriteNumber("unreported"u8, losses.Unreported);
        WriteNumber(json, "connections"u8, (ulong?)losses.Connections);
        WriteNumber(json, "estimatedBytesIn"u8, losses.EstimatedBytesIn);
        WriteNumber(json, "estimatedBytesOut"u8, losses.EstimatedBytesOut);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteRate(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, Math.Round(number, 3));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
