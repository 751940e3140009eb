// Every wait is bounded by a time of its own.
#pragma warning disable xUnit1051, CA2012
using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Portolan.Model;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Stack;

/// <summary>The reader of a stream does what the reader of a <see cref="Pipe"/> does.</summary>
public sealed class PipeReaderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly int Sequences = Environment.GetEnvironmentVariable("PORTOLAN_LONG") is null ? 150 : 10_000;

    public static TheoryData<string, int> Lengths => new()
    {
        { "Linux", 90_000 }, { "Linux", 8_000_000 }, { "FreeBsd", 200_000 }, { "Minimal", 40_000 },
    };

    /// <summary>What a reader has examined and keeps does not close the window: behind it is what the reader waits for.</summary>
    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task A_reader_that_keeps_what_it_has_examined_gets_more_than_a_receive_buffer(string profile, int length)
    {
        await using var world = new World(profile);
        var (client, server) = await world.ConnectAsync();
        var writing = client.WriteAsync(Bytes(0, length)).AsTask();
        var read = await server.Input.ReadAtLeastAsync(length).AsTask().WaitAsync(Patience);
        Assert.Equal(Bytes(0, length), read.Buffer.ToArray());
        server.Input.AdvanceTo(read.Buffer.End);
        await writing.WaitAsync(Patience);
    }

    /// <summary>A reader that examines a part and keeps it is no reason to send more than the buffer holds.</summary>
    [Fact]
    public async Task Only_what_a_reader_has_examined_opens_the_window()
    {
        await using var world = new World("Minimal");
        var (client, server) = await world.ConnectAsync();
        var writing = client.WriteAsync(Bytes(0, 1 << 20)).AsTask();
        for (var round = 0; round < 20; round++)
        {
            var read = await server.Input.ReadAsync().AsTask().WaitAsync(Patience);
            server.Input.AdvanceTo(read.Buffer.Start, read.Buffer.GetPosition(1));
            for (var turn = 0; turn < 20; turn++)
            {
                // The stack has turns, and the reader none.
                await server.GetInfoAsync().WaitAsync(Patience);
            }
        }

        Assert.InRange((await server.GetInfoAsync()).BytesReceived, 4096, 8193);
        await server.Input.CompleteAsync();
        await Record.ExceptionAsync(() => writing.WaitAsync(Patience));
    }

    /// <summary>Reads, cancels, advances, ends in any order: both readers say the same and have the same bytes.</summary>
    [Trait("Quick", "no")]
    [Fact]
    public async Task Random_operations_have_the_results_of_a_pipe()
    {
        await using var world = new World("Linux");
        for (var seed = 1; seed <= Sequences; seed++)
        {
            var (client, server) = await world.ConnectAsync();
            var talk = new Talk(seed, client, server);
            try
            {
                await talk.RunAsync();
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}: {string.Join(", ", talk.Steps)}: {exception}");
            }

            client.Abort();
            server.Abort();
        }
    }

    private static byte[] Bytes(long start, int count) => [.. Enumerable.Range(0, count).Select(i => (byte)((start + i) * 31 / 7))];

    private sealed class World : IAsyncDisposable
    {
        private readonly MemoryNetwork _network = new();
        private readonly NetworkStack _client;
        private readonly TcpAcceptor _acceptor;

        internal World(string profile)
        {
            var options = new NetworkStackOptions
            {
                Profile = (TcpProfile)typeof(TcpProfile).GetProperty(profile)!.GetValue(null)!,
                CloseTimeout = TimeSpan.FromMilliseconds(50),
            };
            _client = _network.AddStack(options with { Name = "client" }, "198.18.0.2/24");
            _acceptor = _network.AddStack(options with { Name = "server" }, "198.18.0.1/24").ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        }

        public ValueTask DisposeAsync() => _network.DisposeAsync();

        internal async Task<(TcpStream Client, TcpStream Server)> ConnectAsync()
        {
            var connecting = _client.ConnectTcpAsync("server", 7);
            var server = await _acceptor.AcceptAsync().AsTask().WaitAsync(Patience);
            return (await connecting.WaitAsync(Patience), server);
        }
    }

    /// <summary>One connection and one pipe to which the same happens.</summary>
    private sealed class Talk(int seed, TcpStream client, TcpStream server)
    {
        /// <summary>With the longest write and what the stack has not seen yet, this fits the first window. A pipe here has no limit.</summary>
        private const int MostUnread = 15_000;

        private readonly Random _random = new(seed);

        /// <summary>Inline, so that its read has its result when the operation that ended it returns.</summary>
        private readonly Pipe _pipe = new(new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0,
            useSynchronizationContext: false));

        private Task<ReadResult>? _expected;
        private Task<ReadResult>? _actual;
        private (ReadResult Expected, ReadResult Actual)? _held;
        private long _written;
        private long _head;
        private long _examined;
        private bool _isEnded;

        internal List<string> Steps { get; } = [];

        internal async Task RunAsync()
        {
            for (var step = 0; step < 40; step++)
            {
                switch (_random.Next(10))
                {
                    case < 3 when !_isEnded && _written - _head < MostUnread:
                        // What a waiting read is to have whole must be one segment.
                        await WriteAsync(_random.Next(4) == 0 && _expected is null ? _random.Next(1, 30_000) : _random.Next(1, 1000));
                        break;
                    case < 5 when _held is null && _expected is null:
                        Steps.Add("ReadAsync");
                        (_expected, _actual) = (_pipe.Reader.ReadAsync().AsTask(), server.Input.ReadAsync().AsTask());
                        break;
                    case 5 when _held is null && _expected is null:
                        Try();
                        break;
                    case < 8 when _held is not null:
                        Advance();
                        break;
                    case 8:
                        Steps.Add("CancelPendingRead");
                        _pipe.Reader.CancelPendingRead();
                        server.Input.CancelPendingRead();
                        break;
                    case 9 when !_isEnded && _random.Next(8) == 0:
                        Steps.Add("end");
                        _isEnded = true;
                        await _pipe.Writer.CompleteAsync();
                        client.ShutdownWrite();
                        break;
                }

                await SettleAsync();
            }
        }

        private async Task WriteAsync(int count)
        {
            Steps.Add(string.Create(CultureInfo.InvariantCulture, $"write {count}"));
            var data = Bytes(_written, count);
            _written += count;
            await _pipe.Writer.WriteAsync(data);
            await client.WriteAsync(data).AsTask().WaitAsync(Patience);
        }

        private void Try()
        {
            var (isExpected, isActual) = (_pipe.Reader.TryRead(out var expected), server.Input.TryRead(out var actual));
            Steps.Add($"TryRead: {isExpected}");
            Assert.Equal(isExpected, isActual);
            if (isExpected)
            {
                Take(expected, actual);
            }
        }

        private void Advance()
        {
            var (expected, actual) = _held!.Value;
            var length = expected.Buffer.Length;
            var consumed = _random.Next(3) switch { 0 => 0, 1 => length, _ => _random.NextInt64(length + 1) };
            var least = Math.Max(consumed, _examined - _head);
            var examined = _random.Next(3) == 0 ? _random.NextInt64(least, length + 1) : length;
            Steps.Add(string.Create(CultureInfo.InvariantCulture, $"AdvanceTo {consumed} {examined} of {length}"));
            (_held, _examined, _head) = (null, _head + examined, _head + consumed);
            _pipe.Reader.AdvanceTo(expected.Buffer.GetPosition(consumed), expected.Buffer.GetPosition(examined));
            server.Input.AdvanceTo(actual.Buffer.GetPosition(consumed), actual.Buffer.GetPosition(examined));
        }

        /// <summary>All that was written has come, and whoever has a result has taken it.</summary>
        private async Task SettleAsync()
        {
            for (var tries = 0; ; tries++)
            {
                // Each is a turn of the stack.
                var info = await server.GetInfoAsync().WaitAsync(Patience);
                if (info.BytesReceived == _written && (info.State == TcpState.Established || _isEnded)
                    && (info.State != TcpState.Established || !_isEnded))
                {
                    break;
                }

                Assert.True(tries < 1_000_000, "what was written did not come");
            }

            if (_expected is null)
            {
                return;
            }

            if (!_expected.IsCompleted)
            {
                Assert.False(_actual!.IsCompleted, "the read of the stream has a result, and that of the pipe waits");
                return;
            }

            var (expected, actual) = (await _expected, await _actual!.WaitAsync(Patience));
            (_expected, _actual) = (null, null);
            Take(expected, actual);
        }

        private void Take(in ReadResult expected, in ReadResult actual)
        {
            Assert.Equal((expected.IsCanceled, expected.IsCompleted), (actual.IsCanceled, actual.IsCompleted));
            Assert.Equal(expected.Buffer.ToArray(), actual.Buffer.ToArray());
            _held = (expected, actual);
        }
    }
}
