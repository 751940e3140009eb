using System.Buffers.Binary;
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
        DnsServer server, DnsCarrier carrier, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, TimeSpan timeout, CancellationToken cancellation)
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
        catch (SocketException exception)
        {
            return new DnsReply(null, rejected.Value, exception.Message);
        }
    }

    private static async Task<DnsReply> AskUdpAsync(
        DnsServer server, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, StrongBox<int> rejected, CancellationToken cancellation)
    {
        var end = server.ToEndPoint();
        using var socket = new Socket(end.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(end, cancellation);
        await socket.SendAsync(query, SocketFlags.None, cancellation);
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
                return new DnsReply(null, rejected.Value, "only answers to other questions came");
            }
        }
    }

    // RFC 7766 section 8: two bytes of length before each message.
    private static async Task<DnsReply> AskTcpAsync(DnsServer server, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken cancellation)
    {
        var end = server.ToEndPoint();
        using var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(end, cancellation);
        var framed = new byte[query.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed.AsMemory(2));
        for (var sent = 0; sent < framed.Length;)
        {
            sent += await socket.SendAsync(framed.AsMemory(sent), SocketFlags.None, cancellation);
        }

        var head = new byte[2];
        if (!await TryFillAsync(socket, head, cancellation))
        {
            return new DnsReply(null, 0, "the server closed the connection");
        }

        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
        if (!await TryFillAsync(socket, answer, cancellation))
        {
            return new DnsReply(null, 0, "the server closed the connection in the middle of its answer");
        }

        return accepts(answer) ? new DnsReply(answer, 0, null) : new DnsReply(null, 1, "the answer belongs to another question");
    }

    private static async Task<bool> TryFillAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellation)
    {
        while (!buffer.IsEmpty)
        {
            var length = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);
            if (length == 0)
            {
                return false;
            }

            buffer = buffer[length..];
        }

        return true;
    }
}
