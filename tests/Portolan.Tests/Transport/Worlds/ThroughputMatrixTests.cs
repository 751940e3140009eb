using System.Globalization;
using System.Text;
using Portolan.Packets.Links;
using Portolan.Tests.Support;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Worlds;

/// <summary>
/// What one stream gets of a link of 50 Mb/s, by loss, delay and the queue before the link; in virtual time, so that it is the same each
/// time. The page is the figures as they were looked at and found good: a change of more than a twentieth wants another look.
/// </summary>
[Collection("docs/throughput.md")]
public sealed class ThroughputMatrixTests
{
    private const double Seconds = 10;
    private const double Tolerance = 0.05;

    private static readonly double[] Losses = [0, 0.001, 0.01, 0.05];
    private static readonly double[] Delays = [0.5, 10, 50];
    private static readonly int[] Queues = [32, 256];

    [Trait("Quick", "no")]
    [Fact]
    public void A_stream_gets_what_it_got()
    {
        var page = Repository.PathOf("docs", "throughput.md");
        var figures = Measure();
        if (Environment.GetEnvironmentVariable("PORTOLAN_WRITE_DOCS") == "1")
        {
            var before = File.ReadAllText(page);
            var rest = before.IndexOf("\n## ", StringComparison.Ordinal);
            File.WriteAllText(page, Write(figures) + (rest < 0 ? "" : before[rest..]));
        }

        var known = Read(page);
        Assert.Equal(figures.Keys.Order(StringComparer.Ordinal), known.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([], figures.Where(figure => Math.Abs(figure.Value - known[figure.Key]) > Math.Max(0.1, Tolerance * known[figure.Key]))
            .Select(
                figure =>
                    string.Create(CultureInfo.InvariantCulture, $"{figure.Key}: {figure.Value:f1} Mb/s, not {known[figure.Key]:f1}")));
    }

    private static Dictionary<string, double> Measure()
    {
        var figures = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var algorithm in Enum.GetValues<TcpCongestionAlgorithm>())
        {
            foreach (var queue in Queues)
            {
                foreach (var loss in Losses)
                {
                    foreach (var delay in Delays)
                    {
                        figures.Add(Key(algorithm, queue, loss, delay), Math.Round(Throughput(algorithm, queue, loss, delay), 1));
                    }
                }
            }
        }

        return figures;
    }

    private static double Throughput(TcpCongestionAlgorithm algorithm, int queue, double loss, double delay)
    {
        using var world = new SimWorld(seed: 1);
        var profile = TcpProfile.Linux with { Congestion = algorithm };
        var (left, right) = (world.AddHost(new SimHostOptions { Name = "left", Profile = profile }), world.AddHost(new SimHostOptions
        {
            Name = "right",
            Profile = profile,
        }));
        var cable = world.Connect(left, right, LinkLayer.Ip);
        left.AddAddress(cable.LeftInterface, "198.18.0.1", 24);
        right.AddAddress(cable.RightInterface, "198.18.0.2", 24);
        var faults = new FaultProfile { Bandwidth = 50_000_000, Delay = TimeSpan.FromMilliseconds(delay), QueueLimit = queue << 10 };
        (cable.FromLeft, cable.FromRight) = (faults with { Loss = loss }, faults);
        var reader = new Reader();
        Assert.True(right.Tcp.TryListen(new TcpListenRequest(SimWorld.Address("198.18.0.2"), new(80)), out var listener, out _));
        listener.Ready = ready =>
        {
            Assert.True(ready.TryAccept(out var accepted));
            accepted.Handler = reader;
        };
        left.Do(
            () => left.Tcp.Connect(new TcpConnectRequest(SimWorld.Address("198.18.0.2"), new(80)), left.Now).Connection!.Handler =
                new Writer());
        world.Run(TimeSpan.FromSeconds(Seconds));
        return reader.Count * 8 / Seconds / 1e6;
    }

    private static string Key(TcpCongestionAlgorithm algorithm, int queue, double loss, double delay) =>
        string.Create(CultureInfo.InvariantCulture, $"{algorithm} {queue} {loss * 100} {2 * delay}");

    private static string Write(Dictionary<string, double> figures)
    {
        var text = new StringBuilder("""
            # What one stream gets

            One stream over a link of 50 Mb/s in the simulator for ten seconds of virtual time, slow start included: Mb/s of payload, by the
            congestion control, the queue before the link, the loss of data segments and the round-trip time. A test compares
            (`PORTOLAN_WRITE_DOCS=1 ./test --filter-class "*ThroughputMatrix*"` writes the page anew, to be looked at).

            | congestion control | queue KiB | loss % | 1 ms | 20 ms | 100 ms |
            |---|---|---|---|---|---|

            """);
        foreach (var algorithm in Enum.GetValues<TcpCongestionAlgorithm>())
        {
            foreach (var queue in Queues)
            {
                foreach (var loss in Losses)
                {
                    var cells = Delays.Select(
                        delay => string.Create(CultureInfo.InvariantCulture, $"{figures[Key(algorithm, queue, loss, delay)]:f1}"));
                    text.Append(CultureInfo.InvariantCulture, $"| {algorithm} | {queue} | {loss * 100} | {string.Join(" | ", cells)} |\n");
                }
            }
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static Dictionary<string, double> Read(string page)
    {
        var figures = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(page).TakeWhile(static line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1))
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < Delays.Length; i++)
            {
                figures.Add(
                    Key(
                        Enum.Parse<TcpCongestionAlgorithm>(cells[0]), int.Parse(cells[1], CultureInfo.InvariantCulture),
                        double.Parse(cells[2], CultureInfo.InvariantCulture) / 100, Delays[i]),
                    double.Parse(cells[3 + i], CultureInfo.InvariantCulture));
            }
        }

        return figures;
    }

    private sealed class Writer : ITcpHandler
    {
        private readonly byte[] _chunk = new byte[60_000];

        public void OnEstablished(TcpConnection connection, Instant now) => OnWritable(connection, now);

        public void OnWritable(TcpConnection connection, Instant now)
        {
            while (connection.Write(_chunk, now) == _chunk.Length)
            {
            }
        }
    }

    private sealed class Reader : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[60_000];

        internal long Count { get; private set; }

        public void OnReadable(TcpConnection connection, Instant now)
        {
            while (connection.Read(_buffer, now) is var count && count > 0)
            {
                Count += count;
            }
        }
    }
}
