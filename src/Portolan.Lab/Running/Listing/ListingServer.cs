using System.Net.Sockets;
using System.Text.Json;
using Portolan.Linux;
using Portolan.Linux.Namespaces;

namespace Portolan.Lab.Running.Listing;

/// <summary>
/// Serves the sockets of a lab on a Unix socket: who connects gets one document, <c>portolan.sockets/1</c>, and the end. Nothing is read
/// from a client.
/// </summary>
/// <remarks>
/// It costs the lab little whatever clients do: <see cref="MostClients"/> at a time, others wait in the system's queue; each has
/// <see cref="Patience"/> to take the document; one look at the lab in <see cref="Freshness"/> serves all who come meanwhile.
/// </remarks>
public sealed class ListingServer : IAsyncDisposable
{
    /// <summary>Clients that are served at once.</summary>
    public const int MostClients = 16;

    private const int Backlog = 64;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly VirtualNetwork _lab;
    private readonly string _path;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _places = new(MostClients);
    private readonly Lock _lock = new();
    private readonly Task _serving;
    private Task<byte[]>? _look;
    private long _lookedAt;

    private ListingServer(VirtualNetwork lab, string path, Socket socket)
    {
        (_lab, _path, _socket) = (lab, path, socket);
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>How long a client may take.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How old a document may be.</summary>
    public static TimeSpan Freshness { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Starts to serve.</summary>
    /// <param name="lab">The lab, running in real time.</param>
    /// <param name="path">A file that is not there yet, in a folder that is; deleted at the end.</param>
    /// <exception cref="PortolanException">There can be no socket.</exception>
    public static ListingServer Start(VirtualNetwork lab, string path)
    {
        ArgumentNullException.ThrowIfNull(lab);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            PrivateMounts.LetAllConnect(path);
            socket.Listen(Backlog);
            return new ListingServer(lab, path, socket);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or LinuxException)
        {
            socket.Dispose();
            throw new PortolanException(
                $"the lab cannot show its sockets at {path}: {exception.Message}", $"free that place", ExitCode.Failed, exception);
        }
    }

    /// <summary>Ends it; clients that are being served get no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _serving;
        _stopping.Dispose();
        File.Delete(_path);
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _places.WaitAsync(_stopping.Token);
                _ = ServeAsync(await AcceptAsync());
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task<Socket> AcceptAsync()
    {
        while (true)
        {
            try
            {
                return await _socket.AcceptAsync(_stopping.Token);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                // A client that has gone again, or no descriptor left for now.
                await Task.Delay(Pause, _stopping.Token);
            }
            catch (SocketException exception)
            {
                throw new OperationCanceledException("the lab ends", exception);
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            late.CancelAfter(Patience);
            using (client)
            {
                var document = await Look().WaitAsync(late.Token);
                for (var sent = 0; sent < document.Length;)
                {
                    sent += await client.SendAsync(document.AsMemory(sent), SocketFlags.None, late.Token);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It has gone, was too slow, or the lab ends.
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>The document: a look that goes on or was just done, or a new one.</summary>
    private Task<byte[]> Look()
    {
        lock (_lock)
        {
            var isOld = _look is { IsCompleted: true } && (_look.IsFaulted || TimeProvider.System.GetElapsedTime(_lookedAt) > Freshness);
            if (_look is null || isOld)
            {
                _look = Task.Run(Take);
            }

            return _look;
        }
    }

    private byte[] Take()
    {
        var takenAt = TimeProvider.System.GetUtcNow();
        Volatile.Write(ref _lookedAt, TimeProvider.System.GetTimestamp());
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            LabSocketsJson.Write(json, _lab.Topology.Name, takenAt, _lab.GetSockets());
        }

        text.WriteByte((byte)'\n');
        return text.ToArray();
    }
}
