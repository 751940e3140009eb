using System.Net;
using System.Net.Sockets;
using Portolan.Model;
using Portolan.Transport.Addressing;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;
using Portolan.Transport.Udp;

namespace Portolan.Transport;

// Listening, connecting and binding.
public sealed partial class NetworkStack
{
    private readonly DestinationSorter _sorter = new(PolicyTable.Default);

    /// <summary>Begins to listen.</summary>
    /// <param name="endPoint">The address, or <see cref="IPAddress.Any"/> or <see cref="IPAddress.IPv6Any"/>; the port, 0 to have one
    /// chosen.</param>
    /// <param name="options">How.</param>
    /// <returns>The listener. Dispose it to end.</returns>
    /// <exception cref="PortConflictException">The port cannot be had; the message names the holder and the rule.</exception>
    /// <exception cref="SocketException"><see cref="SocketError.AddressNotAvailable"/>: the address is none of this stack's.</exception>
    /// <exception cref="ObjectDisposedException">The stack is disposed.</exception>
    /// <example>
    /// <code>
    /// using var acceptor = stack.ListenTcp(new IPEndPoint(IPAddress.IPv6Any, 80));
    /// await using var accepted = await acceptor.AcceptAsync();
    /// </code>
    /// </example>
    public TcpAcceptor ListenTcp(IPEndPoint endPoint, TcpListenOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ThrowIfEnding();
        options ??= new TcpListenOptions();
        var (address, port, scope) = StackAddresses.From(endPoint);
        return Invoke(_ =>
        {
            ThrowIfEnding();
            CheckLocal(address, scope, endPoint);
            var isWide = address.IsUnspecified && !address.IsIPv4;
            var request = new TcpListenRequest(
                address,
                port,
                options.Interface != 0 ? options.Interface : scope,
                IsDualStack: isWide && options.IsDualStack,
                options.Backlog,
                ReusePort: options.ReusePort,
                IsEveryPort: options.IsEveryPort)
            {
                FastOpenQueue = options.FastOpenQueue,
            };
            if (!Layers.Tcp.TryListen(request, out var listener, out var result))
            {
                throw StackErrors.ToConflict(result, $"listening to {endPoint}", isConnecting: false);
            }

            listener.Admission = options.Admission;
            var acceptor = new TcpAcceptor(this, listener, new IPEndPoint(endPoint.Address, listener.Scope.Port.Value));
            _acceptors.Add(acceptor);
            return acceptor;
        });
    }

    /// <summary>Connects to the first address of a name that answers.</summary>
    /// <returns>The open connection.</returns>
    /// <inheritdoc cref="ConnectTcpAsync(IPEndPoint, IPEndPoint?, CancellationToken)"/>
    /// <example><code>await using var connection = await stack.ConnectTcpAsync("server", 80);</code></example>
    public Task<TcpStream> ConnectTcpAsync(string host, int port, CancellationToken cancellationToken = default) =>
        ConnectToNameAsync(host, endPoint => ConnectTcpAsync(endPoint, localEndPoint: null, cancellationToken), port, cancellationToken);

    /// <summary>Connects to a name or an address.</summary>
    /// <returns>The open connection.</returns>
    /// <inheritdoc cref="ConnectTcpAsync(IPEndPoint, IPEndPoint?, CancellationToken)"/>
    /// <example><code>await using var connection = await stack.ConnectTcpAsync(IPEndPoint.Parse("198.18.0.1:80"));</code></example>
    public Task<TcpStream> ConnectTcpAsync(EndPoint endPoint, CancellationToken cancellationToken = default) => endPoint switch
    {
        IPEndPoint address => ConnectTcpAsync(address, localEndPoint: null, cancellationToken),
        DnsEndPoint name => ConnectTcpAsync(name.Host, name.Port, cancellationToken),
        _ => throw new ArgumentException($"{endPoint} is neither an address nor a name", nameof(endPoint)),
    };

    /// <summary>
    /// Connects, and sends the first bytes in the SYN where the server has given a cookie before: its answer comes a round trip earlier
    /// (TCP Fast Open, RFC 7413). Where it has not, they are sent after the handshake, which asks for a cookie for the next time.
    /// </summary>
    /// <remarks>
    /// They may reach the server's program twice, also after the connection has ended, and of a name with several addresses more than one
    /// server: give only what does no harm then, such as a request that changes nothing. What became of it is in
    /// <see cref="TcpInfo.FastOpen"/> and in <see cref="StackStatistics.FastOpenActive"/>.
    /// </remarks>
    /// <param name="endPoint">Where to.</param>
    /// <param name="firstBytes">The first bytes of the stream, any number; a SYN takes some 1,400 of them. They must not change before the
    /// call has ended.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The open connection.</returns>
    /// <inheritdoc cref="ConnectTcpAsync(IPEndPoint, IPEndPoint?, CancellationToken)" path="/exception"/>
    /// <example>
    /// <code>
    /// await using var connection = await stack.ConnectTcpAsync(
    ///     IPEndPoint.Parse("198.18.0.1:80"), "GET / HTTP/1.0\r\n\r\n"u8.ToArray());
    /// </code>
    /// </example>
    public Task<TcpStream> ConnectTcpAsync(
        EndPoint endPoint, ReadOnlyMemory<byte> firstBytes, CancellationToken cancellationToken = default) => endPoint switch
        {
            IPEndPoint address => ConnectFastAsync(address, firstBytes, cancellationToken),
            DnsEndPoint name =>
                ConnectToNameAsync(
                    name.Host, address => ConnectFastAsync(address, firstBytes, cancellationToken), name.Port, cancellationToken),
            _ => throw new ArgumentException($"{endPoint} is neither an address nor a name", nameof(endPoint)),
        };

    /// <summary>Opens a TCP connection.</summary>
    /// <param name="endPoint">Where to; the unspecified address is the loopback, as on Linux.</param>
    /// <param name="localEndPoint">This end; <c>null</c> or port 0 and an unspecified address to have it chosen.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The open connection.</returns>
    /// <exception cref="SocketException">
    /// <see cref="SocketError.ConnectionRefused"/>, <see cref="SocketError.TimedOut"/>, <see cref="SocketError.HostUnreachable"/>,
    /// <see cref="SocketError.NetworkUnreachable"/>, <see cref="SocketError.AddressNotAvailable"/> when the local address is none of this
    /// stack's, or <see cref="PortConflictException"/> when no port is left on this side.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stack is disposed.</exception>
    /// <example>
    /// <code>
    /// await using var connection = await stack.ConnectTcpAsync(
    ///     IPEndPoint.Parse("198.18.0.1:80"), localEndPoint: new IPEndPoint(IPAddress.Any, 1234));
    /// </code>
    /// </example>
    public Task<TcpStream> ConnectTcpAsync(IPEndPoint endPoint, IPEndPoint? localEndPoint, CancellationToken cancellationToken = default) =>
        ConnectTcpAsync(endPoint, localEndPoint, reuseAddress: false, cancellationToken);

    /// <summary>Connects from a port that other connections may have too, as long as their peers are others (SO_REUSEADDR).</summary>
    /// <inheritdoc cref="ConnectTcpAsync(IPEndPoint, IPEndPoint?, CancellationToken)"/>
    internal async Task<TcpStream> ConnectTcpAsync(
        IPEndPoint endPoint, IPEndPoint? localEndPoint, bool reuseAddress, CancellationToken cancellationToken) =>
        (await ConnectTcpAsync(endPoint, localEndPoint, new TcpConnectRequest { ReuseAddress = reuseAddress }, cancellationToken)).Stream;

    private async Task<TcpStream> ConnectFastAsync(
        IPEndPoint endPoint, ReadOnlyMemory<byte> firstBytes, CancellationToken cancellationToken)
    {
        var (stream, taken) = await ConnectTcpAsync(
            endPoint, localEndPoint: null, new TcpConnectRequest { UsesFastOpen = true, FirstBytes = firstBytes }, cancellationToken);
        try
        {
            await stream.WriteAsync(firstBytes[taken..], cancellationToken);
            return stream;
        }
        catch
        {
            stream.Abort();
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects to the first address of a name that answers.</summary>
    private async Task<TcpStream> ConnectToNameAsync(
        string host, Func<IPEndPoint, Task<TcpStream>> connect, int port, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(host, cancellationToken);
        for (var i = 0; ; i++)
        {
            try
            {
                return await connect(new IPEndPoint(addresses[i], port));
            }
            catch (SocketException) when (i + 1 < addresses.Length)
            {
                // The next address may answer.
            }
        }
    }

    private async Task<(TcpStream Stream, int Taken)> ConnectTcpAsync(
        IPEndPoint endPoint, IPEndPoint? localEndPoint, TcpConnectRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ThrowIfEnding();
        cancellationToken.ThrowIfCancellationRequested();
        var opening = new TaskCompletionSource<TcpStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        var pipe = new TcpPipe(this, opening);
        var (remote, port, scope) = StackAddresses.From(StackAddresses.OfPeer(endPoint));
        var (local, localPort, localScope) = localEndPoint is null ? default : StackAddresses.From(localEndPoint);
        if (port.Value == 0)
        {
            // Nobody can listen there. The kernel asks all the same, and is told so.
            throw StackErrors.ToSocketException(TcpError.Refused, "connecting to", endPoint);
        }

        var taken = await InvokeAsync(now =>
        {
            ThrowIfEnding();
            if (localEndPoint is not null)
            {
                CheckLocal(local, localScope, localEndPoint);
            }

            var result = Layers.Tcp.Connect(
                request with { Remote = remote.Unmap(), RemotePort = port, Local = local, LocalPort = localPort, Interface = scope }, now);
            if (result.Connection is null)
            {
                // As of a kernel the code is that of binding (EADDRINUSE) when the port was refused; the words tell of the pair.
                var bind = AsPair(result.Bind, remote.Unmap(), port);
                throw result.Error != TcpError.None
                    ? StackErrors.ToSocketException(result.Error, "connecting to", endPoint)
                    : StackErrors.ToConflict(bind, $"connecting to {endPoint}", isConnecting: bind.Rule == result.Bind.Rule);
            }

            Remember(pipe);
            pipe.Attach(result.Connection);
            return result.Taken;
        });
        await using var registration = cancellationToken.UnsafeRegister(
            (_, token) =>
            {
                if (opening.TrySetCanceled(token))
                {
                    pipe.Abort();
                }
            },
            state: null);
        return (await opening.Task, taken);
    }

    /// <summary>
    /// A port that is refused for a connection with the same peer is refused for the pair: no option shares that (RFC 9293 section 3.10.1).
    /// </summary>
    private static BindResult AsPair(in BindResult result, InternetAddress remote, PortNumber port) =>
        result is { Rule: BindRule.NotShared, Conflict: { Use: PortUse.Connected } holder } && holder.Remote == remote
            && holder.RemotePort == port ? result with { Rule = BindRule.PairExists } : result;

    /// <summary>Binds an endpoint for datagrams.</summary>
    /// <param name="endPoint">The address, or <see cref="IPAddress.Any"/> or <see cref="IPAddress.IPv6Any"/>, which takes IPv4 too; the
    /// port, 0 to have one chosen.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="reusePort">SO_REUSEPORT: several endpoints share the port.</param>
    /// <returns>The endpoint. Dispose it to give up the port.</returns>
    /// <exception cref="PortConflictException">The port cannot be had; the message names the holder and the rule.</exception>
    /// <exception cref="SocketException"><see cref="SocketError.AddressNotAvailable"/>: the address is none of this stack's.</exception>
    /// <example>
    /// <code>
    /// using var endpoint = stack.BindUdp(new IPEndPoint(IPAddress.Any, 53));
    /// var received = await endpoint.ReceiveAsync(new byte[1500]);
    /// </code>
    /// </example>
    public UdpEndpoint BindUdp(IPEndPoint endPoint, UdpSocketOptions? options = null, bool reusePort = false)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ThrowIfEnding();
        var (address, port, scope) = StackAddresses.From(endPoint);
        return Invoke(_ =>
        {
            ThrowIfEnding();
            CheckLocal(address, scope, endPoint);
            var result = Layers.Udp.Bind(
                new Ports.PortBinding(TransportProtocol.Udp, address, port, scope, ReusePort: reusePort), options, out var socket);
            if (socket is null)
            {
                throw StackErrors.ToConflict(result, $"binding {endPoint}", isConnecting: false);
            }

            var made = new UdpEndpoint(this, socket, new IPEndPoint(endPoint.Address, socket.Binding.Port.Value));
            _udp.Add(made);
            return made;
        });
    }

    private void CheckLocal(InternetAddress address, int scope, IPEndPoint endPoint)
    {
        if (!address.IsUnspecified && !address.IsMulticast && !Layers.Ip.IsLocal(address.Unmap(), scope))
        {
            throw new SocketException((int)SocketError.AddressNotAvailable, $"{endPoint.Address} is none of the addresses of {Name}");
        }
    }

    private IPAddress[] Sort(IPAddress[] addresses)
    {
        var candidates = Array.ConvertAll(addresses, a => Candidate(a));
        _sorter.Sort(candidates);
        return Array.ConvertAll(candidates, c => Array.Find(addresses, a => InternetAddress.From(a) == c.Address)!);
    }

    private DestinationCandidate Candidate(IPAddress address)
    {
        var destination = InternetAddress.From(address);
        var any = destination.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        return Layers.Ip.TryBorrowPath(any, destination, StackAddresses.ScopeOf(address), out var path)
            ? new DestinationCandidate(destination, Layers.Ip.CandidateOf(path))
            : new DestinationCandidate(destination, null);
    }
}
