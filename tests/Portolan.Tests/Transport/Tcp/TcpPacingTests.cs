using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Data that leave at a rate and not a window at once.</summary>
public sealed class TcpPacingTests
{
    private static readonly TcpProfile Paced = TcpProfile.Linux with { UsesPacing = true };

    /// <summary>Writes all at once.</summary>
    private sealed class Source(int bytes, long maxRate = 0) : ITcpHandler
    {
        private int _left = bytes;

        public void OnEstablished(TcpConnection connection, Instant now)
        {
            connection.SetMaxPacingRate(maxRate, now);
            OnWritable(connection, now);
        }

        public void OnWritable(TcpConnection connection, Instant now)
        {
            while (_left > 0 && connection.Write(new byte[Math.Min(_left, 10_000)], now) is > 0 and var taken)
            {
                _left -= taken;
            }

            if (_left == 0)
            {
                connection.Shutdown(now);
            }
        }
    }

    private sealed class Sink : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[60_000];

        public long Received { get; private set; }

        public void OnReadable(TcpConnection connection, Instant now)
        {
            while (connection.Read(_buffer, now) is > 0 and var count)
            {
                Received += count;
            }
        }
    }

    /// <summary>The times and lengths of the data segments that the client sent, and how many bytes the server has read.</summary>
    private static (List<(double At, int Length)> Sent, long Received, TcpInfo Info) Run(
        TcpProfile profile, ITcpHandler source, WireFaults faults, double seconds)
    {
        var world = new TcpWorld(3, faults, profile);
        var sent = new List<(double, int)>();
        world.Tap = (from, bytes) =>
        {
            if (from == world.Client && TcpSegment.TryRead(bytes, out var segment) && !segment.Payload.IsEmpty)
            {
                sent.Add((world.Now.Nanoseconds / 1e6, segment.Payload.Length));
            }
        };
        var sink = new Sink();
        world.Listen().Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = sink;
        };
        var client = world.Connect(handler: source);
        world.Run(seconds * 1000);
        Assert.Equal(TcpError.None, client.Error);
        return (sent, sink.Received, client.Info());
    }

    private static int MostWithin(List<(double At, int Length)> sent, double milliseconds) =>
        sent.Max(first => sent.Where(s => s.At >= first.At && s.At < first.At + milliseconds).Sum(static s => s.Length));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_window_leaves_over_the_round_trip_when_it_is_paced_and_at_once_when_not(bool isPaced)
    {
        // 100 ms there and back; the first window is ten segments.
        var (sent, received, _) =
            Run(isPaced ? Paced : TcpProfile.Linux, new Source(400_000), new WireFaults { DelayMicroseconds = 50_000 }, 3);
        Assert.Equal(400_000, received);
        var burst = sent.Count(s => s.At < sent[0].At + 1);
        Assert.Equal(isPaced ? 1 : 10, burst);

        // In slow start twice the window leaves in a round trip; no tenth of one has more than a fifth of the largest window and a segment.
        var largest = MostWithin(sent, 100);
        Assert.True(!isPaced || MostWithin(sent, 10) < (largest / 4) + 3000, $"{MostWithin(sent, 10)} bytes in 10 ms, {largest} in 100 ms");
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(100_000, 300_000, 0)]
    [InlineData(2_000_000, 6_000_000, 0)]
    [InlineData(300, 3_000, 0)]
    [InlineData(100_000, 300_000, 0.02)]
    public void A_program_sets_the_most_bytes_a_second(int rate, int bytes, double loss)
    {
        var (sent, received, info) = Run(
            TcpProfile.Linux, new Source(bytes, rate), new WireFaults { DelayMicroseconds = 5000, Loss = loss },
            (bytes / (double)rate) + 5);
        Assert.Equal(bytes, received);
        var seconds = (sent[^1].At - sent[0].At) / 1000;
        Assert.InRange(sent.Sum(static s => (long)s.Length) / Math.Max(seconds, 0.001), 0.7 * rate, (1.05 * rate) + (2 * 1448 / seconds));
        Assert.True(MostWithin(sent, 1000) <= rate + (3 * 1448), $"{MostWithin(sent, 1000)} bytes in a second");
        Assert.True(info.PacingRate <= rate, $"{info.PacingRate}");
    }

    [Fact]
    public void A_limit_is_lifted_again()
    {
        var world = new TcpWorld(4, new WireFaults { DelayMicroseconds = 1000 });
        var sink = new Sink();
        world.Listen().Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = sink;
        };
        var client = world.Connect(handler: new Source(1_000_000, 1000));
        world.Run(1000);
        Assert.InRange(sink.Received, 500, 6000);
        client.SetMaxPacingRate(0, world.Now);
        world.Run(1000);
        Assert.Equal(1_000_000, sink.Received);
    }

    [Fact]
    public void What_a_timeout_sends_again_waits_for_no_rate()
    {
        // A segment every fifteen seconds; the first is lost, and its tail probe too.
        var world = new TcpWorld(6, new WireFaults { DelayMicroseconds = 1000 });
        var lost = 2;
        var times = new List<double>();
        world.Tap = (from, bytes) =>
        {
            if (from == world.Client && TcpSegment.TryRead(bytes, out var segment) && !segment.Payload.IsEmpty)
            {
                times.Add(world.Now.Nanoseconds / 1e6);
                world.Faults = world.Faults with { Loss = lost-- > 0 ? 1 : 0 };
            }
        };
        var sink = new Sink();
        world.Listen().Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = sink;
        };
        var client = world.Connect(handler: new Source(10_000, 100));
        world.Run(3000);
        Assert.True(times.Count >= 3 && times[2] - times[0] < 2000, string.Join(", ", times));
        world.Run(140_000);
        Assert.Equal(10_000, sink.Received);
        Assert.InRange(client.Info().Timeouts, 1, 2);
    }

    [Fact]
    public void A_long_wait_for_its_time_ends_no_connection_and_sends_no_probe()
    {
        // One segment every fifteen seconds: far longer than the retransmission timeout, and than the user timeout here.
        var world = new TcpWorld(5, new WireFaults { DelayMicroseconds = 1000 });
        var sink = new Sink();
        world.Listen().Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = sink;
        };
        var client = world.Connect(handler: new Source(10_000, 100));
        client.SetUserTimeout(TimeSpan.FromSeconds(5));
        world.Run(120_000);
        Assert.Equal((10_000L, TcpError.None), (sink.Received, client.Error));
        Assert.Equal((0L, 0L), (client.Info().Retransmissions, client.Info().Timeouts));
    }
}
