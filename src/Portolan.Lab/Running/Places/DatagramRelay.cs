using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Lab.Running.Places;

/// <summary>
/// Carries datagrams of clients at a place to a service of the host's stack, and its answers back. Each client has a port of the stack for
/// as long as it asks.
/// </summary>
internal sealed class DatagramRelay(Socket socket, NetworkStack stack, CancellationToken stopping)
{
    /// <summary>Clients at a time; what more of them ask is lost, as datagrams may be.</summary>
    private const int MostClients = 256;

    /// <summary>How long a client's port stays when nothing is answered.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<IPEndPoint, UdpEndpoint> _clients = new();

    /// <summary>Relays until the lab ends.</summary>
    internal async Task RunAsync()
    {
        var buffer = new byte[ushort.MaxValue];
        var anyone = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                var came = await socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, anyone, stopping);
                var client = (IPEndPoint)came.RemoteEndPoint;
                var to = PlaceServices.InStack(
                    new IPEndPoint(came.PacketInformation.Address, ((IPEndPoint)socket.LocalEndPoint!).Port));
                if (Find(client, to) is { } own)
                {
                    await own.SendAsync(buffer.AsMemory(0, came.ReceivedBytes), to, stopping);
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // An error about a datagram of before: the client has gone.
                if (stopping.IsCancellationRequested)
                {
                    return;
                }
            }
        }
    }

    private UdpEndpoint? Find(IPEndPoint client, IPEndPoint to)
    {
        if (_clients.TryGetValue(client, out var known))
        {
            return known;
        }

        if (_clients.Count >= MostClients)
        {
            return null;
        }

        var any = to.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        var own = _clients[client] = stack.BindUdp(new IPEndPoint(any, 0));
        _ = AnswerAsync(client, own);
        return own;
    }

    private async Task AnswerAsync(IPEndPoint client, UdpEndpoint own)
    {
        var buffer = new byte[ushort.MaxValue];
        try
        {
            while (true)
            {
                using var late = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                late.CancelAfter(Idle);
                var answer = await own.ReceiveAsync(buffer, late.Token);
                await socket.SendToAsync(buffer.AsMemory(0, answer.Length), SocketFlags.None, client, stopping);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is silent, it has gone, or the lab ends.
        }
        finally
        {
            _clients.TryRemove(client, out _);
            own.Dispose();
        }
    }
}
