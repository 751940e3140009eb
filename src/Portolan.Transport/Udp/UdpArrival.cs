using Portolan.Model;
using Portolan.Transport.Ip;

namespace Portolan.Transport.Udp;

/// <summary>A datagram that came.</summary>
/// <param name="Source">Its sender.</param>
/// <param name="SourcePort">Its sender's port; 0 when it wants no answer (RFC 768).</param>
/// <param name="Destination">Where it was sent to.</param>
/// <param name="Interface">The number of the interface it arrived on.</param>
/// <param name="Length">Bytes of its payload; more than were copied when the room was too short.</param>
/// <param name="HopLimit">TTL or hop limit as it came.</param>
/// <param name="Ecn">The ECN bits.</param>
/// <param name="TrafficClass">The six bits of the differentiated services field.</param>
internal readonly record struct UdpArrival(
    InternetAddress Source,
    PortNumber SourcePort,
    InternetAddress Destination,
    int Interface,
    int Length,
    byte HopLimit,
    EcnCodepoint Ecn,
    byte TrafficClass);

/// <summary>What became of a datagram that was to be sent.</summary>
internal enum UdpSendResult : byte
{
    /// <summary>It left, or waits for its neighbour's address.</summary>
    Sent,

    /// <summary>The link takes nothing now; the owner is notified when it does.</summary>
    Busy,

    /// <summary>There is no way there, or no address of this host to send from.</summary>
    NoRoute,

    /// <summary>Larger than any datagram, or than the path MTU where it may not be cut.</summary>
    TooBig,

    /// <summary>No destination was named, or port 0.</summary>
    NoDestination,

    /// <summary>The socket is closed.</summary>
    Closed,
}

/// <summary>An ICMP error about a datagram of a socket.</summary>
/// <param name="Report">What it says.</param>
/// <param name="RemotePort">Where the datagram had gone to.</param>
internal readonly record struct UdpError(IcmpArrival Report, PortNumber RemotePort);

/// <summary>Receives the events of a socket. Called on the thread of the stack; it must not close the socket within a call.</summary>
internal interface IUdpOwner
{
    /// <summary>A datagram came.</summary>
    void OnReceived(UdpSocket socket);

    /// <summary>An error came.</summary>
    void OnError(UdpSocket socket);

    /// <summary>There may be room to send again, after <see cref="UdpSendResult.Busy"/>.</summary>
    void OnWritable(UdpSocket socket);
}
