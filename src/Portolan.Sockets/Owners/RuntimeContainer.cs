using System.Globalization;
using System.Text.Json;

namespace Portolan.Sockets.Owners;

/// <summary>
/// A container as a runtime lists it (Docker Engine API, GET /containers/json; Podman answers the same). All text is hostile.
/// </summary>
/// <param name="Id">Full id.</param>
/// <param name="Name">Name without the leading slash, or <c>null</c>.</param>
/// <param name="Ports">Published ports.</param>
/// <param name="Addresses">Its addresses in the runtime's networks.</param>
internal sealed record RuntimeContainer(
    string Id, string? Name, IReadOnlyList<(TransportProtocol Protocol, int Port)> Ports, IReadOnlyList<InternetAddress> Addresses)
{
    /// <summary>Its first process, where the list says so; else 0.</summary>
    internal int FirstProcess { get; init; }

    /// <summary>Its image, where the list says so.</summary>
    internal string? Image { get; init; }

    /// <summary>The addresses of this host at which its ports are published, where the list says so.</summary>
    internal IReadOnlyList<(TransportProtocol Protocol, int Port, InternetAddress Address)> Binds { get; init; } = [];

    /// <summary>The systemd unit that it is to belong to (label PODMAN_SYSTEMD_UNIT), or <c>null</c>.</summary>
    internal string? Unit { get; init; }

    /// <summary>
    /// The container of a list that publishes a port of this host, and is at the address where a proxy leads it; or <c>null</c>.
    /// </summary>
    internal static ContainerInfo? Publisher(IEnumerable<RuntimeContainer> containers, PublishedPort port, uint user)
    {
        foreach (var candidate in containers)
        {
            var publishes = candidate.Ports.Any(p => p.Protocol == port.Protocol && p.Port == port.HostPorts.First.Value);
            var isBound = port.HostAddress is not { } host || candidate.Binds.Count == 0
                || candidate.Binds.Contains((port.Protocol, port.HostPorts.First.Value, host));
            var isAt = port.ContainerAddress is not { } address || candidate.Addresses.Count == 0 || candidate.Addresses.Contains(address);
            if (publishes && isBound && isAt)
            {
                return new ContainerInfo(candidate.Id, port.Runtime, candidate.Name, null) { EngineUser = user, Image = candidate.Image };
            }
        }

        return null;
    }

    /// <summary>
    /// Reads lines of <c>ID TAB PID TAB NAMES TAB PORTS TAB UNIT</c>, with ports such as <c>0.0.0.0:9000-9002-&gt;90-92/tcp, 53/udp</c>
    /// (podman-ps(1)); passes over others.
    /// </summary>
    internal static List<RuntimeContainer> ParseLines(string text)
    {
        var containers = new List<RuntimeContainer>();
        foreach (var line in text.Split('\n'))
        {
            var fields = line.TrimEnd('\r').Split('\t');
            if (fields.Length is 4 or 5 && ContainerCgroup.IsId(fields[0])
                && int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                var ports = new List<(TransportProtocol, int)>();
                foreach (var part in fields[3].Split(", "))
                {
                    AddPorts(part, ports);
                }

                containers.Add(
                    new RuntimeContainer(
                        fields[0], fields[2].Split(',')[0] is { Length: > 0 } name ? name : null, ports, [])
                    { FirstProcess = pid, Unit = fields is [.., _, _, _, _, { Length: > 0 } unit] ? unit : null });
            }
        }

        return containers;
    }

    /// <summary>State.Pid of an answer to GET /containers/{id}/json, or <c>null</c>.</summary>
    internal static int? ReadFirstProcess(ReadOnlySpan<byte> json, string id)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("Id"u8, out var known) && known.ValueKind == JsonValueKind.String && known.GetString() == id
                && root.TryGetProperty("State"u8, out var state) && state.ValueKind == JsonValueKind.Object
                && state.TryGetProperty("Pid"u8, out var pid) && pid.ValueKind == JsonValueKind.Number && pid.TryGetInt32(out var number)
                && number > 0
                ? number
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void AddPorts(string part, List<(TransportProtocol Protocol, int Port)> ports)
    {
        var arrow = part.IndexOf("->", StringComparison.Ordinal);
        var slash = part.LastIndexOf('/');
        if (arrow <= 0 || slash < arrow || !TransportProtocolNames.TryParse(part[(slash + 1)..].Trim(), out var protocol))
        {
            return;
        }

        var host = part[..arrow];
        var colon = host.LastIndexOf(':');
        var range = host[(colon + 1)..].Split('-');
        if (PortNumber.TryParse(range[0], out var first) && PortNumber.TryParse(range[^1], out var last) && range.Length <= 2)
        {
            for (var port = (int)first.Value; port <= last.Value; port++)
            {
                ports.Add((protocol, port));
            }
        }
    }

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
        string? id = null, name = null, image = null, unit = null;
        var ports = new List<(TransportProtocol, int)>();
        var addresses = new List<InternetAddress>();
        var binds = new List<(TransportProtocol, int, InternetAddress)>();
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
            else if (reader.ValueTextEquals("Image"u8))
            {
                image = ReadString(ref reader);
            }
            else if (reader.ValueTextEquals("Ports"u8))
            {
                ReadPorts(ref reader, ports, binds);
            }
            else if (reader.ValueTextEquals("Labels"u8))
            {
                unit = ReadUnit(ref reader);
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

        return id is null ? null : new RuntimeContainer(id, name, ports, addresses) { Image = image, Unit = unit, Binds = binds };
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

    private static string? ReadUnit(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        string? unit = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("PODMAN_SYSTEMD_UNIT"u8))
            {
                unit = ReadString(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return unit;
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

    private static void ReadPorts(
        ref Utf8JsonReader reader, List<(TransportProtocol, int)> ports, List<(TransportProtocol, int, InternetAddress)> binds)
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
            InternetAddress? at = null;
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
                else if (reader.ValueTextEquals("IP"u8))
                {
                    at = InternetAddress.TryParse(ReadString(ref reader), out var address) ? address : null;
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
                if (at is { } host)
                {
                    binds.Add((protocol, port, host));
                }
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
