using System.Net;
using System.Text;
using Portolan.Lab.Running;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Running;

/// <summary>Clients that mean ill: whatever they do to one host, the others answer, and what it takes is bounded and given back.</summary>
public sealed class AttackTests
{
    private const int Crowd = 10_000;

    private static readonly IPAddress Victim = IPAddress.Parse("198.18.1.10");
    private static readonly IPAddress Other = IPAddress.Parse("198.18.1.100");

    public static TheoryData<string> Streams =>
        [.. ServiceCatalogue.All.OfType<IStreamService>().Where(static s => s.Name is not "chargen").Select(static s => s.Name)];

    [Fact]
    public async Task Ten_thousand_connections_that_say_nothing_leave_other_hosts_answering()
    {
        await using var lab = Create("redis");
        lab.Run(
            async () =>
            {
                var streams = new List<TcpStream>();
                for (var batch = 0; batch < Crowd / 500; batch++)
                {
                    streams.AddRange(
                        await Task.WhenAll(
                            Enumerable.Range(0, 500).Select(_ => lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(Victim, 7000), null))));
                }

                Assert.Equal(Crowd, streams.Count);
                Assert.Equal("+PONG\r\n", await AskAsync(lab, Other, "PING\r\n"));
                Assert.Equal("+PONG\r\n", await AskAsync(lab, Victim, "PING\r\n"));
                streams.ForEach(static s => s.Abort());
            },
            TimeSpan.FromMinutes(5));
        lab.Run(TimeSpan.FromMinutes(2));
        AssertIdle(lab, "server");
    }

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(Streams))]
    public async Task A_line_without_end_is_not_kept(string service)
    {
        await using var lab = Create(service);
        var most = 0L;
        lab.Run(
            async () =>
            {
                await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(Victim, 7000), null);
                var reading = DrainAsync(stream);
                var bytes = new byte[64 << 10];
                bytes.AsSpan().Fill((byte)'A');
                try
                {
                    for (var sent = 0; sent < 8 << 20; sent += bytes.Length)
                    {
                        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5), lab.Time);
                        await stream.WriteAsync(bytes, late.Token);
                        most = Math.Max(most, lab.StackOf("server").Layers.Pool.BytesInUse);
                    }
                }
                catch (Exception exception) when (exception is IOException or OperationCanceledException)
                {
                    // It had enough, or takes no more.
                }

                stream.Abort();
                await reading;
            },
            TimeSpan.FromMinutes(10));
        Assert.InRange(most, 0, 8 << 20);
        lab.Run(TimeSpan.FromMinutes(3));
        AssertIdle(lab, "server");
    }

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(Streams))]
    public async Task Resets_in_the_middle_and_half_closed_clients_are_let_go(string service)
    {
        await using var lab = Create(service);
        string[] halves = [
            "GET / HTT", "EHLO a\r\nMAIL FROM:<a", "a LOGIN {5}\r\n", "*2\r\n$4\r\nECHO\r\n$100\r\nx", "USER a", "NICK a\r\nUSER a 0",
            "\u0016\u0003\u0001\u0002\u0000\u0001", "\u0000\u0040half"];
        lab.Run(
            async () =>
            {
                for (var round = 0; round < 4 * halves.Length; round++)
                {
                    var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(Victim, 7000), null);
                    var reading = DrainAsync(stream);
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(halves[round % halves.Length]));
                    if (round % 4 < 2)
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(round % 4 * 20), lab.Time);
                        stream.Abort();
                    }
                    else
                    {
                        // Half-closed: whoever waits for more learns that nothing comes.
                        stream.ShutdownWrite();
                    }

                    using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20), lab.Time);
                    await Task.WhenAny(reading, Task.Delay(Timeout.InfiniteTimeSpan, lab.Time, late.Token));
                    Assert.True(reading.IsCompleted, $"{service} keeps a client that said \"{halves[round % halves.Length]}\" and closed");
                    await stream.DisposeAsync();
                }
            },
            TimeSpan.FromMinutes(20));
        lab.Run(TimeSpan.FromMinutes(3));
        AssertIdle(lab, "server");
    }

    [Theory]
    [InlineData("smtp", "NOOP\r\n", "250 ")]
    [InlineData("redis", "PING\r\n", "+PONG")]
    [InlineData("pop3", "NOOP\r\n", "+OK")]
    [InlineData("nntp", "DATE\r\n", "111 ")]
    [InlineData("irc", "PING :x\r\n", "PONG")]
    public async Task Pipelined_commands_are_answered_one_by_one_and_whoever_reads_nothing_is_not_waited_for(
        string service, string command, string answer)
    {
        const int Commands = 1000;
        await using var lab = Create(service);
        var (count, most) = (0, 0L);
        lab.Run(
            async () =>
            {
                await using (var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(Victim, 7000), null))
                {
                    var reading = ReadAsync(stream);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, Commands))));
                    stream.ShutdownWrite();
                    count = (await reading).Split('\n').Count(l => l.Contains(answer, StringComparison.Ordinal));
                }

                // Millions of commands whose answers nobody reads: the server stops reading.
                var deaf = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(Victim, 7000), null);
                var many = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, 10_000)));
                try
                {
                    for (var round = 0; round < 100; round++)
                    {
                        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(2), lab.Time);
                        await deaf.WriteAsync(many, late.Token);
                        most = Math.Max(most, lab.StackOf("server").Layers.Pool.BytesInUse);
                    }
                }
                catch (Exception exception) when (exception is IOException or OperationCanceledException)
                {
                    // Its window is closed, or it was thrown out.
                }

                deaf.Abort();
            },
            TimeSpan.FromMinutes(20));

        // The greeting may look like an answer.
        Assert.InRange(count, Commands, Commands + 1);
        Assert.InRange(most, 0, 16 << 20);
        lab.Run(TimeSpan.FromMinutes(3));
        AssertIdle(lab, "server");
    }

    [Fact]
    public async Task Requests_that_come_a_byte_a_second_keep_nobody_else_from_the_web()
    {
        await using var lab = Create("http");
        lab.Run(
            async () =>
            {
                var slow = Enumerable.Range(0, 500).Select(async _ =>
                {
                    await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(Victim, 7000), null);
                    foreach (var one in "GET / HTTP/1.1\r\nX: "u8.ToArray())
                    {
                        await Task.Delay(TimeSpan.FromSeconds(1), lab.Time);
                        await stream.WriteAsync(new[] { one });
                    }

                    stream.Abort();
                }).ToList();
                await Task.Delay(TimeSpan.FromSeconds(5), lab.Time);
                foreach (var host in (IPAddress[])[Victim, Other])
                {
                    Assert.StartsWith(
                        "HTTP/1.1 200 OK", await AskAsync(lab, host, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                        StringComparison.Ordinal);
                }

                await Task.WhenAll(slow);
            },
            TimeSpan.FromMinutes(5));
        lab.Run(TimeSpan.FromMinutes(2));
        AssertIdle(lab, "server");
    }

    private static VirtualNetwork Create(string service) =>
        new(
            SmallLab.Topology(SmallLab.Tcp("7000", new OpenPort(new ServiceSpec(service)))),
            new VirtualNetworkOptions { IsVirtualTime = true });

    private static void AssertIdle(VirtualNetwork lab, string host)
    {
        var stack = lab.StackOf(host);
        Assert.All(stack.GetSockets(), static s => Assert.Equal(Portolan.Model.TcpState.Listen, s.State));
        Assert.Equal(0, stack.Layers.Pool.InUse);
        Assert.InRange(stack.Layers.Pool.MemoryUsed, 0, 128 << 10);
    }

    private static async Task<string> AskAsync(VirtualNetwork lab, IPAddress host, string request)
    {
        await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(host, 7000), null);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        stream.ShutdownWrite();
        return await ReadAsync(stream);
    }

    // On the lab's thread: a reader of the framework goes on elsewhere, and virtual time would not wait for it.
    private static async Task<string> ReadAsync(Stream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[16 << 10];
        while (await stream.ReadAsync(buffer) is var count and > 0)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private static async Task DrainAsync(Stream stream)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
                // Thrown away.
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Reset.
        }
    }
}
