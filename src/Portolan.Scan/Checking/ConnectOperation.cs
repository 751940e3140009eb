using System.Net;
using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// One call of connect(), which reports whether the error came at once or later: that is the difference between this host and the network.
/// </summary>
internal sealed class ConnectOperation : IDisposable
{
    private readonly Socket _socket;
    private readonly RemoteSocket _remote;
    private readonly ISocketWitness? _witness;
    private readonly SocketAsyncEventArgs _arguments;
    private readonly TaskCompletionSource<SocketError> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConnectOperation(Socket socket, RemoteSocket remote, IPEndPoint endPoint, ISocketWitness? witness)
    {
        _socket = socket;
        _remote = remote;
        _witness = witness;
        _arguments = new SocketAsyncEventArgs { RemoteEndPoint = endPoint };
        _arguments.Completed += (_, arguments) => _completion.TrySetResult(arguments.SocketError);
        witness?.Prepare(socket);
    }

    /// <summary>Connects. <paramref name="giveUp"/> ends the attempt as timed out; the socket is then the caller's to close.</summary>
    public async Task<ConnectionAttempt> RunAsync(CancellationToken giveUp)
    {
        var isPending = _socket.ConnectAsync(_arguments);
        // While it connects only the witness knows our port; once it has failed none may.
        var local = _witness?.LocalOf(_socket);
        var error = _arguments.SocketError;
        // Where the answer came within connect() itself, the kernel would tell it only with the first retransmission, a second later.
        var icmp = isPending || error != SocketError.Success ? _witness?.TakeRefusal(_socket, _remote) : null;
        if (isPending && icmp is null)
        {
            using (giveUp.UnsafeRegister(
                static state => ((TaskCompletionSource<SocketError>)state!).TrySetResult(SocketError.OperationAborted), _completion))
            {
                error = await _completion.Task;
            }

            icmp = error == SocketError.Success ? null : _witness?.TakeRefusal(_socket, _remote);
        }

        return Judge(
            isPending && icmp is not null && error == SocketError.Success ? SocketError.HostUnreachable : error, !isPending, icmp,
            local ?? LocalOfConnected());
    }

    /// <inheritdoc/>
    public void Dispose() => _arguments.Dispose();

    private ConnectionAttempt Judge(SocketError error, bool atOnce, IcmpRefusal? icmp, (InternetAddress Address, PortNumber Port)? local)
    {
        // A socket that was given the target's own port meets itself (RFC 9293 section 3.5); a listener there would have answered in its
        // place.
        var metItself = error == SocketError.Success && local is { } own && own.Address == _remote.Address && own.Port == _remote.Port;
        var outcome = error switch
        {
            SocketError.Success => metItself ? ConnectionOutcome.Refused : ConnectionOutcome.Connected,
            _ when icmp is not null => ConnectionOutcome.Unreachable,
            // Given up by us, or by the kernel after its last SYN.
            SocketError.OperationAborted or SocketError.TimedOut => ConnectionOutcome.TimedOut,
            SocketError.ConnectionRefused or SocketError.ConnectionReset => ConnectionOutcome.Refused,
            // An answer needs a packet on the wire: an error of connect() itself, without an ICMP message, is this host's.
            _ when atOnce || !IsOfTheNetwork(error) => ConnectionOutcome.NotSent,
            _ => ConnectionOutcome.Unreachable,
        };
        return new ConnectionAttempt(outcome, outcome == ConnectionOutcome.Connected ? new NetworkStream(_socket, ownsSocket: true) : null)
        {
            Error = error is SocketError.Success or SocketError.OperationAborted ? null : new SocketException((int)error).Message,
            Pair = local is { } ours ? new SocketPair(TransportProtocol.Tcp, ours.Address, ours.Port, _remote.Address, _remote.Port) : null,
            Icmp = icmp,
            MetItself = metItself,
            Tcp = outcome == ConnectionOutcome.NotSent ? null : _witness?.FactsOf(_socket),
        };
    }

    private static bool IsOfTheNetwork(SocketError error) => error is SocketError.HostUnreachable or SocketError.NetworkUnreachable
        or SocketError.AccessDenied or SocketError.ProtocolOption or SocketError.HostDown;

    // System.Net knows our end only of a connection that was made.
    private (InternetAddress Address, PortNumber Port)? LocalOfConnected() =>
        _socket is { Connected: true, LocalEndPoint: IPEndPoint local }
        ? (InternetAddress.From(local.Address), new PortNumber((ushort)local.Port))
        : null;
}
