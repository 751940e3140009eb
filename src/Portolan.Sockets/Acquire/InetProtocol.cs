namespace Portolan.Sockets.Acquire;

/// <summary>What the kernel calls an internet protocol in its various interfaces.</summary>
/// <param name="Kind">The kind of socket.</param>
/// <param name="Number">IP protocol number in requests; 255 for raw sockets (IPPROTO_RAW), 262 for MPTCP.</param>
/// <param name="File">Table under /proc/net (with a <c>6</c> appended for IPv6), or <c>null</c>.</param>
/// <param name="KernelName">Name in /proc/net/protocols.</param>
/// <param name="KernelNameIPv6">The same for IPv6.</param>
internal sealed record InetProtocol(SocketProtocol Kind, int Number, string? File, string KernelName, string KernelNameIPv6)
{
    /// <summary>All of them, made when first needed.</summary>
    internal static InetProtocol[] All() =>
    [
        new(SocketProtocol.Tcp, 6, "tcp", "TCP", "TCPv6"),
        new(SocketProtocol.Udp, 17, "udp", "UDP", "UDPv6"),
        new(SocketProtocol.UdpLite, 136, "udplite", "UDP-Lite", "UDPLITEv6"),
        new(SocketProtocol.Sctp, 132, null, "SCTP", "SCTPv6"),
        new(SocketProtocol.Dccp, 33, null, "DCCP", "DCCPv6"),
        new(SocketProtocol.Raw, 255, "raw", "RAW", "RAWv6"),
        new(SocketProtocol.Mptcp, 262, null, "MPTCP", "MPTCPv6"),
    ];

    /// <summary>Whether its sockets have connection states; UDP, UDP-Lite and raw sockets only have a peer or none.</summary>
    internal bool HasConnectionStates => Kind is not (SocketProtocol.Udp or SocketProtocol.UdpLite or SocketProtocol.Raw);
}
