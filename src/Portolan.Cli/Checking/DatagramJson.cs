using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The facts of datagrams.</summary>
internal static class DatagramJson
{
    public static void Write(Utf8JsonWriter json, DatagramStep step)
    {
        var exchange = step.Exchange;
        json.WriteString("state"u8, step.State.Name());
        json.WriteString("address"u8, step.Address.ToString());
        json.WriteString("outcome"u8, exchange.Outcome.Name());
        json.WriteString("payload"u8, step.Payload);
        json.WriteNumber("payloadLength"u8, step.PayloadLength);
        json.WriteNumber("datagramsSent"u8, exchange.Sent);
        ConnectJson.WritePair(json, "sent"u8, exchange.Pair);
        ConnectJson.WritePair(json, "replies"u8, exchange.Pair?.Reverse());
        ConnectJson.WriteIcmp(json, exchange.Icmp);
        json.WriteString("service"u8, step.Service);
        if (exchange.Outcome != DatagramOutcome.Replied)
        {
            json.WriteNull("reply"u8);
            return;
        }

        json.WriteStartObject("reply"u8);
        CheckJson.WriteMilliseconds(json, "answeredAfterMilliseconds"u8, exchange.AnsweredAfter ?? TimeSpan.Zero);
        CheckJson.WriteBytes(json, exchange.Reply.Span);
        json.WriteEndObject();
    }
}
