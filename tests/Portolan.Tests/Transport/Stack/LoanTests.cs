// Every wait is bounded by a time of its own; results that nobody takes or advances over are what is tested.
#pragma warning disable xUnit1051, CA2012, CA2022
using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Portolan.Tests.Support;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Stack;

/// <summary>
/// Memory that a stack hands out stays its holder's until it is given back, whatever ends in the meantime, and the stack lacks none of it
/// afterwards.
/// </summary>
public sealed class LoanTests
{
    private const byte Alice = (byte)'A';
    private const byte Bob = (byte)'B';

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly int Forgotten = Environment.GetEnvironmentVariable("PORTOLAN_LONG") is null ? 2000 : 100_000;

    [Theory]
    [InlineData("abort")]
    [InlineData("dispose")]
    [InlineData("abort of the writer")]
    [InlineData("abort, complete of the writer")]
    [InlineData("reset by the peer")]
    [InlineData("FIN of the peer")]
    [InlineData("FIN of both")]
    [InlineData("FIN of both, dispose")]
    [InlineData("time out")]
    [InlineData("end of the stack")]
    public async Task What_a_reader_holds_stays_what_it_is(string end)
    {
        await using var world = new LoanWorld();
        var (client, server) = await world.ConnectAsync();
        await client.WriteAsync(Bytes(Alice, 20_000));
        var read = await server.Input.ReadAtLeastAsync(20_000).AsTask().WaitAsync(Patience);
        Assert.Equal(20_000, read.Buffer.Length);
        switch (end)
        {
            case "abort":
                server.Abort();
                break;
            case "dispose":
                await server.DisposeAsync();
                break;
            case "abort of the writer":
                await server.Output.CompleteAsync(new IOException("no more"));
                break;
            case "abort, complete of the writer":
                server.Abort();
                await server.Output.CompleteAsync();
                break;
            case "reset by the peer":
                client.Abort();
                break;
            case "FIN of the peer":
                client.ShutdownWrite();
                break;
            case "FIN of both":
                server.ShutdownWrite();
                client.ShutdownWrite();
                break;
            case "FIN of both, dispose":
                server.ShutdownWrite();
                client.ShutdownWrite();
                await server.Completion.WaitAsync(Patience);
                await server.DisposeAsync();
                break;
            case "time out":
                world.Network.SetFaults(world.Client, new FaultProfile { Loss = 1 });
                server.SetUserTimeout(TimeSpan.FromMilliseconds(1));
                await server.WriteAsync(new byte[1]);
                Assert.Equal(TcpError.TimedOut, await server.Completion.WaitAsync(Patience));
                world.Network.SetFaults(world.Client, FaultProfile.None);
                break;
            case "end of the stack":
                await world.Server.DisposeAsync().AsTask().WaitAsync(Patience);
                break;
        }

        if (end is not "FIN of the peer")
        {
            await server.Completion.WaitAsync(Patience);
        }

        if (end is not "end of the stack")
        {
            // What Alice's stream had goes to others now.
            for (var i = 0; i < 5; i++)
            {
                var (toBob, bob) = await world.ConnectAsync();
                await toBob.WriteAsync(Bytes(Bob, 40_000));
                var his = await bob.Input.ReadAtLeastAsync(40_000).AsTask().WaitAsync(Patience);
                Assert.True(IsAll(his.Buffer, Bob));
                bob.Input.AdvanceTo(his.Buffer.End);
                Assert.True(IsAll(read.Buffer, Alice));
            }
        }

        Assert.True(IsAll(read.Buffer, Alice));
        server.Input.AdvanceTo(read.Buffer.End);
        await server.Input.CompleteAsync();
        if (end is not "end of the stack")
        {
            await AssertFlatAsync(world.Server);
        }
    }

    [Fact]
    public async Task What_was_not_read_when_a_connection_ended_is_read_from_memory_that_others_do_not_get()
    {
        await using var world = new LoanWorld();
        var (client, server) = await world.ConnectAsync();
        await client.WriteAsync(Bytes(Alice, 30_000));
        var read = await server.Input.ReadAtLeastAsync(30_000).AsTask().WaitAsync(Patience);
        server.Input.AdvanceTo(read.Buffer.GetPosition(10_000), read.Buffer.End);
        client.Abort();
        await server.Completion.WaitAsync(Patience);
        await AssertFlatAsync(world.Server);
        var (toBob, bob) = await world.ConnectAsync();
        await toBob.WriteAsync(Bytes(Bob, 60_000));
        await bob.Input.ReadAtLeastAsync(60_000).AsTask().WaitAsync(Patience);

        // Read on after the error, as sockets do not; by the stream's own reads.
        var rest = new byte[30_000];
        server.Input.CancelPendingRead();
        var again = await server.Input.ReadAsync().AsTask().WaitAsync(Patience);
        Assert.Equal(20_000, again.Buffer.Length);
        again.Buffer.CopyTo(rest);
        Assert.Equal(-1, rest.AsSpan(0, 20_000).IndexOfAnyExcept(Alice));
        server.Input.AdvanceTo(again.Buffer.End);
        await Assert.ThrowsAsync<IOException>(() => server.Input.ReadAsync().AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task Memory_that_runs_out_takes_nothing_from_who_holds_some()
    {
        await using var world = new LoanWorld(memoryLimit: 1 << 20);
        var held = new List<(ReadResult Read, byte Mark)>();
        for (var i = 0; i < 40; i++)
        {
            var (client, server) = await world.ConnectAsync();
            var writing = client.WriteAsync(Bytes((byte)i, 60_000)).AsTask();
            held.Add((await server.Input.ReadAtLeastAsync(256).AsTask().WaitAsync(Patience), (byte)i));
            if (i % 4 == 3)
            {
                server.Abort();
                await Record.ExceptionAsync(() => writing.WaitAsync(Patience));
            }
        }

        Assert.All(held, static one => Assert.True(IsAll(one.Read.Buffer, one.Mark)));
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData("abort")]
    [InlineData("dispose")]
    [InlineData("reset by the peer")]
    [InlineData("FIN of both")]
    public async Task Results_that_nobody_advances_over_take_no_memory_from_the_stack(string end)
    {
        await using var world = new LoanWorld(memoryLimit: 1 << 20);
        var held = new Queue<(ReadResult Read, byte Mark)>();
        for (var i = 0; i < Forgotten / 4; i++)
        {
            var (client, server) = await world.ConnectAsync();
            await client.WriteAsync(Bytes((byte)i, 2000));
            held.Enqueue((await server.Input.ReadAtLeastAsync(2000).AsTask().WaitAsync(Patience), (byte)i));
            switch (end)
            {
                case "abort":
                    server.Abort();
                    break;
                case "dispose":
                    server.Dispose();
                    break;
                case "FIN of both":
                    server.ShutdownWrite();
                    client.ShutdownWrite();
                    break;
            }

            if (end is not "FIN of both")
            {
                client.Abort();
            }

            await server.Completion.WaitAsync(Patience);
            if (held.Count > 1000)
            {
                var (read, mark) = held.Dequeue();
                Assert.True(IsAll(read.Buffer, mark));
            }
        }

        Assert.All(held, static one => Assert.True(IsAll(one.Read.Buffer, one.Mark)));
        await AssertFlatAsync(world.Server);
        await AssertFlatAsync(world.Client);
        Assert.Equal(0, world.Server.GetStatistics().MemoryRefusals);
    }

    [Fact]
    public async Task A_read_whose_stream_was_aborted_before_its_result_was_taken_leaves_the_callers_memory_alone()
    {
        await using var world = new LoanWorld();
        var (client, server) = await world.ConnectAsync();
        var buffer = new byte[1000];
        var read = server.ReadAsync(buffer);
        await client.WriteAsync(Bytes(Alice, 1000));
        while (!read.IsCompleted)
        {
            await Task.Delay(1);
        }

        server.Abort();
        await server.Completion.WaitAsync(Patience);
        var (toBob, bob) = await world.ConnectAsync();
        await toBob.WriteAsync(Bytes(Bob, 1000));
        await bob.Input.ReadAtLeastAsync(1000).AsTask().WaitAsync(Patience);
        await Assert.ThrowsAsync<IOException>(() => read.AsTask().WaitAsync(Patience));
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_result_that_is_taken_when_another_read_has_advanced_over_its_bytes_is_refused(bool isPipe)
    {
        await using var world = new LoanWorld();
        var (client, server) = await world.ConnectAsync();
        var late = new byte[10_000];
        var waiting = isPipe ? default : server.ReadAsync(late);
        var pipeWaiting = isPipe ? server.Input.ReadAsync() : default;
        await client.WriteAsync(Bytes(Alice, 10_000));
        Bounded.Until(() => isPipe ? pipeWaiting.IsCompleted : waiting.IsCompleted, "the first read has a result");

        // The first is given up. The next one takes all, and waiting for more tells the stack that it did.
        for (var taken = 0; taken < 10_000;)
        {
            taken += await server.ReadAsync(new byte[20_000]).AsTask().WaitAsync(Patience);
        }

        var idle = server.ReadAsync(new byte[1]).AsTask();
        await AssertFlatAsync(world.Server);
        var (toBob, bob) = await world.ConnectAsync();
        await toBob.WriteAsync(Bytes(Bob, 30_000));
        await bob.Input.ReadAtLeastAsync(30_000).AsTask().WaitAsync(Patience);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => _ = isPipe ? (await pipeWaiting).Buffer.Length : await waiting);
        Assert.Equal(-1, late.AsSpan().IndexOfAnyExcept((byte)0));
        await client.WriteAsync(new byte[1]);
        Assert.Equal(1, await idle.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_read_that_copies_has_its_bytes_until_it_is_done_whoever_reads_or_completes_meanwhile()
    {
        await using var world = new LoanWorld();
        var (client, server) = await world.ConnectAsync();
        await client.WriteAsync(Bytes(Alice, 10_000));
        var look = await server.Input.ReadAtLeastAsync(10_000).AsTask().WaitAsync(Patience);
        server.Input.AdvanceTo(look.Buffer.Start);
        var memory = new WatchedMemory();
        var reading = Task.Run(async () => await server.ReadAsync(memory.Memory));
        await memory.Begun.WaitAsync(Patience);

        // It is in the middle of copying.
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.ReadAsync(new byte[10_000]).AsTask().WaitAsync(Patience));
        Assert.Throws<InvalidOperationException>(() => server.Input.TryRead(out _));
        Assert.Throws<InvalidOperationException>(() => server.Input.AdvanceTo(look.Buffer.End));
        await server.Input.CompleteAsync();
        server.Abort();
        await server.Completion.WaitAsync(Patience);
        await AssertFlatAsync(world.Server);
        var (toBob, bob) = await world.ConnectAsync();
        await toBob.WriteAsync(Bytes(Bob, 40_000));
        await bob.Input.ReadAtLeastAsync(40_000).AsTask().WaitAsync(Patience);

        memory.GoOn();
        Assert.Equal(100, await reading.WaitAsync(Patience));
        Assert.Equal(-1, memory.Memory.Span.IndexOfAnyExcept(Alice));
        await AssertFlatAsync(world.Server, except: 40_000);
    }

    /// <summary>
    /// The stack closes its connections and sends what waits; meanwhile they are aborted, one after the other, by whoever holds their
    /// memory.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_abort_in_the_middle_of_the_end_of_a_stack_takes_nothing_from_who_holds_memory(bool isServer)
    {
        await using var world = new LoanWorld(closeTimeout: TimeSpan.FromSeconds(1));
        var (ending, talks) = (isServer ? world.Server : world.Client,
            new List<(TcpStream Here, ReadResult Read, Memory<byte> Held, byte Mark)>());
        for (var i = 0; i < 24; i++)
        {
            var mark = (byte)(i + 1);
            var (client, server) = await world.ConnectAsync();
            var (here, there) = isServer ? (server, client) : (client, server);
            await there.WriteAsync(Bytes(mark, 20_000));
            var read = await here.Input.ReadAtLeastAsync(20_000).AsTask().WaitAsync(Patience);

            // More than the peer, which reads nothing, has a window for: so the end has to wait for it.
            _ = here.Output.WriteAsync(Bytes(mark, 1 << 20)).AsTask();
            here.Output.CancelPendingFlush();
            talks.Add((here, read, here.Output.GetMemory(4000), mark));
        }

        var over = ending.DisposeAsync().AsTask();
        foreach (var (here, read, held, mark) in talks)
        {
            held.Span.Fill(mark);
            switch (mark % 4)
            {
                case 0:
                    here.Abort();
                    break;
                case 1:
                    await here.Output.CompleteAsync(new IOException("no more"));
                    break;
                case 2:
                    await Task.WhenAll(Task.Run(here.Abort), Task.Run(here.Dispose)).WaitAsync(Patience);
                    break;
                default:
                    // Left to the stack, whose time comes to an end.
                    break;
            }

            await Task.Yield();
            Assert.All(talks, static talk => Assert.True(IsAll(talk.Read.Buffer, talk.Mark)));
            held.Span.Fill(mark);
        }

        await over.WaitAsync(Patience);
        foreach (var (here, read, held, mark) in talks)
        {
            Assert.True(IsAll(read.Buffer, mark));
            held.Span.Fill(mark);
            Assert.True(mark % 4 == 1 || Record.Exception(() => here.Output.Advance(4000)) is null);
            here.Input.AdvanceTo(read.Buffer.End);
            await here.Input.CompleteAsync();
            await here.Output.CompleteAsync();
            await here.Completion.WaitAsync(Patience);
        }

        Assert.Equal(0, ending.WriteBlocks.Used);
    }

    [Theory]
    [InlineData("abort")]
    [InlineData("dispose")]
    [InlineData("reset by the peer")]
    [InlineData("end of the stack")]
    public async Task Memory_that_a_writer_holds_is_its_own_until_it_advances(string end)
    {
        await using var world = new LoanWorld();
        var (client, server) = await world.ConnectAsync();
        var held = client.Output.GetMemory(100);
        switch (end)
        {
            case "abort":
                client.Abort();
                break;
            case "dispose":
                client.Dispose();
                break;
            case "reset by the peer":
                server.Abort();
                break;
            case "end of the stack":
                await world.Client.DisposeAsync().AsTask().WaitAsync(Patience);
                break;
        }

        if (end is not "dispose")
        {
            await client.Completion.WaitAsync(Patience);
        }

        if (end is not "end of the stack")
        {
            // Others get blocks now, and the holder still writes into its own.
            var (other, reader) = await world.ConnectAsync();
            for (var i = 0; i < 20; i++)
            {
                var block = other.Output.GetMemory(4000);
                block.Span[..4000].Fill(Bob);
                held.Span.Fill(Alice);
                other.Output.Advance(4000);
                held.Span.Fill(Alice);
                await other.Output.FlushAsync().AsTask().WaitAsync(Patience);
                var read = await reader.Input.ReadAtLeastAsync(4000).AsTask().WaitAsync(Patience);
                Assert.True(IsAll(read.Buffer, Bob));
                reader.Input.AdvanceTo(read.Buffer.End);
            }
        }

        Assert.Equal(-1, held.Span[..100].IndexOfAnyExcept(end is "end of the stack" ? (byte)0 : Alice));
        Assert.Throws<ArgumentOutOfRangeException>(() => client.Output.Advance(held.Length + 1));
        client.Output.Advance(held.Length);
        Assert.Equal(0, client.Output.UnflushedBytes);
        Assert.True((await client.Output.FlushAsync().AsTask().WaitAsync(Patience)).IsCompleted);

        // And again, as one who has not heard of the end.
        client.Output.GetMemory(10_000).Span[..10_000].Fill(Alice);
        client.Output.Advance(10_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => client.Output.Advance(1 << 20));
        Assert.True((await client.Output.WriteAsync(new byte[100_000]).AsTask().WaitAsync(Patience)).IsCompleted);
        await client.Output.CompleteAsync();
        Assert.Equal(0, world.Client.WriteBlocks.Used);
    }

    [Fact]
    public async Task Writers_that_ask_for_memory_of_streams_that_ended_and_forget_it_hold_up_nobody()
    {
        await using var world = new LoanWorld();
        for (var i = 0; i < 50; i++)
        {
            var (client, server) = await world.ConnectAsync();
            client.Output.GetMemory(100);
            client.Abort();
            await client.Completion.WaitAsync(Patience);
            client.Output.GetMemory(100_000);
            server.Dispose();
        }

        Assert.Equal(0, world.Client.WriteBlocks.Used);
    }

    [Fact]
    public async Task What_was_written_before_a_stream_was_disposed_is_sent_whoever_completes_or_flushes_its_writer_then()
    {
        foreach (var completes in new[] { true, false })
        {
            await using var world = new LoanWorld();
            var (client, server) = await world.ConnectAsync();
            var written = 0;
            while (true)
            {
                // Until the peer's window and the limit are full, so that some of it waits.
                var writing = client.Output.WriteAsync(Bytes(Alice, 50_000)).AsTask();
                written += 50_000;
                if (await Task.WhenAny(writing, Task.Delay(200)) != writing)
                {
                    client.Output.CancelPendingFlush();
                    await writing.WaitAsync(Patience);
                    break;
                }
            }

            client.Dispose();
            if (completes)
            {
                await client.Output.CompleteAsync();
            }
            else
            {
                Assert.True((await client.Output.FlushAsync().AsTask().WaitAsync(Patience)).IsCompleted);
            }

            long came = 0;
            while (await server.Input.ReadAsync().AsTask().WaitAsync(Patience) is var read && !(read.IsCompleted && read.Buffer.IsEmpty))
            {
                came += read.Buffer.Length;
                Assert.True(IsAll(read.Buffer, Alice));
                server.Input.AdvanceTo(read.Buffer.End);
            }

            Assert.Equal(written, came);
        }
    }

    [Fact]
    public void Blocks_of_writers_come_back_after_more_were_out_than_are_kept()
    {
        var blocks = new WriteBlocks(1 << 30);
        for (var round = 0; round < 5; round++)
        {
            var lent = Enumerable.Range(0, 5000).Select(_ => blocks.Rent(1)).ToList();
            lent.ForEach(blocks.Return);
        }

        var last = blocks.Rent(1);
        blocks.Return(last);
        Assert.Contains(last, Enumerable.Range(0, 4000).Select(_ => blocks.Rent(1)));
    }

    [Fact]
    public async Task Sending_a_datagram_does_not_end_while_the_stack_reads_the_callers_memory()
    {
        await using var world = new LoanWorld();
        using var endpoint = world.Client.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        var memory = new WatchedMemory();
        using var cancel = new CancellationTokenSource();
        var sending = endpoint.SendAsync(memory.Memory, new IPEndPoint(IPAddress.Parse("198.18.0.1"), 9), cancel.Token);
        await memory.Begun.WaitAsync(Patience);
        var cancelling = Task.Run(cancel.Cancel);
        await Task.WhenAny(sending, Task.Delay(50));
        var endedEarly = sending.IsCompleted;
        memory.GoOn();
        await Record.ExceptionAsync(() => sending.WaitAsync(Patience));
        await cancelling.WaitAsync(Patience);
        Assert.False(endedEarly);
    }

    [Fact]
    public void Memory_that_was_given_back_is_poisoned_in_all_these_tests()
    {
        var pool = new PacketPool();
        Assert.True(pool.TryRent(100, out var handle));
        var stale = pool.Buffer(handle);
        pool.Return(handle);
        Assert.Equal(-1, stale.Span.IndexOfAnyExcept(FreedMemory.Poison));
        var blocks = new WriteBlocks(1 << 20);
        foreach (var length in new[] { 1, 10_000 })
        {
            var block = blocks.Rent(length);
            blocks.Return(block);
            Assert.Equal(-1, block.Bytes.AsSpan().IndexOfAnyExcept(FreedMemory.Poison));
        }
    }

    private static byte[] Bytes(byte mark, int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(mark);
        return bytes;
    }

    private static bool IsAll(ReadOnlySequence<byte> buffer, byte mark)
    {
        foreach (var part in buffer)
        {
            if (part.Span.IndexOfAnyExcept(mark) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Waits until the connections of a stack hold no packet memory, or little more than bytes that are meant to be there.
    /// </summary>
    private static async Task AssertFlatAsync(NetworkStack stack, int except = 0)
    {
        for (var tries = 0; tries < 1000 && stack.GetStatistics().MemoryInUse > 2 * except; tries++)
        {
            await Task.Delay(10);
        }

        Assert.InRange(stack.GetStatistics().MemoryInUse, 0, 2 * except);
    }

    private sealed class LoanWorld : IAsyncDisposable
    {
        private readonly TcpAcceptor _acceptor;

        internal LoanWorld(long memoryLimit = 64 << 20, TimeSpan? closeTimeout = null)
        {
            var options = new NetworkStackOptions
            {
                MemoryLimit = memoryLimit,
                CloseTimeout = closeTimeout ?? TimeSpan.FromMilliseconds(50),
            };
            Client = Network.AddStack(options with { Name = "client" }, "198.18.0.2/24");
            Server = Network.AddStack(options with { Name = "server" }, "198.18.0.1/24");
            _acceptor = Server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        }

        internal MemoryNetwork Network { get; } = new();

        internal NetworkStack Client { get; }

        internal NetworkStack Server { get; }

        public ValueTask DisposeAsync() => Network.DisposeAsync();

        internal async Task<(TcpStream Client, TcpStream Server)> ConnectAsync()
        {
            var connecting = Client.ConnectTcpAsync("server", 7);
            var server = await _acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
            return (await connecting.WaitAsync(Patience), server);
        }
    }

    /// <summary>Memory that says when somebody begins to look at it, and holds him up.</summary>
    private sealed class WatchedMemory : MemoryManager<byte>
    {
        private readonly byte[] _bytes = new byte[100];
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _mayGoOn = new();

        internal Task Begun => _begun.Task;

        public override Memory<byte> Memory => CreateMemory(_bytes.Length);

        public override Span<byte> GetSpan()
        {
            _begun.TrySetResult();
            _mayGoOn.Task.Wait(Patience);
            return _bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        internal void GoOn() => _mayGoOn.SetResult();

        protected override void Dispose(bool disposing)
        {
        }
    }
}
