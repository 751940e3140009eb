namespace Portolan.Scan.Probes;

/// <summary>The kinds of probes.</summary>
public enum ProbeKind : byte
{
    /// <summary>A TCP segment with the flags of the scan.</summary>
    Tcp,

    /// <summary>A UDP datagram, with a payload where one is known for the port.</summary>
    Udp,

    /// <summary>A SYN that looks for a host (<c>-PS</c>).</summary>
    SynPing,

    /// <summary>An ACK that looks for a host (<c>-PA</c>).</summary>
    AckPing,

    /// <summary>An ICMP or ICMPv6 echo request (<c>-PE</c>).</summary>
    Echo,

    /// <summary>An ICMP timestamp request (<c>-PP</c>); IPv4 only.</summary>
    Timestamp,

    /// <summary>An ARP request, or a neighbour solicitation.</summary>
    Neighbour,
}
