using Portolan.Cli.Checking;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary>How a check is drawn.</summary>
public sealed class CheckTextTests
{
    private const string Summary =
        "the server requires a client certificate: alert certificate required, and this sentence goes on for some words";

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(60)]
    public void Sentences_are_broken_between_words_where_the_terminal_ends(int width)
    {
        var lines = Draw(width).Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        // No word is cut, and what follows stands below what it belongs to.
        var words = string.Join(
            ' ',
            lines.Where(
                l => l.StartsWith("  http ", StringComparison.Ordinal) || l.StartsWith(new string(' ', 24), StringComparison.Ordinal))
                .Select(l => l[24..].Trim()));
        Assert.StartsWith($"{Summary} (", words, StringComparison.Ordinal);
        var expected = Array.FindIndex(lines, l => l.StartsWith("  expected status=200: not met,", StringComparison.Ordinal));
        Assert.StartsWith("    status", lines[expected + 1], StringComparison.Ordinal);
    }

    [Fact]
    public void Elsewhere_each_is_one_line() =>
        Assert.Contains($"  http        0.000 ms  {Summary}\n", Draw(null), StringComparison.Ordinal);

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    public void A_ladder_of_long_addresses_fits_and_shows_what_it_cuts(int width)
    {
        Assert.True(InternetAddress.TryParse("2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111", out var client));
        Assert.True(InternetAddress.TryParse("2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222", out var server));
        var path = "/" + new string('a', 100);
        var target = new CheckTarget($"http://h{path}", CheckScheme.Http, "h", new(80)) { Path = path };
        var attempt = new ConnectTry(
            server, default, default, ConnectionOutcome.Connected,
            "open")
        { Pair = new SocketPair(TransportProtocol.Tcp, client, new(50000), server, new(80)) };
        var connect = new ConnectStep([attempt]) { Time = default, Result = StepResult.Ok, Summary = "open" };
        var http = new HttpStep(target.Url, Response: null) { Time = default, Result = StepResult.Failed, Summary = "none" };
        var writer = new Utf8Writer();

        Assert.True(new LadderText(writer, width, color: false).Write(new CheckHop(target, [connect, http])));

        var lines = System.Text.Encoding.UTF8.GetString(writer.Written).Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        Assert.EndsWith("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111]:50000", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222]:80", lines[2], StringComparison.Ordinal);
        Assert.Contains(
            lines, static line => line.Contains("GET /aaa", StringComparison.Ordinal) && line.Contains("a… ", StringComparison.Ordinal));
    }

    private static string Draw(int? width)
    {
        var console = new TestConsole { OutputWidth = width };
        using var context = console.Context();
        var target = new CheckTarget("https://192.0.2.1/", CheckScheme.Https, "192.0.2.1", new(443));
        var step = new HttpStep("https://192.0.2.1/", Response: null)
        {
            Time = default,
            Result = StepResult.Failed,
            Summary = Summary,
            Meaning = "check has no client certificate to send; the port works for clients that have one",
        };
        var connect = new ConnectStep([new ConnectTry(default, default, default, ConnectionOutcome.Connected, "open")])
        {
            Time = default,
            Result = StepResult.Ok,
            Summary = "open",
        };
        var report = new CheckReport(target, default, TimeSpan.Zero, [new CheckHop(target, [connect, step])]);
        var text = new CheckText(context, isVerbose: false);
        text.Write(new CheckVerdict(
            report, [new ExpectationResult(new ReachedExpectation("status=200"), false, $"status unknown: {Summary}")]));
        text.WriteEnd();
        context.Flush();
        return console.Output;
    }
}
