using System.Net;
using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>The operating system's own sockets, as every program uses them.</summary>
/// <param name="witness">What the system tells beyond System.Net, or <c>null</c>.</param>
/// <param name="interfaceNumber">The system's number of an interface by name; 0 for an unknown one.</param>
public sealed class SystemSockets(ISocketWitness? witness, Func<string, int> interfaceNumber) : ICheckSockets
{
    /// <inheritdoc/>
    public async Task<ConnectResult> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(FamilyOf(remote.Address), SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            witness?.Prepare(socket);
            using var attempt = new ConnectOperation(socket, EndPointOf(remote));
            var (error, atOnce) = await attempt.RunAsync(() => witness?.LocalOf(socket), giveUp);
            var result = Judge(socket, remote, attempt.Local, error, atOnce);
            socket = result.Outcome == ConnectionOutcome.Connected ? null : socket;
            return result;
        }
        catch (SocketException exception)
        {
            // No descriptor, no memory, a family this host has not.
            return new ConnectResult(ConnectionOutcome.NotSent, Stream: null) { Error = exception.Message };
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private ConnectResult Judge(Socket socket, RemoteSocket remote, (InternetAddress Address, PortNumber Port)? local, SocketError error, bool atOnce)
    {
        var icmp = error == SocketError.Success ? null : witness?.TakeRefusal(socket);
        var outcome = error switch
        {
            SocketError.Success => ConnectionOutcome.Connected,
            SocketError.OperationAborted => ConnectionOutcome.TimedOut,
            // The kernel gave up sending SYNs.
            SocketError.TimedOut => ConnectionOutcome.TimedOut,
            SocketError.ConnectionRefused or SocketError.ConnectionReset when icmp is null => ConnectionOutcome.Refused,
            // An answer needs a packet on the wire: an error of connect() itself, without an ICMP message, is this host's.
            _ when icmp is null && (atOnce || !IsOfTheNetwork(error)) => ConnectionOutcome.NotSent,
            _ => ConnectionOutcome.Unreachable,
        };
        return new ConnectResult(outcome, outcome == ConnectionOutcome.Connected ? new NetworkStream(socket, ownsSocket: true) : null)
        {
            Error = error is SocketError.Success or SocketError.OperationAborted ? null : new SocketException((int)error).Message,
            Pair = local is { } ours ? new SocketPair(TransportProtocol.Tcp, ours.Address, ours.Port, remote.Address, remote.Port) : null,
            Icmp = icmp,
            Retransmissions = witness?.RetransmissionsOf(socket),
        };
    }

    private static bool IsOfTheNetwork(SocketError error) => error is SocketError.HostUnreachable or SocketError.NetworkUnreachable
        or SocketError.AccessDenied or SocketError.ProtocolOption or SocketError.HostDown;

    private static AddressFamily FamilyOf(InternetAddress address) => address.IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    private IPEndPoint EndPointOf(RemoteSocket remote)
    {
        var address = remote.Address.ToIPAddress();
        if (remote.Scope is { } scope)
        {
            address.ScopeId = uint.TryParse(scope, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : interfaceNumber(scope);
        }

        return new IPEndPoint(address, remote.Port);
    }
}
