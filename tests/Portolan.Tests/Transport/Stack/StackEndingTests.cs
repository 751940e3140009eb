// Every wait is bounded by a time of its own.
#pragma warning disable xUnit1051
using System.Net;
using System.Net.Sockets;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Stack;

/// <summary>
/// Streams, listeners and whole stacks that end in the middle of anything: whoever waits is told, and nothing is left over.
/// </summary>
[Trait("Quick", "no")]
public sealed class StackEndingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly IPEndPoint Silent = new(IPAddress.Parse("198.18.0.1"), 13);

    [Fact]
    public async Task Disposing_a_stack_tells_hundreds_who_wait_for_anything()
    {
        await using var network = new MemoryNetwork();
        var server = network.AddStack("server", "198.18.0.1/24");
        var client = network.AddStack("client", "198.18.0.2/24");
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        using var silent = server.ListenTcp(Silent, new TcpListenOptions { Admission = static (in TcpRequest _) => TcpDecision.Silence });
        using var udp = client.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        using var idle = client.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        var waiting = new List<Task>();
        for (var i = 0; i < 300; i++)
        {
            var there = client.ConnectTcpAsync("server", 7);
            var accepted = await acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
            var stream = await there.WaitAsync(Patience);
            waiting.Add(stream.ReadAsync(new byte[1]).AsTask());
            waiting.Add(i % 2 == 0 ? stream.WriteAsync(new byte[4 << 20]).AsTask() : FlushManyAsync(stream));
            waiting.Add(accepted.Input.ReadAtLeastAsync(8 << 20).AsTask());
            waiting.Add(client.ConnectTcpAsync(Silent));
            waiting.Add(udp.ReceiveAsync(new byte[10]).AsTask());
            waiting.Add(idle.AcceptAsync().AsTask());
        }

        // Both at once: neither can count on the other.
        await Task.WhenAll(client.DisposeAsync().AsTask(), server.DisposeAsync().AsTask()).WaitAsync(Patience);
        var errors = new HashSet<string>(StringComparer.Ordinal);
        foreach (var task in waiting)
        {
            var error = await Record.ExceptionAsync(() => task.WaitAsync(Patience));
            Assert.False(error is TimeoutException, $"{error}");
            errors.Add(error is null ? "" : error.GetType().Name);
        }

        Assert.Subset(
            new HashSet<string>(
                ["", nameof(IOException), nameof(SocketException), nameof(ObjectDisposedException)], StringComparer.Ordinal), errors);
        Assert.Equal(0, StackStatistics.Of(client.Layers, client.WriteBlocks).Connections);

        static async Task FlushManyAsync(TcpStream stream)
        {
            while (!(await stream.Output.WriteAsync(new byte[100_000])).IsCompleted)
            {
            }
        }
    }

    [Fact]
    public async Task Whatever_begins_while_a_stack_ends_ends_too()
    {
        for (var round = 0; round < 60; round++)
        {
            await using var network = new MemoryNetwork();
            var server = network.AddStack("server", "198.18.0.1/24");
            var client = network.AddStack(
                new NetworkStackOptions { Name = "client", CloseTimeout = TimeSpan.FromMilliseconds(50) }, "198.18.0.2/24");
            using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
            var there = client.ConnectTcpAsync("server", 7);
            await using var accepted = await acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
            var stream = await there.WaitAsync(Patience);
            Func<Task>[] calls =
            [
                () => stream.ReadAsync(new byte[1]).AsTask(),
                () => stream.WriteAsync(new byte[1 << 20]).AsTask(),
                () => client.ConnectTcpAsync("server", 7),
                () => client.ConnectTcpAsync("nobody", 7),
                () => stream.GetInfoAsync(),
                () => Task.Run(() => client.ListenTcp(new IPEndPoint(IPAddress.Any, 0))),
                () => Task.Run(() => client.BindUdp(new IPEndPoint(IPAddress.Any, 0)).ReceiveAsync(new byte[1]).AsTask()),
                () => Task.Run(() => client.BindUdp(new IPEndPoint(IPAddress.Any, 0)).SendAsync(new byte[1], Silent)),
                () => Task.Run(() => client.ListenTcp(new IPEndPoint(IPAddress.Any, 0)).AcceptAsync().AsTask()),
                () => Task.Run(() => client.ResolveAsync("server")),
            ];
            var ending = Task.Run(async () => await client.DisposeAsync());
            foreach (var call in calls)
            {
                var error = await Record.ExceptionAsync(() => call().WaitAsync(Patience));
                Assert.True(
                    error is null or IOException or SocketException or ObjectDisposedException or InvalidOperationException, $"{error}");
            }

            await ending.WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task A_stream_that_is_disposed_in_the_middle_of_calls_ends_them()
    {
        await using var pair = await StackPair.MakeAsync();
        for (var round = 0; round < 200; round++)
        {
            var there = pair.ClientStack.ConnectTcpAsync("server", 7);
            await using var server = await pair.Acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
            var stream = await there.WaitAsync(Patience);
            var read = Task.Run(async () => await stream.ReadAsync(new byte[100]));
            var write = Task.Run(async () => await stream.WriteAsync(new byte[(round % 3) switch { 0 => 10, 1 => 70_000, _ => 10 << 20 }]));
            var end = Task.Run(() =>
            {
                if (round % 2 == 0)
                {
                    stream.Dispose();
                }
                else
                {
                    stream.Abort();
                }
            });
            foreach (var task in new[] { read, write, end })
            {
                var error = await Record.ExceptionAsync(() => task.WaitAsync(Patience));
                Assert.True(error is null or IOException { InnerException: SocketException } or ObjectDisposedException, $"{error}");
            }

            stream.Dispose();
        }

        await AssertQuietAsync(pair.ClientStack, 1);
    }

    [Fact]
    public async Task A_connect_that_is_cancelled_at_any_moment_leaves_nothing()
    {
        await using var pair = await StackPair.MakeAsync();
        var accepting = Task.Run(async () =>
        {
            await foreach (var stream in pair.Acceptor.AcceptAllAsync())
            {
                await stream.DisposeAsync();
            }
        });
        for (var round = 0; round < 300; round++)
        {
            using var cancel = new CancellationTokenSource();
            var connecting = pair.ClientStack.ConnectTcpAsync("server", 7, cancel.Token);
            for (var spins = 0; spins < round; spins++)
            {
                Thread.SpinWait(20);
            }

            await cancel.CancelAsync();
            var error = await Record.ExceptionAsync(async () => await (await connecting.WaitAsync(Patience)).DisposeAsync());
            Assert.True(error is null or OperationCanceledException, $"{error}");
        }

        await AssertQuietAsync(pair.ClientStack, 1);
        pair.Acceptor.Dispose();
        await accepting.WaitAsync(Patience);
    }

    [Fact]
    public async Task Accepts_that_are_cancelled_lose_no_connection()
    {
        await using var pair = await StackPair.MakeAsync();
        const int Count = 200;
        var connecting = Enumerable.Range(0, Count).Select(async _ =>
        {
            await Task.Yield();
            return await pair.ClientStack.ConnectTcpAsync("server", 7);
        }).ToList();
        var accepted = new List<TcpStream>();
        var random = new Random(3);
        while (accepted.Count < Count)
        {
            using var cancel = new CancellationTokenSource();
            var accept = pair.Acceptor.AcceptAsync(cancel.Token).AsTask();
            if (random.Next(2) == 0)
            {
                await cancel.CancelAsync();
            }

            try
            {
                accepted.Add(await accept.WaitAsync(Patience));
            }
            catch (OperationCanceledException)
            {
                // Another one gets what this one would have got.
            }
        }

        var ports = (await Task.WhenAll(connecting).WaitAsync(Patience)).Select(static s => s.LocalEndPoint.Port).Order();
        Assert.Equal(ports, accepted.Select(static s => s.RemoteEndPoint.Port).Order());
    }

    [Fact]
    public async Task An_acceptor_that_is_disposed_while_many_accept_tells_them_all()
    {
        await using var network = new MemoryNetwork();
        var (client, server) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        for (var round = 0; round < 50; round++)
        {
            var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
            var accepts = Enumerable.Range(0, 20).Select(_ => Task.Run(() => acceptor.AcceptAsync().AsTask())).ToList();
            var connects = Enumerable.Range(0, 20).Select(_ => Task.Run(() => client.ConnectTcpAsync("server", 7))).ToList();
            await Task.WhenAny(accepts[round % 20], Task.Delay(5));
            acceptor.Dispose();
            foreach (var accept in accepts)
            {
                var error = await Record.ExceptionAsync(() => accept.WaitAsync(Patience));
                Assert.True(
                    error is null or ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted },
                    $"{error}");
            }

            foreach (var connect in connects)
            {
                var error = await Record.ExceptionAsync(() => connect.WaitAsync(Patience));
                Assert.True(
                    error is null or SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.ConnectionReset },
                    $"{error}");
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connections_that_find_the_backlog_full_get_in_once_there_is_room(bool usesCookies)
    {
        await using var network = new MemoryNetwork();
        var client = network.AddStack("client", "198.18.0.2/24");
        var server = network.AddStack(
            new NetworkStackOptions { Name = "server", Profile = TcpProfile.Linux with { UsesSynCookies = usesCookies } }, "198.18.0.1/24");
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7), new TcpListenOptions { Backlog = 2 });
        var connecting = Enumerable.Range(0, 8).Select(_ => client.ConnectTcpAsync("server", 7)).ToList();
        await Task.WhenAny(connecting).WaitAsync(Patience);
        for (var tries = 0; tries < 500
            && !server.GetStatistics().Drops.Any(
                static d => d is { Protocol: "tcp" } && d.Reason.Contains("Full", StringComparison.Ordinal)); tries++)
        {
            await Task.Delay(10);
        }

        // With cookies all peers believe that they are connected; those who were not taken yet are asked again.
        Assert.True(usesCookies || connecting.Exists(static c => !c.IsCompleted));
        for (var i = 0; i < connecting.Count; i++)
        {
            await using var accepted = await acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
        }

        await Task.WhenAll(connecting).WaitAsync(Patience);
    }

    [Fact]
    public async Task One_who_accepts_in_a_loop_gets_all_connections_each_once()
    {
        await using var network = new MemoryNetwork();
        var (client, server) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        var taken = new List<TcpStream>();
        var accepting = Task.Run(async () =>
        {
            while (taken.Count < 500)
            {
                taken.Add(await acceptor.AcceptAsync());
            }
        });
        var connects = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => client.ConnectTcpAsync("server", 7))).WaitAsync(Patience);
        await accepting.WaitAsync(Patience);
        Assert.Equal(connects.Select(static c => c.LocalEndPoint.Port).Order(), taken.Select(static t => t.RemoteEndPoint.Port).Order());
        foreach (var one in connects.Concat(taken))
        {
            await one.DisposeAsync();
        }

        await AssertQuietAsync(server, 0);
    }

    [Fact]
    public async Task Who_accepts_slowly_has_an_eighth_of_the_backlog_taken_ahead_at_most()
    {
        await using var network = new MemoryNetwork();
        var client = network.AddStack("client", "198.18.0.2/24");
        var server = network.AddStack(
            new NetworkStackOptions { Name = "server", Profile = TcpProfile.Linux with { UsesSynCookies = false } }, "198.18.0.1/24");
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7), new TcpListenOptions { Backlog = 64 });
        _ = Enumerable.Range(0, 300).Select(_ => client.ConnectTcpAsync("server", 7)).ToList();
        for (var accepted = 1; accepted <= 20; accepted++)
        {
            await acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
            await Task.Delay(20);
            Assert.InRange(server.GetStatistics().Connections, 0, accepted + 64 + 8 + 1);
        }
    }

    [Fact]
    public async Task What_was_taken_ahead_of_one_who_stops_accepting_is_reset_with_the_listener()
    {
        await using var network = new MemoryNetwork();
        var (client, server) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        var first = acceptor.AcceptAsync().AsTask();
        var connects = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => client.ConnectTcpAsync("server", 7))).WaitAsync(Patience);
        await using var accepted = await first.WaitAsync(Patience);
        acceptor.Dispose();
        var reset = 0;
        foreach (var one in connects.Where(c => c.LocalEndPoint.Port != accepted.RemoteEndPoint.Port))
        {
            var error = await Assert.ThrowsAsync<IOException>(() => one.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
            reset += error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset } ? 1 : 0;
        }

        Assert.Equal(99, reset);
        await AssertQuietAsync(server, 1);
    }

    /// <summary>Waits until a stack has so many connections and no more.</summary>
    private static async Task AssertQuietAsync(NetworkStack stack, int connections)
    {
        for (var tries = 0; tries < 1000 && stack.GetStatistics().Connections > connections; tries++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(connections, stack.GetStatistics().Connections);
    }
}
