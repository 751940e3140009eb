using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Buffers;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;

namespace Portolan.Transport.Udp;

/// <summary>
/// UDP (RFC 768, RFC 1122 section 4.1): sockets over a <see cref="PortTable"/> and a demultiplexer. In steady state nothing is allocated
/// for a datagram.
/// </summary>
/// <remarks>One thread at a time. Register it for <see cref="IpProtocol.Udp"/>.</remarks>
internal sealed partial class UdpLayer : ITransportProtocol
{
    private readonly IpHost _host;
    private readonly PortTable _ports;
    private readonly PacketPool _pool;
    private readonly SipHash _hash;
    private readonly Demultiplexer<UdpSocket, UdpGroup> _demultiplexer;

    /// <summary>The unconnected sockets of each port, for what goes to many.</summary>
    private readonly Dictionary<ushort, List<UdpSocket>> _byPort = [];
    private readonly List<UdpSocket> _heldBack = [];

    /// <summary>Makes a layer without sockets.</summary>
    /// <param name="host">The IP layer that it sends and joins groups by.</param>
    /// <param name="ports">Who holds which port; may be shared with other protocols.</param>
    /// <param name="pool">Where datagrams wait.</param>
    /// <param name="seed">The key of its hashes comes from it; a peer cannot know it.</param>
    public UdpLayer(IpHost host, PortTable ports, PacketPool pool, ulong seed)
    {
        (_host, _ports, _pool, _hash) = (host, ports, pool, SipHash.FromSeed(seed));
        _demultiplexer = new Demultiplexer<UdpSocket, UdpGroup>(_hash);
    }

    /// <summary>What it did.</summary>
    public UdpCounters Counters { get; } = new();

    /// <summary>Open sockets.</summary>
    public int SocketCount { get; private set; }

    /// <summary>Of those the connected ones.</summary>
    internal int ConnectedCount => _demultiplexer.FlowCount;

    /// <inheritdoc/>
    public Instant NextDeadline => Instant.Never;

    /// <summary>Binds a socket.</summary>
    /// <param name="binding">What it wants; port 0 to have one chosen. Its protocol is UDP.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="socket">The socket; <c>null</c> when it failed.</param>
    /// <returns>Whether it worked, and who is in the way when not.</returns>
    /// <exception cref="ArgumentException">The address is none of this host's.</exception>
    public BindResult Bind(in PortBinding binding, UdpSocketOptions? options, out UdpSocket? socket)
    {
        var asked = binding with { Protocol = TransportProtocol.Udp };
        CheckAddress(asked);
        socket = null;
        var result = _ports.Bind(asked);
        if (result.Succeeded)
        {
            options ??= new UdpSocketOptions();
            socket = new UdpSocket(this, result.Holder, options, new UdpReceiveQueue(_pool, options.ReceiveLimit));
            result.Holder.Tag = socket;
            SocketCount++;
            AddListener(socket);
        }

        return result;
    }

    /// <inheritdoc/>
    public void OnTimer(Instant now)
    {
        // Those that are held back once more come again, so the list is walked as it was.
        for (var left = _heldBack.Count; left > 0; left--)
        {
            var socket = _heldBack[0];
            _heldBack.RemoveAt(0);
            socket.IsHeldBack = false;
            if (!socket.IsClosed)
            {
                socket.Owner?.OnWritable(socket);
            }
        }
    }

    internal bool TryConnect(UdpSocket socket, InternetAddress remote, PortNumber remotePort)
    {
        // A connected socket is tied to another peer as if it were not: the source is chosen anew.
        if (socket.IsClosed || remotePort.Value == 0
            || !_host.TryFindPath(SourceOf(socket.Bound.Address, remote), remote, socket.Bound.Interface, out var path))
        {
            return false;
        }

        if (socket.Path is { } old && (old.Source, socket.Remote, socket.RemotePort) == (path.Source, remote, remotePort))
        {
            return true;
        }

        var zone = ZoneOf(remote, path);
        if (_demultiplexer.TryAddFlow(path.Source, socket.Bound.Port, remote, remotePort, zone, socket) != FlowAddition.Added)
        {
            return false;
        }

        var isFirst = !socket.IsConnected;
        if (isFirst)
        {
            RemoveListener(socket);
        }

        if (!_ports.ConnectBound(socket.Holder, path.Source, remote, remotePort, path.InterfaceNumber).Succeeded)
        {
            _demultiplexer.TryRemoveFlow(path.Source, socket.Bound.Port, remote, remotePort, zone, out _);
            if (isFirst)
            {
                AddListener(socket);
            }

            return false;
        }

        if (!isFirst)
        {
            RemoveFlow(socket);
        }

        (socket.Path, socket.Remote, socket.RemotePort) = (path, remote, remotePort);
        return true;
    }

    internal bool Disconnect(UdpSocket socket)
    {
        if (!socket.IsConnected)
        {
            return false;
        }

        RemoveFlow(socket);
        _ports.Disconnect(socket.Holder, socket.Bound.Address);
        (socket.Path, socket.Remote, socket.RemotePort) = (null, InternetAddress.AnyIPv6, PortNumber.Zero);
        AddListener(socket);
        return true;
    }

    internal bool TryJoin(UdpSocket socket, InternetAddress group, int interfaceNumber)
    {
        if (socket.IsClosed || !_host.TryJoin(interfaceNumber, group, out var joined))
        {
            return false;
        }

        if (socket.IsMember(group, joined))
        {
            _host.Leave(joined, group);
            return false;
        }

        socket.Memberships.Add((joined, group));
        return true;
    }

    internal bool Leave(UdpSocket socket, InternetAddress group, int interfaceNumber)
    {
        var removed = socket.Memberships.Remove((interfaceNumber, group));
        if (removed)
        {
            _host.Leave(interfaceNumber, group);
        }

        return removed;
    }

    internal void Close(UdpSocket socket)
    {
        if (socket.IsClosed)
        {
            return;
        }

        socket.IsClosed = true;
        SocketCount--;
        foreach (var (at, group) in socket.Memberships)
        {
            _host.Leave(at, group);
        }

        socket.Memberships.Clear();
        if (socket.IsConnected)
        {
            RemoveFlow(socket);
            socket.Path = null;
        }
        else
        {
            RemoveListener(socket);
        }

        socket.Discard();
        _ports.Release(socket.Holder);
    }

    private static int ZoneOf(InternetAddress remote, IpPath path) => !remote.IsIPv4 && remote.IsLinkLocal ? path.InterfaceNumber : 0;

    private static InternetAddress SourceOf(InternetAddress address, InternetAddress remote)
    {
        var bound = address.Unmap();

        // A socket of a group or broadcast address hears it, but sends from an address of its own.
        var isAny = bound.IsUnspecified || IsGroup(bound);
        return isAny ? (remote.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6) : bound;
    }

    private static bool IsGroup(InternetAddress address) =>
        address.IsIPv4 ? address.IPv4Bits >> 28 >= 0xe : address.UpperBits >> 56 == 0xff;

    private static ListenerScope ScopeOf(in PortBinding binding)
    {
        var isDual = binding.Address.IsUnspecified && !binding.Address.IsIPv4 && !binding.IsV6Only;
        return new ListenerScope(binding.Address.Unmap(), binding.Port, binding.Interface, isDual);
    }

    private void CheckAddress(in PortBinding binding)
    {
        var address = binding.Address.Unmap();
        if (!address.IsUnspecified && !IsGroup(address)
            && !(_host.TryBorrowPath(address, address, binding.Interface, out var path) && path.IsLoopback))
        {
            throw new ArgumentException($"{address} is none of this host's addresses", nameof(binding));
        }
    }

    private void RemoveFlow(UdpSocket socket)
    {
        var path = socket.Path!;
        _demultiplexer.TryRemoveFlow(path.Source, socket.Bound.Port, socket.Remote, socket.RemotePort, ZoneOf(socket.Remote, path), out _);
    }

    private void AddListener(UdpSocket socket)
    {
        var scope = ScopeOf(socket.Binding);
        if (!_demultiplexer.Listeners.TryGet(scope, out var group))
        {
            group = new UdpGroup(_hash);
            _demultiplexer.Listeners.TryAdd(scope, group);
        }

        group.Add(socket);
        socket.Group = group;
        if (!_byPort.TryGetValue(socket.Binding.Port.Value, out var sockets))
        {
            _byPort.Add(socket.Binding.Port.Value, sockets = []);
        }

        sockets.Add(socket);
    }

    private void RemoveListener(UdpSocket socket)
    {
        socket.Group!.Remove(socket);
        if (socket.Group.IsEmpty)
        {
            _demultiplexer.Listeners.TryRemove(ScopeOf(socket.Binding), out _);
        }

        socket.Group = null;
        var sockets = _byPort[socket.Binding.Port.Value];
        sockets.Remove(socket);
        if (sockets.Count == 0)
        {
            _byPort.Remove(socket.Binding.Port.Value);
        }
    }
}
