using Portolan.Model;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;

namespace Portolan.Transport.Udp;

/// <summary>A socket of UDP (RFC 768). Made by <see cref="UdpLayer.Bind"/>.</summary>
/// <remarks>One thread at a time: the stack's.</remarks>
internal sealed class UdpSocket
{
    private readonly UdpLayer _layer;
    private readonly UdpReceiveQueue _queue;
    private UdpError? _error;

    internal UdpSocket(UdpLayer layer, PortHolder holder, UdpSocketOptions options, UdpReceiveQueue queue)
    {
        _layer = layer;
        _queue = queue;
        Holder = holder;
        Bound = holder.Binding;
        Options = options;
    }

    /// <summary>How it behaves.</summary>
    public UdpSocketOptions Options { get; }

    /// <summary>Receives the events of this socket; <c>null</c> for none.</summary>
    public IUdpOwner? Owner { get; set; }

    /// <summary>What it holds; once it is connected its address is the one towards the peer.</summary>
    public PortBinding Binding => Holder.Binding;

    /// <summary>Whether it takes datagrams of one peer only.</summary>
    public bool IsConnected => Path is not null;

    /// <summary>The peer's address of a connected socket; else <c>::</c>.</summary>
    public InternetAddress Remote { get; internal set; }

    /// <summary>The peer's port of a connected socket; else 0.</summary>
    public PortNumber RemotePort { get; internal set; }

    public bool IsClosed { get; internal set; }

    /// <summary>Datagrams that wait.</summary>
    public int Waiting => _queue.Count;

    /// <summary>Datagrams that came for it and found no room.</summary>
    public long Dropped { get; private set; }

    /// <summary>The way to the peer of a connected socket.</summary>
    public IpPath? Path { get; internal set; }

    internal PortHolder Holder { get; }

    /// <summary>What it was bound to, and is again once it is disconnected.</summary>
    internal PortBinding Bound { get; }

    internal UdpGroup? Group { get; set; }

    /// <summary>The groups that it joined, each with an interface.</summary>
    internal List<(int Interface, InternetAddress Group)> Memberships { get; } = [];

    /// <summary>Whether it waits for room on a link.</summary>
    internal bool IsHeldBack { get; set; }

    /// <summary>
    /// Ties it to a peer, or from one to another: it takes datagrams and errors from there only, and sends there. What waits stays.
    /// </summary>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port, not 0.</param>
    /// <returns>False when there is no way there, or another socket has the pair; nothing changed.</returns>
    public bool TryConnect(InternetAddress remote, PortNumber remotePort) => _layer.TryConnect(this, remote, remotePort);

    /// <summary>
    /// Unties it from its peer: it hears everybody again, at the address that it was bound to. What waits stays. False when it has no peer.
    /// </summary>
    public bool Disconnect() => _layer.Disconnect(this);

    /// <summary>Sends a datagram to the peer.</summary>
    public UdpSendResult Send(ReadOnlySpan<byte> payload) =>
        IsConnected ? _layer.Send(this, Path!, RemotePort, payload) : IsClosed ? UdpSendResult.Closed : UdpSendResult.NoDestination;

    /// <summary>Sends a datagram.</summary>
    /// <param name="payload">At most 65,507 bytes over IPv4 and 65,527 over IPv6.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="port">Which port, not 0.</param>
    /// <param name="interfaceNumber">The interface, for link-local addresses and groups; 0 for the socket's own, or whichever the routes
    /// say.</param>
    public UdpSendResult Send(ReadOnlySpan<byte> payload, InternetAddress destination, PortNumber port, int interfaceNumber = 0) =>
        _layer.Send(this, destination, port, interfaceNumber, payload);

    /// <summary>Takes the next datagram.</summary>
    /// <param name="room">Its payload goes here; what does not fit is lost.</param>
    /// <param name="arrival">What else is known.</param>
    /// <returns>False when none waits.</returns>
    public bool TryReceive(Span<byte> room, out UdpArrival arrival) => _queue.TryTake(room, out arrival);

    /// <summary>Takes the last error; one that comes before it is taken replaces it.</summary>
    public bool TryTakeError(out UdpError error)
    {
        error = _error.GetValueOrDefault();
        var any = _error.HasValue;
        _error = null;
        return any;
    }

    /// <summary>Joins a multicast group: only members hear it.</summary>
    /// <param name="group">The group.</param>
    /// <param name="interfaceNumber">The interface, or 0 for the one the routes say.</param>
    /// <returns>False when it is not a group, there is no interface, or the socket is in it.</returns>
    public bool TryJoin(InternetAddress group, int interfaceNumber = 0) => _layer.TryJoin(this, group, interfaceNumber);

    /// <summary>Leaves a group; false when it was not in it.</summary>
    public bool Leave(InternetAddress group, int interfaceNumber) => _layer.Leave(this, group, interfaceNumber);

    /// <summary>Gives up its port, its groups and what waits.</summary>
    public void Close() => _layer.Close(this);

    internal bool Accept(in UdpArrival arrival, ReadOnlySpan<byte> payload)
    {
        if (!_queue.TryAdd(arrival, payload))
        {
            Dropped++;
            return false;
        }

        Owner?.OnReceived(this);
        return true;
    }

    internal void Accept(in UdpError error)
    {
        _error = error;
        Owner?.OnError(this);
    }

    internal void Discard() => _queue.Clear();

    internal bool IsMember(InternetAddress group, int interfaceNumber)
    {
        foreach (var membership in Memberships)
        {
            if (membership.Group == group && membership.Interface == interfaceNumber)
            {
                return true;
            }
        }

        return false;
    }
}
