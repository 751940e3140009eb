using Portolan.Model;

namespace Portolan.Scan.Engine;

/// <summary>
/// What a port's silence says, by nmap's state tables: filtered, or for scans that an open port leaves unanswered open|filtered.
/// </summary>
/// <param name="Tcp">For TCP.</param>
/// <param name="Udp">For UDP.</param>
public readonly record struct SilenceMeaning(PortState Tcp, PortState Udp)
{
    /// <summary>That of a scan's techniques (nmap reference guide, "Port Scanning Techniques").</summary>
    public static SilenceMeaning For(TcpTechnique technique) => new(
        technique is TcpTechnique.Null or TcpTechnique.Fin or TcpTechnique.Xmas ? PortState.OpenFiltered : PortState.Filtered,
        PortState.OpenFiltered);

    /// <summary>That of a protocol.</summary>
    public PortState Of(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? Udp : Tcp;
}
