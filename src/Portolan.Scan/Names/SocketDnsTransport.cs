using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Portolan.Scan.Names;

/// <summary>
/// Sockets of the operating system. Each question over UDP has a socket of its own, connected to the server: so it has a source port of
/// its own that the kernel chose at random, and only datagrams from that server reach it (RFC 5452 sections 9.2 and 9.1).
/// </summary>
/// <param name="time">The clock of timeouts.</param>
public sealed class SocketDnsTransport(TimeProvider time) : IDnsTransport
{
    private const int MaxMessage = 65_535;

    // A forger sends many; the wait ends when there are more than any honest network brings.
    private const int MaxRejected = 1000;

    /// <inheritdoc/>
    public async Task<DnsReply> AskAsync(
        DnsServer server, DnsCarrier carrier, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, TimeSpan timeout,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(accepts);
        using var limit = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var rejected = new StrongBox<int>();
        try
        {
            return carrier == DnsCarrier.Udp
                ? await AskUdpAsync(server, query, accepts, rejected, both.Token)
                : await AskTcpAsync(server, query, accepts, both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new DnsReply(null, rejected.Value, null);
        }
        catch (Exception exception) when (exception is SocketException or IOException { InnerException: SocketException })
        {
            return new DnsReply(null, rejected.Value, (exception.InnerException ?? exception).Message);
        }
    }

    private static async Task<DnsReply> AskUdpAsync(
        DnsServer server, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, StrongBox<int> rejected,
        CancellationToken cancellation)
    {
        var end = server.ToEndPoint();
        using var socket = new Socket(end.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            await socket.ConnectAsync(end, cancellation);
            await socket.SendAsync(query, SocketFlags.None, cancellation);
        }
        catch (SocketException exception) when (exception.SocketErrorCode != SocketError.ConnectionRefused)
        {
            // No route, or a rule of this host: nobody else has said anything yet.
            return new DnsReply(null, rejected.Value, exception.Message) { WasSent = false };
        }

        var buffer = new byte[MaxMessage];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, cancellation);
            if (accepts(buffer.AsMemory(0, length)))
            {
                return new DnsReply(buffer[..length], rejected.Value, Error: null);
            }

            if (++rejected.Value >= MaxRejected)
            {
                return new DnsReply(null, rejected.Value, "only answers to other queries arrived");
            }
        }
    }

    private static async Task<DnsReply> AskTcpAsync(
        DnsServer server, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken cancellation)
    {
        var end = server.ToEndPoint();
        using var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(end, cancellation);
        await using var stream = new NetworkStream(socket);
        return await DnsStream.AskAsync(stream, query, accepts, cancellation);
    }
}
