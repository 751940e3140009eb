using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Topology;
using Portolan.Linux.Namespaces;
using Portolan.Transport;

namespace Portolan.Lab.Running.Places;

/// <summary>
/// The open ports of a host as sockets of the kernel at its place, so that a program there reaches them at localhost, at the host's address
/// and by its name, and finds them in its list of sockets. What is said at them is relayed to the host's own stack.
/// </summary>
/// <remarks>
/// Programs elsewhere in the lab reach the stack itself: their packets come over the network and never meet these sockets. Any thread.
/// </remarks>
internal sealed class PlaceServices : IDisposable
{
    private const int Backlog = 128;

    private readonly NetworkStack _stack;
    private readonly HostNamespace _place;
    private readonly CancellationToken _stopping;
    private readonly List<Socket> _sockets = [];
    private readonly ConcurrentDictionary<(int Port, IPEndPoint Client), TaskCompletionSource<Socket>> _expected = new();

    private PlaceServices(NetworkStack stack, HostNamespace place, CancellationToken stopping) =>
        (_stack, _place, _stopping) = (stack, place, stopping);

    /// <summary>Opens the sockets, on a thread that is in the network namespace of the place. A port that is taken stays so.</summary>
    /// <param name="spec">The host.</param>
    /// <param name="stack">Its stack.</param>
    /// <param name="place">Its place.</param>
    /// <param name="stopping">Ends with the lab.</param>
    internal static PlaceServices Open(HostSpec spec, NetworkStack stack, HostNamespace place, CancellationToken stopping)
    {
        var services = new PlaceServices(stack, place, stopping);
        var any = spec.Addresses.Any(static r => !r.First.IsIPv4) ? IPAddress.IPv6Any : IPAddress.Any;
        foreach (var (protocol, port) in PortsOf(spec))
        {
            if (TryOpen(protocol, new IPEndPoint(any, port.Value)) is not { } socket)
            {
                continue;
            }

            services._sockets.Add(socket);
            _ = protocol == TransportProtocol.Tcp
                ? services.AcceptAsync(socket, services.RelayAsync)
                : new DatagramRelay(socket, stack, stopping).RunAsync();
        }

        return services;
    }

    /// <summary>The endpoint of the host's stack that serves an endpoint of the kernel: the same address and port.</summary>
    internal static IPEndPoint InStack(IPEndPoint kernel) =>
        new(kernel.Address.IsIPv4MappedToIPv6 ? kernel.Address.MapToIPv4() : kernel.Address, kernel.Port);

    /// <summary>Whether a socket listens at a port, at an address or at all.</summary>
    internal bool Listens(IPEndPoint at) => _sockets.Exists(
        s => s.SocketType == SocketType.Stream && s.LocalEndPoint is IPEndPoint own && own.Port == at.Port
            && (own.Address.Equals(at.Address) || own.Address.Equals(IPAddress.Any) || own.Address.Equals(IPAddress.IPv6Any)));

    /// <summary>
    /// Listens at a port that no service has, on a thread that is in the network namespace of the place. Who connects is let in and hears
    /// nothing.
    /// </summary>
    /// <param name="at">Where.</param>
    /// <param name="isShared">Whether other sockets listen there too (SO_REUSEPORT).</param>
    /// <returns>The listener; it may be closed before the lab ends.</returns>
    /// <exception cref="SocketException">The port is taken.</exception>
    internal Socket Listen(IPEndPoint at, bool isShared)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SocketReuse.AllowReuse(socket);
            if (isShared)
            {
                SocketReuse.SharePort(socket);
            }

            socket.Bind(at);
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _sockets.Add(socket);
        _ = AcceptAsync(socket, DrainAsync);
        return socket;
    }

    /// <summary>From now on who connects to a port over the network meets the kernel's socket and not the host's stack.</summary>
    internal void Keep(int port) => _place.Keep((ushort)port);

    /// <summary>The connection of a client to a port, which is then the caller's.</summary>
    internal async Task<Socket> ExpectAsync(int port, IPEndPoint client, CancellationToken cancellationToken)
    {
        var coming = _expected.GetOrAdd((port, client), static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            return await coming.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _expected.TryRemove((port, client), out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());

    /// <summary>The ports that a service answers at any time. Of a host with very many the longest lists are left out.</summary>
    private static IEnumerable<(TransportProtocol Protocol, PortNumber Port)> PortsOf(HostSpec spec)
    {
        var policies = new PortPolicies(spec);
        var rules = spec.Ports.Where(rule => rule.Protocol == TransportProtocol.Tcp
            ? rule.Policy is OpenPort or ProxyPort or ExecPort
            : UdpServer.HasSocket(rule.Policy, policies));
        var left = VirtualHost.MostListeners;
        foreach (var rule in rules.OrderBy(static r => r.Ports.Count))
        {
            left -= rule.Ports.Count;
            if (left < 0)
            {
                yield break;
            }

            foreach (var port in rule.Ports)
            {
                yield return (rule.Protocol, port);
            }
        }
    }

    private static Socket? TryOpen(TransportProtocol protocol, IPEndPoint at)
    {
        var isStream = protocol == TransportProtocol.Tcp;
        Socket? socket = null;
        try
        {
            socket = new Socket(
                at.AddressFamily, isStream ? SocketType.Stream : SocketType.Dgram, isStream ? ProtocolType.Tcp : ProtocolType.Udp);
            if (at.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = true;
            }

            socket.Bind(at);
            if (isStream)
            {
                socket.Listen(Backlog);
            }

            return socket;
        }
        catch (SocketException)
        {
            // Where the kernel has no IPv6 the host is reached by IPv4.
            socket?.Dispose();
            return at.AddressFamily == AddressFamily.InterNetworkV6 ? TryOpen(protocol, new IPEndPoint(IPAddress.Any, at.Port)) : null;
        }
    }

    private async Task AcceptAsync(Socket listener, Func<Socket, Task> serve)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync(_stopping);
                var ends = (((IPEndPoint)client.LocalEndPoint!).Port, InStack((IPEndPoint)client.RemoteEndPoint!));
                if (!_expected.TryGetValue(ends, out var expected) || !expected.TrySetResult(client))
                {
                    _ = serve(client);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The lab ends.
        }
    }

    private async Task DrainAsync(Socket client)
    {
        using (client)
        {
            try
            {
                var buffer = new byte[4096];
                while (await client.ReceiveAsync(buffer, SocketFlags.None, _stopping) > 0)
                {
                }
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client broke off, or the lab ends.
            }
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using (client)
        {
            try
            {
                await using var stream = await _stack.ConnectTcpAsync(
                    InStack((IPEndPoint)client.LocalEndPoint!), localEndPoint: null, _stopping);
                await StreamRelay.RunAsync(client, stream, _stopping);
            }
            catch (Exception exception)
                when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The service refused it, or an end broke off.
                client.LingerState = new LingerOption(true, 0);
            }
        }
    }
}

/// <summary>The network namespace at the place of a host.</summary>
/// <param name="Network">It; it stays open as long as the lab runs.</param>
/// <param name="Services">The host's services there.</param>
internal sealed record KernelPlace(SafeFileHandle Network, PlaceServices Services)
{
    /// <summary>Runs what opens sockets there, on a thread of its own. They may be used from any thread.</summary>
    internal void Run(Action body) =>
        NetworkNamespaceThread.Run($"/proc/self/fd/{Network.DangerousGetHandle()}", body);
}

/// <summary>Options of the kernel's sockets as programs set them; the framework's own names for them stand for several at once.</summary>
internal static class SocketReuse
{
    // asm-generic/socket.h
    private const int SocketLevel = 1;
    private const int ReuseAddress = 2;
    private const int ReusePort = 15;

    /// <summary>SO_REUSEADDR: the port may be in TIME-WAIT, or have other connections.</summary>
    internal static void AllowReuse(Socket socket) => Set(socket, ReuseAddress);

    /// <summary>SO_REUSEPORT: several sockets of one user listen at the port.</summary>
    internal static void SharePort(Socket socket) => Set(socket, ReusePort);

    private static void Set(Socket socket, int option) => socket.SetRawSocketOption(SocketLevel, option, BitConverter.GetBytes(1));
}
