using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>Puts the addresses of a host in the order in which they are tried.</summary>
internal static class AddressOrder
{
    /// <summary>More addresses than these are not tried: the rest would only repeat what the first ones show.</summary>
    public const int MostTried = 8;

    /// <summary>
    /// IPv6 first, then by turns (RFC 8305 section 4); addresses without a route last, so that a host without IPv6 goes straight to IPv4.
    /// Families that are switched off are left out.
    /// </summary>
    public static List<InternetAddress> Order(
        IReadOnlyList<InternetAddress> addresses, CheckOptions options, Func<InternetAddress, bool> hasRoute)
    {
        var ordered = new List<InternetAddress>(addresses.Count);
        foreach (var wantsRoute in (ReadOnlySpan<bool>)[true, false])
        {
            var six = Family(addresses, isIPv4: false, wantsRoute, options.UseIPv6, hasRoute);
            var four = Family(addresses, isIPv4: true, wantsRoute, options.UseIPv4, hasRoute);
            for (var i = 0; i < Math.Max(six.Count, four.Count); i++)
            {
                ordered.AddRange(six.Skip(i).Take(1));
                ordered.AddRange(four.Skip(i).Take(1));
            }
        }

        return ordered.Count > MostTried ? ordered[..MostTried] : ordered;
    }

    private static List<InternetAddress> Family(
        IReadOnlyList<InternetAddress> addresses, bool isIPv4, bool wantsRoute, bool isUsed, Func<InternetAddress, bool> hasRoute) =>
        isUsed ? [.. addresses.Where(a => a.IsIPv4 == isIPv4 && hasRoute(a) == wantsRoute)] : [];
}
