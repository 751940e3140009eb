namespace Portolan.Model.Registry;

/// <summary>A set of the protocols that the registry knows; the bits are those of the table's format.</summary>
[Flags]
public enum RegistryProtocols : byte
{
    /// <summary>No protocol.</summary>
    None = 0,

    /// <summary>TCP (RFC 9293).</summary>
    Tcp = 1,

    /// <summary>UDP, and with it UDP-Lite (RFC 3828 section 3.1).</summary>
    Udp = 2,

    /// <summary>SCTP (RFC 9260).</summary>
    Sctp = 4,

    /// <summary>DCCP (RFC 4340).</summary>
    Dccp = 8,

    /// <summary>All four.</summary>
    All = Tcp | Udp | Sctp | Dccp,
}

/// <summary>Between single protocols and sets of them.</summary>
internal static class RegistryProtocolsConversions
{
    /// <summary>In IANA's order, which is the order of entries.</summary>
    public static ReadOnlySpan<TransportProtocol> InOrder =>
        [TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp, TransportProtocol.Dccp];

    /// <summary>The set of one; empty for a protocol that the registry does not know.</summary>
    public static RegistryProtocols ToRegistry(this TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => RegistryProtocols.Tcp,
        TransportProtocol.Udp or TransportProtocol.UdpLite => RegistryProtocols.Udp,
        TransportProtocol.Sctp => RegistryProtocols.Sctp,
        TransportProtocol.Dccp => RegistryProtocols.Dccp,
        _ => RegistryProtocols.None,
    };
}
