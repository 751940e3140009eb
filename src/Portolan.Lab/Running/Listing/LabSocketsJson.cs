using System.Globalization;
using System.Text.Json;
using Portolan.Model.Registry;

namespace Portolan.Lab.Running.Listing;

/// <summary>Writes the sockets of a lab as <c>portolan.sockets/1</c> (docs/schema/portolan.sockets-1.json), each with its host.</summary>
public static class LabSocketsJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.sockets/1";

    private const int FlushSize = 64 * 1024;

    /// <summary>Writes the document.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="lab">The lab's name.</param>
    /// <param name="takenAt">When the sockets were looked at.</param>
    /// <param name="sockets">They.</param>
    public static void Write(Utf8JsonWriter json, string lab, DateTimeOffset takenAt, LabSocketList sockets)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(sockets);
        json.WriteStartObject();
        json.WriteString("schema"u8, Schema);
        json.WriteString("takenAt"u8, takenAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("host"u8, lab);
        json.WriteBoolean("complete"u8, sockets.LeftOut == 0);
        json.WriteStartArray("missing"u8);
        if (sockets.LeftOut > 0)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, MissingFactCode.LabSocketsLeftOut.Name());
            json.WriteNull("protocol"u8);
            json.WriteNull("namespace"u8);
            json.WriteString("what"u8, string.Create(CultureInfo.InvariantCulture, $"{sockets.LeftOut} more sockets"));
            json.WriteString("why"u8, string.Create(CultureInfo.InvariantCulture, $"a listing of a lab has {sockets.Count} at most"));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("sources"u8);
        json.WriteStartObject();
        json.WriteStartArray("protocols"u8);
        json.WriteStringValue("tcp"u8);
        json.WriteStringValue("udp"u8);
        json.WriteEndArray();
        json.WriteString("source"u8, "lab"u8);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteNull("ownerSource"u8);
        json.WriteStartArray("sockets"u8);
        foreach (var socket in sockets)
        {
            Write(json, socket);
            if (json.BytesPending > FlushSize)
            {
                json.Flush();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    private static void Write(Utf8JsonWriter json, LabSocket socket)
    {
        var isIPv4 = socket.LocalAddress.IsIPv4;
        json.WriteStartObject();
        json.WriteString("protocol"u8, socket.Protocol == TransportProtocol.Tcp ? "tcp"u8 : "udp"u8);
        json.WriteString("family"u8, isIPv4 ? "ipv4"u8 : "ipv6"u8);
        if (!isIPv4 && socket.LocalAddress.IsUnspecified)
        {
            json.WriteBoolean("dualStack"u8, value: true);
        }
        else
        {
            json.WriteNull("dualStack"u8);
        }

        json.WriteStartObject("local"u8);
        json.WriteString("address"u8, socket.LocalAddress.ToString());
        json.WriteNumber("port"u8, socket.LocalPort.Value);
        json.WriteNull("interface"u8);
        json.WriteEndObject();
        if (socket.RemoteAddress is { } remote)
        {
            json.WriteStartObject("remote"u8);
            json.WriteString("address"u8, remote.ToString());
            json.WriteNumber("port"u8, socket.RemotePort.Value);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("remote"u8);
        }

        json.WriteString("state"u8, socket.State?.Name() ?? (socket.RemoteAddress is null ? "UNCONNECTED" : "ESTABLISHED"));

        // A stack counts no queues for its listing.
        json.WriteNumber("receiveQueue"u8, 0);
        json.WriteNumber("sendQueue"u8, 0);
        json.WriteString("service"u8, ServiceOf(socket));
        json.WriteNull("user"u8);
        json.WriteNull("inode"u8);
        json.WriteNull("cookie"u8);
        json.WriteString("namespace"u8, socket.Host);
        json.WriteNull("owners"u8);
        json.WriteNull("bytesSent"u8);
        json.WriteNull("bytesReceived"u8);
        json.WriteString("host"u8, socket.Host);
        json.WriteNumber("hosts"u8, socket.HostCount);
        json.WriteString("ports"u8, socket.Ports?.ToString());
        json.WriteEndObject();
    }

    /// <summary>Of the two ports of a connection the lower one that has a name.</summary>
    private static string? ServiceOf(LabSocket socket)
    {
        var local = NameOf(socket.LocalPort, socket.Protocol);
        var remote = socket.RemoteAddress is null ? null : NameOf(socket.RemotePort, socket.Protocol);
        return local is null || (remote is not null && socket.RemotePort.Value < socket.LocalPort.Value) ? remote : local;
    }

    private static string? NameOf(PortNumber port, TransportProtocol protocol) =>
        port == PortNumber.Zero ? null : ServiceRegistry.BuiltIn.PrimaryNameText(port, protocol);
}
