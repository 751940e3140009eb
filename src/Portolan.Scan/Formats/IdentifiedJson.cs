using System.Text.Json;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Formats;

/// <summary>What a port is, in JSON: <c>serviceState</c>, <c>serviceReason</c>, <c>identified</c> and <c>reply</c>.</summary>
public static class IdentifiedJson
{
    /// <summary>Writes the fields.</summary>
    public static void Write(Utf8JsonWriter json, ServiceAnswer? answer)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteString("serviceState"u8, answer?.Outcome.Name());
        json.WriteString("serviceReason"u8, ReasonOf(answer));
        Write(json, answer?.Service);
        var isUnknown = answer?.Outcome is ServiceOutcome.Unknown or ServiceOutcome.NotAsked;
        json.WriteString("reply"u8, isUnknown ? BannerText.Of(answer!.Heard.Span) : null);
    }

    /// <summary>Why nothing was sent; <c>null</c> where something was.</summary>
    public static string? ReasonOf(ServiceAnswer? answer) => answer?.Outcome switch
    {
        ServiceOutcome.NotAsked or ServiceOutcome.NotSent => answer.Reason,
        _ => null,
    };

    private static void Write(Utf8JsonWriter json, IdentifiedService? service)
    {
        if (service is null)
        {
            json.WriteNull("identified"u8);
            return;
        }

        json.WriteStartObject("identified"u8);
        WriteFields(json, service);
        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, IdentifiedService service)
    {
        json.WriteString("protocol"u8, service.Protocol);
        json.WriteString("product"u8, service.Product);
        json.WriteString("version"u8, service.Version);
        json.WriteString("info"u8, service.Info);
        json.WriteString("os"u8, service.OperatingSystem);
        json.WriteString("hostname"u8, service.HostName);
        json.WriteStartArray("cpe"u8);
        foreach (var cpe in service.Cpes)
        {
            json.WriteStringValue(cpe);
        }

        json.WriteEndArray();
        json.WriteString("tunnel"u8, service.Tunnel);
        json.WriteNumber("confidence"u8, service.Confidence);
    }
}
