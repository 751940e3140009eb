using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>The first word of a forward: <c>[ADDR:]PORT[-PORT][/udp]</c> or <c>unix:PATH</c>.</summary>
internal sealed record ListenWord
{
    public InternetAddress? Address { get; init; }

    public string? Zone { get; init; }

    public PortRange Ports { get; init; }

    public TransportProtocol? Protocol { get; init; }

    public string? Path { get; init; }

    /// <summary>Reads it.</summary>
    /// <exception cref="PortolanException">It is wrong.</exception>
    public static ListenWord Parse(string word, string where)
    {
        if (PortWords.TakePath(word, where) is { } path)
        {
            return new ListenWord { Path = path };
        }

        var text = word;
        var protocol = PortWords.TakeProtocol(ref text, where);
        var (host, port) = PortWords.Split(text, word, where);
        if (host is not null && port.Length == 0)
        {
            throw Errors.Usage($"{where}'{word}' does not name a port to listen on", $"{host}:8080, or 8080 for every address");
        }

        return new ListenWord
        {
            Address = ParseAddress(host, word, where, out var zone),
            Zone = zone,
            Ports = PortWords.Parse(port, word, allowsZero: true, where),
            Protocol = protocol,
        };
    }

    /// <summary>Where the forward of that place in the range listens.</summary>
    public ListenPoint PointFor(int index) => new()
    {
        Address = Address,
        Zone = Zone,
        Port = new PortNumber((ushort)(Ports.First.Value + index)),
        Path = Path,
    };

    internal static InternetAddress? ParseAddress(string? host, string word, string where, out string? zone)
    {
        zone = null;
        return host switch
        {
            null or "" or "*" => null,
            "localhost" => InternetAddress.LoopbackIPv4,
            _ when PortWords.TryAddress(host, word, where, out var address, out zone) => address,
            _ => throw Errors.Usage(
                $"{where}'{word}': '{host}' is not an address of this host",
                $"write an address, e.g. 127.0.0.1:8080, or the port alone for every address"),
        };
    }
}
