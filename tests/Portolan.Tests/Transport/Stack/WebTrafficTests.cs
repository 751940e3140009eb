// Every wait is bounded by a time of its own.
#pragma warning disable xUnit1051
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Links;

namespace Portolan.Tests.Transport.Stack;

/// <summary>
/// What web programs do over a stack: many requests at once, streams both ways, web sockets, long polls, TLS, and servers that stop.
/// </summary>
public sealed class WebTrafficTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static readonly FaultProfile Lossy = new() { Loss = 0.01, Delay = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public async Task A_thousand_requests_at_once_are_answered()
    {
        await using var world = await WebWorld.StartAsync(
            FaultProfile.None, HttpProtocols.Http1, app => app.Run(c => c.Response.WriteAsync($"you asked for {c.Request.Path}")));
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => world.Client.GetStringAsync($"http://server/{i}")))
            .WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, 1000).Select(static i => $"you asked for /{i}"), answers);
    }

    [Fact]
    public async Task Messages_go_both_ways_on_one_HTTP2_stream()
    {
        await using var world = await WebWorld.StartAsync(Lossy, HttpProtocols.Http2, app => app.Run(async context =>
        {
            // As a duplex call of gRPC: each message is answered before the next one comes.
            await context.Response.Body.FlushAsync();
            using var reader = new StreamReader(context.Request.Body);
            while (await reader.ReadLineAsync() is { } line)
            {
                await context.Response.WriteAsync($"{line} heard\n");
                await context.Response.Body.FlushAsync();
            }
        }));
        var calls = Enumerable.Range(0, 20).Select(async call =>
        {
            var pipe = new Pipe();
            using var request = new HttpRequestMessage(HttpMethod.Post, "http://server/")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new PipeContent(pipe.Reader),
            };
            using var response = await world.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            for (var i = 0; i < 20; i++)
            {
                await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes($"{call}.{i}\n"));
                Assert.Equal($"{call}.{i} heard", await reader.ReadLineAsync());
            }

            await pipe.Writer.CompleteAsync();
            Assert.Null(await reader.ReadLineAsync());
        });
        await Task.WhenAll(calls).WaitAsync(Patience);
        Assert.Equal(1, world.ServerStack.GetStatistics().Connections);
    }

    [Fact]
    public async Task A_web_socket_carries_messages_both_ways_and_closes_in_order()
    {
        await using var world = await WebWorld.StartAsync(Lossy, HttpProtocols.Http1, app =>
        {
            app.UseWebSockets();
            app.Run(async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                var buffer = new byte[100_000];
                while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } got)
                {
                    await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, CancellationToken.None);
                }

                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
            });
        });
        using var client = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(world.ClientStack.CreateHttpHandler());
        await client.ConnectAsync(new Uri("ws://server/"), invoker, CancellationToken.None).WaitAsync(Patience);
        foreach (var length in new[] { 1, 1000, 90_000 })
        {
            var sent = RandomNumberGenerator.GetBytes(length);
            await client.SendAsync(sent, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).WaitAsync(Patience);
            var (back, at) = (new byte[length], 0);
            while (at < length)
            {
                at += (await client.ReceiveAsync(back.AsMemory(at), CancellationToken.None).AsTask().WaitAsync(Patience)).Count;
            }

            Assert.Equal(sent, back);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(Patience);
        Assert.Equal("bye", client.CloseStatusDescription);
    }

    [Trait("Quick", "no")]
    [Fact]
    public async Task Long_polls_wait_for_what_happens()
    {
        var happened = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        await using var world = await WebWorld.StartAsync(Lossy, HttpProtocols.Http1, app => app.Run(async context =>
        {
            Interlocked.Increment(ref asked);
            await context.Response.WriteAsync(await happened.Task);
        }));
        var polls = Enumerable.Range(0, 100).Select(_ => world.Client.GetStringAsync("http://server/")).ToList();
        for (var tries = 0; tries < 2000 && Volatile.Read(ref asked) < polls.Count; tries++)
        {
            await Task.Delay(10);
        }

        Assert.DoesNotContain(polls, static p => p.IsCompleted);
        happened.SetResult("now");
        Assert.All(await Task.WhenAll(polls).WaitAsync(Patience), static answer => Assert.Equal("now", answer));
    }

    [Fact]
    public async Task TLS_runs_over_a_connection()
    {
        using var certificate = MakeCertificate();
        await using var pair = await StackPair.MakeAsync(Lossy);
        await using var client = new SslStream(
            pair.Client, leaveInnerStreamOpen: false, (_, found, _, _) => found!.GetCertHashString() == certificate.GetCertHashString());
        await using var server = new SslStream(pair.Server);
        await Task.WhenAll(client.AuthenticateAsClientAsync("server"), server.AuthenticateAsServerAsync(certificate)).WaitAsync(Patience);
        var sent = RandomNumberGenerator.GetBytes(1_000_000);
        var reading = ReadAsync(server);
        await client.WriteAsync(sent).AsTask().WaitAsync(Patience);
        await client.ShutdownAsync().WaitAsync(Patience);
        Assert.Equal(sent, await reading.WaitAsync(Patience));

        static async Task<byte[]> ReadAsync(Stream stream)
        {
            using var all = new MemoryStream();
            await stream.CopyToAsync(all);
            return all.ToArray();
        }
    }

    [Fact]
    public async Task HTTPS_chooses_HTTP2()
    {
        using var certificate = MakeCertificate();
        await using var network = new MemoryNetwork();
        var (clientStack, serverStack) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        await using var app = WebWorld.Build(serverStack, HttpProtocols.Http1AndHttp2, certificate);
        app.Run(context => context.Response.WriteAsync($"{context.Request.Scheme} {context.Request.Protocol}"));
        await app.StartAsync();
        using var handler = clientStack.CreateHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, found, _, _) =>
            found!.GetCertHashString() == certificate.GetCertHashString();
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20 };
        Assert.Equal("https HTTP/2", await client.GetStringAsync("https://server:80/").WaitAsync(Patience));
    }

    [Fact]
    public async Task A_server_that_stops_ends_idle_connections_and_lets_requests_finish()
    {
        var (begun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var world = await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(async context =>
        {
            if (context.Request.Path == "/slow")
            {
                begun.SetResult();
                await mayEnd.Task;
            }

            await context.Response.WriteAsync("done");
        }));

        // Ten that are idle, one in a request.
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => world.Client.GetStringAsync("http://server/"))).WaitAsync(Patience);
        await using var idle = await world.ClientStack.ConnectTcpAsync("server", 80).WaitAsync(Patience);
        var slow = world.Client.GetStringAsync("http://server/slow");
        await begun.Task.WaitAsync(Patience);
        var stopping = world.App.StopAsync();
        Assert.Equal(0, await idle.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        var refused = await Assert.ThrowsAsync<SocketException>(() => world.ClientStack.ConnectTcpAsync("server", 80).WaitAsync(Patience));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        mayEnd.SetResult();
        Assert.Equal("done", await slow.WaitAsync(Patience));
        await stopping.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_server_that_may_not_wait_aborts_its_requests()
    {
        var begun = new TaskCompletionSource();
        await using var world = await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(async context =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }));
        var slow = world.Client.GetStringAsync("http://server/");
        await begun.Task.WaitAsync(Patience);
        await world.App.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Patience);
        await Assert.ThrowsAsync<HttpRequestException>(() => slow.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_request_whose_sender_resets_sees_it_while_it_reads_the_body()
    {
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource();
        await using var world = await WebWorld.StartAsync(FaultProfile.None, HttpProtocols.Http1, app => app.Run(async context =>
        {
            seen.SetResult(await Record.ExceptionAsync(async () =>
            {
                var buffer = new byte[100];
                while (await context.Request.Body.ReadAsync(buffer) > 0)
                {
                    begun.TrySetResult();
                }
            }));
        }));
        await using var stream = await world.ClientStack.ConnectTcpAsync("server", 80).WaitAsync(Patience);
        await stream.WriteAsync("POST / HTTP/1.1\r\nHost: server\r\nContent-Length: 100\r\n\r\nabc"u8.ToArray());
        await begun.Task.WaitAsync(Patience);
        stream.Abort();
        var error = Assert.IsType<ConnectionResetException>(await seen.Task.WaitAsync(Patience));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A body that is written while it is sent.</summary>
    private sealed class PipeContent(PipeReader reader) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            while (true)
            {
                var read = await reader.ReadAsync();
                foreach (var part in read.Buffer)
                {
                    await stream.WriteAsync(part);
                }

                reader.AdvanceTo(read.Buffer.End);
                await stream.FlushAsync();
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
