using System.Text.Json;
using Portolan.Packets.Links;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The facts of routes.</summary>
internal static class RouteJson
{
    public static void Write(Utf8JsonWriter json, RouteStep step)
    {
        json.WriteStartArray("routes"u8);
        foreach (var (address, answer) in step.Routes)
        {
            json.WriteStartObject();
            json.WriteString("address"u8, address.ToString());
            WriteRoute(json, answer.Route);
            json.WriteString("problem"u8, answer.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRoute(Utf8JsonWriter json, Route? route)
    {
        json.WriteString("interface"u8, route?.InterfaceName);
        json.WriteString("source"u8, route?.Source.ToString());
        json.WriteString("gateway"u8, route?.Gateway?.ToString());
        if (route is null)
        {
            json.WriteNull("local"u8);
            json.WriteNull("mtu"u8);
        }
        else
        {
            json.WriteBoolean("local"u8, route.IsLocal);
            json.WriteNumber("mtu"u8, route.Mtu);
        }
    }
}
