// Every wait is bounded by a time of its own; how much one read gives, and value tasks that nobody takes, are what is tested.
#pragma warning disable xUnit1051, CA2022, CA2012
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Stack;

/// <summary>
/// Streams over two stacks with threads of their own, in real time. Waits are bounded; nothing depends on how long something takes.
/// </summary>
public sealed class StackTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly IPEndPoint ServerEnd = new(IPAddress.Parse("198.18.0.1"), 7);

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.01, 0)]
    [InlineData(0.05, 0.02)]
    public async Task What_is_written_is_read_both_ways_over_a_lossy_link(double loss, double reordering)
    {
        await using var network = new MemoryNetwork(new MemoryNetworkOptions
        {
            Seed = 7,
            Faults = new FaultProfile
            {
                Loss = loss,
                Reordering = reordering,
                ReorderDelay = TimeSpan.FromMilliseconds(3),
                Delay = TimeSpan.FromMilliseconds(1),
            },
        });
        var (client, server) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        using var acceptor = server.ListenTcp(ServerEnd);
        var there = client.ConnectTcpAsync("server", 7);
        await using var here = await acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
        await using var far = await there.WaitAsync(Patience);
        var forth = RandomNumberGenerator.GetBytes(2_000_000);
        var back = RandomNumberGenerator.GetBytes(1_000_000);
        var results = await Task.WhenAll(
            WriteAsync(far, forth, 70_000), ReadAllAsync(here), WriteAsync(here, back, 1000), ReadAllAsync(far)).WaitAsync(Patience);
        Assert.Equal(forth, results[1]);
        Assert.Equal(back, results[3]);
    }

    [Fact]
    public async Task A_connection_to_itself_goes_over_the_loopback()
    {
        await using var stack = new NetworkStack();
        using var acceptor = stack.ListenTcp(new IPEndPoint(IPAddress.IPv6Any, 0));
        var there = stack.ConnectTcpAsync("localhost", acceptor.LocalEndPoint.Port);
        await using var here = await acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
        await using var far = await there.WaitAsync(Patience);
        Assert.Equal(far.LocalEndPoint, here.RemoteEndPoint);
        await far.WriteAsync("hello"u8.ToArray());
        var buffer = new byte[10];
        Assert.Equal(5, await here.ReadAsync(buffer).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task Addresses_of_a_name_keep_their_order_where_only_the_interface_identifier_differs_RFC_6724_section_2_2()
    {
        await using var network = new MemoryNetwork();
        var server = network.AddStack("server", "2001:db8::9/64", "2001:db8::3/64");
        var client = network.AddStack("client", "2001:db8::1/64");
        server.ListenTcp(new IPEndPoint(IPAddress.IPv6Any, 80));
        await using var stream = await client.ConnectTcpAsync("server", 80).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("2001:db8::9", ((IPEndPoint)stream.RemoteEndPoint!).Address.ToString());
    }

    [Fact]
    public async Task A_thread_that_blocks_in_a_read_or_a_write_is_not_needed_to_end_it()
    {
        await using var pair = await StackPair.MakeAsync();
        var blocked = Task.Factory.StartNew(
            () =>
            {
                SynchronizationContext.SetSynchronizationContext(new BusyContext());
                var first = pair.Client.Read(new byte[1], 0, 1);
                pair.Client.ReadTimeout = (int)Patience.TotalMilliseconds;
                var second = pair.Client.Read(new byte[1], 0, 1);
                pair.Client.Write(new byte[3_000_000], 0, 3_000_000);
                return (first, second, SynchronizationContext.Current is BusyContext);
            },
            TaskCreationOptions.LongRunning);
        await Task.Delay(50);
        await pair.Server.WriteAsync("1"u8.ToArray());
        await Task.Delay(50);
        await pair.Server.WriteAsync("2"u8.ToArray());
        await pair.Server.ReadExactlyAsync(new byte[3_000_000]).AsTask().WaitAsync(Patience);
        Assert.Equal((1, 1, true), await blocked.WaitAsync(Patience));
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_or_write_that_is_given_up_does_not_end_the_next(bool takesResults)
    {
        await using var pair = await StackPair.MakeAsync();
        for (var i = 0; i < 200; i++)
        {
            using var given = new CancellationTokenSource();
            var first = pair.Client.ReadAsync(new byte[1], given.Token);
            var firstTask = takesResults ? first.AsTask() : null;
            await given.CancelAsync();
            var second = pair.Client.ReadAsync(new byte[1]).AsTask();
            await pair.Server.WriteAsync(new byte[1]);
            Assert.Equal(1, await second.WaitAsync(Patience));
            if (firstTask is not null)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => firstTask.WaitAsync(Patience));
            }
        }

        var data = new byte[2_000_000];
        for (var i = 0; i < 200; i++)
        {
            using var given = new CancellationTokenSource();
            var write = pair.Client.WriteAsync(data, given.Token);
            var task = takesResults ? write.AsTask() : null;
            await given.CancelAsync();
            if (task is not null)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Patience));
            }
        }

        var last = pair.Client.WriteAsync(data).AsTask();
        var reading = ReadAllAsync(pair.Server);
        await last.WaitAsync(Patience);
        pair.Client.ShutdownWrite();
        Assert.True((await reading.WaitAsync(Patience)).Length >= data.Length);
    }

    [Fact]
    public async Task What_was_not_taken_before_the_stream_was_disposed_is_not_read()
    {
        await using var pair = await StackPair.MakeAsync();
        var read = pair.Client.ReadAsync(new byte[100]);
        await pair.Server.WriteAsync(new byte[100]);
        Assert.True(SpinWait.SpinUntil(() => read.IsCompleted, Patience));
        await pair.Client.DisposeAsync();
        var failure = await Assert.ThrowsAsync<IOException>(async () => await read);
        Assert.Equal(SocketError.OperationAborted, Assert.IsType<SocketException>(failure.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task A_write_that_ends_because_nothing_more_is_written_leaves_its_memory_alone()
    {
        await using var pair = await StackPair.MakeAsync();
        var data = new byte[4_000_000];
        var writing = pair.Client.WriteAsync(data).AsTask();
        pair.Client.ShutdownWrite();
        var reading = ReadAllAsync(pair.Server);
        var failure = await Assert.ThrowsAsync<IOException>(() => writing.WaitAsync(Patience));
        Array.Fill(data, (byte)1);
        Assert.Equal(SocketError.Shutdown, Assert.IsType<SocketException>(failure.InnerException).SocketErrorCode);
        var read = await reading.WaitAsync(Patience);
        Assert.InRange(read.Length, 1, data.Length - 1);
        Assert.DoesNotContain((byte)1, read);
    }

    [Fact]
    public async Task Half_of_a_connection_closes_and_the_other_goes_on()
    {
        await using var pair = await StackPair.MakeAsync();
        await pair.Client.WriteAsync("question"u8.ToArray());
        pair.Client.ShutdownWrite();
        Assert.Equal("question"u8.ToArray(), await ReadAllAsync(pair.Server).WaitAsync(Patience));
        await pair.Server.WriteAsync("answer"u8.ToArray());
        await pair.Server.DisposeAsync();
        Assert.Equal("answer"u8.ToArray(), await ReadAllAsync(pair.Client).WaitAsync(Patience));
        var late = await Assert.ThrowsAsync<IOException>(async () => await pair.Client.WriteAsync("x"u8.ToArray()));
        Assert.Equal(SocketError.Shutdown, Assert.IsType<SocketException>(late.InnerException).SocketErrorCode);
        await pair.Client.DisposeAsync();
        Assert.Equal(TcpError.None, await pair.Client.Completion.WaitAsync(Patience));
    }

    [Fact]
    public async Task An_abort_resets_the_peer_after_it_read_what_had_come()
    {
        await using var pair = await StackPair.MakeAsync();
        await pair.Client.WriteAsync("last words"u8.ToArray());
        var buffer = new byte[4];
        Assert.Equal(4, await pair.Server.ReadAsync(buffer).AsTask().WaitAsync(Patience));
        pair.Client.Abort();
        Assert.Equal(TcpError.Reset, await pair.Server.Completion.WaitAsync(Patience));
        Assert.Equal(4, await pair.Server.ReadAsync(buffer).AsTask().WaitAsync(Patience));
        Assert.Equal(2, await pair.Server.ReadAsync(buffer).AsTask().WaitAsync(Patience));
        AssertError(
            SocketError.ConnectionReset,
            await Assert.ThrowsAsync<IOException>(async () => await pair.Server.ReadAsync(buffer).AsTask().WaitAsync(Patience)));
        AssertError(SocketError.ConnectionReset, await Assert.ThrowsAsync<IOException>(async () => await pair.Server.WriteAsync(buffer)));
        AssertError(
            SocketError.OperationAborted,
            await Assert.ThrowsAsync<IOException>(async () => await pair.Client.ReadAsync(buffer).AsTask().WaitAsync(Patience)));
    }

    [Fact]
    public async Task A_cancelled_read_leaves_the_connection_usable()
    {
        await using var pair = await StackPair.MakeAsync();
        var buffer = new byte[10];
        for (var i = 0; i < 3; i++)
        {
            using var cancel = new CancellationTokenSource();
            var read = pair.Server.ReadAsync(buffer, cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Patience));
        }

        await pair.Client.WriteAsync("still here"u8.ToArray());
        Assert.Equal(10, await pair.Server.ReadAsync(buffer).AsTask().WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await pair.Server.ReadAsync(buffer, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_read_that_waits_ends_when_its_own_side_closes()
    {
        await using var pair = await StackPair.MakeAsync();
        var read = pair.Client.ReadAsync(new byte[1]).AsTask();
        await pair.Client.DisposeAsync();
        AssertError(SocketError.OperationAborted, await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(Patience)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Client.ReadAsync(new byte[1]));
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task Only_one_reads_at_a_time()
    {
        await using var pair = await StackPair.MakeAsync();
        var first = pair.Client.ReadAsync(new byte[1]).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.ReadAsync(new byte[1]));
        await pair.Server.WriteAsync(new byte[1]);
        Assert.Equal(1, await first.WaitAsync(Patience));
    }

    [Trait("Quick", "no")]
    [Fact]
    public async Task Connecting_fails_with_the_errors_that_sockets_have()
    {
        await using var network = new MemoryNetwork();
        var (client, server) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        Assert.Equal(
            SocketError.ConnectionRefused,
            (await Assert.ThrowsAnyAsync<SocketException>(() => client.ConnectTcpAsync("server", 9).WaitAsync(Patience))).SocketErrorCode);
        Assert.Equal(
            SocketError.NetworkUnreachable,
            (await Assert.ThrowsAnyAsync<SocketException>(
                () => client.ConnectTcpAsync("203.0.113.1", 9).WaitAsync(Patience))).SocketErrorCode);
        Assert.Equal(
            SocketError.HostUnreachable,
            (await Assert.ThrowsAnyAsync<SocketException>(
                () => client.ConnectTcpAsync("198.18.0.77", 9).WaitAsync(Patience))).SocketErrorCode);
        Assert.Equal(
            SocketError.HostNotFound,
            (await Assert.ThrowsAnyAsync<SocketException>(() => client.ConnectTcpAsync("nobody", 9).WaitAsync(Patience))).SocketErrorCode);
        using var silent = server.ListenTcp(
            new IPEndPoint(IPAddress.Any, 11), new TcpListenOptions { Admission = static (in TcpRequest _) => TcpDecision.Silence });
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.ConnectTcpAsync("server", 11, cancel.Token).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused_with_its_holder_and_the_rule()
    {
        await using var stack = new NetworkStack();
        using var first = stack.ListenTcp(new IPEndPoint(IPAddress.Any, 80));
        var error = Assert.Throws<PortConflictException>(() => stack.ListenTcp(new IPEndPoint(IPAddress.Loopback, 80)));
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
        Assert.Contains("tcp 0.0.0.0:80 listening is in the way", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            SocketError.AddressNotAvailable,
            Assert.Throws<SocketException>(() => stack.ListenTcp(new IPEndPoint(IPAddress.Parse("203.0.113.9"), 81))).SocketErrorCode);
        first.Dispose();
        using var second = stack.ListenTcp(new IPEndPoint(IPAddress.Loopback, 80));
        Assert.Equal(80, second.LocalEndPoint.Port);
    }

    [Fact]
    public async Task A_slow_reader_closes_only_its_own_window()
    {
        await using var pair = await StackPair.MakeAsync();
        var data = RandomNumberGenerator.GetBytes(20_000_000);
        var slow = WriteAsync(pair.Client, data, 100_000);
        var second = pair.ClientStack.ConnectTcpAsync("server", 7);
        await using var other = await pair.Acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
        await using var quick = await second.WaitAsync(Patience);
        var small = RandomNumberGenerator.GetBytes(500_000);
        var results = await Task.WhenAll(WriteAsync(quick, small, 10_000), ReadAllAsync(other)).WaitAsync(Patience);
        Assert.Equal(small, results[1]);
        Assert.False(slow.IsCompleted);
        var held = pair.ServerStack.GetStatistics().MemoryInUse;
        Assert.InRange(held, 1, 16 << 20);
        Assert.Equal(data, (await Task.WhenAll(slow, ReadAllAsync(pair.Server)).WaitAsync(Patience))[1]);
    }

    [Fact]
    public async Task At_the_memory_limit_writers_wait_and_nothing_is_lost()
    {
        await using var network = new MemoryNetwork();
        var client = network.AddStack(new NetworkStackOptions { Name = "client", MemoryLimit = 1 << 20 }, "198.18.0.2/24");
        var server = network.AddStack(new NetworkStackOptions { Name = "server", MemoryLimit = 1 << 20 }, "198.18.0.1/24");
        using var acceptor = server.ListenTcp(ServerEnd);
        var data = RandomNumberGenerator.GetBytes(1_000_000);
        var transfers = Enumerable.Range(0, 12).Select(async _ =>
        {
            await using var stream = await client.ConnectTcpAsync("server", 7);
            return await WriteAsync(stream, data, 50_000);
        }).ToList();
        var accepted = new List<TcpStream>();
        while (accepted.Count < transfers.Count)
        {
            accepted.Add(await acceptor.AcceptAsync().AsTask().WaitAsync(Patience));
        }

        Assert.All(await Task.WhenAll(accepted.Select(ReadAllAsync)).WaitAsync(Patience), read => Assert.Equal(data, read));
        await Task.WhenAll(transfers).WaitAsync(Patience);
        Assert.InRange(server.GetStatistics().MemoryTaken, 1, 1 << 20);
    }

    [Fact]
    public async Task Disposing_a_stack_ends_all_that_waits_for_it()
    {
        var pair = await StackPair.MakeAsync();
        var read = pair.Client.ReadAsync(new byte[1]).AsTask();
        var write = WriteAsync(pair.Client, new byte[30_000_000], 1_000_000);
        var accept = pair.Acceptor.AcceptAsync().AsTask();
        using var udp = pair.ServerStack.BindUdp(new IPEndPoint(IPAddress.Any, 53));
        var receive = udp.ReceiveAsync(new byte[1]).AsTask();
        await Task.WhenAll(pair.ClientStack.DisposeAsync().AsTask(), pair.ServerStack.DisposeAsync().AsTask()).WaitAsync(Patience);

        // The server may have closed first, with nothing unread yet: then its FIN is what the reader hears of.
        var ended = await Record.ExceptionAsync(() => read.WaitAsync(Patience));
        Assert.True(ended is IOException || (ended is null && await read == 0), $"{ended}");
        await Assert.ThrowsAsync<IOException>(() => write.WaitAsync(Patience));
        Assert.Equal(
            SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(() => accept.WaitAsync(Patience))).SocketErrorCode);
        await Assert.ThrowsAsync<SocketException>(() => receive.WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.ClientStack.ConnectTcpAsync("server", 7).WaitAsync(Patience));
        Assert.Throws<ObjectDisposedException>(() => pair.ServerStack.ListenTcp(ServerEnd));
        await pair.DisposeAsync();
    }

    [Fact]
    public async Task Datagrams_go_and_come_and_errors_come_back()
    {
        await using var network = new MemoryNetwork();
        var (client, server) = (network.AddStack("client", "2001:db8::2/64"), network.AddStack("server", "2001:db8::1/64"));
        using var there = server.BindUdp(new IPEndPoint(IPAddress.IPv6Any, 53));
        using var here = client.BindUdp(new IPEndPoint(IPAddress.IPv6Any, 0));
        await here.ConnectAsync(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 53));
        await here.SendAsync("question"u8.ToArray());
        var buffer = new byte[100];
        var got = await there.ReceiveAsync(buffer).AsTask().WaitAsync(Patience);
        Assert.Equal("question"u8.ToArray(), buffer[..got.Length]);
        await there.SendAsync("answer"u8.ToArray(), got.RemoteEndPoint);
        Assert.Equal(6, (await here.ReceiveAsync(buffer).AsTask().WaitAsync(Patience)).Length);
        there.Dispose();
        var refused = here.ReceiveAsync(buffer).AsTask();
        for (var tries = 0; tries < 1000 && !refused.IsCompleted; tries++)
        {
            await here.SendAsync("anybody?"u8.ToArray());
            await Task.Delay(10);
        }

        Assert.Equal(
            SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => refused.WaitAsync(Patience))).SocketErrorCode);
    }

    [Fact]
    public async Task A_connection_knows_its_round_trips_and_losses()
    {
        await using var pair = await StackPair.MakeAsync(new FaultProfile { Loss = 0.05, Delay = TimeSpan.FromMilliseconds(2) });
        await Task.WhenAll(WriteAsync(pair.Client, new byte[500_000], 100_000), ReadAllAsync(pair.Server)).WaitAsync(Patience);
        var info = await pair.Client.GetInfoAsync().WaitAsync(Patience);
        Assert.True(info.MinRoundTrip >= TimeSpan.FromMilliseconds(4));
        Assert.True(info.Retransmissions > 0);
        Assert.True(pair.ClientStack.GetStatistics().Retransmissions >= info.Retransmissions);
    }

    [Fact]
    public async Task Reads_may_go_on_on_the_thread_of_the_stack()
    {
        await using var stack = new NetworkStack(new NetworkStackOptions { Name = "inline", RunsContinuationsInline = true });
        using var acceptor = stack.ListenTcp(new IPEndPoint(IPAddress.Loopback, 7));
        var there = stack.ConnectTcpAsync(IPAddress.Loopback.ToString(), 7);
        await using var here = await acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
        await using var far = await there.WaitAsync(Patience);
        var thread = ReadAsync();
        await far.WriteAsync(new byte[1]);
        Assert.Equal("portolan inline", await thread.WaitAsync(Patience));

        async Task<string?> ReadAsync()
        {
            await here.Input.ReadAsync();
            return Thread.CurrentThread.Name;
        }
    }

    [Fact]
    public async Task Accepting_may_go_on_on_the_thread_of_the_stack()
    {
        await using var stack = new NetworkStack(new NetworkStackOptions { Name = "inline", RunsContinuationsInline = true });
        using var acceptor = stack.ListenTcp(new IPEndPoint(IPAddress.Loopback, 7));
        var threads = AcceptAsync();
        for (var i = 0; i < 3; i++)
        {
            await using var there = await stack.ConnectTcpAsync(IPAddress.Loopback.ToString(), 7).WaitAsync(Patience);
        }

        Assert.Equal(["portolan inline", "portolan inline", "portolan inline"], await threads.WaitAsync(Patience));

        async Task<List<string?>> AcceptAsync()
        {
            var names = new List<string?>();
            while (names.Count < 3)
            {
                await using var stream = await acceptor.AcceptAsync().ConfigureAwait(false);
                names.Add(Thread.CurrentThread.Name);
            }

            return names;
        }
    }

    [Fact]
    public async Task The_meter_tells_drops_by_reason()
    {
        await using var stack = new NetworkStack(new NetworkStackOptions { Name = "metered" });
        await Assert.ThrowsAnyAsync<SocketException>(() => stack.ConnectTcpAsync("localhost", 9).WaitAsync(Patience));
        var reasons = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "portolan.drops" && instrument.Meter.Tags!.Any(static t => t.Value as string == "metered"))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => reasons.Add($"{tags[0].Value}: {tags[1].Value}"));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Contains("tcp: ClosedPort", reasons);
    }

    /// <summary><c>MemoryInUse</c> is <c>portolan.memory.in_use</c>, <c>HalfOpen</c> is <c>portolan.tcp.half_open</c>.</summary>
    [Fact]
    public async Task Counters_and_meters_have_one_name()
    {
        await using var stack = new NetworkStack(new NetworkStackOptions { Name = "named" });
        var names = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Tags?.Any(static t => t.Value as string == "named") ?? false)
                {
                    names.Add(Regex.Replace(instrument.Name, "^portolan\\.(tcp\\.|udp\\.(?!sockets))?|[._]", ""));
                }
            },
        };
        listener.Start();

        Assert.Equal(
            typeof(StackStatistics).GetProperties().Select(static p => p.Name.ToLowerInvariant()).Order(StringComparer.Ordinal),
            names.Order(StringComparer.Ordinal));
    }

    internal static void AssertError(SocketError expected, IOException error) =>
        Assert.Equal(expected, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);

    internal static async Task<byte[]> WriteAsync(TcpStream stream, byte[] data, int step)
    {
        for (var at = 0; at < data.Length; at += step)
        {
            await stream.WriteAsync(data.AsMemory(at, Math.Min(step, data.Length - at)));
        }

        stream.ShutdownWrite();
        return data;
    }

    internal static async Task<byte[]> ReadAllAsync(TcpStream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    /// <summary>As that of a thread with other things to do than what is posted to it.</summary>
    private sealed class BusyContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}

/// <summary>A connection between two stacks.</summary>
internal sealed class StackPair : IAsyncDisposable
{
    internal required MemoryNetwork Network { get; init; }

    internal required NetworkStack ClientStack { get; init; }

    internal required NetworkStack ServerStack { get; init; }

    internal required TcpAcceptor Acceptor { get; init; }

    internal required TcpStream Client { get; init; }

    internal required TcpStream Server { get; init; }

    public ValueTask DisposeAsync() => Network.DisposeAsync();

    internal static async Task<StackPair> MakeAsync(FaultProfile? faults = null)
    {
        var network = new MemoryNetwork(new MemoryNetworkOptions { Faults = faults ?? FaultProfile.None });
        var (client, server) = (network.AddStack("client", "198.18.0.2/24"), network.AddStack("server", "198.18.0.1/24"));
        var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        var there = client.ConnectTcpAsync("server", 7);
        var accepted = await acceptor.AcceptAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        return new StackPair
        {
            Network = network,
            ClientStack = client,
            ServerStack = server,
            Acceptor = acceptor,
            Client = await there.WaitAsync(TimeSpan.FromSeconds(60)),
            Server = accepted,
        };
    }
}
