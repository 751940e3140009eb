using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Linux.Sockets;

namespace Portolan.Forwarding.Metrics;

/// <summary>
/// Answers GET /metrics in Prometheus' text. Not a web server: a request has bounded size and time, and each connection one request. Who
/// connects when the places are taken gets the place of the one that has been there longest, so that idle connections keep no client out.
/// </summary>
public sealed class MetricsEndpoint : IDisposable
{
    private const int MostAtOnce = 16;
    private const int MostRequestBytes = 8 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>When this host has no room for a connection.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Socket _listener;
    private readonly Action<Utf8Writer> _write;
    private readonly LinkedList<Socket> _clients = new();
    private readonly CancellationTokenSource _end = new();

    private MetricsEndpoint(Socket listener, Action<Utf8Writer> write) => (_listener, _write) = (listener, write);

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Begins to answer.</summary>
    /// <param name="address">Where to listen; <c>null</c> for every address of both families.</param>
    /// <param name="port">The port; 0 lets the kernel choose.</param>
    /// <param name="write">Writes the counters, on any thread.</param>
    /// <exception cref="PortolanException">The port is taken, or is none of this host's.</exception>
    public static MetricsEndpoint Open(InternetAddress? address, PortNumber port, Action<Utf8Writer> write)
    {
        Socket? listener = null;
        try
        {
            listener = Bind(address, port);
            listener.Listen(128);
        }
        catch (SocketException exception)
        {
            listener?.Dispose();
            throw new PortolanException(
                $"--metrics cannot listen on {(address is { } one ? $"{one} port {port}" : $"port {port}")}: {exception.Message}",
                $"portolan who {port}/tcp; or use another port", ExitCode.Failed, exception);
        }

        var endpoint = new MetricsEndpoint(listener, write);
        _ = endpoint.AcceptAsync();
        return endpoint;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private static Socket Bind(InternetAddress? address, PortNumber port)
    {
        if (address is null && !Socket.OSSupportsIPv6)
        {
            address = InternetAddress.AnyIPv4;
        }

        var listener = new Socket(
            address is { IsIPv4: true } ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address is null)
            {
                listener.DualMode = true;
            }

            PortBinder.Bind(listener, new IPEndPoint((address ?? InternetAddress.AnyIPv6).ToIPAddress(), port.Value));
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptAsync(_end.Token));
            }
            catch (SocketException) when (!_end.IsCancellationRequested)
            {
                // A client that has gone already, or no descriptor: the next may be served.
                await Task.Delay(Pause);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // The forward ends.
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var place = Place(client);
        try
        {
            using var time = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            time.CancelAfter(Patience);
            await AnswerAsync(client, time.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Who asks slowly, or goes away, gets nothing.
        }
        finally
        {
            lock (_clients)
            {
                if (place.List is not null)
                {
                    _clients.Remove(place);
                }
            }

            client.Dispose();
        }
    }

    /// <summary>Gives a client a place; the oldest loses its own when there are none.</summary>
    private LinkedListNode<Socket> Place(Socket client)
    {
        lock (_clients)
        {
            if (_clients.Count == MostAtOnce)
            {
                _clients.First!.Value.Dispose();
                _clients.RemoveFirst();
            }

            return _clients.AddLast(client);
        }
    }

    private async Task AnswerAsync(Socket client, CancellationToken cancellationToken)
    {
        var request = new byte[MostRequestBytes];
        var length = 0;
        while (request.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            if (length == request.Length)
            {
                await SendAsync(
                    client, Response("431 Request Header Fields Too Large", "text/plain", "the request is too long\n"u8, isHead: false),
                    cancellationToken);
                return;
            }

            var count = await client.ReceiveAsync(request.AsMemory(length), cancellationToken);
            if (count == 0)
            {
                return;
            }

            length += count;
        }

        await SendAsync(client, Answer(request.AsSpan(0, length)), cancellationToken);
    }

    private byte[] Answer(ReadOnlySpan<byte> request)
    {
        var isHead = request.StartsWith("HEAD "u8);
        if (!isHead && !request.StartsWith("GET "u8))
        {
            return Response("405 Method Not Allowed", "text/plain", "only GET\n"u8, isHead: false);
        }

        var path = request[(isHead ? 5 : 4)..];
        path = path[..Math.Max(0, path.IndexOfAny((byte)' ', (byte)'?'))];
        if (!path.SequenceEqual("/metrics"u8) && !path.SequenceEqual("/"u8))
        {
            return Response("404 Not Found", "text/plain", "see /metrics\n"u8, isHead);
        }

        var text = new Utf8Writer();
        _write(text);
        return Response("200 OK", PrometheusText.ContentType, text.Written, isHead);
    }

    private static byte[] Response(string status, string type, ReadOnlySpan<byte> body, bool isHead)
    {
        var allow = status.StartsWith("405", StringComparison.Ordinal) ? "Allow: GET, HEAD\r\n" : "";
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n{allow}Connection: close\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. isHead ? default : body];
    }

    /// <summary>
    /// Sends the answer, and reads on for a moment: closing a socket with unread bytes resets it, and the answer with it.
    /// </summary>
    private static async Task SendAsync(Socket client, byte[] bytes, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await client.SendAsync(bytes.AsMemory(sent), cancellationToken);
        }

        client.Shutdown(SocketShutdown.Send);
        var rest = new byte[MostRequestBytes];
        for (var left = 64; left > 0 && await client.ReceiveAsync(rest, cancellationToken) > 0; left--)
        {
        }
    }
}
