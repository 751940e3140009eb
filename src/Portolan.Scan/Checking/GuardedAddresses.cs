using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// Link-local addresses, and metadata services of clouds: what answers there gives out credentials of the machine that asks, and must not
/// be reached through a page.
/// </summary>
public static class GuardedAddresses
{
    // Metadata services that are not link-local: EC2 and Google Cloud over IPv6 (unique local), Alibaba Cloud (shared), Azure's host, and
    // Oracle Cloud's former one.
    private static readonly HashSet<string> Metadata = new(StringComparer.Ordinal)
    {
        "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    };

    /// <summary>Whether an address is one of them, itself or as an IPv6 address that stands for it.</summary>
    public static bool Contain(InternetAddress address) =>
        address.IsLinkLocal || Metadata.Contains(address.ToString()) || Embedded(address).Any(Contain);

    // The IPv4 addresses that an IPv6 address may stand for.
    private static IEnumerable<InternetAddress> Embedded(InternetAddress address)
    {
        var (upper, lower) = (address.UpperBits, address.LowerBits);
        if (address.IsIPv4)
        {
            yield break;
        }

        // Compatible and mapped (RFC 4291, 2.5.5), translated (RFC 2765, 2.1), NAT64 (RFC 6052, 2.1; RFC 8215), ISATAP (RFC 5214, 6.1).
        if ((upper == 0 && lower >> 32 is 0 or 0xffff or 0xffff_0000) || upper >> 32 == 0x0064_ff9b
            || (lower >> 32 & ~0x0200_0000ul) == 0x0000_5efe)
        {
            yield return InternetAddress.FromIPv4((uint)lower);
        }

        // 6to4 (RFC 3056, 2).
        if (upper >> 48 == 0x2002)
        {
            yield return InternetAddress.FromIPv4((uint)(upper >> 16));
        }

        // Teredo (RFC 4380, 4): its server, and its client with each bit turned.
        if (upper >> 32 == 0x2001_0000)
        {
            yield return InternetAddress.FromIPv4((uint)upper);
            yield return InternetAddress.FromIPv4(~(uint)lower);
        }
    }
}
