using System.Globalization;
using System.Text;
using Portolan.Tests.Support;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Paths;

/// <summary>
/// A queue that is far longer than the path: 1 MB before 10 Mb/s and a round trip of 20 ms, so that it holds 839 ms. What one stream makes
/// of it, in ten seconds of virtual time. The table is the figures as they were looked at and found good.
/// </summary>
[Collection("docs/throughput.md")]
public sealed class BufferbloatTests
{
    private const string Heading = "## What one stream does to a long queue";
    private const int Queue = 1 << 20;
    private const int Rate = 10_000_000;
    private const double FullMilliseconds = Queue * 8e3 / Rate;

    private static readonly FaultProfile Link = new() { Bandwidth = Rate, Delay = TimeSpan.FromMilliseconds(10), QueueLimit = Queue };

    [Trait("Quick", "no")]
    [Fact]
    public void HyStart_ends_slow_start_long_before_the_queue_is_full()
    {
        var (with, without) = (Measure(Offering(usesHyStart: true, usesPacing: false)),
            Measure(Offering(usesHyStart: false, usesPacing: false)));
        Assert.InRange(with.SlowStart, 0, FullMilliseconds / 8);
        Assert.InRange(without.SlowStart, 0.99 * FullMilliseconds, FullMilliseconds);
        Assert.Equal(0, with.Lost);
        Assert.InRange(with.Rate, 9, 10);
    }

    [Fact]
    public void A_receive_window_that_follows_the_path_keeps_the_queue_short_by_itself()
    {
        var figures = Measure(TcpProfile.Linux with { UsesHyStart = false });
        Assert.InRange(figures.TenSeconds, 0, FullMilliseconds / 16);
        Assert.InRange(figures.Rate, 9, 10);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void A_stream_makes_the_queue_as_long_as_it_did()
    {
        var page = Repository.PathOf("docs", "throughput.md");
        var text = File.ReadAllText(page);
        var at = text.IndexOf(Heading, StringComparison.Ordinal);
        var table = Write();
        if (Environment.GetEnvironmentVariable("PORTOLAN_WRITE_DOCS") == "1")
        {
            text = $"{(at < 0 ? text.TrimEnd('\n') + "\n\n" : text[..at])}{table}";
            File.WriteAllText(page, text);
            at = text.IndexOf(Heading, StringComparison.Ordinal);
        }

        Assert.Equal(table, text[at..]);
    }

    /// <summary>A receiver that offers more than the queue holds from the start.</summary>
    private static TcpProfile Offering(bool usesHyStart, bool usesPacing) =>
        TcpProfile.Linux with { InitialReceiveBuffer = 4 << 20, UsesHyStart = usesHyStart, UsesPacing = usesPacing };

    private static Figures Measure(TcpProfile profile)
    {
        using var path = new PathTransfer(Link, Link, profile);
        var figures = new Figures(0, 0, 0, 0);
        path.World.Sent = (_, fromLeft, _, in report) =>
        {
            if (!fromLeft)
            {
                return;
            }

            if (report.IsLost)
            {
                figures = figures with { Lost = figures.Lost + 1 };
                return;
            }

            var waited = (report.DueAt - report.SentAt - Link.Delay).TotalMilliseconds;
            var info = path.Info;
            var isSlowStart = info.CongestionWindow < info.SlowStartThreshold && info.Phase == TcpRecoveryPhase.Open;
            figures = figures with
            {
                SlowStart = isSlowStart ? Math.Max(figures.SlowStart, waited) : figures.SlowStart,
                TenSeconds = Math.Max(figures.TenSeconds, waited),
            };
        };
        var rate = path.Run(10);
        return figures with { Rate = rate };
    }

    private static string Write()
    {
        var text = new StringBuilder($"""
            {Heading}

            CUBIC over 10 Mb/s with a round trip of 20 ms and a queue of 1 MiB, which is full after 839 ms: the longest that a segment waited in the queue, in slow
            start and in all ten seconds. A receiver that offers 4 MiB leaves it to the sender; one whose window follows what its reader takes (the default) keeps
            the queue short by itself. A test compares (`PORTOLAN_WRITE_DOCS=1 ./test --filter-class "*Bufferbloat*"` writes the table anew).

            | receive window | HyStart | pacing | in slow start ms | in ten seconds ms | segments lost | Mb/s |
            |---|---|---|---|---|---|---|

            """);
        foreach (var (name, profile) in Profiles())
        {
            var figures = Measure(profile);
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {Word(profile.UsesHyStart)} | {Word(profile.UsesPacing)} | {figures.SlowStart:f0} | {figures.TenSeconds:f0} | "
                    + $"{figures.Lost} | {figures.Rate:f1} |\n");
        }

        return text.ToString().ReplaceLineEndings("\n");

        static string Word(bool isOn) => isOn ? "on" : "off";
    }

    private static IEnumerable<(string Name, TcpProfile Profile)> Profiles()
    {
        foreach (var (usesHyStart, usesPacing) in ((bool, bool)[])[(true, false), (true, true), (false, false), (false, true)])
        {
            yield return ("4 MiB", Offering(usesHyStart, usesPacing));
        }

        yield return ("follows", TcpProfile.Linux);
        yield return ("follows", TcpProfile.Linux with { UsesHyStart = false });
    }

    private sealed record Figures(double SlowStart, double TenSeconds, int Lost, double Rate);
}
