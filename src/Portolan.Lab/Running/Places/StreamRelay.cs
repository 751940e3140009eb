using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Lab.Running.Places;

/// <summary>Copies between a client's connection to the kernel of a place and the connection to the host's service.</summary>
internal static class StreamRelay
{
    private const int BufferSize = 16 * 1024;

    /// <summary>Copies both ways until both ends have said all. An end of one direction is handed on as such.</summary>
    /// <exception cref="IOException">The service broke off.</exception>
    /// <exception cref="SocketException">The client broke off.</exception>
    internal static async Task RunAsync(Socket client, TcpStream service, CancellationToken stopping)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task[] ways = [ThereAsync(client, service, broken.Token), BackAsync(client, service, broken.Token)];
        try
        {
            // The first that breaks ends the other.
            await await Task.WhenAny(ways);
            await Task.WhenAll(ways);
        }
        catch
        {
            service.Abort();
            await broken.CancelAsync();
            await Task.WhenAll(ways).ContinueWith(static _ => { }, TaskScheduler.Default);
            throw;
        }
    }

    private static async Task ThereAsync(Socket client, TcpStream service, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (await client.ReceiveAsync(buffer, SocketFlags.None, cancellationToken) is var count && count > 0)
        {
            await service.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        service.ShutdownWrite();
    }

    private static async Task BackAsync(Socket client, TcpStream service, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (await service.ReadAsync(buffer, cancellationToken) is var count && count > 0)
        {
            for (var rest = buffer.AsMemory(0, count); !rest.IsEmpty;)
            {
                rest = rest[await client.SendAsync(rest, SocketFlags.None, cancellationToken)..];
            }
        }

        client.Shutdown(SocketShutdown.Send);
    }
}
