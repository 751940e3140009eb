using Portolan.Model;
using Portolan.Transport;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.Packetdrill;

/// <summary>
/// A TCP socket as programs of Linux know it, over the stack. Results are those of the system call, or minus the error number.
/// </summary>
internal sealed partial class TcpSocket(World world, int family) : ITcpHandler
{
    private TcpListener? _listener;
    private TcpConnection? _connection;
    private SocketAddress? _bound;
    private bool _wasConnecting;
    private bool _isReadShut;
    private bool _isWriteShut;
    private int _error;

    internal int Family => family;

    internal bool IsNonBlocking { get; set; }

    /// <summary>As <c>sockstat</c> prints the state; null for TIME-WAIT.</summary>
    internal string? StateName => _connection?.State switch
    {
        TcpState.TimeWait => null,
        TcpState.SynSent => "SYN_SENT",
        TcpState.SynReceived => "SYN_RCVD",
        TcpState.Established => "ESTABLISHED",
        TcpState.CloseWait => "CLOSE_WAIT",
        TcpState.FinWait1 => "FIN_WAIT_1",
        TcpState.FinWait2 => "FIN_WAIT_2",
        TcpState.Closing => "CLOSING",
        TcpState.LastAck => "LAST_ACK",
        null when _listener is not null => "LISTEN",
        _ => "CLOSED",
    };

    private bool IsConnecting => _connection is { State: TcpState.SynSent or TcpState.SynReceived };

    public void OnClosed(TcpConnection connection, TcpError reason, Instant now) =>
        _error = ErrorNumber(reason, _wasConnecting, world.Settings.IsFreeBsd);

    public void OnEstablished(TcpConnection connection, Instant now) => _wasConnecting = false;

    internal int Bind(SocketAddress address)
    {
        world.AddLocal(address.Address.Unmap());
        _bound = address;
        return 0;
    }

    internal int Listen(int backlog)
    {
        var at = _bound ?? new SocketAddress(family == Linux.AF_INET ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6, PortNumber.Zero);
        var isDual = family == Linux.AF_INET6 && at.Address.IsUnspecified;
        var request = new TcpListenRequest(
            at.Address.Unmap(), at.Port, 0, isDual, backlog + 1, _reusesAddress, _reusesPort)
        { SegmentSize = _segmentSize };
        return world.Tcp.TryListen(request, out _listener, out _) ? 0 : -Linux.EADDRINUSE;
    }

    internal PendingCall Accept() => Call(_ => _listener switch
    {
        null => -Linux.EINVAL,
        var listener when listener.TryAccept(out var connection) => world.Sockets.Add(Accepted(connection)),
        _ => null,
    });

    internal PendingCall Connect(SocketAddress to)
    {
        if (_connection is not null)
        {
            return PendingCall.Ended(IsConnecting ? -Linux.EALREADY : -Linux.EISCONN);
        }

        if (MayDefer(to))
        {
            _deferred = to;
            return PendingCall.Ended(0);
        }

        if (Begin(to, _connectsWithText && world.Settings.HasFastOpen ? [] : null) is var error && error != 0)
        {
            return PendingCall.Ended(-error);
        }

        var call = new PendingCall(_ => !IsConnecting ? -TakeError() : IsNonBlocking ? -Linux.EINPROGRESS : null, Instant.Never);
        world.Wait(call);
        return call;
    }

    /// <summary>Sends the SYN, with Fast Open where there are first bytes, be it none. Returns an error number, or 0.</summary>
    private int Begin(SocketAddress to, byte[]? first)
    {
        var remote = to.Address.Unmap();
        world.NeedLocal(remote.IsIPv4);
        var request = new TcpConnectRequest(
            remote, to.Port, _bound?.Address.Unmap() ?? default, _bound?.Port ?? default, ReuseAddress: _reusesAddress)
        {
            SegmentSize = _segmentSize,
            UsesFastOpen = first is not null,
            FirstBytes = first,
        };
        var result = world.Tcp.Connect(request, world.Now);
        if (result.Connection is null)
        {
            return result.Error == TcpError.NetworkUnreachable
                ? Linux.ENETUNREACH
                : result.Bind.Rule == BindRule.Exhausted ? Linux.EADDRNOTAVAIL : Linux.EADDRINUSE;
        }

        _wasConnecting = true;
        Take(result.Connection);
        return 0;
    }

    internal long Shutdown(int how)
    {
        if (_connection is not { } connection || IsConnecting)
        {
            return -Linux.ENOTCONN;
        }

        _isReadShut |= how != Linux.SHUT_WR;
        if (how != Linux.SHUT_RD)
        {
            _isWriteShut = true;
            connection.Shutdown(world.Now);
        }

        return 0;
    }

    internal void Close()
    {
        _listener?.Close(world.Now);
        if (_connection is { } connection)
        {
            if (_linger == 0)
            {
                connection.Abort(world.Now);
            }
            else
            {
                connection.Close(world.Now);
            }
        }
    }

    internal SocketAddress? Remote => _connection is { } c ? new SocketAddress(c.Remote, c.RemotePort) : null;

    private static int ErrorNumber(TcpError error, bool wasConnecting, bool isFreeBsd) => error switch
    {
        TcpError.ProtocolUnreachable or TcpError.Prohibited when isFreeBsd => Linux.ECONNREFUSED,
        TcpError.None or TcpError.Aborted => 0,
        TcpError.Refused or TcpError.PortUnreachable => wasConnecting ? Linux.ECONNREFUSED : Linux.ECONNRESET,
        TcpError.Reset => Linux.ECONNRESET,
        TcpError.TimedOut => Linux.ETIMEDOUT,
        TcpError.HostUnreachable => Linux.EHOSTUNREACH,
        TcpError.NetworkUnreachable => Linux.ENETUNREACH,
        TcpError.ProtocolUnreachable => Linux.ENOPROTOOPT,
        _ => Linux.EACCES,
    };

    private TcpSocket Accepted(TcpConnection connection)
    {
        var socket = new TcpSocket(world, family)
        {
            _noDelay = _noDelay,
            _linger = _linger,
            _notSentLowWater = _notSentLowWater,
            _userTimeout = _userTimeout,
            _sendBuffer = _sendBuffer,
            _segmentSize = _segmentSize,
        };
        socket.Take(connection);
        return socket;
    }

    private void Take(TcpConnection connection)
    {
        _connection = connection;
        connection.Handler = this;
        connection.IsNoDelay = _noDelay;
        ApplyOptions(connection);
    }

    private int TakeError()
    {
        var error = _error;
        _error = 0;
        return error;
    }

    private PendingCall Call(Func<bool, long?> attempt, int flags = 0)
    {
        var waits = !IsNonBlocking && (flags & Linux.MSG_DONTWAIT) == 0;
        var call = new PendingCall(isLate => attempt(isLate) ?? (waits ? null : -Linux.EAGAIN), Instant.Never);
        world.Wait(call);
        return call;
    }
}
