using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;

namespace Portolan.Kernel.Tests.Transport.Kestrel;

/// <summary>Kestrel with one handler over the kernel's sockets or over a stack in memory, and clients of the same kind.</summary>
internal sealed class KestrelWorld : IAsyncDisposable
{
    private readonly MemoryNetwork? _network;
    private readonly NetworkStack? _client;

    private KestrelWorld(WebApplication app, MemoryNetwork? network, NetworkStack? client) =>
        (App, _network, _client) = (app, network, client);

    internal WebApplication App { get; }

    private IPEndPoint End { get; set; } = new(IPAddress.Parse("198.18.0.1"), 80);

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }
    }

    internal static async Task<KestrelWorld> StartAsync(
        bool isStack, HttpProtocols protocols, RequestDelegate handler, Action<KestrelServerLimits>? limit = null)
    {
        var network = isStack ? new MemoryNetwork() : null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (network is not null)
        {
            builder.WebHost.UsePortolan(network.AddStack("server", "198.18.0.1/24"));
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Real time must not end a request of a slow machine.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            limit?.Invoke(kestrel.Limits);
            kestrel.Listen(isStack ? IPAddress.Any : IPAddress.Loopback, isStack ? 80 : 0, listen => listen.Protocols = protocols);
        });
        var app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        var world = new KestrelWorld(app, network, network?.AddStack("client", "198.18.0.2/24"));
        if (!isStack)
        {
            world.End = new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port);
        }

        return world;
    }

    /// <summary>Connects, for bytes of one's own.</summary>
    internal async Task<Stream> ConnectAsync()
    {
        if (_client is not null)
        {
            return await _client.ConnectTcpAsync(End);
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(End);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>RST.</summary>
    internal static void Reset(Stream stream)
    {
        if (stream is TcpStream own)
        {
            own.Abort();
        }
        else
        {
            // The stream would say FIN first.
            ((NetworkStream)stream).Socket.LingerState = new LingerOption(enable: true, 0);
            ((NetworkStream)stream).Socket.Dispose();
        }
    }

    /// <summary>FIN.</summary>
    internal static void ShutdownWrite(Stream stream)
    {
        if (stream is TcpStream own)
        {
            own.ShutdownWrite();
        }
        else
        {
            ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
        }
    }

    internal HttpClient CreateHttpClient() => new(_client is null ? new SocketsHttpHandler() : _client.CreateHttpHandler())
    {
        BaseAddress = new Uri($"http://{End}/"),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = KestrelDifferentialTests.Patience,
    };
}
