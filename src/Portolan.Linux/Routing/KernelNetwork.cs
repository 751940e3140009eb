using Portolan.Linux.Netlink;
using Portolan.Linux.Packet;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Routing;

/// <summary>The network as the kernel sees it, in the network namespace of the thread that first asks.</summary>
/// <remarks>Safe for any thread. Threads that open senders and receivers of its links must be in the same namespace.</remarks>
public sealed class KernelNetwork : INetwork, IDisposable
{
    private readonly TimeProvider _time;
    private readonly Func<INetlinkChannel> _open;
    private readonly Lock _lock = new();
    private RouteRequests? _requests;
    private List<KernelInterface>? _interfaces;
    private Dictionary<(int Interface, InternetAddress Address), MacAddress>? _neighbours;
    private RouteCache? _ipv4Routes;
    private RouteCache? _ipv6Routes;
    private InternetAddress? _lastSource;
    private bool _lastSourceIsOwn;
    private long _routesAskedAt;
    private long _interfacesReadAt;
    private long _neighboursReadAt;

    /// <summary>Nothing is asked before it is needed.</summary>
    /// <param name="time">The clock of the links' timestamps, and of how long answers are kept.</param>
    public KernelNetwork(TimeProvider time)
        : this(time, static () => NetlinkSocket.Open(NetlinkFamily.Route))
    {
    }

    /// <summary>Asks over a channel that is opened when it is first needed.</summary>
    internal KernelNetwork(TimeProvider time, Func<INetlinkChannel> open) => (_time, _open) = (time, open);

    /// <summary>How long tables that were read are held to be true.</summary>
    private static TimeSpan Freshness => TimeSpan.FromSeconds(1);

    private RouteRequests Requests => _requests ??= new RouteRequests(_open());

    /// <inheritdoc/>
    public RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null)
    {
        lock (_lock)
        {
            var outgoing = 0;
            if (interfaceName is not null)
            {
                if (FindInterface(interfaceName) is not { } wanted)
                {
                    return RouteFailures.UnknownInterface(interfaceName, Interfaces());
                }

                if (!wanted.IsUp)
                {
                    return RouteFailures.InterfaceDown(wanted);
                }

                outgoing = wanted.Index;
            }

            if (source is { } from)
            {
                if (from.IsIPv4 != destination.IsIPv4)
                {
                    return RouteFailures.OtherFamily(destination, from);
                }

                if (interfaceName is null && !IsOwn(from))
                {
                    return RouteFailures.ForeignSource(from);
                }
            }

            return Ask(destination, outgoing, interfaceName, source);
        }
    }

    /// <inheritdoc/>
    public bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress)
    {
        lock (_lock)
        {
            if (_neighbours is null || _time.GetElapsedTime(_neighboursReadAt) > Freshness)
            {
                _neighbours = Requests.ReadNeighbours();
                _neighboursReadAt = _time.GetTimestamp();
            }

            return _neighbours.TryGetValue((interfaceIndex, address), out hardwareAddress);
        }
    }

    /// <inheritdoc/>
    public IPacketLink Open(Route route)
    {
        KernelInterface? found;
        lock (_lock)
        {
            found = FindInterface(route.InterfaceIndex);
        }

        return found is null
            ? throw new PortolanException($"interface {route.InterfaceName} is gone", $"`ip link` lists the interfaces")
            : PacketLink.Open(found, route.IsLocal, _time);
    }

    /// <summary>
    /// Whether the link of a route sends through the kernel's own routing and rules (raw IP sockets): to this host itself, and over
    /// interfaces of kinds that packet sockets are not used for here, such as GRE, InfiniBand or Ethernet without ARP.
    /// </summary>
    public bool SendsThroughKernel(Route route)
    {
        lock (_lock)
        {
            return FindInterface(route.InterfaceIndex) is { } found && LinkKinds.Of(found, route.IsLocal) == LinkKind.RawIp;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _requests?.Dispose();

    private RouteAnswer Ask(InternetAddress destination, int outgoing, string? interfaceName, InternetAddress? source)
    {
        // A foreign source is not the kernel's to judge: it is written into packets as it is.
        var asked = source is { } own && IsOwn(own) ? source : null;
        var errno = Routes(destination).FindRoute(destination, outgoing, asked, out var found);
        if (errno != 0)
        {
            return RouteFailures.NoRoute(destination, interfaceName, asked, errno);
        }

        if (found.IsEncapsulated)
        {
            return RouteFailures.Encapsulated(destination);
        }

        if (FindInterface(found.InterfaceIndex) is not { } over)
        {
            return RouteFailures.NoRoute(destination, interfaceName, asked, Errno.NetworkUnreachable);
        }

        if (!over.IsUp)
        {
            return RouteFailures.InterfaceDown(over);
        }

        if ((source ?? found.Source) is not { } address)
        {
            return RouteFailures.NoSource(destination, over);
        }

        var mtu = found.Mtu > 0 ? Math.Min(found.Mtu, over.Mtu) : over.Mtu;
        return new RouteAnswer(
            new Route(over.Index, over.Name, over.Layer, address, found.Gateway, found.Kind == RouteType.Local, mtu), null, null);
    }

    private bool IsOwn(InternetAddress address)
    {
        var routes = Routes(address); // before the question, for it may forget what was known
        if (_lastSource != address)
        {
            _lastSourceIsOwn = routes.FindRoute(address, 0, null, out var route) == 0 && route.Kind == RouteType.Local;
            _lastSource = address;
        }

        return _lastSourceIsOwn;
    }

    private RouteCache Routes(InternetAddress address)
    {
        if (_time.GetElapsedTime(_routesAskedAt) > Freshness)
        {
            (_ipv4Routes, _ipv6Routes, _lastSource) = (null, null, null);
            _routesAskedAt = _time.GetTimestamp();
        }

        return address.IsIPv4
            ? _ipv4Routes ??= new RouteCache(Requests, isIPv4: true)
            : _ipv6Routes ??= new RouteCache(Requests, isIPv4: false);
    }

    private List<KernelInterface> Interfaces()
    {
        if (_interfaces is null || _time.GetElapsedTime(_interfacesReadAt) > Freshness)
        {
            _interfaces = Requests.ReadInterfaces();
            _interfacesReadAt = _time.GetTimestamp();
        }

        return _interfaces;
    }

    private KernelInterface? FindInterface(string name) => Interfaces().Find(one => one.Name == name);

    private KernelInterface? FindInterface(int index) => Interfaces().Find(one => one.Index == index);
}
