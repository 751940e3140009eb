using Portolan.Tests.Support;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>How fast streams are in virtual time, and that a packet costs no allocation.</summary>
public sealed class TcpThroughputTests
{
    private sealed class Source(long bytes) : ITcpHandler
    {
        private readonly byte[] _chunk = new byte[60_000];

        public long Sent { get; private set; }

        public void OnEstablished(TcpConnection connection, Instant now) => OnWritable(connection, now);

        public void OnWritable(TcpConnection connection, Instant now)
        {
            while (Sent < bytes)
            {
                var taken = connection.Write(_chunk, now);
                Sent += taken;
                if (taken < _chunk.Length)
                {
                    return;
                }
            }
        }
    }

    private sealed class Sink : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[60_000];

        public long Received { get; private set; }

        public void OnReadable(TcpConnection connection, Instant now)
        {
            while (connection.Read(_buffer, now) is var count && count > 0)
            {
                Received += count;
            }
        }
    }

    private static (double Megabits, TcpInfo Info) Run(WireFaults faults, TcpProfile profile, double seconds, int seed)
    {
        var world = new TcpWorld(seed, faults, profile, poisons: false);
        var sink = new Sink();
        world.Listen().Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = sink;
        };
        var client = world.Connect(handler: new Source(long.MaxValue));
        world.Run(seconds * 1000);
        Assert.Equal(TcpError.None, client.Error);
        return (sink.Received * 8 / seconds / 1e6, client.Info());
    }

    /// <summary>
    /// A window of 1.2 / sqrt(p) segments is what Reno gets (RFC 5681's model, Mathis et al. 1997), and CUBIC not less (RFC 9438 section
    /// 4.3).
    /// </summary>
    [Theory]
    [InlineData(TcpCongestionAlgorithm.Reno, 0.01, 20)]
    [InlineData(TcpCongestionAlgorithm.Cubic, 0.01, 20)]
    [InlineData(TcpCongestionAlgorithm.Cubic, 0.001, 100)]
    [InlineData(TcpCongestionAlgorithm.Cubic, 0.05, 20)]
    public void Random_loss_costs_no_more_than_the_model_says(TcpCongestionAlgorithm algorithm, double loss, int roundTripMilliseconds)
    {
        var model = 1.2 / Math.Sqrt(loss) * 1448 * 8 / (roundTripMilliseconds / 1000.0) / 1e6;
        var (measured, info) = Run(
            new WireFaults { Loss = loss, DelayMicroseconds = roundTripMilliseconds * 500 },
            TcpProfile.Linux with { Congestion = algorithm },
            seconds: 20,
            seed: 7);
        Assert.True(measured > 0.7 * model, $"{measured:f2} Mb/s of {model:f2}: {info}");
    }

    [Fact]
    public void Without_loss_the_window_grows_to_what_the_buffers_allow()
    {
        var (measured, info) = Run(new WireFaults { DelayMicroseconds = 10_000 }, TcpProfile.Linux, seconds: 1.5, seed: 7);
        Assert.True(measured > 300, $"{measured:f2} Mb/s: {info}");
        Assert.Equal(0, info.Retransmissions);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Reordering_alone_costs_little()
    {
        var (measured, info) =
            Run(new WireFaults { DelayMicroseconds = 10_000, JitterMicroseconds = 2_000 }, TcpProfile.Linux, seconds: 1.5, seed: 7);
        Assert.True(measured > 100, $"{measured:f2} Mb/s: {info}");
    }

    [Fact]
    public void A_packet_allocates_nothing_once_buffers_have_grown()
    {
        var pair = new MemoryPair();
        var sink = new Sink();
        pair.Connect(new Source(long.MaxValue), sink);
        pair.Run(20_000);
        var before = sink.Received;
        Assert.Equal(0, Allocations.Fewest(() => pair.Run(5_000)));
        Assert.True(sink.Received > before + 3_000_000);
    }

    [Fact]
    public void A_packet_allocates_nothing_under_loss_either()
    {
        var pair = new MemoryPair { LosesEvery = 50 };
        var sink = new Sink();
        pair.Connect(new Source(long.MaxValue), sink);
        pair.Run(100_000);
        Assert.Equal(0, Allocations.Fewest(() => pair.Run(5_000)));
    }
}
