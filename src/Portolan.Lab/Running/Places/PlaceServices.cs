using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Topology;
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
    private readonly CancellationToken _stopping;
    private readonly List<Socket> _sockets = [];

    private PlaceServices(NetworkStack stack, CancellationToken stopping) => (_stack, _stopping) = (stack, stopping);

    /// <summary>Opens the sockets, on a thread that is in the network namespace of the place. A port that is taken stays so.</summary>
    /// <param name="spec">The host.</param>
    /// <param name="stack">Its stack.</param>
    /// <param name="stopping">Ends with the lab.</param>
    internal static PlaceServices Open(HostSpec spec, NetworkStack stack, CancellationToken stopping)
    {
        var services = new PlaceServices(stack, stopping);
        var any = spec.Addresses.Any(static r => !r.First.IsIPv4) ? IPAddress.IPv6Any : IPAddress.Any;
        foreach (var (protocol, port) in PortsOf(spec))
        {
            if (TryOpen(protocol, new IPEndPoint(any, port.Value)) is not { } socket)
            {
                continue;
            }

            services._sockets.Add(socket);
            _ = protocol == TransportProtocol.Tcp
                ? services.AcceptAsync(socket)
                : new DatagramRelay(socket, stack, stopping).RunAsync();
        }

        return services;
    }

    /// <summary>Where the host's stack hears what came to an end of the kernel's: at the same address, or its loopback.</summary>
    internal static IPEndPoint InStack(IPEndPoint kernel) =>
        new(kernel.Address.IsIPv4MappedToIPv6 ? kernel.Address.MapToIPv4() : kernel.Address, kernel.Port);

    /// <inheritdoc/>
    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());

    /// <summary>
    /// The ports that a service answers at any time. Of a host with very many those are left out that stand in long lists.
    /// </summary>
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

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptAsync(_stopping));
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The lab ends.
        }
    }

    private async Task ServeAsync(Socket client)
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
