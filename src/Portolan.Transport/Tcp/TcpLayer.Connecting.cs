using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;

namespace Portolan.Transport.Tcp;

/// <summary>What became of an attempt to connect.</summary>
/// <param name="Connection">The connection, which is being opened; <c>null</c> when it could not be begun.</param>
/// <param name="Error">Why not.</param>
/// <param name="Bind">When the port was the reason: the rule, and who is in the way.</param>
/// <param name="Taken">How many of <see cref="TcpConnectRequest.FirstBytes"/> were taken; the others are to be written.</param>
internal readonly record struct TcpConnectResult(TcpConnection? Connection, TcpError Error, BindResult Bind, int Taken = 0);

// Active opens, initial sequence numbers (RFC 6528), timestamps' origins (RFC 7323 section 5.4), and the list of connections.
internal sealed partial class TcpLayer
{
    private readonly SipHash _sequenceHash;
    private readonly SipHash _timestampHash;
    private readonly List<TcpConnection?> _connections = [];
    private readonly Stack<int> _freeIds = new();
    private (InternetAddress Local, InternetAddress Remote, uint Offset) _lastOffset;
    private SequenceNumber _reusedSequence;
    private bool _hasReusedSequence;

    /// <summary>
    /// Begins to open a connection; its handler hears how that ends. The local address is the one asked for or IP's choice, for the
    /// connection's life (RFC 9293 section 3.9.1.1, MUST-43, MUST-44, MUST-45).
    /// </summary>
    public TcpConnectResult Connect(in TcpConnectRequest request, Instant now)
    {
        Now = now;
        if (IsMany(request.Remote) || request.Remote.IsUnspecified || request.RemotePort.Value == 0)
        {
            // RFC 9293 section 3.9.2.3, MUST-46: no address there is a single peer.
            return new TcpConnectResult(null, TcpError.NetworkUnreachable, default);
        }

        var any = request.Remote.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        if (!_output.TryFindPath(request.Local.IsUnspecified ? any : request.Local, request.Remote, request.Interface, out var path)
            || !path.IsToOne)
        {
            return new TcpConnectResult(null, TcpError.NetworkUnreachable, default);
        }

        var held = HoldPort(request, path);
        if (!held.Succeeded)
        {
            return new TcpConnectResult(null, TcpError.None, held);
        }

        var port = held.Holder.Binding.Port;
        var interfaceNumber = path.InterfaceNumber;
        var connection =
            NewConnection(path, interfaceNumber, port, request.RemotePort, TimestampOffset(path.Source, path.Destination), held.Holder);
        if (connection is null)
        {
            _ports.EndPair(held.Holder, request.Remote, request.RemotePort);
            return new TcpConnectResult(null, TcpError.None, new BindResult(null, BindRule.Exhausted));
        }

        Counters.ActiveOpens++;
        connection.Core.SegmentSizeLimit = Core.TcpCore.LimitOf(request.SegmentSize);
        var taken = request.UsesFastOpen ? connection.Core.PrepareFastOpen(request.FirstBytes.Span, now) : 0;
        connection.Core.Connect(InitialSequence(path.Source, port, path.Destination, request.RemotePort), now);
        return new TcpConnectResult(connection, connection.Error, held, taken);
    }

    private BindResult HoldPort(in TcpConnectRequest request, IpPath path)
    {
        _hasReusedSequence = false;
        var binding = new PortBinding(
            TransportProtocol.Tcp, path.Source, request.LocalPort, request.Interface, ReuseAddress: request.ReuseAddress,
            Owner: request.Owner);
        if (request.LocalPort.Value == 0)
        {
            return _ports.Connect(binding, request.Remote, request.RemotePort, path.InterfaceNumber);
        }

        var bound = _ports.Bind(binding);
        if (!bound.Succeeded)
        {
            return bound;
        }

        var connected = _ports.ConnectBound(bound.Holder, path.Source, request.Remote, request.RemotePort, path.InterfaceNumber);
        if (!connected.Succeeded)
        {
            _ports.Release(bound.Holder);
        }

        return connected;
    }

    private TcpConnection? NewConnection(
        IpPath path, int interfaceNumber, PortNumber localPort, PortNumber remotePort, uint timestampOffset, PortHolder holder)
    {
        var isNew = !_freeIds.TryPop(out var id);
        if (isNew)
        {
            id = _connections.Count;
            _connections.Add(null);
        }

        var connection = new TcpConnection(this, id, interfaceNumber, path, localPort, remotePort, timestampOffset) { Holder = holder };
        if (_flows.TryAddFlow(path.Source, localPort, path.Destination, remotePort, interfaceNumber, connection.Core) != FlowAddition.Added)
        {
            _freeIds.Push(id);
            return null;
        }

        _connections[id] = connection;
        return connection;
    }

    /// <summary>A connection is over: its pair is free, or rests.</summary>
    private void Forget(TcpConnection connection)
    {
        connection.IsForgotten = true;
        _flows.TryRemoveFlow(connection.Local, connection.LocalPort, connection.Remote, connection.RemotePort, connection.Interface, out _);
        _wheel.Disarm(connection.Id);
        _connections[connection.Id] = null;
        _freeIds.Push(connection.Id);
        if (connection.State == TcpState.TimeWait)
        {
            Rest(connection);
        }

        if (connection.Holder is { } holder)
        {
            _ports.EndPair(holder, connection.Remote, connection.RemotePort);
            connection.Holder = null;
        }
    }

    /// <summary>
    /// RFC 6528 section 3, RFC 9293 section 3.4.1 (MUST-8, MUST-9, SHLD-1): a clock of 4 microseconds plus a keyed hash of the pair; above
    /// what an earlier connection of the pair used (RFC 6191).
    /// </summary>
    private SequenceNumber InitialSequence(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort)
    {
        if (_hasReusedSequence)
        {
            _hasReusedSequence = false;
            return _reusedSequence;
        }

        var ports = ((ulong)localPort.Value << 16) | remotePort.Value;
        var offset = _sequenceHash.Of([local.UpperBits, local.LowerBits, remote.UpperBits, remote.LowerBits, ports]);
        return new SequenceNumber((uint)offset) + (uint)(Now.Nanoseconds / 4000);
    }

    /// <summary>
    /// One origin for each pair of hosts, so that timestamps of their connections can be compared (RFC 6191) and tell nobody else the time.
    /// </summary>
    private uint TimestampOffset(InternetAddress local, InternetAddress remote)
    {
        if (local != _lastOffset.Local || remote != _lastOffset.Remote)
        {
            _lastOffset = (local, remote, (uint)_timestampHash.Of([local.UpperBits, local.LowerBits, remote.UpperBits, remote.LowerBits]));
        }

        return _lastOffset.Offset;
    }
}
