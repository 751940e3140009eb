using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Scan.Probes;

/// <summary>What the headers below a probe's transport are made from: one for each link, source and next hop.</summary>
/// <param name="Layer">What frames start with.</param>
/// <param name="HardwareAddress">Our Ethernet address; zero where there is none.</param>
/// <param name="Source">Our address.</param>
/// <param name="Mtu">The most bytes of an IP packet.</param>
public sealed record ProbePath(LinkLayer Layer, MacAddress HardwareAddress, InternetAddress Source, int Mtu)
{
    /// <summary>Where the IP header begins.</summary>
    public int IpOffset => Layer == LinkLayer.Ethernet ? EthernetWriter.Length : 0;

    /// <summary>Where the transport header begins.</summary>
    public int TransportOffset => IpOffset + (Source.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length);
}

/// <summary>What probes look like.</summary>
/// <param name="TcpFlags">Flags of TCP probes.</param>
/// <param name="TimeToLive">TTL or hop limit.</param>
/// <param name="PaddingLength">Bytes to add to probes that have no payload of their own (<c>--data-length</c>).</param>
/// <param name="IsShort">SYNs carry only the MSS option, so that more of them fit on a link; else Linux's options.</param>
public sealed record ProbeStyle(TcpFlags TcpFlags, byte TimeToLive = 64, int PaddingLength = 0, bool IsShort = false);
