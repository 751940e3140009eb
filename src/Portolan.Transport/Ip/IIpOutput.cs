using System.Diagnostics.CodeAnalysis;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>How transport protocols send. One thread at a time.</summary>
internal interface IIpOutput
{
    /// <summary>
    /// The way to a destination: route, interface, next hop, source address (RFC 6724 section 5), MTU. Held by a connection as long as it
    /// lives; it keeps itself up to date when routes, neighbours or the path MTU change.
    /// </summary>
    /// <param name="source">The wanted source address; the any-address to have one chosen.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="interfaceNumber">The interface to use, or 0.</param>
    /// <param name="path">The way; <c>null</c> when there is none.</param>
    bool TryFindPath(InternetAddress source, InternetAddress destination, int interfaceNumber, [NotNullWhen(true)] out IpPath? path);

    /// <summary>
    /// Like <see cref="TryFindPath"/>, for one answer to a packet: the path is good until the next call, and nothing is allocated or kept.
    /// </summary>
    bool TryBorrowPath(InternetAddress source, InternetAddress destination, int interfaceNumber, [NotNullWhen(true)] out IpPath? path) =>
        TryFindPath(source, destination, interfaceNumber, out path);

    /// <summary>Room for one packet. Write it, then call <see cref="Send"/> before anything else of this output.</summary>
    /// <param name="path">Its way.</param>
    /// <param name="length">Its bytes after the IP header.</param>
    /// <returns>Room of that length, or empty when the link takes nothing now: the protocol's <see cref="ITransportProtocol.OnTimer"/> is
    /// called when it does again.</returns>
    Span<byte> Reserve(IpPath path, int length);

    /// <summary>Sends what was written into the room.</summary>
    /// <param name="packet">How.</param>
    void Send(in IpDeparture packet);

    /// <summary>
    /// Whether packets that came together are being taken: <see cref="ITransportProtocol.OnTaken"/> is called when all are, and what
    /// answers all of them can wait until then.
    /// </summary>
    bool IsTaking => false;

    /// <summary>Notifies IP that the peer answered, so that its neighbour entry is known to work (RFC 4861 section 7.3.1).</summary>
    void Confirm(IpPath path, Instant now);
}

/// <summary>How a packet is sent.</summary>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="Length">Its bytes after the IP header, at most what was reserved.</param>
/// <param name="Ecn">The ECN bits.</param>
/// <param name="TrafficClass">The six bits of the differentiated services field.</param>
/// <param name="HopLimit">TTL or hop limit; 0 for the host's usual one.</param>
/// <param name="MayFragment">Whether this host may cut it into fragments; TCP says no.</param>
/// <param name="SegmentSize">Payload bytes of each segment when the link is to cut a super-segment; 0 for a packet as it is.</param>
internal readonly record struct IpDeparture(
    IpProtocol Protocol,
    int Length,
    EcnCodepoint Ecn = EcnCodepoint.NotCapable,
    byte TrafficClass = 0,
    byte HopLimit = 0,
    bool MayFragment = false,
    int SegmentSize = 0);
