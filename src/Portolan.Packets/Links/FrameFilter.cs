using Portolan.Model;

namespace Portolan.Packets.Links;

/// <summary>Which received frames are wanted. A link may filter in the kernel; whoever receives checks again.</summary>
/// <remarks>Incoming TCP, UDP, ICMP and ICMPv6 for <see cref="Addresses"/>, and ARP and neighbour discovery always; never our own outgoing frames.</remarks>
/// <param name="Addresses">Destination addresses of wanted packets; empty for any.</param>
/// <param name="FirstPort">Lowest destination port of wanted TCP segments and UDP datagrams.</param>
/// <param name="LastPort">Highest one.</param>
public sealed record FrameFilter(IReadOnlyList<InternetAddress> Addresses, PortNumber FirstPort, PortNumber LastPort);
