namespace Portolan.Firewall.Changing;

/// <summary>IP protocol numbers of the protocols with ports (IANA, Assigned Internet Protocol Numbers).</summary>
public static class ProtocolNumbers
{
    /// <summary>The number.</summary>
    public static byte Of(TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => 6,
        TransportProtocol.Udp => 17,
        TransportProtocol.Dccp => 33,
        TransportProtocol.Sctp => 132,
        _ => 136,
    };
}
