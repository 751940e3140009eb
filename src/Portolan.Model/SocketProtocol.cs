namespace Portolan.Model;

/// <summary>The kinds of socket the kernel lists. Wider than <see cref="TransportProtocol"/>: not all of them have ports.</summary>
public enum SocketProtocol : byte
{
    /// <summary>TCP (RFC 9293).</summary>
    Tcp,

    /// <summary>UDP (RFC 768).</summary>
    Udp,

    /// <summary>UDP-Lite (RFC 3828).</summary>
    UdpLite,

    /// <summary>SCTP (RFC 9260).</summary>
    Sctp,

    /// <summary>DCCP (RFC 4340).</summary>
    Dccp,

    /// <summary>Raw IP sockets; the "port" is the IP protocol number.</summary>
    Raw,

    /// <summary>Multipath TCP; each of its subflows is also listed as TCP.</summary>
    Mptcp,

    /// <summary>Unix domain sockets.</summary>
    Unix,

    /// <summary>Packet sockets (AF_PACKET).</summary>
    Packet,
}

/// <summary>Names of socket kinds in the machine formats.</summary>
public static class SocketProtocolNames
{
    private static readonly string[] Names = ["tcp", "udp", "udplite", "sctp", "dccp", "raw", "mptcp", "unix", "packet"];

    /// <summary>The name the machine formats use; never <c>tcp6</c>.</summary>
    public static string Name(this SocketProtocol protocol) => Names[(int)protocol];

    /// <summary>Reads a name of the machine formats.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SocketProtocol protocol)
    {
        for (var index = 0; index < Names.Length; index++)
        {
            if (text.SequenceEqual(Names[index]))
            {
                protocol = (SocketProtocol)index;
                return true;
            }
        }

        protocol = default;
        return false;
    }

    /// <summary>The transport protocol whose port space the socket uses, or <c>null</c> for raw, Unix and packet sockets.</summary>
    public static TransportProtocol? Transport(this SocketProtocol protocol) => protocol switch
    {
        SocketProtocol.Tcp or SocketProtocol.Mptcp => TransportProtocol.Tcp,
        SocketProtocol.Udp => TransportProtocol.Udp,
        SocketProtocol.UdpLite => TransportProtocol.UdpLite,
        SocketProtocol.Sctp => TransportProtocol.Sctp,
        SocketProtocol.Dccp => TransportProtocol.Dccp,
        _ => null,
    };
}
