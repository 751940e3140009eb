using Portolan.Model;

namespace Portolan.Transport.Reassembly;

/// <summary>About which packets no ICMP error is ever sent.</summary>
internal static class IcmpReports
{
    /// <summary>Not to a group and not from what is no single host (RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e)).</summary>
    internal static bool IsAllowed(InternetAddress source, InternetAddress destination) =>
        !IsGroup(destination) && !IsGroup(source) && !source.IsUnspecified;

    private static bool IsGroup(InternetAddress address) =>
        address.IsIPv4 ? address.IPv4Bits >> 28 >= 0xe : address.UpperBits >> 56 == 0xff;
}
