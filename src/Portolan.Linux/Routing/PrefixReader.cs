using Portolan.Linux.Interop;
using Portolan.Linux.Netlink;
using Portolan.Model;

namespace Portolan.Linux.Routing;

/// <summary>
/// Collects every prefix that the kernel's choice of a route can depend on, from dumps of routes, rules and address labels.
/// </summary>
internal sealed class PrefixReader(bool isIPv4) : INetlinkVisitor
{
    private const ushort NewRoute = 24;
    private const ushort NewRule = 32;
    private const ushort NewLabel = 72;

    /// <summary>The destination's attribute has the same number in all three: RTA_DST, FRA_DST, IFAL_ADDRESS.</summary>
    private const int Destination = 1;

    private const int RouteMultipath = 9;
    private const int RouteNextHop = 30;
    private const int MessageSize = 12;
    private const int MaxOwnAddresses = 64;

    private readonly HashSet<(UInt128 Start, int Length, byte Table)> _seen = [];
    private int _ownAddresses;

    /// <summary>What was found.</summary>
    internal List<ClassPrefix> Prefixes { get; } = Special(isIPv4);

    /// <summary>There were more than can be worked with.</summary>
    internal bool IsTooMuch => Prefixes.Count > AddressClasses.MaxPrefixes || _ownAddresses > MaxOwnAddresses;

    // struct rtmsg, fib_rule_hdr and ifaddrlblmsg have 12 bytes each; the family stands first in all.
    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type is not (NewRoute or NewRule or NewLabel) || payload.Length < MessageSize || IsTooMuch
            || payload[0] != (isIPv4 ? Libc.AF_INET : Libc.AF_INET6))
        {
            return;
        }

        var length = type == NewLabel ? payload[2] : payload[1];
        InternetAddress? destination = null;
        var asksEach = false;
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Destination && attributes.Value.Length == (isIPv4 ? 4 : 16))
            {
                destination = InternetAddress.FromBytes(attributes.Value);
            }
            else if (type == NewRoute && attributes.Type is RouteMultipath or RouteNextHop)
            {
                asksEach = true;
            }
        }

        var address = destination ?? (isIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6);
        if (length > address.BitCount)
        {
            return;
        }

        var prefix = ClassPrefix.Of(address, destination is null ? 0 : length, asksEach);
        if (type == NewRoute)
        {
            // Several IPv6 routes to one prefix may be used in turn (rt6_select, net/ipv6/route.c).
            asksEach |= !_seen.Add((prefix.Start, prefix.Length, payload[4])) && !isIPv4;
            AddOwn(address, length, (RouteType)payload[7]);
        }

        Prefixes.Add(prefix with { AsksEach = asksEach });
    }

    /// <summary>
    /// Which of a host's IPv6 addresses is the source depends on how many leading bits it shares with the destination (RFC 6724 section 5,
    /// rule 8), so each length of an own address divides.
    /// </summary>
    private void AddOwn(InternetAddress address, int length, RouteType kind)
    {
        if (isIPv4 || kind != RouteType.Local || length != address.BitCount || address.IsLoopback)
        {
            return;
        }

        _ownAddresses++;
        for (var bits = 1; bits <= length; bits++)
        {
            Prefixes.Add(ClassPrefix.Of(address, bits, asksEach: false));
        }
    }

    /// <summary>Addresses that the kernel treats specially, whatever the tables say.</summary>
    private static List<ClassPrefix> Special(bool isIPv4) => isIPv4
        ?
        [
            ClassPrefix.Of(InternetAddress.AnyIPv4, 8, asksEach: true),
            ClassPrefix.Of(InternetAddress.LoopbackIPv4, 8, asksEach: true),
            ClassPrefix.Of(InternetAddress.FromIPv4(0xe000_0000), 3, asksEach: true), // groups, reserved, broadcast
        ]
        :
        [
            ClassPrefix.Of(InternetAddress.AnyIPv6, 96, asksEach: true), // unspecified, loopback, IPv4-compatible
            ClassPrefix.Of(InternetAddress.FromBytes([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 9, asksEach: true),
            // link, site
            ClassPrefix.Of(InternetAddress.FromBytes([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 8, asksEach: true),
        ];
}
