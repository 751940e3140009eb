using System.Text.Json;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>Writes the way to a host in JSON Lines: the field <c>trace</c> of the host's line.</summary>
internal static class TraceJson
{
    /// <summary>Writes the field, <c>null</c> where nothing was traced.</summary>
    public static void Write(Utf8JsonWriter json, HostTrace? trace)
    {
        if (trace is null)
        {
            json.WriteNull("trace"u8);
            return;
        }

        json.WriteStartObject("trace"u8);
        json.WriteString("method"u8, trace.Probe.Method switch
        {
            TraceMethod.Syn => "syn",
            TraceMethod.Ack => "ack",
            TraceMethod.Udp => "udp",
            TraceMethod.Echo => "echo",
            _ => null,
        });
        json.WriteString("protocol"u8, trace.Probe.Protocol is { } protocol ? Model.TransportProtocolNames.Name(protocol) : null);
        if (trace.Probe.Protocol is null)
        {
            json.WriteNull("port"u8);
        }
        else
        {
            json.WriteNumber("port"u8, trace.Probe.Port.Value);
        }

        json.WriteBoolean("reached"u8, trace.IsReached);
        json.WriteStartArray("hops"u8);
        foreach (var hop in trace.Hops)
        {
            WriteHop(json, hop);
        }

        json.WriteEndArray();
        json.WriteStartArray("filtered"u8);
        foreach (var filtered in trace.Filtered)
        {
            json.WriteStartObject();
            json.WriteString("protocol"u8, Model.TransportProtocolNames.Name(filtered.Port.Protocol));
            json.WriteNumber("port"u8, filtered.Port.Port.Value);
            json.WriteString("certainty"u8, filtered.Certainty.Name());
            WriteHop(json, "last"u8, filtered.Last);
            WriteHop(json, "next"u8, filtered.Next);
            json.WriteString("rejectedBy"u8, filtered.Refuser?.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteHop(Utf8JsonWriter json, ReadOnlySpan<byte> name, TraceHop? hop)
    {
        json.WritePropertyName(name);
        if (hop is null)
        {
            json.WriteNullValue();
            return;
        }

        WriteHop(json, hop);
    }

    private static void WriteHop(Utf8JsonWriter json, TraceHop hop)
    {
        json.WriteStartObject();
        json.WriteNumber("ttl"u8, hop.TimeToLive);
        json.WriteString("address"u8, hop.Address?.ToString());
        json.WriteString("hostname"u8, hop.Name);
        if (hop.Address is null)
        {
            json.WriteNull("roundTripSeconds"u8);
        }
        else
        {
            json.WriteNumber("roundTripSeconds"u8, Math.Round((decimal)hop.RoundTrip.TotalSeconds, 9));
        }

        json.WriteEndObject();
    }
}
