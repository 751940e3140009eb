using Portolan.Model;

namespace Portolan.Packets;

/// <summary>What <see cref="Ipv4Writer"/> writes into a header (RFC 791).</summary>
/// <param name="Source">The sender.</param>
/// <param name="Destination">The receiver.</param>
/// <param name="Protocol">What the payload is.</param>
/// <param name="TimeToLive">Hops left.</param>
/// <param name="Identification">Names the fragments of one packet.</param>
/// <param name="DontFragment">Routers may not split it.</param>
/// <param name="MoreFragments">More fragments follow: the payload has a multiple of 8 bytes.</param>
/// <param name="FragmentOffset">Where the payload starts in the whole, in bytes, a multiple of 8 up to 65,528.</param>
/// <param name="TypeOfService">Differentiated services and congestion notification.</param>
public readonly record struct Ipv4Header(
    InternetAddress Source,
    InternetAddress Destination,
    IpProtocol Protocol,
    byte TimeToLive = 64,
    ushort Identification = 0,
    bool DontFragment = false,
    bool MoreFragments = false,
    int FragmentOffset = 0,
    byte TypeOfService = 0);
