namespace Portolan.Sockets;

/// <summary>A set of socket kinds; bit n stands for <see cref="SocketProtocol"/> n.</summary>
[Flags]
public enum SocketProtocols : ushort
{
    /// <summary>No kind.</summary>
    None = 0,

    /// <summary>TCP (RFC 9293).</summary>
    Tcp = 1 << SocketProtocol.Tcp,

    /// <summary>UDP (RFC 768).</summary>
    Udp = 1 << SocketProtocol.Udp,

    /// <summary>UDP-Lite (RFC 3828).</summary>
    UdpLite = 1 << SocketProtocol.UdpLite,

    /// <summary>SCTP (RFC 9260).</summary>
    Sctp = 1 << SocketProtocol.Sctp,

    /// <summary>DCCP (RFC 4340).</summary>
    Dccp = 1 << SocketProtocol.Dccp,

    /// <summary>Raw IP.</summary>
    Raw = 1 << SocketProtocol.Raw,

    /// <summary>Multipath TCP.</summary>
    Mptcp = 1 << SocketProtocol.Mptcp,

    /// <summary>Unix domain.</summary>
    Unix = 1 << SocketProtocol.Unix,

    /// <summary>AF_PACKET.</summary>
    Packet = 1 << SocketProtocol.Packet,
}

/// <summary>What a set of socket kinds holds.</summary>
public static class SocketProtocolSets
{
    /// <summary>The kinds, in the order of their numbers.</summary>
    public static IEnumerable<SocketProtocol> Each(this SocketProtocols set)
    {
        for (var protocol = SocketProtocol.Tcp; protocol <= SocketProtocol.Packet; protocol++)
        {
            if ((set & (SocketProtocols)(1 << (int)protocol)) != 0)
            {
                yield return protocol;
            }
        }
    }
}
