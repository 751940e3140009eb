using System.Net.Sockets;
using Portolan.Linux;
using Portolan.Packets.Links;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Scanning.OwnStack;

/// <summary>
/// Connections of Portolan's own TCP/IP stack beside the kernel's, to be read and written: the handshake is kept, and the questions go on
/// over it. Targets that the stack cannot reach (this host itself, interfaces that packets leave through the kernel, link-local addresses)
/// get connections of the kernel, and so do datagrams.
/// </summary>
/// <param name="network">The kernel's network.</param>
/// <param name="sendsThroughKernel">Whether packets leave the interface of a route through the kernel.</param>
/// <param name="kernel">The kernel's connections and datagrams.</param>
/// <param name="options">Ports, seed and TTL.</param>
internal sealed class StackSockets(
    INetwork network, Func<Route, bool> sendsThroughKernel, ICheckSockets kernel, StackConnectorOptions options)
        : ICheckSockets, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, StackedInterface> _interfaces = [];
    private bool _isDisposed;

    /// <inheritdoc/>
    public async Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
    {
        ArgumentNullException.ThrowIfNull(remote);
        try
        {
            var route = network.FindRoute(remote.Address, options.InterfaceName, options.Source).Route;
            if (route is null)
            {
                return new ConnectionAttempt(ConnectionOutcome.NotSent, Stream: null) { Error = "no route to the host" };
            }

            if (remote.Scope is not null || route.IsLocal || sendsThroughKernel(route))
            {
                return await kernel.ConnectAsync(remote, giveUp);
            }

            var stream = await InterfaceOf(route).ConnectAsync(remote.Address, remote.Port, route, giveUp);
            return new ConnectionAttempt(ConnectionOutcome.Connected, stream);
        }
        catch (OperationCanceledException)
        {
            return new ConnectionAttempt(ConnectionOutcome.TimedOut, Stream: null);
        }
        catch (SocketException exception)
        {
            return new ConnectionAttempt(OutcomeOf(exception.SocketErrorCode), Stream: null) { Error = exception.Message };
        }
        catch (LinuxException exception)
        {
            return new ConnectionAttempt(ConnectionOutcome.NotSent, Stream: null) { Error = exception.Message };
        }
    }

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote,
        IReadOnlyList<ReadOnlyMemory<byte>> datagrams,
        TimeSpan interval,
        Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        kernel.ExchangeAsync(remote, datagrams, interval, accepts, giveUp);

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeWithHostAsync(
        RemoteSocket remote,
        IReadOnlyList<ReadOnlyMemory<byte>> datagrams,
        TimeSpan interval,
        Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        kernel.ExchangeWithHostAsync(remote, datagrams, interval, accepts, giveUp);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (var one in _interfaces.Values)
            {
                one.Dispose();
            }

            _interfaces.Clear();
        }
    }

    // Errors from the network describe the target; all others are a shortage of this host.
    private static ConnectionOutcome OutcomeOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused or SocketError.ConnectionReset => ConnectionOutcome.Refused,
        SocketError.TimedOut => ConnectionOutcome.TimedOut,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => ConnectionOutcome.Unreachable,
        _ => ConnectionOutcome.NotSent,
    };

    private StackedInterface InterfaceOf(Route route)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_interfaces.TryGetValue(route.InterfaceIndex, out var found))
            {
                _interfaces.Add(route.InterfaceIndex, found = new StackedInterface(network, route, options));
            }

            return found;
        }
    }
}
