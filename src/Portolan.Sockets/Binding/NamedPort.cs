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
