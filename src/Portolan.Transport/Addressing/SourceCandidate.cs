using Portolan.Model;

namespace Portolan.Transport.Addressing;

/// <summary>One of this host's addresses, as a source.</summary>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Bits of its network, 0–32 or 0–128: comparison with a destination goes no further (RFC 6724 section
/// 2.2).</param>
/// <param name="Interface">The number of the interface that has it.</param>
/// <param name="IsDeprecated">Its preferred lifetime is over (RFC 4862 section 5.5.4).</param>
/// <param name="IsTemporary">A privacy address (RFC 8981).</param>
/// <param name="IsHome">A mobile node's home address (RFC 6275).</param>
/// <param name="IsCareOf">A mobile node's care-of address.</param>
/// <param name="AdvertisedBy">The router whose prefix it was made from; <c>null</c> when that is not known.</param>
internal readonly record struct SourceCandidate(
    InternetAddress Address,
    int PrefixLength,
    int Interface,
    bool IsDeprecated = false,
    bool IsTemporary = false,
    bool IsHome = false,
    bool IsCareOf = false,
    InternetAddress? AdvertisedBy = null);

/// <summary>The way a packet will leave by.</summary>
/// <param name="Interface">The number of the interface; 0 when not known.</param>
/// <param name="NextHop">The router; <c>null</c> on the link.</param>
internal readonly record struct OutgoingPath(int Interface, InternetAddress? NextHop = null);
