using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;
using Portolan.Model;

namespace Portolan.Linux.Routing;

/// <summary>An address of an interface (RTM_NEWADDR, rtnetlink(7)).</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">How many bits its network has.</param>
public sealed record InterfaceAddress(int InterfaceIndex, InternetAddress Address, int PrefixLength);

/// <summary>A route of the main table (RTM_NEWROUTE, rtnetlink(7)).</summary>
/// <param name="Destination">The destination network.</param>
/// <param name="PrefixLength">How many bits that has; 0 for the default route.</param>
/// <param name="Gateway">The next hop; <c>null</c> on the link itself.</param>
/// <param name="InterfaceIndex">The outgoing interface; 0 where there is none, as for an unreachable network.</param>
/// <param name="Metric">Of two routes to the same network the lower one is taken.</param>
public sealed record RouteEntry(InternetAddress Destination, int PrefixLength, InternetAddress? Gateway, int InterfaceIndex, uint Metric);

/// <summary>The interfaces, addresses and routes of this network namespace.</summary>
/// <param name="Interfaces">The interfaces, by number.</param>
/// <param name="Addresses">Their addresses, IPv4 first.</param>
/// <param name="Routes">The main table, IPv4 first.</param>
public sealed record HostNetwork(
    IReadOnlyList<KernelInterface> Interfaces, IReadOnlyList<InterfaceAddress> Addresses, IReadOnlyList<RouteEntry> Routes)
{
    /// <summary>Asks the kernel.</summary>
    /// <exception cref="LinuxException">It does not answer.</exception>
    public static HostNetwork Read()
    {
        using var requests = new RouteRequests(NetlinkSocket.Open(NetlinkFamily.Route));
        return new HostNetwork(requests.ReadInterfaces(), requests.ReadAddresses(), requests.ReadRoutes());
    }

    internal static bool TryReadAddress(ReadOnlySpan<byte> payload, out InterfaceAddress? address)
    {
        address = null;
        if (payload.Length < RouteRequests.AddressMessageSize)
        {
            return false;
        }

        // IFA_LOCAL is the own end of a point-to-point link, IFA_ADDRESS the other one; elsewhere they are the same.
        InternetAddress? local = null, other = null;
        var attributes = new NetlinkAttributes(payload[RouteRequests.AddressMessageSize..]);
        while (attributes.MoveNext())
        {
            if (attributes.Value.Length is 4 or 16 && attributes.Type is 1 or 2)
            {
                InternetAddress? value = InternetAddress.FromBytes(attributes.Value);
                (local, other) = attributes.Type == 2 ? (value, other) : (local, value);
            }
        }

        if ((local ?? other) is { } own)
        {
            address = new InterfaceAddress(MemoryMarshal.Read<int>(payload[4..]), own, payload[1]);
        }

        return address is not null;
    }

    internal static bool TryReadRoute(ReadOnlySpan<byte> payload, out RouteEntry? entry)
    {
        const byte IPv4 = 2;
        const uint MainTable = 254;
        entry = null;
        if (payload.Length < KernelRoute.MessageSize || !KernelRoute.TryRead(payload, out var route))
        {
            return false;
        }

        var destination = payload[0] == IPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        var (table, metric) = ((uint)payload[4], 0u);
        var attributes = new NetlinkAttributes(payload[KernelRoute.MessageSize..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case 1 when attributes.Value.Length is 4 or 16:
                    destination = InternetAddress.FromBytes(attributes.Value);
                    break;
                case 6 when attributes.TryReadUInt32(out var value):
                    metric = value;
                    break;
                case 15 when attributes.TryReadUInt32(out var value):
                    table = value;
                    break;
            }
        }

        entry = table == MainTable ? new RouteEntry(destination, payload[1], route.Gateway, route.InterfaceIndex, metric) : null;
        return entry is not null;
    }
}
