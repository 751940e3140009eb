using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;
using Portolan.Model;

namespace Portolan.Linux.Routing;

/// <summary>
/// What the kernel answered to RTM_GETROUTE for one destination (<c>struct rtmsg</c> and its attributes, linux/rtnetlink.h).
/// </summary>
/// <param name="Kind">What the kernel would do with a packet.</param>
/// <param name="InterfaceIndex">RTA_OIF.</param>
/// <param name="Source">RTA_PREFSRC; the address the kernel would send from.</param>
/// <param name="Gateway">RTA_GATEWAY or RTA_VIA; <c>null</c> on the link itself.</param>
/// <param name="Mtu">RTAX_MTU of RTA_METRICS, or 0.</param>
/// <param name="IsEncapsulated">The route wraps packets (RTA_ENCAP: MPLS, segment routing…).</param>
internal readonly record struct KernelRoute(
    RouteType Kind, int InterfaceIndex, InternetAddress? Source, InternetAddress? Gateway, int Mtu, bool IsEncapsulated)
{
    /// <summary>Bytes of <c>struct rtmsg</c>.</summary>
    internal const int MessageSize = 12;

    private const int OutputInterface = 4;
    private const int GatewayAttribute = 5;
    private const int PreferredSource = 7;
    private const int Metrics = 8;
    private const int Via = 18;
    private const int Encapsulation = 22;
    private const int MetricMtu = 2;

    /// <summary>Reads the payload of an RTM_NEWROUTE message.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> payload, out KernelRoute route)
    {
        route = default;
        if (payload.Length < MessageSize)
        {
            return false;
        }

        var (index, mtu, wraps) = (0, 0, false);
        InternetAddress? source = null, gateway = null;
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case OutputInterface when MemoryMarshal.TryRead(attributes.Value, out int value):
                    index = value;
                    break;
                case GatewayAttribute:
                    gateway = Address(attributes.Value);
                    break;
                case Via when attributes.Value.Length > 2:
                    gateway = Address(attributes.Value[2..]); // struct rtvia: the family stands before the address
                    break;
                case PreferredSource:
                    source = Address(attributes.Value);
                    break;
                case Metrics:
                    mtu = MtuOf(attributes.Value);
                    break;
                case Encapsulation:
                    wraps = true;
                    break;
            }
        }

        route = new KernelRoute((RouteType)payload[7], index, source, gateway, mtu, wraps);
        return true;
    }

    private static InternetAddress? Address(ReadOnlySpan<byte> bytes) => bytes.Length is 4 or 16 ? InternetAddress.FromBytes(bytes) : null;

    private static int MtuOf(ReadOnlySpan<byte> metrics)
    {
        var attributes = new NetlinkAttributes(metrics);
        while (attributes.MoveNext())
        {
            if (attributes.Type == MetricMtu && attributes.TryReadUInt32(out var value))
            {
                return (int)Math.Min(value, int.MaxValue);
            }
        }

        return 0;
    }
}

/// <summary>Types of a route (RTN_… of linux/rtnetlink.h).</summary>
internal enum RouteType : byte
{
    /// <summary>Not said.</summary>
    Unspecified = 0,

    /// <summary>Through a gateway, or to a neighbour.</summary>
    Unicast = 1,

    /// <summary>To this host.</summary>
    Local = 2,

    /// <summary>To all on a link.</summary>
    Broadcast = 3,

    /// <summary>To a group.</summary>
    Multicast = 5,
}
