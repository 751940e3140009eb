using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>The operating system's own sockets, as every program uses them.</summary>
/// <param name="witness">What the system tells beyond System.Net, or <c>null</c>.</param>
/// <param name="interfaceNumber">The system's number of an interface by name; 0 for an unknown one.</param>
/// <param name="time">The clock.</param>
/// <param name="open">Makes the sockets, where that is done in another place than the caller's; else <c>null</c>.</param>
public sealed class SystemSockets(
    ISocketWitness? witness, Func<string, int> interfaceNumber, TimeProvider time,
    Func<AddressFamily, SocketType, ProtocolType, Socket>? open = null) : ICheckSockets
{
    /// <inheritdoc/>
    public async Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
    {
        Socket? socket = null;
        try
        {
            socket = Open(remote.Address, SocketType.Stream, ProtocolType.Tcp);
            socket.NoDelay = true;
            using var attempt = new ConnectOperation(socket, remote, EndPointOf(remote), witness);
            var result = await attempt.RunAsync(giveUp);
            // A connection belongs to its stream from now on.
            socket = result.Stream is null ? socket : null;
            return result;
        }
        catch (SocketException exception)
        {
            // No descriptor, no memory, a family this host has not.
            return new ConnectionAttempt(ConnectionOutcome.NotSent, Stream: null) { Error = exception.Message };
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        ExchangeAsync(remote, datagrams, interval, accepts, anyPort: false, giveUp);

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeWithHostAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        ExchangeAsync(remote, datagrams, interval, accepts, anyPort: true, giveUp);

    private async Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        bool anyPort, CancellationToken giveUp)
    {
        try
        {
            using var socket = Open(remote.Address, SocketType.Dgram, ProtocolType.Udp);
            witness?.Prepare(socket);
            return await new DatagramOperation(socket, remote, witness, time) { AnyPort = anyPort }.RunAsync(
                EndPointOf(remote), datagrams, interval, accepts, giveUp);
        }
        catch (SocketException exception)
        {
            return new DatagramResult(DatagramOutcome.NotSent, Sent: 0) { Error = exception.Message };
        }
    }

    private Socket Open(InternetAddress address, SocketType type, ProtocolType protocol) =>
        open is null ? new Socket(FamilyOf(address), type, protocol) : open(FamilyOf(address), type, protocol);

    private static AddressFamily FamilyOf(InternetAddress address) =>
        address.IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    private IPEndPoint EndPointOf(RemoteSocket remote)
    {
        var address = remote.Address.ToIPAddress();
        if (remote.Scope is { } scope)
        {
            address.ScopeId = uint.TryParse(scope, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : interfaceNumber(scope);
        }

        return new IPEndPoint(address, remote.Port);
    }
}
