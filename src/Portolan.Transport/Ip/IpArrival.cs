using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>A whole packet for this host, as IP hands it to a transport protocol.</summary>
/// <param name="Source">The sender.</param>
/// <param name="Destination">Which of this host's addresses, or a group or broadcast address.</param>
/// <param name="Interface">The number of the interface it arrived on.</param>
/// <param name="HopLimit">TTL or hop limit as it came.</param>
/// <param name="Ecn">The ECN bits.</param>
/// <param name="TrafficClass">The six bits of the differentiated services field.</param>
/// <param name="Delivery">The kind of receiver. TCP answers only what was sent to a host (RFC 9293 section 3.9.2.3).</param>
/// <param name="IsChecksumKnown">Whether the link vouches for the transport checksum, so that it need not be computed.</param>
/// <param name="DontFragment">Whether no router was to cut it (IPv4).</param>
internal readonly record struct IpArrival(
    InternetAddress Source,
    InternetAddress Destination,
    int Interface,
    byte HopLimit,
    EcnCodepoint Ecn,
    byte TrafficClass,
    IpDelivery Delivery,
    bool IsChecksumKnown,
    bool DontFragment = false);

/// <summary>To which host a packet was sent.</summary>
internal enum IpDelivery : byte
{
    Host,

    /// <summary>To a group.</summary>
    Multicast,

    /// <summary>To all on the link.</summary>
    Broadcast,
}

/// <summary>The two ECN bits of an IP header (RFC 3168 section 5).</summary>
internal enum EcnCodepoint : byte
{
    /// <summary>Not ECN-capable.</summary>
    NotCapable = 0,

    /// <summary>ECT(1).</summary>
    Capable1 = 1,

    /// <summary>ECT(0).</summary>
    Capable0 = 2,

    CongestionExperienced = 3,
}
