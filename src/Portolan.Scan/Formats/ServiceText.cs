using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>What a port is, in the words of tables: nmap's SERVICE and VERSION.</summary>
public static class ServiceText
{
    /// <summary>
    /// What was identified, with <c>ssl/</c> before it inside TLS; otherwise the registry's name of the number, with a question mark where
    /// the port was asked and is not known, or where a UDP port answered in another way than that protocol does; <c>unknown</c> where the
    /// registry has none.
    /// </summary>
    /// <param name="port">The port.</param>
    /// <param name="services">The registry.</param>
    public static string NameOf(in PortResult port, ServiceRegistry services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (port.Service?.Service is { } service)
        {
            return service.Tunnel is { } tunnel ? $"{tunnel}/{service.Protocol}" : service.Protocol;
        }

        var name = services.PrimaryName(port.Port.Port, port.Port.Protocol);
        if (name.IsEmpty)
        {
            return SilentServices.MayBe(port) is { } silent ? $"{silent}?" : "unknown";
        }

        var text = System.Text.Encoding.UTF8.GetString(name);
        return port.Service is null && !IsOnlyAReply(port) ? text : $"{text}?";
    }

    // A datagram came back that is not an answer of the protocol whose number the port has.
    private static bool IsOnlyAReply(in PortResult port) =>
        port is { State: PortState.Open, Port.Protocol: TransportProtocol.Udp, Evidence: Evidence.Handshake };

    /// <summary>The product, its version, and what else is known in brackets, as nmap writes it; <c>null</c> where nothing is.</summary>
    /// <param name="service">What was identified; <c>null</c> for nothing.</param>
    public static string? VersionOf(IdentifiedService? service)
    {
        if (service is null)
        {
            return null;
        }

        var product = service.Version is null
            ? service.Product
            : service.Product is null ? service.Version : $"{service.Product} {service.Version}";
        return (product, service.Info) switch
        {
            (null, null) => null,
            (null, var info) => $"({info})",
            (_, null) => product,
            (_, var info) => $"{product} ({info})",
        };
    }

    /// <summary>The protocol and the product in a line: <c>ssh: OpenSSH 9.2p1 (Debian-2; protocol 2.0)</c>, <c>ssl/http</c>.</summary>
    public static string SentenceOf(IdentifiedService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var name = service.Tunnel is { } tunnel ? $"{tunnel}/{service.Protocol}" : service.Protocol;
        return VersionOf(service) is { } version ? $"{name}: {version}" : name;
    }

    /// <summary>What a port said that is unknown, or why it was not asked; <c>null</c> where there is nothing to say.</summary>
    public static string? RemarkOn(ServiceAnswer? answer) => answer switch
    {
        { Outcome: ServiceOutcome.NotAsked } => (answer.Reason is { } reason ? $"not asked ({reason})" : "not asked")
            + (answer.Heard.IsEmpty ? "" : $", says \"{BannerText.Of(answer.Heard.Span)}\""),
        { Outcome: ServiceOutcome.NotSent } => $"not asked: {answer.Reason} (on this host)",
        { Outcome: ServiceOutcome.Unknown, Heard.Length: > 0 } => $"unknown: says \"{BannerText.Of(answer.Heard.Span)}\"",
        _ => null,
    };

    /// <summary>What is in the VERSION column; <c>null</c> for nothing.</summary>
    public static string? ColumnOf(in PortResult port) => VersionOf(port.Service?.Service) ?? RemarkOn(port.Service)
        ?? (SilentServices.MayBe(port) is { } silent ? $"silent: may be {silent}, or another silent service" : null);
}
