namespace Portolan.Sockets.Binding;

/// <summary>A port that is asked about, of one protocol or of all.</summary>
/// <param name="Port">The port, never 0.</param>
/// <param name="Protocol">The protocol, or <c>null</c> for any.</param>
public readonly record struct NamedPort(PortNumber Port, TransportProtocol? Protocol)
{
    /// <summary>Every protocol with ports, the usual ones first.</summary>
    public static IReadOnlyList<TransportProtocol> Every { get; } =
        [TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp, TransportProtocol.Dccp, TransportProtocol.UdpLite];

    /// <summary>The protocols to look at.</summary>
    public IReadOnlyList<TransportProtocol> Protocols => Protocol is { } one ? [one] : Every;

    /// <summary>The protocols whose binds are worth explaining.</summary>
    public IReadOnlyList<TransportProtocol> Usual => Protocol is { } one ? [one] : [TransportProtocol.Tcp, TransportProtocol.Udp];
}

/// <summary>A port of this host that is asked about or freed.</summary>
/// <param name="Port">The port.</param>
/// <param name="Address">The address of this host that is meant, or <c>null</c> for all.</param>
/// <param name="IsFound">Whether a name or a range led to it: then what holds it is wanted, and not what a bind would meet.</param>
public sealed record PortTarget(NamedPort Port, InternetAddress? Address, bool IsFound);
