using Portolan.Scan.Checking;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Tests.Scan.Checking;

/// <summary>What this program needs for its own start is no time of a target's.</summary>
public sealed class WarmUpTests
{
    [Theory]
    [InlineData("http://192.0.2.1/", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 4)]
    [InlineData("192.0.2.1:22", "SSH-2.0-Test\r\n", 4)]
    [InlineData("ssh://192.0.2.1", "SSH-2.0-Test\r\n", 4)]
    [InlineData("https://192.0.2.1/", "220 no TLS\r\n", 4)]
    [InlineData("tls://192.0.2.1:993", "220 no TLS\r\n", 4)]
    public async Task The_time_of_a_check_is_the_targets_alone(string url, string says, int milliseconds)
    {
        var time = new HandTime();
        var tools = new CheckTools(new Server(time, says), new NoNames(), [], () => 1, Network: null, new UdpPayloads(1), () => null, time);
        var start = new WarmUp(() => time.Spend(9), () => time.Spend(60), () => time.Spend(3));
        var checker = new PortChecker(tools, new CheckOptions(), start);
        Assert.True(CheckTargetParser.TryParse(url, out var target, out _));

        var first = await checker.CheckAsync(target, TestContext.Current.CancellationToken);
        var second = await checker.CheckAsync(target, TestContext.Current.CancellationToken);

        Assert.Equal((milliseconds, milliseconds), (first.Elapsed.TotalMilliseconds, second.Elapsed.TotalMilliseconds));
        Assert.Equal(milliseconds, first.Hops[0].Steps.Sum(s => s.Time.Elapsed.TotalMilliseconds));
        Assert.Equal(milliseconds, first.Hops[0].Elapsed.TotalMilliseconds);
    }

    [Fact]
    public async Task The_clock_stands_still_before_that_start_begins()
    {
        var time = new HandTime();
        var clock = new StepClock(time);

        await clock.StopForAsync(() => time.Spend(60), TestContext.Current.CancellationToken);
        await time.Spend(4);

        Assert.Equal(4, clock.Now.TotalMilliseconds);
    }

    [Fact]
    public async Task The_real_start_reaches_nobody_and_ends()
    {
        var start = new WarmUp();

        await Task.WhenAll(start.SocketsAsync(), start.TlsAsync(), start.HttpAsync()).WaitAsync(
            TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    /// <summary>Time that passes only where a test says so.</summary>
    private sealed class HandTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public Task Spend(int milliseconds)
        {
            Interlocked.Add(ref _now, milliseconds * TimeSpan.TicksPerMillisecond);
            return Task.CompletedTask;
        }
    }

    private sealed class Server(HandTime time, string says) : ICheckSockets
    {
        public async Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            await time.Spend(4);
            return new ConnectionAttempt(ConnectionOutcome.Connected, new CannedStream(System.Text.Encoding.ASCII.GetBytes(says)));
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            throw new NotSupportedException();
    }

    private sealed class NoNames : INameLookup
    {
        public Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
