using System.Net;
using System.Net.Sockets;
using Portolan.Linux;
using Portolan.Linux.Packet;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Ip;

namespace Portolan.Cli.Scanning.OwnStack;

/// <summary>
/// A TCP/IP stack with a thread of its own on one interface of this host, for connections that are read and written. It has the host's
/// addresses and ports of its own; routes and neighbours are the kernel's. It answers neither echo nor ARP and sends no errors.
/// </summary>
/// <remarks>Any threads.</remarks>
internal sealed class StackedInterface : IDisposable
{
    private const long MemoryLimit = 64 << 20;

    /// <summary>How often the kernel is asked again for a neighbour that it looks for.</summary>
    private static readonly TimeSpan NeighbourInterval = TimeSpan.FromMilliseconds(5);

    private readonly NextHops? _hops;
    private readonly NetworkStack _stack;
    private readonly IpInterface _interface;
    private readonly Lock _gate = new();
    private readonly Dictionary<InternetAddress, InternetAddress> _nextHops = [];
    private readonly HashSet<InternetAddress> _addresses = [];

    /// <summary>Opens the interface of a route.</summary>
    /// <param name="network">The kernel's network.</param>
    /// <param name="route">A route over the interface.</param>
    /// <param name="options">Ports, seed and TTL.</param>
    /// <exception cref="LinuxException">The interface cannot be opened.</exception>
    public StackedInterface(INetwork network, Route route, StackConnectorOptions options)
    {
        _hops = route.Layer == LinkLayer.Ethernet ? new NextHops(route.InterfaceIndex, options.Clock) : null;
        IDisposable? opened = null;
        try
        {
            var link = new SharedAddressLink(network.Open(route), options.Ports, FindHop);
            opened = link;
            _stack = new NetworkStack(new NetworkStackOptions
            {
                Name = route.InterfaceName,
                Seed = options.Seed,
                EphemeralPorts = options.Ports,
                MemoryLimit = MemoryLimit,
                Ip = new IpHostOptions { Seed = 0, AnswersEcho = false, SendsErrors = false, HopLimit = options.TimeToLive ?? 64 },
            });
            opened = _stack;
            _interface = _stack.Attach(
                link,
                new IpInterfaceOptions
                {
                    Name = route.InterfaceName,
                    Mtu = route.Mtu,
                    LinkLocal = LinkLocalChoice.None,
                    DuplicateAddressProbes = 0,
                });
            _stack.AddRoute("0.0.0.0/0", _interface);
            _stack.AddRoute("::/0", _interface);
        }
        catch
        {
            opened?.Dispose();
            _hops?.Dispose();
            throw;
        }
    }

    /// <summary>Connects. The kernel is asked for the neighbour first.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="port">Its port.</param>
    /// <param name="route">The route to it.</param>
    /// <param name="giveUp">Ends the attempt.</param>
    /// <exception cref="SocketException">What the network says, or that no port is left.</exception>
    /// <exception cref="LinuxException">The kernel cannot be asked for the neighbour.</exception>
    public async Task<TcpStream> ConnectAsync(InternetAddress target, PortNumber port, Route route, CancellationToken giveUp)
    {
        while (!IsReady(target, route))
        {
            await Task.Delay(NeighbourInterval, giveUp);
        }

        var own = new IPEndPoint(route.Source.ToIPAddress(), 0);
        return await _stack.ConnectTcpAsync(new IPEndPoint(target.ToIPAddress(), port.Value), own, giveUp);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stack.Dispose();
        _hops?.Dispose();
    }

    private bool IsReady(InternetAddress target, Route route)
    {
        bool isNew;
        lock (_gate)
        {
            isNew = _addresses.Add(route.Source);
            if (_nextHops.Count >= StackConnectorOptions.MostWays)
            {
                _nextHops.Clear(); // connections that go on ask again
            }

            _nextHops[target] = route.Gateway ?? target;
        }

        if (isNew)
        {
            _stack.AddAddress(_interface, $"{route.Source}/{route.Source.BitCount}");
        }

        lock (_gate)
        {
            return _hops?.TryFind(_nextHops[target], out _) != false;
        }
    }

    // On the stack's thread.
    private MacAddress FindHop(InternetAddress destination)
    {
        lock (_gate)
        {
            try
            {
                return _nextHops.TryGetValue(destination, out var hop) && _hops!.TryFind(hop, out var address) ? address : default;
            }
            catch (LinuxException)
            {
                return default; // the kernel's table is full: as if the neighbour did not answer
            }
        }
    }
}
