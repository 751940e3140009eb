using System.Net;
using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>How asking for a connection ended.</summary>
/// <param name="Stream">The connection; <c>null</c> when there is none.</param>
/// <param name="Error">Why there is none: <see cref="SocketError.TimedOut"/> when nothing came within the client's patience.</param>
/// <param name="Took">How long it took, in the lab's time.</param>
internal sealed record Dial(TcpStream? Stream, SocketError Error, TimeSpan Took) : IAsyncDisposable
{
    /// <summary>What a user of the client sees.</summary>
    internal string Outcome => Stream is not null ? "connected" : Error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.TimedOut => "timed out",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network unreachable",
        _ => $"{Error}",
    };

    /// <summary>Asks for a connection, as long as a client is patient.</summary>
    internal static async Task<Dial> TryAsync(NetworkStack stack, IPEndPoint server, TimeSpan patience, TimeProvider time)
    {
        var start = time.GetTimestamp();
        using var late = new CancellationTokenSource(patience, time);
        try
        {
            var stream = await stack.ConnectTcpAsync(server, localEndPoint: null, late.Token);
            return new Dial(stream, SocketError.Success, time.GetElapsedTime(start));
        }
        catch (SocketException exception)
        {
            return new Dial(null, exception.SocketErrorCode, time.GetElapsedTime(start));
        }
        catch (OperationCanceledException)
        {
            return new Dial(null, SocketError.TimedOut, time.GetElapsedTime(start));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Stream?.DisposeAsync() ?? default;
}
