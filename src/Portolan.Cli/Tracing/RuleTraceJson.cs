using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Tracing;
using Portolan.Model;
using Portolan.Model.Documents;

namespace Portolan.Cli.Tracing;

/// <summary>Writes a trace as JSON Lines, <c>portolan.trace/1</c> (docs/schema/portolan.trace-1.json).</summary>
internal static class RuleTraceJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.trace/1";

    internal static void WriteStart(Stream output, TraceFilter filter, string table, DateTimeOffset now) =>
        JsonOutput.WriteLine(output, json =>
    {
        json.WriteString("schema"u8, Schema);
        json.WriteString("event"u8, "start"u8);
        WriteTime(json, now);
        json.WriteNumber("port"u8, filter.Port.Value);
        json.WriteStartArray("protocols"u8);
        foreach (var protocol in filter.Protocols)
        {
            json.WriteStringValue(protocol.Name());
        }

        json.WriteEndArray();
        json.WriteString("from"u8, filter.Sources.ToString());
        json.WriteString("table"u8, table);
    });

    internal static void WritePacket(Stream output, ShownPacket shown) => JsonOutput.WriteLine(output, json =>
    {
        var packet = shown.Packet;
        json.WriteString("event"u8, "packet"u8);
        WriteTime(json, packet.SeenAt);
        json.WriteText("family"u8, packet.Source is { } source ? source.IsIPv4 ? "ipv4" : "ipv6" : null);
        json.WriteText("protocol"u8, TraceWords.Protocol(packet.Protocol));
        WriteEnd(json, "source"u8, packet.Source, packet.SourcePort);
        WriteEnd(json, "destination"u8, packet.Destination, packet.DestinationPort);
        json.WriteText("input"u8, shown.Input);
        json.WriteText("output"u8, shown.Output);
        json.WriteNumber("mark"u8, packet.Mark);
        json.WriteString("verdict"u8, TraceWords.Of(packet.Verdict));
        json.WriteStartArray("steps"u8);
        foreach (var step in shown.Steps)
        {
            json.WriteStartObject();
            WriteStep(json, step);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    internal static void WriteEnd(Stream output, int packets, int losses, DateTimeOffset now) => JsonOutput.WriteLine(output, json =>
    {
        json.WriteString("event"u8, "end"u8);
        WriteTime(json, now);
        json.WriteNumber("packets"u8, packets);
        json.WriteBoolean("complete"u8, losses == 0);
    });

    private static void WriteStep(Utf8JsonWriter json, ShownStep step)
    {
        var told = step.Event;
        json.WriteString("kind"u8, TraceWords.Of(told.Kind));
        json.WriteString("family"u8, RuleWords.Of(told.Family));
        json.WriteString("table"u8, told.TableName);
        json.WriteString("chain"u8, told.ChainName);
        if (told.RuleHandle != 0)
        {
            json.WriteNumber("handle"u8, told.RuleHandle);
        }
        else
        {
            json.WriteNull("handle"u8);
        }

        json.WriteText("text"u8, step.Rule is { Rule: not null } rule ? RuleText.Of(rule) : null);
        json.WriteString("verdict"u8, TraceWords.Of(told.Verdict));
        json.WriteText("target"u8, told.TargetChain);
    }

    private static void WriteEnd(Utf8JsonWriter json, ReadOnlySpan<byte> name, InternetAddress? address, ushort? port)
    {
        if (address is not { } known)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("address"u8, known.ToString());
        if (port is { } number)
        {
            json.WriteNumber("port"u8, number);
        }
        else
        {
            json.WriteNull("port"u8);
        }

        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, DateTimeOffset time) =>
        json.WriteString("time"u8, TimeText.Rfc3339(time));
}
