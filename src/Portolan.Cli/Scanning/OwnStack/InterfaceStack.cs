using Portolan.Linux;
using Portolan.Linux.Packet;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Cli.Scanning.OwnStack;

/// <summary>
/// A TCP/IP stack on one interface of this host, with the host's addresses and ports of its own. Routes and neighbours are the kernel's.
/// </summary>
/// <remarks>One thread. It answers neither echo nor ARP, and sends no errors: that is the kernel's part.</remarks>
internal sealed class InterfaceStack : IDisposable
{
    private const long MemoryLimit = 64 << 20;

    private readonly INetwork _network;
    private readonly StackConnectorOptions _options;
    private readonly NextHops? _hops;
    private readonly StackLayers _layers;
    private readonly IpInterface _interface;
    private readonly Dictionary<InternetAddress, InternetAddress> _ways = [];
    private readonly HashSet<InternetAddress> _addresses = [];

    /// <summary>Opens the interface of a route.</summary>
    /// <param name="network">The kernel's network.</param>
    /// <param name="route">A route over the interface.</param>
    /// <param name="options">Ports, time and TTL.</param>
    public InterfaceStack(INetwork network, Route route, StackConnectorOptions options)
    {
        (_network, _options) = (network, options);
        _hops = route.Layer == LinkLayer.Ethernet ? new NextHops(route.InterfaceIndex, options.Clock) : null;
        IDisposable? opened = null;
        try
        {
            var link = new SharedAddressLink(network.Open(route), options.Ports, FindHop);
            opened = link;
            var stack = new NetworkStackOptions
            {
                Name = route.InterfaceName,
                Time = options.Clock,
                EphemeralPorts = options.Ports,
                MemoryLimit = MemoryLimit,
                Ip = new IpHostOptions { Seed = 0, AnswersEcho = false, SendsErrors = false, HopLimit = options.TimeToLive ?? 64 },
            };
            _layers = StackLayers.Create(stack, options.Seed);
            _interface = _layers.Links.Attach(
                link,
                new IpInterfaceOptions
                {
                    Name = route.InterfaceName,
                    Mtu = route.Mtu,
                    LinkLocal = LinkLocalChoice.None,
                    DuplicateAddressProbes = 0,
                });
            opened = _layers.Links; // with the link
            _layers.Ip.AddRoute(new IpRoute(InternetAddress.AnyIPv4, 0, _interface, null));
            _layers.Ip.AddRoute(new IpRoute(InternetAddress.AnyIPv6, 0, _interface, null));
        }
        catch
        {
            opened?.Dispose();
            _hops?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether the way to a destination is known; else the kernel is asked to find the neighbour, and it will be a little later.
    /// </summary>
    /// <exception cref="LinuxException">The kernel cannot.</exception>
    public bool IsReady(InternetAddress destination, Route route)
    {
        var hop = Keep(destination, route);
        return _hops?.TryFind(hop, out _) != false;
    }

    /// <summary>No caller waits for the way to a destination any longer.</summary>
    public void Forget(InternetAddress destination)
    {
        if (_hops is not null && TryFindWay(destination, out var hop))
        {
            _hops.Forget(hop);
        }
    }

    /// <summary>Begins a connection; <paramref name="handler"/> hears how it ends.</summary>
    /// <returns>The connection, or <c>null</c> when no port is free for it.</returns>
    public TcpConnection? Connect(in ConnectAttempt attempt, InternetAddress source, ITcpHandler handler, Instant now)
    {
        if (_addresses.Add(source))
        {
            _layers.Ip.AddAddress(_interface, source, source.BitCount, skipsDetection: true);
        }

        _layers.Ip.AdvanceTo(now);
        var result = _layers.Tcp.Connect(new TcpConnectRequest(attempt.Address, attempt.Port, source, Interface: _interface.Number), now);
        if (result.Connection is { } connection)
        {
            connection.Handler = handler;
        }

        return result.Connection;
    }

    /// <summary>Takes what came, does what is due and sends.</summary>
    public int Step(Instant now) => _layers.Links.Step(now);

    /// <summary>Sends what is to be sent.</summary>
    public void Flush() => _layers.Ip.Flush();

    /// <summary>The same as <see cref="Step"/>, after waiting until there is something to do.</summary>
    public int WaitAndStep(Instant latest) => _layers.Links.WaitAndStep(_options.Clock, latest);

    /// <inheritdoc/>
    public void Dispose()
    {
        _layers.Links.Dispose();
        _hops?.Dispose();
    }

    private MacAddress FindHop(InternetAddress destination)
    {
        try
        {
            return TryFindWay(destination, out var hop) && _hops!.TryFind(hop, out var address) ? address : default;
        }
        catch (LinuxException)
        {
            return default; // the kernel's table is full: as if the neighbour did not answer
        }
    }

    private bool TryFindWay(InternetAddress destination, out InternetAddress hop)
    {
        if (_ways.TryGetValue(destination, out hop))
        {
            return true;
        }

        try
        {
            if (_network.FindRoute(destination, _options.InterfaceName, _options.Source).Route is { } route)
            {
                hop = Keep(destination, route);
                return true;
            }
        }
        catch (LinuxException)
        {
            // The kernel does not tell: as if there were no way.
        }

        return false;
    }

    private InternetAddress Keep(InternetAddress destination, Route route)
    {
        if (_ways.Count >= StackConnectorOptions.MostWays)
        {
            _ways.Clear(); // connections that go on ask again
        }

        return _ways[destination] = route.Gateway ?? destination;
    }
}
