using System.Globalization;
using System.Text.Json;
using Portolan.Model;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Fields of JSON that anybody may have written.</summary>
public static class JsonFields
{
    /// <summary>The text of a field; <c>null</c> when it is not there or is not a text.</summary>
    public static string? Text(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out var field)
            || field.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return field.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    /// <summary>A count of a field; <c>null</c> when it is none.</summary>
    public static long? Count(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Number
            && field.TryGetInt64(out var number) && number >= 0
            ? number
            : null;

    /// <summary>A flag; <c>null</c> when it is none.</summary>
    public static bool? Flag(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field)
            ? field.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }
            : null;

    /// <summary>A share from 0 to 1; <c>null</c> when it is none.</summary>
    public static double? Real(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Number
            && field.TryGetDouble(out var number) && number is >= 0 and <= 1
            ? number
            : null;

    /// <summary>A time of RFC 3339; <c>null</c> when it is none.</summary>
    public static DateTimeOffset? Time(JsonElement value, string name) =>
        DateTimeOffset.TryParse(
            Text(value, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time
            : null;

    /// <summary>Reads a property as an address; fails where it is missing or not an address.</summary>
    public static bool TryAddress(JsonElement value, string name, out InternetAddress address) =>
        InternetAddress.TryParse(Text(value, name), out address);

    /// <summary>A port: masscan's <c>proto</c> or our <c>protocol</c>, and <c>port</c>.</summary>
    public static bool TryPort(JsonElement value, out TransportProtocol protocol, out PortNumber port)
    {
        var number = Count(value, "port");
        port = new PortNumber((ushort)(number ?? 0));
        return TransportProtocolNames.TryParse(Text(value, "proto") ?? Text(value, "protocol"), out protocol)
            && number is >= 0 and <= ushort.MaxValue;
    }

    /// <summary>The elements of a field that is an array; none when it is not.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Array
            ? field.EnumerateArray()
            : [];
}
