using System.Net;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>Says something to a port and hears what comes back, whatever the protocol above is.</summary>
internal static class Asking
{
    private const int MostBytes = 64 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Hears what comes over a connection until it is enough, the peer ends, or nothing more comes.</summary>
    internal static async Task<byte[]> OverStreamAsync(Stream stream, byte[] ask, Func<byte[], bool> isEnough, TimeProvider time)
    {
        if (ask.Length > 0)
        {
            await stream.WriteAsync(ask);
        }

        var heard = new List<byte>();
        var buffer = new byte[4096];
        using var late = new CancellationTokenSource(Patience, time);
        try
        {
            while (heard.Count < MostBytes && !isEnough([.. heard]) && await stream.ReadAsync(buffer, late.Token) is var length and > 0)
            {
                heard.AddRange(buffer.AsSpan(0, length));
            }
        }
        catch (OperationCanceledException)
        {
            // What came is what there is.
        }

        return [.. heard];
    }

    /// <summary>Sends a datagram and hears the answer; empty when none comes.</summary>
    internal static async Task<byte[]> OverDatagramsAsync(NetworkStack stack, IPEndPoint server, byte[] ask, TimeProvider time)
    {
        using var socket = stack.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        await socket.ConnectAsync(server);
        await socket.SendAsync(ask);
        var buffer = new byte[MostBytes];
        using var late = new CancellationTokenSource(Patience, time);
        try
        {
            var received = await socket.ReceiveAsync(buffer, late.Token);
            return buffer[..received.Length];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }
}
