using System.Globalization;
using System.Text;
using Portolan.Cli.Output;
using Portolan.Cli.Traffic;
using Portolan.Model;
using Portolan.Tests.Support;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Tests.Traffic;

/// <summary>Tables that fit the terminal, metrics whose labels are bounded, and words that name the remedy.</summary>
public sealed class TrafficOutputTests
{
    [Fact]
    public void The_live_table_fits_terminals_of_60_to_200_columns_and_a_wide_one_shows_all()
    {
        var summary = TrafficSamples.Summary([(443, 1_234_567_890, 5), (22, 0, 999), (65_535, ulong.MaxValue, 1)]);
        for (var width = 60; width <= 200; width++)
        {
            var console = new TestConsole { OutputIsTerminal = true };
            using var context = console.Context();
            var lines = new TrafficText(context, TrafficGrouping.Port, isLive: true).Write(summary.Rows, summary, width);
            context.Flush();

            var written = console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(lines, written.Length);
            Assert.All(written, line => Assert.InRange(DisplayWidth.Of(Encoding.UTF8.GetBytes(line)), 1, width));
            Assert.Contains("IN", written[0].Split(' '));
            Assert.Contains("OUT", written[0].Split(' '));
            Assert.True(width < 140 || written[0].Contains("LAST MINUTE", StringComparison.Ordinal), written[0]);
        }
    }

    [Fact]
    public void Metrics_have_bounded_labels_and_no_label_loses_its_counter()
    {
        var metrics = new TrafficMetrics(TrafficMethod.Tracepoints);
        var first = Samples(metrics.Text(TrafficSamples.Summary(Ports(1, 200))));
        var second = Samples(metrics.Text(TrafficSamples.Summary([.. Ports(1, 200), .. Ports(5000, 9000)])));

        Assert.Equal(200, first.Count);
        Assert.Equal(TrafficMetrics.MostPorts + 1, second.Count);
        Assert.All(first, sample => Assert.Contains(sample, second));
        Assert.Equal(
            4201L * 7, second.Sum(static line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)));

        static IEnumerable<(ushort, ulong, ulong)> Ports(int from, int to) =>
            Enumerable.Range(from, to - from + 1).Select(static port => ((ushort)port, 7UL, 1UL));

        static List<string> Samples(byte[] text) =>
            [.. Encoding.UTF8.GetString(text).Split('\n').Where(
                static line => line.StartsWith("portolan_traffic_received_bytes_total{", StringComparison.Ordinal))];
    }

    [Theory]
    [InlineData("--by colour", "--by takes port, process")]
    [InlineData("--for never", "--for takes a time")]
    [InlineData("--every 0", "--every takes a time")]
    [InlineData("--top 0", "--top takes a number from 1")]
    [InlineData("--method magic", "--method takes tracepoints or polling")]
    [InlineData("--metrics 70000", "--metrics")]
    [InlineData("prot 80", "prot")]
    public void A_wrong_word_is_named_before_anything_is_counted(string words, string said)
    {
        var console = new TestConsole();

        Assert.Equal((int)ExitCode.Usage, console.Run(["traffic", .. words.Split(' ')]));

        Assert.Contains(said, console.Error, StringComparison.Ordinal);
        Assert.Empty(console.Output);
    }
}
