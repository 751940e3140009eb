// Every wait is bounded by a time of its own.
#pragma warning disable xUnit1051
using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Portolan.Kernel.Tests.Transport.Kestrel;

/// <summary>One program under Kestrel, over the kernel's sockets and over a stack: handlers and clients see the same.</summary>
public sealed class KestrelDifferentialTests
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int Length = 30_000;

    public static TheoryData<string> Situations => [.. All.Keys];

    private static Dictionary<string, Func<bool, Task<string>>> All { get; } = new(StringComparer.Ordinal)
    {
        ["a handler aborts while it holds its body"] = AbortByHandlerAsync,
        ["a handler aborts while it holds memory of its answer"] = AbortByWriterAsync,
        ["a client resets in the middle of a body that is held"] = isStack => EndByClientAsync(isStack, KestrelWorld.Reset),
        ["a client ends in the middle of a body that is held"] = isStack => EndByClientAsync(isStack, KestrelWorld.ShutdownWrite),
        ["a slow body"] = SlowBodyAsync,
        ["a body that is too slow"] = TooSlowBodyAsync,
        ["an upgrade that the client ends"] = isStack => UpgradeAsync(isStack, isAborted: false),
        ["an upgrade that the handler aborts"] = isStack => UpgradeAsync(isStack, isAborted: true),
        ["a client resets an HTTP/2 stream"] = ResetByHttp2ClientAsync,
        ["a handler resets an HTTP/2 stream"] = ResetByHttp2HandlerAsync,
        ["a drain at shutdown"] = DrainAsync,
        ["a handler aborts in the middle of a drain"] = isStack => AbortInDrainAsync(isStack, static (context, _) => context.Abort()),
        ["a client resets in the middle of a drain"] = isStack =>
            AbortInDrainAsync(isStack, static (_, client) => KestrelWorld.Reset(client)),
        ["a drain whose time is over"] = isStack => AbortInDrainAsync(isStack, end: null),
    };

    [Theory]
    [MemberData(nameof(Situations))]
    public async Task Kestrel_has_the_same_outcome_over_the_stack_as_over_sockets(string situation)
    {
        var run = All[situation];
        var outcomes = await Task.WhenAll(run(false), run(true)).WaitAsync(2 * Patience);
        Assert.Equal(outcomes[0], outcomes[1]);
        Assert.DoesNotContain("foreign", outcomes[1], StringComparison.Ordinal);
    }

    /// <summary>FIN says that the client writes no more. It still reads.</summary>
    [Fact]
    public async Task What_a_handler_writes_after_the_end_of_the_client_is_sent()
    {
        await using var world = await KestrelWorld.StartAsync(isStack: true, HttpProtocols.Http1, async context =>
        {
            await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            await stream.CopyToAsync(stream);
        });
        for (var round = 0; round < 20; round++)
        {
            await using var client = await world.ConnectAsync();
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"u8.ToArray());
            await client.ReadExactlyAsync(new byte[12]).AsTask().WaitAsync(Patience);
            await client.WriteAsync(Enumerable.Repeat((byte)'#', Length).ToArray());
            KestrelWorld.ShutdownWrite(client);

            var all = await ReadToEndAsync(client);
            Assert.Equal((Length, " then the end of the data"), (all.Count(static c => c == '#'), all[(all.LastIndexOf('#') + 1)..]));
        }
    }

    private static async Task<string> AbortByHandlerAsync(bool isStack)
    {
        var (aborted, others) = (Source(), Source());
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http1, async context =>
        {
            if (await HoldAsync(context) is not { } read)
            {
                return;
            }

            context.Abort();
            await EndedAsync(context);
            aborted.SetResult();
            await others.Task;
            var what = Look(read.Buffer, 'A');
            var after = await Record.ExceptionAsync(async () =>
            {
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                await context.Request.BodyReader.ReadAsync();
            });
            seen.SetResult($"{what}; then {Describe(after)}");
        });
        await using var client = await world.ConnectAsync();
        await client.WriteAsync(Post("/", 'A', 2 * Length, Length));
        await aborted.Task.WaitAsync(Patience);
        var end = await ReadToEndAsync(client);
        await OthersAsync(world);
        others.SetResult();
        return $"handler {await seen.Task.WaitAsync(Patience)}; client {end}";
    }

    private static async Task<string> AbortByWriterAsync(bool isStack)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http1, async context =>
        {
            var held = context.Response.BodyWriter.GetMemory(100);
            context.Abort();
            await EndedAsync(context);
            var error = await Record.ExceptionAsync(async () =>
            {
                held.Span[..100].Fill((byte)'A');
                context.Response.BodyWriter.Advance(100);
                await context.Response.BodyWriter.FlushAsync();
                context.Response.BodyWriter.GetMemory(100);
                context.Response.BodyWriter.Advance(100);
                await context.Response.BodyWriter.FlushAsync();
            });
            seen.SetResult(Describe(error));
        });
        await using var client = await world.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        return $"handler {await seen.Task.WaitAsync(Patience)}; client {await ReadToEndAsync(client)}";
    }

    private static async Task<string> EndByClientAsync(bool isStack, Action<Stream> end)
    {
        var (has, others) = (Source(), Source());
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http1, async context =>
        {
            if (await HoldAsync(context) is not { } read)
            {
                return;
            }

            has.SetResult();
            await EndedAsync(context);
            await others.Task;
            var what = Look(read.Buffer, 'A');
            context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            var error = await Record.ExceptionAsync(async () =>
            {
                while (!(await context.Request.BodyReader.ReadAsync()).IsCompleted)
                {
                }
            });
            seen.SetResult($"{what}; then {Describe(error)}");
        });
        await using var client = await world.ConnectAsync();
        await client.WriteAsync(Post("/", 'A', 2 * Length, Length));
        await has.Task.WaitAsync(Patience);
        end(client);
        await OthersAsync(world);
        others.SetResult();
        return $"handler {await seen.Task.WaitAsync(Patience)}";
    }

    private static async Task<string> SlowBodyAsync(bool isStack)
    {
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http1, async context =>
        {
            // Examines all and takes a part, so that what is held grows.
            long length = 0;
            while (true)
            {
                var read = await context.Request.BodyReader.ReadAsync();
                if (read.IsCompleted)
                {
                    length = read.Buffer.Length;
                    await context.Response.WriteAsync($"{length} {Look(read.Buffer, 'A')}");
                    context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                    return;
                }

                context.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        });
        await using var client = await world.ConnectAsync();
        var all = Post("/", 'A', Length, Length, "Connection: close\r\n");
        for (var at = 0; at < all.Length; at += 1000)
        {
            await client.WriteAsync(all.AsMemory(at, Math.Min(1000, all.Length - at)));
            await Task.Delay(1);
        }

        return await ReadToEndAsync(client);
    }

    private static async Task<string> TooSlowBodyAsync(bool isStack)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var world = await KestrelWorld.StartAsync(
            isStack,
            HttpProtocols.Http1,
            async context =>
            {
                var error = await Record.ExceptionAsync(async () => await context.Request.BodyReader.ReadAtLeastAsync(Length));
                seen.SetResult(Describe(error));
                throw error!;
            },
            static limits => limits.MinRequestBodyDataRate = new MinDataRate(1_000_000, TimeSpan.FromSeconds(1.1)));
        await using var client = await world.ConnectAsync();
        await client.WriteAsync(Post("/", 'A', Length, 10));
        var answer = await ReadToEndAsync(client);
        return $"handler {await seen.Task.WaitAsync(Patience)}; client {answer}";
    }

    private static async Task<string> UpgradeAsync(bool isStack, bool isAborted)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http1, async context =>
        {
            await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            var (buffer, count, total) = (new byte[10_000], 0, 0);
            var error = await Record.ExceptionAsync(async () =>
            {
                while ((count = await stream.ReadAsync(buffer)) > 0)
                {
                    total += count;
                    await stream.WriteAsync(buffer.AsMemory(0, count));
                    if (isAborted && total == Length)
                    {
                        context.Abort();
                    }
                }
            });
            seen.SetResult($"{total} bytes, {Describe(error)}");
        });
        await using var client = await world.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"u8.ToArray());
        var head = new byte[12];
        await client.ReadExactlyAsync(head).AsTask().WaitAsync(Patience);
        await client.WriteAsync(Enumerable.Repeat((byte)'A', Length).ToArray());
        if (isAborted)
        {
            // How much comes back before the RST is a matter of time.
            return $"handler {await seen.Task.WaitAsync(Patience)}; client {Encoding.ASCII.GetString(head)}";
        }

        // All comes back first: what Kestrel has to write when a client ends may be lost over sockets too.
        for (var (back, buffer) = (0, new byte[1]); back < Length; back += buffer[0] == 'A' ? 1 : 0)
        {
            await client.ReadExactlyAsync(buffer).AsTask().WaitAsync(Patience);
        }

        KestrelWorld.ShutdownWrite(client);
        var end = await ReadToEndAsync(client);
        return $"handler {await seen.Task.WaitAsync(Patience)}; client {Encoding.ASCII.GetString(head)}, {end}";
    }

    private static async Task<string> ResetByHttp2ClientAsync(bool isStack)
    {
        var has = Source();
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http2, async context =>
        {
            if (context.Request.Path == "/other")
            {
                await context.Response.WriteAsync($"other {Look((await context.Request.BodyReader.ReadAtLeastAsync(Length)).Buffer, 'B')}");
                return;
            }

            var read = await context.Request.BodyReader.ReadAtLeastAsync(Length);
            has.SetResult();
            await EndedAsync(context);
            var what = Look(read.Buffer, 'A');
            var after = await Record.ExceptionAsync(async () =>
            {
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                await context.Request.BodyReader.ReadAsync();
            });
            seen.SetResult($"{what}; then {Describe(after)}");
        });
        using var client = world.CreateHttpClient();
        using var cancel = new CancellationTokenSource();
        using var content = new OpenContent();
        var sending = client.PostAsync("/", content, cancel.Token);
        await has.Task.WaitAsync(Patience);
        await cancel.CancelAsync();
        var error = await Record.ExceptionAsync(() => sending.WaitAsync(Patience));
        using var other = new ByteArrayContent(Enumerable.Repeat((byte)'B', Length).ToArray());
        var answer = await (await client.PostAsync("/other", other).WaitAsync(Patience)).Content.ReadAsStringAsync();
        var atClient = error is OperationCanceledException ? "cancelled" : Describe(error);
        return $"handler {await seen.Task.WaitAsync(Patience)}; client {atClient}; {answer}";
    }

    private static async Task<string> ResetByHttp2HandlerAsync(bool isStack)
    {
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http2, async context =>
        {
            if (context.Request.Path == "/other")
            {
                await context.Response.WriteAsync("other");
                return;
            }

            await context.Request.BodyReader.ReadAtLeastAsync(Length);
            context.Abort();
        });
        using var client = world.CreateHttpClient();
        using var content = new ByteArrayContent(new byte[Length]);
        var error = await Record.ExceptionAsync(() => client.PostAsync("/", content).WaitAsync(Patience));
        return $"{Describe(error)}; {await client.GetStringAsync("/other").WaitAsync(Patience)}";
    }

    private static async Task<string> DrainAsync(bool isStack)
    {
        var (has, mayEnd) = (Source(), Source());
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http1, async context =>
        {
            if (context.Request.Path == "/slow")
            {
                has.SetResult();
                await mayEnd.Task;
            }

            await context.Response.WriteAsync($"bye {context.RequestAborted.IsCancellationRequested}");
        });
        await using var idle = await world.ConnectAsync();
        await idle.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        var first = new byte[15];
        await idle.ReadExactlyAsync(first).AsTask().WaitAsync(Patience);
        await using var busy = await world.ConnectAsync();
        await busy.WriteAsync("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        await has.Task.WaitAsync(Patience);
        var stopping = world.App.StopAsync();
        var idleEnd = await ReadToEndAsync(idle);
        var refused = await Record.ExceptionAsync(() => world.ConnectAsync().WaitAsync(Patience));
        mayEnd.SetResult();
        var answer = await ReadToEndAsync(busy);
        await stopping.WaitAsync(Patience);
        return $"idle {Encoding.ASCII.GetString(first)} {idleEnd[^20..]}; new {Describe(refused)}; busy {answer}";
    }

    /// <summary>
    /// A request whose body and answer are held ends while the server waits for its last requests; another one gets its memory.
    /// </summary>
    /// <param name="isStack">Over the stack.</param>
    /// <param name="end">Ends it; <c>null</c> where the server gives up waiting.</param>
    private static async Task<string> AbortInDrainAsync(bool isStack, Action<HttpContext, Stream>? end)
    {
        var (held, mayEnd, aborted, othersDone, otherHas) = (Source(), Source(), Source(), Source(), Source());
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Stream? client = null;
        await using var world = await KestrelWorld.StartAsync(isStack, HttpProtocols.Http1, async context =>
        {
            if (context.Request.Path == "/other")
            {
                var first = await context.Request.BodyReader.ReadAtLeastAsync(1);
                context.Request.BodyReader.AdvanceTo(first.Buffer.Start);
                otherHas.SetResult();
                var all = await context.Request.BodyReader.ReadAtLeastAsync(3 * Length);
                var own = Look(all.Buffer, 'B');
                context.Request.BodyReader.AdvanceTo(all.Buffer.End);
                await context.Response.WriteAsync(own);
                return;
            }

            var read = await context.Request.BodyReader.ReadAtLeastAsync(Length);
            var memory = context.Response.BodyWriter.GetMemory(1000);
            held.SetResult();
            await mayEnd.Task;
            end?.Invoke(context, client!);
            await EndedAsync(context);
            aborted.SetResult();
            memory.Span.Fill((byte)'A');
            await othersDone.Task;
            var what = Look(read.Buffer, 'A');
            var after = await Record.ExceptionAsync(async () =>
            {
                context.Response.BodyWriter.Advance(1000);
                await context.Response.BodyWriter.FlushAsync();
            });
            seen.SetResult($"{what}; then {Describe(after)}");
        });
        client = await world.ConnectAsync();
        await client.WriteAsync(Post("/", 'A', 2 * Length, Length));
        await held.Task.WaitAsync(Patience);
        await using var other = await world.ConnectAsync();
        await other.WriteAsync(Post("/other", 'B', 3 * Length, 1));
        await otherHas.Task.WaitAsync(Patience);
        using var timeIsOver = new CancellationTokenSource();
        var stopping = world.App.StopAsync(timeIsOver.Token);
        mayEnd.SetResult();
        if (end is null)
        {
            await timeIsOver.CancelAsync();
        }

        await aborted.Task.WaitAsync(Patience);
        var rest = await Record.ExceptionAsync(() => other.WriteAsync(Enumerable.Repeat((byte)'B', (3 * Length) - 1).ToArray()).AsTask());
        var answer = end is null ? $"{rest is null or IOException}" : await ReadToEndAsync(other);
        othersDone.SetResult();
        var what = await seen.Task.WaitAsync(Patience);
        await stopping.WaitAsync(Patience);
        await client.DisposeAsync();

        // A read that waits when the server begins to drain is canceled or not, by chance: how many bytes it had is not compared.
        return $"handler {what}; other {(answer.Contains(" own bytes", StringComparison.Ordinal) ? "own bytes" : answer)}";
    }

    /// <summary>A body that is read and not advanced over; <c>null</c> of the requests of others, which are done with.</summary>
    private static async Task<ReadResult?> HoldAsync(HttpContext context)
    {
        var read = await context.Request.BodyReader.ReadAtLeastAsync(Length);
        if (context.Request.Path != "/other")
        {
            return read;
        }

        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        return null;
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task EndedAsync(HttpContext context)
    {
        var ended = Source();
        await using var registration = context.RequestAborted.Register(ended.SetResult);
        await ended.Task.WaitAsync(Patience);
    }

    /// <summary>Requests of others, who get the memory that is free.</summary>
    private static async Task OthersAsync(KestrelWorld world)
    {
        for (var i = 0; i < 5; i++)
        {
            await using var other = await world.ConnectAsync();
            await other.WriteAsync(Post("/other", 'B', Length, Length, "Connection: close\r\n"));
            await ReadToEndAsync(other);
        }
    }

    private static byte[] Post(string path, char mark, int length, int sent, string header = "")
    {
        var head = $"POST {path} HTTP/1.1\r\nHost: a\r\n{header}Content-Length: {length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. Enumerable.Repeat((byte)mark, sent)];
    }

    private static string Look(ReadOnlySequence<byte> bytes, char mark) =>
        bytes.ToArray().AsSpan().IndexOfAnyExcept((byte)mark) < 0 ? $"{bytes.Length} own bytes" : "foreign bytes";

    /// <summary>All that comes, without the date, and how it ends.</summary>
    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        var (all, buffer) = (new StringBuilder(), new byte[10_000]);
        try
        {
            while (await stream.ReadAsync(buffer).AsTask().WaitAsync(Patience) is > 0 and var count)
            {
                all.Append(Encoding.ASCII.GetString(buffer, 0, count));
            }

            all.Append(" then the end of the data");
        }
        catch (IOException exception)
        {
            all.Append(" then ").Append(Describe(exception));
        }

        return string.Join('\n', all.ToString().Split("\r\n").Where(static line => !line.StartsWith("Date:", StringComparison.Ordinal)));
    }

    private static string Describe(Exception? exception) => exception switch
    {
        null => "no error",
        SocketException socket => $"{nameof(SocketException)} {socket.SocketErrorCode}",
        HttpRequestException http => $"{nameof(HttpRequestException)} {http.HttpRequestError} {http.InnerException?.Message}",
        BadHttpRequestException bad => $"{nameof(BadHttpRequestException)} {bad.StatusCode} {bad.Message}",
        _ => $"{exception.GetType().Name}{(exception.InnerException is { } inner ? $" of {Describe(inner)}" : "")}",
    };

    /// <summary>A body that is sent and does not end.</summary>
    private sealed class OpenContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(Enumerable.Repeat((byte)'A', Length).ToArray(), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
