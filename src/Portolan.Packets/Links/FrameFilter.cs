using Portolan.Model;

namespace Portolan.Packets.Links;

/// <summary>Which received frames are wanted. A link may filter in the kernel; whoever receives checks again.</summary>
/// <remarks>
/// Incoming TCP, UDP, ICMP and ICMPv6 for <see cref="Addresses"/>, and ARP and neighbour discovery always; never our own outgoing frames.
/// </remarks>
/// <param name="Addresses">Destination addresses of wanted packets; empty for any.</param>
/// <param name="FirstPort">Lowest destination port of wanted TCP segments and UDP datagrams.</param>
/// <param name="LastPort">Highest one.</param>
public sealed record FrameFilter(IReadOnlyList<InternetAddress> Addresses, PortNumber FirstPort, PortNumber LastPort)
{
    /// <summary>
    /// Only TCP to these ports, and ICMP and ICMPv6 errors about TCP from them: neither ARP nor neighbour discovery, echo or UDP. For a
    /// stack of its own beside the kernel's, which does the rest.
    /// </summary>
    public bool IsTcpAlone { get; init; }
}
