using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Host.Reading;

/// <summary>
/// Decodes RTM_NEWLINK (<c>struct ifinfomsg</c>, linux/if_link.h) with the interface's settings, which the kernel sends along.
/// </summary>
internal sealed class LinkDecoder(HostSettings all) : INetlinkVisitor
{
    private const ushort NewLink = 16;
    private const int MessageSize = 16;
    private const uint Up = 1;
    private const uint Loopback = 8;
    private const uint NoArp = 0x80;
    private readonly Dictionary<int, (bool IPv4, bool IPv6)> _ignoresDownLinks = [];

    internal List<HostInterface> Found { get; } = [];

    /// <summary>Whether routes out of an interface without a carrier are passed over (ignore_routes_with_linkdown).</summary>
    internal bool IgnoresDownLinks(int index, bool isIPv4) =>
        _ignoresDownLinks.TryGetValue(index, out var ignores) && (isIPv4 ? ignores.IPv4 : ignores.IPv6);

    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != NewLink || payload.Length < MessageSize)
        {
            return;
        }

        var flags = MemoryMarshal.Read<uint>(payload[8..]);
        var link = new HostInterface(MemoryMarshal.Read<int>(payload[4..]), "")
        {
            HardwareType = MemoryMarshal.Read<ushort>(payload[2..]),
            IsUp = (flags & Up) != 0,
            IsLoopback = (flags & Loopback) != 0,
            HasNoArp = (flags & NoArp) != 0,
            ReversePathFilter = all.ReversePathFilter,
            AcceptsLocalSources = all.AcceptsLocalSources,
            SendsRedirects = all.SendsRedirects,
            RoutesLoopback = all.RoutesLoopback,
            ChecksSourcesByMark = all.ChecksSourcesByMark,
            HasNoIPv6 = true, // until its settings say otherwise: an interface with a small MTU has no IPv6 at all
        };
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case 3: // IFLA_IFNAME
                    link = link with { Name = KernelText.Read(attributes.Value) };
                    break;
                case 5 when MemoryMarshal.TryRead(attributes.Value, out int peer): // IFLA_LINK
                    link = link with { Peer = peer };
                    break;
                case 10 when MemoryMarshal.TryRead(attributes.Value, out int master): // IFLA_MASTER
                    link = link with { Master = master };
                    break;
                case 18: // IFLA_LINKINFO
                    link = WithKind(link, attributes.Value);
                    break;
                case 26: // IFLA_AF_SPEC
                    link = WithSettings(link, attributes.Value);
                    break;
                case 27 when attributes.TryReadUInt32(out var group): // IFLA_GROUP
                    link = link with { Group = group };
                    break;
                case 43: // IFLA_XDP
                    link = link with { HasXdp = IsAttached(attributes.Value) };
                    break;
            }
        }

        Found.Add(link);
    }

    private static HostInterface WithKind(HostInterface link, ReadOnlySpan<byte> information)
    {
        var attributes = new NetlinkAttributes(information);
        while (attributes.MoveNext())
        {
            if (attributes.Type == 1) // IFLA_INFO_KIND, which the kernel sends before IFLA_INFO_DATA
            {
                link = link with { Kind = KernelText.Read(attributes.Value) };
            }
            else if (attributes.Type == 2 && link.Kind == "vrf")
            {
                var data = new NetlinkAttributes(attributes.Value);
                while (data.MoveNext())
                {
                    if (data.Type == 1 && data.TryReadUInt32(out var table)) // IFLA_VRF_TABLE
                    {
                        link = link with { VrfTable = table };
                    }
                }
            }
        }

        return link;
    }

    /// <summary>
    /// IFLA_AF_SPEC holds an attribute for each family; its IFLA_INET_CONF or IFLA_INET6_CONF is an array of all settings.
    /// </summary>
    private HostInterface WithSettings(HostInterface link, ReadOnlySpan<byte> families)
    {
        const int IPv4 = 2;
        const int IPv6 = 10;
        var (ignoresIPv4, ignoresIPv6) = (false, false);
        var attributes = new NetlinkAttributes(families);
        while (attributes.MoveNext())
        {
            if (attributes.Type == IPv4)
            {
                var values = Settings(attributes.Value, 1);
                int Value(int number, ReadOnlySpan<int> from) => number <= from.Length ? from[number - 1] : 0; // IPV4_DEVCONF_* start at 1
                ignoresIPv4 = Value(29, values) != 0;
                link = link with
                {
                    ForwardsIPv4 = Value(1, values) != 0,
                    SendsRedirects = link.SendsRedirects | Value(6, values) != 0,
                    ReversePathFilter = Math.Max(link.ReversePathFilter, Value(8, values)),
                    AcceptsLocalSources = link.AcceptsLocalSources | Value(23, values) != 0,
                    ChecksSourcesByMark = link.ChecksSourcesByMark | Value(24, values) != 0,
                    RoutesLoopback = link.RoutesLoopback | Value(26, values) != 0,
                };
            }
            else if (attributes.Type == IPv6)
            {
                var values = Settings(attributes.Value, 2);
                int Value(int number, ReadOnlySpan<int> from) => number < from.Length ? from[number] : 0; // DEVCONF_* start at 0
                ignoresIPv6 = Value(39, values) != 0;
                // Not its own "forwarding", which only says whether it listens to routers: ip6_forward asks "all", and force_forwarding
                // (Linux 6.17).
                link = link with
                {
                    ForwardsIPv6 = all.ForwardsIPv6 || Value(59, values) != 0,
                    HasNoIPv6 = values.IsEmpty || Value(26, values) != 0,
                };
            }
        }

        _ignoresDownLinks[link.Index] = (ignoresIPv4, ignoresIPv6);
        return link;
    }

    private static ReadOnlySpan<int> Settings(ReadOnlySpan<byte> family, int type)
    {
        var attributes = new NetlinkAttributes(family);
        while (attributes.MoveNext())
        {
            if (attributes.Type == type)
            {
                return MemoryMarshal.Cast<byte, int>(attributes.Value);
            }
        }

        return [];
    }

    private static bool IsAttached(ReadOnlySpan<byte> xdp)
    {
        var attributes = new NetlinkAttributes(xdp);
        while (attributes.MoveNext())
        {
            if (attributes.Type == 2) // IFLA_XDP_ATTACHED
            {
                return attributes.TryReadByte(out var mode) && mode != 0;
            }
        }

        return false;
    }
}
