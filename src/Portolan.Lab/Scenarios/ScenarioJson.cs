using System.Text.Json;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>A report for programs: <c>docs/schema/portolan.scenario-1.json</c>.</summary>
public static class ScenarioJson
{
    /// <summary>Writes it.</summary>
    /// <param name="report">It.</param>
    /// <param name="topology">The lab it was played in.</param>
    /// <param name="output">Where to.</param>
    public static void Write(ScenarioReport report, LabTopology topology, Stream output)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(output);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("schema"u8, "portolan.scenario/1"u8);
            json.WriteString("scenario"u8, report.Name);
            json.WriteString("summary"u8, report.Summary);
            json.WriteString("lab"u8, topology.Name);
            json.WriteNumber("seed"u8, report.Seed);
            json.WriteBoolean("succeeded"u8, report.Succeeded);
            json.WriteString("failure"u8, report.Failure);
            json.WriteStartArray("steps"u8);
            var numbering = new SegmentNumbering(report.Steps.SelectMany(static s => s.Packets));
            foreach (var step in report.Steps)
            {
                WriteStep(json, step, numbering);
            }

            json.WriteEndArray();
            json.WriteStartArray("conversations"u8);
            foreach (var conversation in report.Conversations)
            {
                WriteConversation(json, conversation, report.Steps[0].Start);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void WriteStep(Utf8JsonWriter json, ScenarioStep step, SegmentNumbering numbering)
    {
        json.WriteStartObject();
        json.WriteString("sentence"u8, step.Sentence);
        json.WriteStartArray("packets"u8);
        foreach (var packet in step.Packets)
        {
            json.WriteStartObject();
            json.WriteNumber("milliseconds"u8, (packet.Time - step.Start).TotalMilliseconds);
            json.WriteString("network"u8, packet.Segment);
            json.WriteString("from"u8, packet.From);
            json.WriteString("to"u8, packet.To);
            json.WriteString("fate"u8, FateOf(packet.Fate));
            json.WriteString("why"u8, packet.Why);
            json.WriteString("says"u8, PacketLabel.Of(packet.Bytes));
            WriteSegment(json, numbering.Of(packet));
            json.WriteString("bytes"u8, Convert.ToHexStringLower(packet.Bytes));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("exhibits"u8);
        foreach (var exhibit in step.Exhibits)
        {
            json.WriteStartObject();
            json.WriteString("title"u8, exhibit.Title);
            json.WriteStartArray("lines"u8);
            foreach (var line in exhibit.Lines)
            {
                json.WriteStringValue(line);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("checks"u8);
        foreach (var check in step.Checks)
        {
            json.WriteStartObject();
            json.WriteString("claim"u8, check.Claim);
            json.WriteBoolean("holds"u8, check.Holds);
            json.WriteString("found"u8, check.Found);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSegment(Utf8JsonWriter json, SegmentNumbers? numbers)
    {
        if (numbers is not { } segment)
        {
            json.WriteNull("segment"u8);
            return;
        }

        json.WriteStartObject("segment"u8);
        json.WriteNumber("sequence"u8, segment.Sequence);
        if (segment.Acknowledgment is { } acknowledged)
        {
            json.WriteNumber("acknowledgment"u8, acknowledged);
        }
        else
        {
            json.WriteNull("acknowledgment"u8);
        }

        json.WriteNumber("window"u8, segment.Window);
        json.WriteEndObject();
    }

    private static void WriteConversation(Utf8JsonWriter json, PairConversation conversation, Instant start)
    {
        json.WriteStartObject();
        json.WriteString("protocol"u8, conversation.Protocol == TransportProtocol.Tcp ? "tcp"u8 : "udp"u8);
        json.WriteString("source"u8, $"{conversation.Source}");
        json.WriteNumber("sourcePort"u8, conversation.SourcePort.Value);
        json.WriteString("destination"u8, $"{conversation.Destination}");
        json.WriteNumber("destinationPort"u8, conversation.DestinationPort.Value);
        json.WriteString("network"u8, conversation.Segment);
        json.WriteNumber("packetsThere"u8, conversation.PacketsThere);
        json.WriteNumber("packetsBack"u8, conversation.PacketsBack);
        json.WriteNumber("bytesThere"u8, conversation.BytesThere);
        json.WriteNumber("bytesBack"u8, conversation.BytesBack);
        json.WriteNumber("startMilliseconds"u8, (conversation.Start - start).TotalMilliseconds);
        json.WriteNumber("endMilliseconds"u8, (conversation.End - start).TotalMilliseconds);
        json.WriteString("end"u8, conversation.Outcome == ConversationEnd.None ? null : ConversationTable.Name(conversation.Outcome));
        json.WriteEndObject();
    }

    private static string FateOf(WireOutcome fate) => fate switch
    {
        WireOutcome.Taken => "taken",
        WireOutcome.PassedOn => "passed-on",
        WireOutcome.Dropped => "dropped",
        WireOutcome.Refused => "refused",
        WireOutcome.Nobody => "nobody",
        WireOutcome.Lost => "lost",
        _ => throw new ArgumentOutOfRangeException(nameof(fate)),
    };
}
