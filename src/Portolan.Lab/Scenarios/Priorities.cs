using System.Globalization;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios.Loads;
using Portolan.Transport.Links;

namespace Portolan.Lab.Scenarios;

/// <summary>A stream, mail, web and a file copy share a thin link: who goes first is said by port, and makes the difference.</summary>
internal sealed class Priorities : IScenario
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(6);

    public string Name => "priorities";

    public string Summary => "a stream, mail, web and a file copy share a thin link; priorities by port keep the stream smooth";

    public async Task PlayAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "A house has a link of 2 Mbit/s. Sound streams over it, to UDP port 5004: a datagram of 172 bytes every 20 ms. "
                + "Nothing else uses the link.");
        stage.ShowPackets(4);
        var alone = await MediaStream.PlayAsync(
            stage["server"], stage["plain-house"], stage.EndPointOf("plain-house", MediaStream.Port), Span, stage.Time);
        stage.Show("the stream", QualityTable(("alone", alone)));
        stage.ExpectEqual(alone.Sent, alone.Arrived, "the number of datagrams that arrive");
        stage.Expect(alone.MostDelay < TimeSpan.FromMilliseconds(15), "none takes more than 15 ms", TimeText(alone.MostDelay));

        await stage.StepAsync(
            "Now a file copy (TCP port 873), mail (25) and web (80) use the same link. A copy takes all that it can get: its segments "
                + "wait in a long queue before the link, "
            + "and the stream's datagrams wait behind them, first come, first served. The ladder shows what leaves the queue in a "
            + "twentieth of a second.");
        DrawMoment(stage, "plain-house");
        var plain = await PlayAsync(stage, "plain-house");
        stage.Show("the stream", QualityTable(("alone", alone), ("with others", plain.Stream)));
        stage.Expect(
            plain.Stream.MeanDelay > 10 * alone.MeanDelay, "the stream's datagrams take more than ten times as long",
            TimeText(plain.Stream.MeanDelay));
        stage.Expect(
            plain.Stream.MostDelay > TimeSpan.FromMilliseconds(150),
            "the longest takes more than the 150 ms that a talk allows (ITU-T G.114)", TimeText(plain.Stream.MostDelay));

        await stage.StepAsync(
            "Another house has the same link and the same traffic, and its routers look at ports: UDP 5004 goes before all, TCP 25 and "
                + "80 before unlisted ports, and the "
            + "copy, TCP 873, last. Nothing is sent faster; only the order in the queue is another.");
        DrawMoment(stage, "shaped-house");
        var shaped = await PlayAsync(stage, "shaped-house");
        stage.Show("the stream", QualityTable(("alone", alone), ("with others", plain.Stream), ("with priorities", shaped.Stream)));
        stage.Show("the others", TrafficTable(("with others", plain), ("with priorities", shaped)));
        stage.ExpectEqual(shaped.Stream.Sent, shaped.Stream.Arrived, "the number of the stream's datagrams that arrive");

        // What is being sent is not interrupted: a whole segment takes 6 ms on this link, as long as its 1500 bytes need.
        stage.Expect(
            shaped.Stream.MostDelay < alone.MostDelay + TimeSpan.FromMilliseconds(7),
            "none takes more than 7 ms longer than alone: it waits for one segment at most", TimeText(shaped.Stream.MostDelay));
        stage.Expect(
            plain.Stream.Jitter > alone.Jitter && shaped.Stream.MeanDelay < plain.Stream.MeanDelay / 5,
            "on average they take less than a fifth of the time without priorities");
        stage.Expect(
            shaped.Page < plain.Page / 2 && shaped.Mail < plain.Mail, "pages come in less than half the time, and mails sooner too",
            $"{TimeText(shaped.Page)} and {TimeText(shaped.Mail)}");
        stage.Expect(shaped.CopyRate > plain.CopyRate * 0.7, "the copy keeps more than 70 % of its speed", Rate(shaped.CopyRate));
    }

    private static async Task<Outcome> PlayAsync(ScenarioStage stage, string house)
    {
        var (server, at) = (stage["server"], stage[house]);
        var before = stage.Packets.Count;
        var copying = OtherTraffic.CopyAsync(server, stage.EndPointOf(house, OtherTraffic.CopyPort), Span, stage.Time);
        var browsing = OtherTraffic.BrowseAsync(at, stage.EndPointOf("server", OtherTraffic.WebPort), Span, stage.Time);
        var mailing = OtherTraffic.MailAsync(server, stage.EndPointOf(house, OtherTraffic.MailPort), Span, stage.Time);
        var stream = await MediaStream.PlayAsync(server, at, stage.EndPointOf(house, MediaStream.Port), Span, stage.Time);
        await copying;
        var (pages, mails) = (await browsing, await mailing);

        // What reached the house, not what the server has handed to TCP.
        var copied = stage.Packets.Skip(before).Where(p => p.To == house && p.Fate == WireOutcome.Taken).Sum(
            static p => WirePacket.Crossings([p]) is [var s] && s.DestinationPort.Value == OtherTraffic.CopyPort ? s.Data.Length : 0L);
        return new Outcome(stream, copied * 8 / Span.TotalSeconds, Mean(pages), pages.Count, Mean(mails), mails.Count);
    }

    /// <summary>Draws what a house gets during a twentieth of a second, when all are at work.</summary>
    private static void DrawMoment(ScenarioStage stage, string house)
    {
        var from = stage.Time.GetInstant() + TimeSpan.FromSeconds(3);
        stage.DrawOnly(p => p.To == house && p.Fate == WireOutcome.Taken && p.Time >= from && p.Time < from + TimeSpan.FromSeconds(0.05));
    }

    private static ColumnTable QualityTable(params (string Name, StreamQuality Quality)[] columns) => TextColumns.Lines(
        ["", "delay, mean", "delay, most", "jitter", "lost"],
        columns.Select(static c => (IReadOnlyList<string>)
            [c.Name, TimeText(c.Quality.MeanDelay), TimeText(c.Quality.MostDelay), TimeText(c.Quality.Jitter),
                string.Create(CultureInfo.InvariantCulture, $"{c.Quality.Loss * 100:0.0} %")]));

    private static ColumnTable TrafficTable(params (string Name, Outcome Outcome)[] columns) => TextColumns.Lines(
        ["", "copy", "a page takes", "pages", "a mail takes", "mails"],
        columns.Select(
            static c =>
                (IReadOnlyList<string>)[
                    c.Name, Rate(c.Outcome.CopyRate), TimeText(c.Outcome.Page), $"{c.Outcome.Pages}", TimeText(c.Outcome.Mail),
                    $"{c.Outcome.Mails}"]));

    private static TimeSpan Mean(List<TimeSpan> times) =>
        times.Count == 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)times.Average(static t => t.Ticks));

    private static string TimeText(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? time.TotalMilliseconds.ToString("0.0 'ms'", CultureInfo.InvariantCulture)
        : time.TotalSeconds.ToString("0.0 's'", CultureInfo.InvariantCulture);

    private static string Rate(double bits) => string.Create(CultureInfo.InvariantCulture, $"{bits / 1_000_000:0.00} Mbit/s");

    /// <summary>How all of them fared; times are means, the rate is in bits a second.</summary>
    private sealed record Outcome(StreamQuality Stream, double CopyRate, TimeSpan Page, int Pages, TimeSpan Mail, int Mails);
}
