using System.Text.Json;

namespace Portolan.Sockets.Owners;

/// <summary>A container as a runtime lists it (Docker Engine API, GET /containers/json; Podman answers the same). All text is hostile.</summary>
/// <param name="Id">Full id.</param>
/// <param name="Name">Name without the leading slash, or <c>null</c>.</param>
/// <param name="Ports">Published ports.</param>
/// <param name="Addresses">Its addresses in the runtime's networks.</param>
internal sealed record RuntimeContainer(
    string Id, string? Name, IReadOnlyList<(TransportProtocol Protocol, int Port)> Ports, IReadOnlyList<InternetAddress> Addresses)
{
    /// <summary>Reads the answer; what is malformed ends the list.</summary>
    internal static List<RuntimeContainer> ParseList(ReadOnlySpan<byte> json)
    {
        var containers = new List<RuntimeContainer>();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 32 });
            if (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    if (ReadContainer(ref reader) is { } container)
                    {
                        containers.Add(container);
                    }
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a string that is not UTF-8: keep what was whole.
        }

        return containers;
    }

    private static RuntimeContainer? ReadContainer(ref Utf8JsonReader reader)
    {
        string? id = null, name = null;
        var ports = new List<(TransportProtocol, int)>();
        var addresses = new List<InternetAddress>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("Id"u8))
            {
                id = ReadString(ref reader);
            }
            else if (reader.ValueTextEquals("Names"u8))
            {
                name = ReadFirst(ref reader)?.TrimStart('/');
            }
            else if (reader.ValueTextEquals("Ports"u8))
            {
                ReadPorts(ref reader, ports);
            }
            else if (reader.ValueTextEquals("NetworkSettings"u8))
            {
                reader.Read();
                ReadAddresses(ref reader, addresses);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return id is null ? null : new RuntimeContainer(id, name, ports, addresses);
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    private static string? ReadFirst(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return null;
        }

        string? first = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            first ??= reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            reader.Skip();
        }

        return first;
    }

    private static void ReadPorts(ref Utf8JsonReader reader, List<(TransportProtocol, int)> ports)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var protocol = TransportProtocol.Tcp;
            var port = 0;
            var known = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("PublicPort"u8))
                {
                    reader.Read();
                    port = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : 0;
                }
                else if (reader.ValueTextEquals("Type"u8))
                {
                    known = TransportProtocolNames.TryParse(ReadString(ref reader), out protocol);
                }
                else
                {
                    reader.Read();
                }

                reader.Skip();
            }

            if (known && port is > 0 and <= ushort.MaxValue)
            {
                ports.Add((protocol, port));
            }
        }
    }

    // {"Networks":{"bridge":{"IPAddress":"172.17.0.2","GlobalIPv6Address":"",…}}}: the two names occur nowhere else in it.
    private static void ReadAddresses(ref Utf8JsonReader reader, List<InternetAddress> addresses)
    {
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName
                && (reader.ValueTextEquals("IPAddress"u8) || reader.ValueTextEquals("GlobalIPv6Address"u8))
                && InternetAddress.TryParse(ReadString(ref reader), out var address))
            {
                addresses.Add(address);
            }
        }
    }
}
