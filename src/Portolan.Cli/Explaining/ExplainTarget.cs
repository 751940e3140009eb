using Portolan.Cli.Charting;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Checking;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Explaining;

/// <summary>
/// What is to be explained, as people name it: <c>8080</c>, <c>https</c>, <c>53/udp</c>, <c>192.0.2.10:8080</c>, <c>[2001:db8::1]:443</c>,
/// <c>db.example:5432</c>.
/// </summary>
/// <param name="Port">The port.</param>
/// <param name="Protocol">The protocol that was named, or <c>null</c>.</param>
/// <param name="Address">The address that was named, or <c>null</c>.</param>
internal readonly record struct ExplainTarget(PortNumber Port, TransportProtocol? Protocol, InternetAddress? Address)
{
    /// <summary>A name in ASCII form whose address is to be looked up, or <c>null</c>.</summary>
    public string? Name { get; init; }

    /// <summary>Reads it.</summary>
    /// <exception cref="PortolanException">It names no port. Exit code <see cref="ExitCode.Usage"/>.</exception>
    public static ExplainTarget Parse(string text, Func<ServiceRegistry> services)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0)
        {
            if (InternetAddress.TryParse(text, out _))
            {
                throw Usage($"'{text}' does not name a port", $"write the port after it, e.g. {text}:443");
            }

            return From(PortArgument.Parse(text, services, "explain"), null);
        }

        var (host, port) = (text[..colon], text[(colon + 1)..]);
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
        }
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            throw Usage($"'{text}' is ambiguous: an address with or without a port", $"write an IPv6 address in brackets, e.g. "
                + $"[{text}]:443");
        }

        var named = PortArgument.Parse(port, services, "explain");
        if (InternetAddress.TryParse(host, out var address))
        {
            return From(named, address.IsUnspecified ? null : address.Unmap());
        }

        if (!CheckTargetParser.TryParse($"tcp://{text[..colon]}:1", out var found, out var problem))
        {
            throw Usage($"'{host}' is neither an address nor a name: {problem.Reason}", problem.Remedy);
        }

        return found is { Address: { } scoped }
            ? throw Usage($"'{host}' names an interface", $"write [{scoped}]:{port}, and the interface as --from {found.Scope}")
            : From(named, null) with { Name = found.Host };
    }

    private static ExplainTarget From(NamedPort port, InternetAddress? address) => new(port.Port, port.Protocol, address);

    private static PortolanException Usage(string message, Advice hint) => new(message, hint, ExitCode.Usage);
}
