using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The facts of a connection.</summary>
internal static class ConnectJson
{
    public static void Write(Utf8JsonWriter json, ConnectStep step)
    {
        json.WriteString("state"u8, step.State.Name());
        json.WriteStartArray("attempts"u8);
        foreach (var attempt in step.Attempts)
        {
            json.WriteStartObject();
            json.WriteString("address"u8, attempt.Address.ToString());
            CheckJson.WriteMilliseconds(json, "atMilliseconds"u8, attempt.At);
            CheckJson.WriteMilliseconds(json, "elapsedMilliseconds"u8, attempt.Elapsed);
            json.WriteString("outcome"u8, attempt.Outcome.Name());
            json.WriteBoolean("used"u8, attempt.Outcome == ConnectionOutcome.Connected);
            json.WriteString("state"u8, attempt.State.Name());
            json.WriteString("summary"u8, attempt.Summary);
            json.WriteString("meaning"u8, attempt.Meaning);
            WritePair(json, "sent"u8, attempt.Pair);
            WritePair(json, "replies"u8, attempt.Pair?.Reverse());
            WriteIcmp(json, attempt.Icmp);
            WriteCounts(json, attempt.Tcp);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A socket pair as it stands in the packets of one direction, or null.</summary>
    public static void WritePair(Utf8JsonWriter json, ReadOnlySpan<byte> name, SocketPair? pair)
    {
        if (pair is not { } known)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        WriteEnd(json, "source"u8, known.LocalAddress, known.LocalPort);
        WriteEnd(json, "destination"u8, known.RemoteAddress, known.RemotePort);
        json.WriteEndObject();
    }

    /// <summary>An ICMP message, or null.</summary>
    public static void WriteIcmp(Utf8JsonWriter json, IcmpRefusal? icmp)
    {
        if (icmp is null)
        {
            json.WriteNull("icmp"u8);
            return;
        }

        json.WriteStartObject("icmp"u8);
        json.WriteNumber("version"u8, icmp.IsIPv6 ? 6 : 4);
        json.WriteNumber("type"u8, icmp.Type);
        json.WriteNumber("code"u8, icmp.Code);
        json.WriteString("name"u8, icmp.Name);
        json.WriteString("from"u8, icmp.From.ToString());
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, TcpFacts? tcp)
    {
        if (tcp is not { } counted)
        {
            json.WriteNull("retransmissions"u8);
            json.WriteNull("roundTripMilliseconds"u8);
            return;
        }

        json.WriteNumber("retransmissions"u8, counted.Retransmissions);
        if (counted.RoundTrip > TimeSpan.Zero)
        {
            CheckJson.WriteMilliseconds(json, "roundTripMilliseconds"u8, counted.RoundTrip);
        }
        else
        {
            json.WriteNull("roundTripMilliseconds"u8);
        }
    }

    private static void WriteEnd(Utf8JsonWriter json, ReadOnlySpan<byte> name, InternetAddress address, PortNumber port)
    {
        json.WriteStartObject(name);
        json.WriteString("address"u8, address.ToString());
        json.WriteNumber("port"u8, port.Value);
        json.WriteEndObject();
    }
}
