namespace Portolan.Model;

/// <summary>The transport protocols that have ports; the value is the IP protocol number (IANA protocol-numbers).</summary>
public enum TransportProtocol : byte
{
    /// <summary>Transmission Control Protocol (RFC 9293).</summary>
    Tcp = 6,

    /// <summary>User Datagram Protocol (RFC 768).</summary>
    Udp = 17,

    /// <summary>Datagram Congestion Control Protocol (RFC 4340).</summary>
    Dccp = 33,

    /// <summary>Stream Control Transmission Protocol (RFC 9260).</summary>
    Sctp = 132,

    /// <summary>Lightweight User Datagram Protocol (RFC 3828).</summary>
    UdpLite = 136,
}

/// <summary>Names of transport protocols as IANA and the machine formats write them.</summary>
public static class TransportProtocolNames
{
    /// <summary>Whether it carries datagrams, and so has neither connections nor listeners.</summary>
    public static bool IsDatagram(this TransportProtocol protocol) => protocol is TransportProtocol.Udp or TransportProtocol.UdpLite;

    /// <summary><c>tcp</c>, <c>udp</c>, <c>sctp</c>, <c>dccp</c> or <c>udplite</c>.</summary>
    public static string Name(this TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => "tcp",
        TransportProtocol.Udp => "udp",
        TransportProtocol.Sctp => "sctp",
        TransportProtocol.Dccp => "dccp",
        TransportProtocol.UdpLite => "udplite",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, message: null),
    };

    /// <summary>Reads a name in any case.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TransportProtocol protocol)
    {
        foreach (var candidate in (ReadOnlySpan<TransportProtocol>)[
            TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp, TransportProtocol.Dccp, TransportProtocol.UdpLite])
        {
            if (text.Equals(candidate.Name(), StringComparison.OrdinalIgnoreCase))
            {
                protocol = candidate;
                return true;
            }
        }

        protocol = default;
        return false;
    }
}
