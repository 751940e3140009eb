using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Host.Reading;

/// <summary>Decodes RTM_NEWROUTE (<c>struct rtmsg</c>, linux/rtnetlink.h) of IPv4 and IPv6.</summary>
internal sealed class RouteDecoder(LinkDecoder links) : INetlinkVisitor
{
    private const ushort NewRoute = 24;
    private const int MessageSize = 12;
    private const byte IPv4 = 2;
    private const byte IPv6 = 10;
    private const uint Cloned = 0x200;
    private const uint Dead = 1;
    private const uint LinkDown = 16;

    /// <summary>Bytes of <c>struct rtnexthop</c>: length (2), flags, weight, interface (4).</summary>
    private const int NextHopSize = 8;

    internal List<HostRoute> Found { get; } = [];

    /// <summary>Routes, by their place in <see cref="Found"/>, whose next hops are only named by the number of a next hop object.</summary>
    internal Dictionary<int, uint> NextHopIds { get; } = [];

    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        // Multicast routing tables answer the same dump with families of their own; cloned entries are a cache.
        if (type != NewRoute || payload.Length < MessageSize || payload[0] is not (IPv4 or IPv6)
            || (MemoryMarshal.Read<uint>(payload[8..]) & Cloned) != 0)
        {
            return;
        }

        var isIPv4 = payload[0] == IPv4;
        var any = isIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        var route = new HostRoute(payload[4], any, Math.Min(payload[1], any.BitCount), (HostRouteKind)payload[7], 0)
        {
            TypeOfService = payload[3],
            Scope = payload[6],
            From = payload[2] > 0 ? any : null,
            FromLength = Math.Min(payload[2], any.BitCount),
        };
        var isPassedOver = false;
        uint? nextHop = null;
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            var value = attributes.Value;
            switch (attributes.Type)
            {
                case 1 when value.Length == any.BitCount / 8: // RTA_DST
                    route = route with { Destination = InternetAddress.FromBytes(value) };
                    break;
                case 2 when value.Length == any.BitCount / 8 && payload[2] > 0: // RTA_SRC
                    route = route with { From = InternetAddress.FromBytes(value) };
                    break;
                case 4 when MemoryMarshal.TryRead(value, out int index): // RTA_OIF
                    route = route with { Interfaces = [index] };
                    isPassedOver = IsPassedOver(MemoryMarshal.Read<uint>(payload[8..]), index, isIPv4);
                    break;
                case 5: // RTA_GATEWAY
                    route = route with { Gateway = Address(value) };
                    break;
                case 6 when attributes.TryReadUInt32(out var metric): // RTA_PRIORITY
                    route = route with { Metric = metric };
                    break;
                case 7: // RTA_PREFSRC
                    route = route with { Source = Address(value) };
                    break;
                case 9: // RTA_MULTIPATH
                    route = WithNextHops(route, value, isIPv4, out isPassedOver);
                    break;
                case 15 when attributes.TryReadUInt32(out var table): // RTA_TABLE
                    route = route with { Table = table };
                    break;
                case 18 when value.Length > 2: // RTA_VIA: the family stands before the address
                    route = route with { Gateway = Address(value[2..]) };
                    break;
                case 30 when attributes.TryReadUInt32(out var id): // RTA_NH_ID
                    nextHop = id;
                    break;
            }
        }

        if (nextHop is { } named && route.Interfaces.Count == 0 && LeadsOut(route.Kind))
        {
            NextHopIds[Found.Count] = named;
        }

        Found.Add(route with { IsDead = isPassedOver && LeadsOut(route.Kind) });
    }

    /// <summary>Fills in the next hops that routes only name.</summary>
    internal void Resolve(NextHopDecoder objects)
    {
        foreach (var (place, id) in NextHopIds)
        {
            var (hops, isBlackhole) = objects.Resolve(id);
            Found[place] = isBlackhole ? Found[place] with { Kind = HostRouteKind.Blackhole } : Over(Found[place], hops);
        }
    }

    private HostRoute WithNextHops(HostRoute route, ReadOnlySpan<byte> hops, bool isIPv4, out bool isPassedOver)
    {
        var living = new List<(int Interface, InternetAddress? Gateway)>();
        while (hops.Length >= NextHopSize)
        {
            int length = MemoryMarshal.Read<ushort>(hops);
            if (length < NextHopSize || length > hops.Length)
            {
                break;
            }

            var index = MemoryMarshal.Read<int>(hops[4..]);
            if (!IsPassedOver(hops[2], index, isIPv4))
            {
                living.Add((index, GatewayOf(hops[NextHopSize..length])));
            }

            hops = hops[Math.Min((length + 3) & ~3, hops.Length)..];
        }

        isPassedOver = living.Count == 0;
        return Over(route, living);
    }

    private static HostRoute Over(HostRoute route, List<(int Interface, InternetAddress? Gateway)> hops) => route with
    {
        Interfaces = [.. hops.Select(h => h.Interface).Distinct()],
        Gateway = hops.Count > 0 ? hops[0].Gateway : null,
        Hops = hops.Count > 1 ? hops : [],
    };

    private static InternetAddress? GatewayOf(ReadOnlySpan<byte> hop)
    {
        var attributes = new NetlinkAttributes(hop);
        while (attributes.MoveNext())
        {
            if (attributes.Type == 5)
            {
                return Address(attributes.Value);
            }

            if (attributes.Type == 18 && attributes.Value.Length > 2)
            {
                return Address(attributes.Value[2..]);
            }
        }

        return null;
    }

    private bool IsPassedOver(uint flags, int index, bool isIPv4) =>
        (flags & Dead) != 0 || ((flags & LinkDown) != 0 && links.IgnoresDownLinks(index, isIPv4));

    private static bool LeadsOut(HostRouteKind kind) => kind < HostRouteKind.Blackhole;

    private static InternetAddress? Address(ReadOnlySpan<byte> bytes) => bytes.Length is 4 or 16 ? InternetAddress.FromBytes(bytes) : null;
}
