// Every wait is bounded by a time of its own.
#pragma warning disable xUnit1051
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Links;

namespace Portolan.Tests.Transport.Stack;

/// <summary>The real Kestrel and the real HttpClient over two stacks and a link that loses and reorders.</summary>
[Trait("Quick", "no")]
public sealed class KestrelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(0.01, 0.0, "1.1")]
    [InlineData(0.05, 0.0, "1.1")]
    [InlineData(0.01, 0.05, "1.1")]
    [InlineData(0.05, 0.0, "2.0")]
    public async Task Large_bodies_arrive_whole_both_ways(double loss, double reordering, string version)
    {
        var faults = new FaultProfile
        {
            Loss = loss,
            Reordering = reordering,
            ReorderDelay = TimeSpan.FromMilliseconds(3),
            Delay = TimeSpan.FromMilliseconds(1),
        };
        await using var world = await WebWorld.StartAsync(
            faults,
            version == "2.0" ? HttpProtocols.Http2 : HttpProtocols.Http1,
            app => app.Run(async context =>
            {
                // What came is counted by its hash, and comes back turned over.
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                var bytes = body.ToArray();
                context.Response.Headers["hash"] = Convert.ToHexString(SHA256.HashData(bytes));
                Array.Reverse(bytes);
                await context.Response.Body.WriteAsync(bytes);
            }));
        var sent = RandomNumberGenerator.GetBytes(1_500_000);
        var requests = Enumerable.Range(0, 3).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "http://server/") { Content = new ByteArrayContent(sent) };
            request.Version = Version.Parse(version);
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            using var response = await world.Client.SendAsync(request);
            Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), response.Headers.GetValues("hash").Single());
            var back = await response.Content.ReadAsByteArrayAsync();
            Array.Reverse(back);
            Assert.Equal(sent, back);
        });
        await Task.WhenAll(requests).WaitAsync(Patience);
        Assert.True(world.ClientStack.GetStatistics().Retransmissions > 0);
    }

    [Fact]
    public async Task A_client_that_closes_an_idle_connection_gets_FIN_and_not_RST()
    {
        await using var world = await WebWorld.StartAsync(
            FaultProfile.None, HttpProtocols.Http1, app => app.Run(context => context.Response.WriteAsync("hello")));

        // Kestrel hears of the end in two ways at once: each of them may come first.
        for (var i = 0; i < 50; i++)
        {
            await using var stream =
                await world.ClientStack.ConnectTcpAsync(IPEndPoint.Parse("198.18.0.1:80"), localEndPoint: null).WaitAsync(Patience);
            await stream.WriteAsync("GET / HTTP/1.1\r\nHost: server\r\n\r\n"u8.ToArray());
            var buffer = new byte[4096];
            var reply = "";
            while (!reply.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                reply += System.Text.Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer).AsTask().WaitAsync(Patience));
            }

            stream.ShutdownWrite();
            Assert.Equal(0, await stream.ReadAsync(buffer).AsTask().WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task Kestrel_sees_both_ends_and_the_connection_below_a_request()
    {
        await using var world = await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(async context =>
        {
            var info = await context.Features.Get<IStackConnectionFeature>()!.Stream.GetInfoAsync();
            await context.Response.WriteAsync(
                $"{context.Connection.RemoteIpAddress} {context.Connection.LocalIpAddress}:{context.Connection.LocalPort} {info.State}");
        }));
        Assert.Equal("198.18.0.2 198.18.0.1:80 Established", await world.Client.GetStringAsync("http://198.18.0.1/").WaitAsync(Patience));
    }

    [Fact]
    public async Task Kestrel_on_the_loopback_of_its_stack_warns_once()
    {
        await using var network = new MemoryNetwork();
        using var log = new WarningLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UsePortolan(network.AddStack("server", "198.18.0.1/24"));
        await using var app = builder.Build();
        await app.StartAsync().WaitAsync(Patience);

        Assert.Equal(
            ["Listening on 127.0.0.1:5000, the loopback of stack 'server': no other stack reaches it. "
                + "Use UseUrls(\"http://*:5000\") for all addresses of the stack"],
            log.Warnings);
    }

    [Fact]
    public async Task A_request_that_the_client_gives_up_is_aborted_at_the_server()
    {
        var begun = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var world = await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(async context =>
        {
            if (context.Request.Path == "/quick")
            {
                await context.Response.WriteAsync("quick");
                return;
            }

            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => aborted.SetResult(), TaskScheduler.Default);
        }));
        using var cancel = new CancellationTokenSource();
        var request = world.Client.GetAsync("http://server/slow", cancel.Token);
        await begun.Task.WaitAsync(Patience);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request.WaitAsync(Patience));
        await aborted.Task.WaitAsync(Patience);
        Assert.Equal("quick", await world.Client.GetStringAsync("http://server/quick").WaitAsync(Patience));
    }

    [Fact]
    public async Task A_server_that_aborts_is_an_error_of_the_request_that_wraps_a_reset()
    {
        await using var world = await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        }));
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => world.Client.GetAsync("http://server/").WaitAsync(Patience));
        Assert.Equal(
            SocketError.ConnectionReset,
            Assert.IsType<SocketException>(Assert.IsType<IOException>(error.InnerException).InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_a_connection_error()
    {
        await using var world = await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(_ => Task.CompletedTask));
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => world.Client.GetAsync("http://server:81/").WaitAsync(Patience));
        Assert.Equal(HttpRequestError.ConnectionError, error.HttpRequestError);
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task A_connection_handler_sees_a_reset_as_Kestrel_has_it()
    {
        await using var network = new MemoryNetwork();
        var (client, server) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        await using var listener = await new StackConnectionListenerFactory(server).BindAsync(new IPEndPoint(IPAddress.Any, 7));
        var connecting = client.ConnectTcpAsync("server", 7);
        await using var connection = (await listener.AcceptAsync().AsTask().WaitAsync(Patience))!;
        await using var stream = await connecting.WaitAsync(Patience);
        await stream.WriteAsync("abc"u8.ToArray());
        var read = await connection.Transport.Input.ReadAsync().AsTask().WaitAsync(Patience);
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
        var waiting = connection.Transport.Input.ReadAsync().AsTask();
        var closed = new TaskCompletionSource();
        connection.ConnectionClosed.Register(closed.SetResult);
        stream.Abort();
        var error = await Assert.ThrowsAsync<ConnectionResetException>(() => waiting.WaitAsync(Patience));
        Assert.IsType<SocketException>(error.InnerException);
        await closed.Task.WaitAsync(Patience);
        Assert.True((await connection.Transport.Output.WriteAsync("x"u8.ToArray())).IsCompleted);
        Assert.Equal(stream.LocalEndPoint, connection.RemoteEndPoint);
        Assert.NotNull(connection.Features.Get<IConnectionEndPointFeature>());
        await listener.UnbindAsync();
        Assert.Null(await listener.AcceptAsync());
    }

    [Fact]
    public async Task A_port_that_is_taken_stops_the_start_with_the_holder_in_the_message()
    {
        await using var network = new MemoryNetwork();
        var server = network.AddStack("server", "198.18.0.1/24");
        using var taken = server.ListenTcp(new IPEndPoint(IPAddress.Any, 80));
        var error = await Assert.ThrowsAsync<AddressInUseException>(
            () => new StackConnectionListenerFactory(server).BindAsync(new IPEndPoint(IPAddress.Any, 80)).AsTask());
        Assert.Contains("tcp 0.0.0.0:80 listening", error.Message, StringComparison.Ordinal);
        await using var app = WebWorld.Build(server, HttpProtocols.Http1);
        await Assert.ThrowsAsync<IOException>(() => app.StartAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task Disposing_the_stack_below_a_server_fails_its_requests_and_ends()
    {
        var begun = new TaskCompletionSource();
        await using var world = await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(async context =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }));

        using var end = new CancellationTokenSource();
        var request = world.Client.GetAsync("http://server/", end.Token);
        await begun.Task.WaitAsync(Patience);
        await world.ServerStack.DisposeAsync().AsTask().WaitAsync(Patience);

        // HttpClient may try once more on a new connection, to a host that answers nothing any more.
        end.CancelAfter(TimeSpan.FromSeconds(1));
        var error = await Record.ExceptionAsync(() => request.WaitAsync(Patience));
        Assert.True(error is HttpRequestException or OperationCanceledException, $"{error}");
        await world.App.StopAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task Many_requests_one_after_the_other_use_one_connection()
    {
        await using var world =
            await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(c => c.Response.WriteAsync(c.Connection.Id)));
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 200; i++)
        {
            ids.Add(await world.Client.GetStringAsync("http://server/").WaitAsync(Patience));
        }

        Assert.Single(ids);
        Assert.Equal(1, world.ServerStack.GetStatistics().Connections);
    }
}

/// <summary>Keeps the warnings of a program.</summary>
internal sealed class WarningLog : ILoggerProvider, ILogger
{
    internal ConcurrentQueue<string> Warnings { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Warnings.Enqueue(formatter(state, exception));
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>A web server and a client in a network in memory.</summary>
internal sealed class WebWorld : IAsyncDisposable
{
    internal required MemoryNetwork Network { get; init; }

    internal required NetworkStack ClientStack { get; init; }

    internal required NetworkStack ServerStack { get; init; }

    internal required WebApplication App { get; init; }

    internal required HttpClient Client { get; init; }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
        await Network.DisposeAsync();
    }

    internal static WebApplication Build(NetworkStack stack, HttpProtocols protocols, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UsePortolan(stack);
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Real time must not end a request of a slow machine.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenAnyIP(80, listen =>
            {
                listen.Protocols = protocols;
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            });
        });
        return builder.Build();
    }

    internal static async Task<WebWorld> StartAsync(FaultProfile faults, HttpProtocols protocols, Action<WebApplication> configure)
    {
        var network = new MemoryNetwork(new MemoryNetworkOptions { Seed = 11, Faults = faults });
        var (client, server) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        var app = Build(server, protocols);
        configure(app);
        await app.StartAsync();
        return new WebWorld
        {
            Network = network,
            ClientStack = client,
            ServerStack = server,
            App = app,
            Client = new HttpClient(client.CreateHttpHandler()),
        };
    }
}
