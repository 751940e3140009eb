using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>
/// One of the targets in the second word of a forward: <c>HOST[:PORT[-PORT]]</c>, <c>PORT</c> of this host, or <c>unix:PATH</c>.
/// </summary>
internal sealed record TargetWord
{
    public required string Text { get; init; }

    private string Host { get; init; } = "";

    private InternetAddress? Address { get; init; }

    private string? Zone { get; init; }

    private PortRange? Ports { get; init; }

    public TransportProtocol? Protocol { get; init; }

    public string? Path { get; init; }

    /// <summary>Reads targets between commas.</summary>
    /// <exception cref="PortolanException">One is wrong.</exception>
    public static List<TargetWord> ParseList(string word, string where)
    {
        var targets = new List<TargetWord>();
        foreach (var part in word.Split(','))
        {
            targets.Add(
                part.Length > 0
                    ? Parse(part, where)
                    : throw Errors.Usage($"{where}'{word}': a target between the commas is missing", $"web1:80,web2:80"));
        }

        return targets;
    }

    /// <summary>The target of that place in the range.</summary>
    public TargetPoint PointFor(ListenWord listen, int index, string listenText, string where)
    {
        if (Path is not null)
        {
            return new TargetPoint { Host = "", Path = Path };
        }

        if (Ports is not { } ports)
        {
            // The same port, as a forward that only changes the host.
            var own = listen.Ports.First.Value + index;
            return listen.Path is null && own != 0 ? Point(own) : throw Errors.Usage($"{where}'{Text}' does not name a port", $"{Text}:80");
        }

        return ports.Count == listen.Ports.Count
            ? Point(ports.First.Value + index)
            : throw Errors.Usage(
                $"{where}{listenText} has {listen.Ports.Count} {(listen.Ports.Count == 1 ? "port" : "ports")} and {Text} has {ports.Count}",
                $"both ranges must have the same length: {listen.Ports} "
                    + $"{Host}:{ports.First}-{Math.Min(65535, ports.First.Value + listen.Ports.Count - 1)}");
    }

    private TargetPoint Point(int port) => new() { Host = Host, Address = Address, Zone = Zone, Port = new PortNumber((ushort)port) };

    private static TargetWord Parse(string word, string where)
    {
        if (PortWords.TakePath(word, where) is { } path)
        {
            return new TargetWord { Text = word, Path = path };
        }

        var text = word;
        var protocol = PortWords.TakeProtocol(ref text, where);
        var (host, port) = PortWords.Split(text, word, where);
        if (host is null && !(port.Length > 0 && char.IsAsciiDigit(port[0]) && port.All(c => char.IsAsciiDigit(c) || c == '-')))
        {
            // A name alone: the port is the same as here.
            (host, port) = (port, "");
        }

        host ??= InternetAddress.LoopbackIPv4.ToString();
        var isAddress = PortWords.TryAddress(host, word, where, out var address, out var zone);
        if (!isAddress && !IsName(host))
        {
            throw Errors.Usage(
                $"{where}'{word}': '{host}' is neither a name nor an address",
                $"web.example.com:80, 192.0.2.1:80, [2001:db8::1]:80 or unix:/run/app.sock");
        }

        if (isAddress && address.IsUnspecified)
        {
            throw Errors.Usage(
                $"{where}'{word}': {host} is the wildcard address; a target needs one address", $"for this host itself write "
                    + $"127.0.0.1:PORT");
        }

        return new TargetWord
        {
            Text = word,
            Host = host,
            Address = isAddress ? address : null,
            Zone = zone,
            Ports = port.Length == 0 ? null : PortWords.Parse(port, word, allowsZero: false, where),
            Protocol = protocol,
        };
    }

    /// <summary>RFC 1123 section 2.1, and the underscore that names of services in containers have.</summary>
    private static bool IsName(string host) =>
        host.Length is > 0 and <= 253 && host[0] is not ('-' or '.')
            && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
}
