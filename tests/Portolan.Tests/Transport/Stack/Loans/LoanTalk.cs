using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Tests.Transport.Stack.Loans;

/// <summary>
/// One connection that is read, written and ended by several threads at once, and looks at all memory it has in its hands before and after.
/// </summary>
/// <param name="number">Which connection it is: what its bytes are made of.</param>
/// <param name="seed">What it does.</param>
/// <param name="tally">Where it says what it saw.</param>
internal sealed class LoanTalk(int number, int seed, LoanTally tally)
{
    /// <summary>What is written into memory of a stream that has ended: it must never be seen.</summary>
    private const byte Scribble = 0xee;

    /// <summary>What a reader's own memory has before.</summary>
    private const byte Untouched = 0x55;
    private const int MostWritten = 300_000;

    private readonly MarkedBytes _forth = new(2 * number);
    private readonly MarkedBytes _back = new((2 * number) + 1);
    private readonly List<(ReadOnlySequence<byte> Bytes, MarkedBytes Marks, long Place)> _kept = [];
    private readonly Lock _lock = new();
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, bool> _busy = new(StringComparer.Ordinal);

    /// <summary>Has both ends do what they do until all of it is done.</summary>
    internal async Task RunAsync(TcpStream client, TcpStream server)
    {
        var random = new Random(seed);
        var clientEnds = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var serverEnds = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] all =
        [
            Go("client writes", r => WriteAsync(client, _forth, clientEnds.Task, r), random),
            Go("server writes", r => WriteAsync(server, _back, serverEnds.Task, r), random),
            Go("server reads", r => ReadAsync(server, _forth, serverEnds.Task, r), random),
            Go("client reads", r => ReadAsync(client, _back, clientEnds.Task, r), random),
            Go("client ends", r => EndAsync(client, clientEnds, r), random),
            Go("server ends", r => EndAsync(server, serverEnds, r), random),
            Go("client over", _ => client.Completion, random),
            Go("server over", _ => server.Completion, random),
        ];
        await Task.WhenAll(all);
        tally.Connected();
    }

    /// <summary>What is still going on, for a run that takes too long.</summary>
    internal string Describe() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"connection {number}, seed {seed}: {string.Join(", ", _busy.Keys)}");

    /// <summary>Looks at all results that were never advanced over.</summary>
    internal void LookAgain()
    {
        foreach (var (bytes, marks, place) in _kept)
        {
            Look(bytes, marks, place, isAgain: true);
        }
    }

    private static bool IsExpected(Exception exception) =>
        exception is IOException { InnerException: SocketException } or ObjectDisposedException or OperationCanceledException;

    private static async Task PauseAsync(Random random)
    {
        switch (random.Next(8))
        {
            case < 4:
                Thread.SpinWait(random.Next(2000));
                break;
            case < 7:
                await Task.Yield();
                break;
            default:
                await Task.Delay(1);
                break;
        }
    }

    private Task Go(string what, Func<Random, Task> work, Random random)
    {
        var own = new Random(random.Next());
        _busy[what] = true;
        return Task.Run(async () =>
        {
            try
            {
                await work(own);
            }
            catch (Exception exception) when (IsExpected(exception))
            {
                // The stream ended meanwhile.
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                tally.Faults.Enqueue($"connection {number}, seed {seed}: {exception}");
            }
            finally
            {
                _busy.TryRemove(what, out var _);
            }
        });
    }

    private async Task EndAsync(TcpStream stream, TaskCompletionSource ends, Random random)
    {
        for (var i = random.Next(30); i > 0; i--)
        {
            await PauseAsync(random);
            switch (random.Next(4))
            {
                case 0:
                    stream.Input.CancelPendingRead();
                    break;
                case 1:
                    stream.Output.CancelPendingFlush();
                    break;
            }
        }

        switch (random.Next(8))
        {
            case < 4:
                stream.Abort();
                break;
            case < 6:
                await stream.DisposeAsync();
                break;
            case 6:
                stream.Abort();
                await stream.DisposeAsync();
                break;
            default:
                // The writer's own thread is in the middle of something, and so may be who aborts by it.
                await stream.Output.CompleteAsync(new IOException("no more"));
                break;
        }

        ends.SetResult();
    }

    private Task ReadAsync(TcpStream stream, MarkedBytes marks, Task ends, Random random) =>
        random.Next(3) == 0 ? ReadStreamAsync(stream, marks, ends, random) : ReadPipeAsync(stream.Input, marks, ends, random);

    private async Task ReadPipeAsync(PipeReader reader, MarkedBytes marks, Task ends, Random random)
    {
        for (long place = 0; ;)
        {
            using var cancel = new CancellationTokenSource();
            ReadResult read;
            try
            {
                if (random.Next(4) > 0 || !reader.TryRead(out read))
                {
                    var reading = random.Next(3) == 0
                        ? reader.ReadAtLeastAsync(random.Next(1, 20_000), cancel.Token)
                        : reader.ReadAsync(cancel.Token);
                    if (random.Next(4) == 0)
                    {
                        await PauseAsync(random);
                        await cancel.CancelAsync();
                    }

                    read = await reading;
                }
            }
            catch (OperationCanceledException)
            {
                continue;
            }

            Look(read.Buffer, marks, place, ends.IsCompleted);
            switch (random.Next(8))
            {
                case < 2:
                    await PauseAsync(random);
                    Look(read.Buffer, marks, place, ends.IsCompleted);
                    break;
                case 2:
                    // Held beyond the end, and beyond what others get afterwards.
                    await ends;
                    Look(read.Buffer, marks, place, isAgain: true);
                    await Task.Delay(1);
                    Look(read.Buffer, marks, place, isAgain: true);
                    break;
                case 3 when !read.Buffer.IsEmpty:
                    await ends;
                    lock (_lock)
                    {
                        _kept.Add((read.Buffer, marks, place));
                    }

                    return;
            }

            if (read.IsCompleted)
            {
                if (random.Next(2) == 0)
                {
                    await reader.CompleteAsync();
                }

                return;
            }

            var taken = random.Next(3) switch { 0 => 0, 1 => (long)(read.Buffer.Length * random.NextDouble()), _ => read.Buffer.Length };
            place += taken;
            reader.AdvanceTo(read.Buffer.GetPosition(taken), random.Next(2) == 0 ? read.Buffer.End : read.Buffer.GetPosition(taken));
        }
    }

    private async Task ReadStreamAsync(TcpStream stream, MarkedBytes marks, Task ends, Random random)
    {
        for (long place = 0; ;)
        {
            var buffer = new byte[random.Next(1, 10_000)];
            buffer.AsSpan().Fill(Untouched);
            var count = 0;
            using var cancel = new CancellationTokenSource();
            try
            {
                var reading = stream.ReadAsync(buffer, cancel.Token);
                if (random.Next(3) == 0)
                {
                    // The result may be there long before it is taken.
                    await PauseAsync(random);
                    if (random.Next(2) == 0)
                    {
                        await cancel.CancelAsync();
                    }
                    else if (random.Next(4) == 0)
                    {
                        await ends;
                        await PauseAsync(random);
                    }
                }

                count = await reading;
            }
            catch (OperationCanceledException)
            {
                // Nothing was read.
            }
            catch (Exception exception) when (IsExpected(exception))
            {
                CheckUntouched(buffer);
                return;
            }

            tally.Looked(count, marks.CountForeign(place, buffer.AsSpan(0, count)), ends.IsCompleted);
            CheckUntouched(buffer.AsSpan(count));
            place += count;
            if (count == 0 && !cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private Task WriteAsync(TcpStream stream, MarkedBytes marks, Task ends, Random random) =>
        random.Next(3) == 0 ? WriteStreamAsync(stream, marks, random) : WritePipeAsync(stream.Output, marks, ends, random);

    private static async Task WritePipeAsync(PipeWriter writer, MarkedBytes marks, Task ends, Random random)
    {
        long place = 0;
        for (var isOver = false; !isOver;)
        {
            var count = random.Next(1, random.Next(3) == 0 ? 20_000 : 2000);
            var memory = writer.GetMemory(count);
            marks.Fill(place, memory.Span[..count]);
            await PauseAsync(random);
            if (random.Next(8) == 0 || place > MostWritten)
            {
                // Held beyond the end. What is written into it is nobody's any more.
                await ends;
                for (var i = random.Next(20); i >= 0; i--)
                {
                    memory.Span.Fill(Scribble);
                    await PauseAsync(random);
                }

                isOver = true;
                if (random.Next(2) == 0)
                {
                    return;
                }

                marks.Fill(place, memory.Span[..count]);
            }

            writer.Advance(count);
            place += count;
            isOver |= (await writer.FlushAsync()).IsCompleted;
        }
    }

    private static async Task WriteStreamAsync(TcpStream stream, MarkedBytes marks, Random random)
    {
        for (long place = 0; place < MostWritten;)
        {
            var data = new byte[random.Next(1, random.Next(3) == 0 ? 100_000 : 3000)];
            marks.Fill(place, data);
            using var cancel = new CancellationTokenSource();
            try
            {
                var writing = stream.WriteAsync(data, cancel.Token).AsTask();
                if (random.Next(8) == 0)
                {
                    await PauseAsync(random);
                    await cancel.CancelAsync();
                }

                await writing;
            }
            finally
            {
                // However the call has ended, its memory is the caller's again.
                data.AsSpan().Fill(Scribble);
            }

            place += data.Length;
        }
    }

    private void Look(ReadOnlySequence<byte> bytes, MarkedBytes marks, long place, bool isAgain) =>
        tally.Looked(bytes.Length, marks.CountForeign(place, bytes), isAgain);

    private void CheckUntouched(ReadOnlySpan<byte> rest)
    {
        if (rest.IndexOfAnyExcept(Untouched) >= 0)
        {
            tally.Faults.Enqueue($"connection {number}, seed {seed}: a read wrote where it said that it had not");
        }
    }
}
