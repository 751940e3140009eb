using Portolan.Lab.Topology;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Tun;
using Portolan.Linux.Veth;
using Portolan.Packets.Links;

namespace Portolan.Lab.Attaching;

/// <summary>
/// Puts the vantage of a lab into the kernel: an interface with its addresses and routes to all networks of the lab, and the link behind
/// it.
/// </summary>
/// <remarks>
/// The namespace is that of the calling thread. It gets no other route, so that what is not in the lab is unreachable at once.
/// </remarks>
public static class LabAttachment
{
    /// <summary>The interface's name.</summary>
    public const string InterfaceName = "lab0";

    /// <summary>Packets that may wait for the lab: a scanner sends in bursts. The kernel's own 500 and 1,000 are soon full.</summary>
    private const int QueueLength = 10_000;

    /// <summary>Opens the link: a TUN device, or a virtual cable where that is closed to users.</summary>
    /// <param name="topology">The lab, with its vantage.</param>
    /// <param name="kind">Which of the two, or the first that works.</param>
    /// <param name="time">The clock of the timestamps of packets.</param>
    /// <exception cref="LinuxException">Privilege is missing in this namespace, or the kernel has neither.</exception>
    public static IPacketLink Open(LabTopology topology, AttachmentKind kind, TimeProvider time)
    {
        var vantage = topology.ResolveVantage();
        var mtu = topology.Networks.First(n => n.Name == vantage.Network).Quality.Mtu;

        // Clients of DHCP begin by the address of their Ethernet card, which a TUN device has not.
        var link = kind == AttachmentKind.Any && topology.Hosts.Any(HasAddressServer) && TryOpenCable(mtu, time) is { } cable
            ? cable
            : OpenLink(kind, mtu, time);
        try
        {
            SetUp(topology, vantage, link is CableLink, mtu);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private static bool HasAddressServer(HostSpec host) => host.Ports.Any(static rule => rule.Policy is OpenPort { Service.Name: "dhcp" });

    private static CableLink? TryOpenCable(int mtu, TimeProvider time)
    {
        try
        {
            return CableLink.Open(InterfaceName, mtu, usesOffload: false, time);
        }
        catch (Exception exception) when (exception is LinuxException or NetworkNamespaceException)
        {
            // A TUN device will do for all else.
            return null;
        }
    }

    private static IPacketLink OpenLink(AttachmentKind kind, int mtu, TimeProvider time)
    {
        if (kind != AttachmentKind.Cable)
        {
            try
            {
                // Whole packets only: the networks of the lab have an MTU like any other.
                return TunLink.Open(new TunOptions { Name = InterfaceName, Mtu = mtu, UsesOffload = false, Time = time });
            }
            catch (LinuxException exception)
                when (kind == AttachmentKind.Any
                    && (exception.IsPermission || exception.Errno is Errno.NoEntry or Errno.NoSuchDevice or Errno.NoSuchDeviceOrAddress))
            {
                // No such device here, or not for this user.
            }
        }

        try
        {
            return CableLink.Open(InterfaceName, mtu, usesOffload: false, time);
        }
        catch (NetworkNamespaceException exception)
        {
            throw new PortolanException(
                $"the lab cannot be attached: cannot {exception.Message}",
                $"the far end of its cable is in a network namespace of its own: allow every user more of them, sudo sysctl "
                    + $"user.max_net_namespaces=1000, or let this user open /dev/net/tun",
                ExitCode.NoPrivilege,
                exception);
        }
    }

    private static void SetUp(LabTopology topology, VantageSpec vantage, bool isCable, int mtu)
    {
        using var changes = new RouteChanges();
        var index = changes.IndexOf(InterfaceName);
        changes.Silence(index);
        if (!isCable)
        {
            changes.SetMtu(index, mtu);
        }

        changes.SetQueueLength(index, QueueLength);
        changes.SetUp(index);
        if (vantage.Ipv4 is { } ipv4)
        {
            Route(ipv4, isCable ? CableLink.Gateway4 : null, static n => n.Ipv4, static p => p.Ipv4);
        }

        if (vantage.Ipv6 is { } ipv6)
        {
            Route(ipv6, isCable ? CableLink.Gateway6 : null, static n => n.Ipv6, static p => p.Ipv6);
        }

        // The address alone, without its network: the way to the neighbours is a route like the others.
        void Route(
            InternetAddress source, InternetAddress? gateway, Func<NetworkSpec, AddressPrefix?> prefixOf,
            Func<RouterPort, InternetAddress?> addressOf)
        {
            changes.AddAddress(index, source, source.BitCount);
            if (gateway is { } neighbour)
            {
                changes.AddNeighbour(index, neighbour, CableLink.FarAddress);
            }

            // Scanners look for routers only on the way to what is behind one.
            var router = gateway
                ?? topology.Routers.SelectMany(static r => r.Ports).Where(p => p.Network == vantage.Network).Select(addressOf)
                    .FirstOrDefault(static a => a is not null);
            var own = prefixOf(topology.Networks.First(n => n.Name == vantage.Network));
            foreach (var network in topology.Networks.Select(prefixOf).OfType<AddressPrefix>().Distinct())
            {
                changes.AddRoute(index, network, source, network == own ? gateway : router);
            }
        }
    }
}

/// <summary>How a lab is attached to a kernel.</summary>
public enum AttachmentKind
{
    /// <summary>By a TUN device where there is one, else by a cable.</summary>
    Any,

    /// <summary>By a TUN device.</summary>
    Tun,

    /// <summary>By a virtual cable with a packet socket at the lab's end.</summary>
    Cable,
}
