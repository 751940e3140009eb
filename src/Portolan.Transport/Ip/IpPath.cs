using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>A way to a destination, shared by all who go there from one source.</summary>
internal abstract class IpPath
{
    /// <summary>This host's address.</summary>
    public abstract InternetAddress Source { get; }

    /// <summary>Where to.</summary>
    public abstract InternetAddress Destination { get; }

    /// <summary>The number of the interface; 0 while there is no route any more.</summary>
    public abstract int InterfaceNumber { get; }

    /// <summary>
    /// The most bytes of an IP packet with its header: the interface's MTU, or less where a packet-too-big said so (RFC 1191, 8201).
    /// </summary>
    public abstract int Mtu { get; }

    /// <summary>Whether a route or a packet-too-big has told <see cref="Mtu"/>, and not the interface alone.</summary>
    public virtual bool IsMtuTold => false;

    /// <summary>Counts up whenever <see cref="Mtu"/> changes, so that a protocol sees it cheaply.</summary>
    public abstract int MtuGeneration { get; }

    /// <summary>How much of the transport checksum the sender computes; the rest does the link.</summary>
    public abstract ChecksumCoverage Checksum { get; }

    /// <summary>The most bytes of a super-segment that the link cuts into packets; 0 when it does not.</summary>
    public abstract int MaxSuperSegment { get; }

    /// <summary>
    /// Takes a smaller path MTU from a packet-too-big that the protocol has checked against what it sent (RFC 5927 section 7). A reported 0
    /// means the next plateau of RFC 1191 section 7.1 below the packet's length. Never below <see cref="IpHostOptions.LeastPathMtu"/> for
    /// IPv4; what is below 1,280 for IPv6 is not believed, nor an MTU that the packet would have passed (RFC 5927 section 7.2).
    /// </summary>
    /// <param name="reported">What the router said; 0 for nothing.</param>
    /// <param name="packetLength">Bytes of the packet that was too big: <see cref="IcmpArrival.PacketLength"/>.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether the MTU became smaller.</returns>
    public abstract bool ReduceMtu(int reported, int packetLength, Instant now);

    /// <summary>Whether packets go back to this host without a link.</summary>
    public abstract bool IsLoopback { get; }

    /// <summary>Whether it leads to one host, and not to a group or everybody on a network.</summary>
    public virtual bool IsToOne => true;
}
