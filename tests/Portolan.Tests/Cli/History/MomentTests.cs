using Portolan.Model;
using Portolan.Watch.Recording;

namespace Portolan.Tests.Cli.History;

/// <summary>Times as people write them, in a zone whose clocks change. It is Monday.</summary>
public sealed class MomentTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 30, 15, TimeSpan.Zero);
    private static readonly TimeZoneInfo Zone = MakeZone();

    [Theory]
    [InlineData("now", "2026-11-23T09:30:15.000Z", "2026-11-23T09:30:15.001Z")]
    [InlineData("today", "2026-11-22T23:00:00.000Z", "2026-11-23T23:00:00.000Z")]
    [InlineData("Yesterday", "2026-11-21T23:00:00.000Z", "2026-11-22T23:00:00.000Z")]
    [InlineData("monday", "2026-11-22T23:00:00.000Z", "2026-11-23T23:00:00.000Z")]
    [InlineData("last monday", "2026-11-15T23:00:00.000Z", "2026-11-16T23:00:00.000Z")]
    [InlineData("last sunday", "2026-11-21T23:00:00.000Z", "2026-11-22T23:00:00.000Z")]
    [InlineData("03:00", "2026-11-23T02:00:00.000Z", "2026-11-23T02:01:00.000Z")]
    [InlineData("10:31", "2026-11-22T09:31:00.000Z", "2026-11-22T09:32:00.000Z")]
    [InlineData("03:00:05", "2026-11-23T02:00:05.000Z", "2026-11-23T02:00:06.000Z")]
    [InlineData("2h", "2026-11-23T07:30:15.000Z", "2026-11-23T07:30:15.001Z")]
    [InlineData("90d", "2026-08-25T09:30:15.000Z", "2026-08-25T09:30:15.001Z")]
    [InlineData("3 days ago", "2026-11-20T09:30:15.000Z", "2026-11-20T09:30:15.001Z")]
    [InlineData("1 week", "2026-11-16T09:30:15.000Z", "2026-11-16T09:30:15.001Z")]
    [InlineData("2026-11-20", "2026-11-19T23:00:00.000Z", "2026-11-20T23:00:00.000Z")]
    [InlineData("2026-11-20T03:00", "2026-11-20T02:00:00.000Z", "2026-11-20T02:01:00.000Z")]
    [InlineData("2026-11-20 03:00:07", "2026-11-20T02:00:07.000Z", "2026-11-20T02:00:08.000Z")]
    [InlineData("2026-11-20T03:00:07Z", "2026-11-20T03:00:07.000Z", "2026-11-20T03:00:08.000Z")]
    [InlineData("2026-11-20T03:00:07.250+02:00", "2026-11-20T01:00:07.250Z", "2026-11-20T01:00:07.251Z")]
    [InlineData("2026-11-20T03:00Z", "2026-11-20T03:00:00.000Z", "2026-11-20T03:01:00.000Z")]
    public void It_is_as_long_as_its_words_are_exact(string words, string start, string end)
    {
        var moment = Moment.Parse(words, Now, Zone, "--since");
        Assert.Equal((start, end), (TimeText.Rfc3339(moment.Start), TimeText.Rfc3339(moment.End)));
    }

    [Theory]
    [InlineData("2026-03-29", 23)]
    [InlineData("2026-10-25", 25)]
    [InlineData("2026-11-20", 24)]
    public void A_day_is_as_long_as_the_clocks_make_it(string words, double hours) =>
        Assert.Equal(hours, Moment.Parse(words, Now, Zone, "x") is var day ? (day.End - day.Start).TotalHours : 0);

    [Fact]
    public void A_time_that_the_clocks_skip_is_the_one_after_and_one_that_comes_twice_is_the_first()
    {
        Assert.Equal("2026-03-29T01:30:00.000Z", StartOf("2026-03-29T02:30"));
        Assert.Equal("2026-10-25T00:30:00.000Z", StartOf("2026-10-25T02:30"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("last")]
    [InlineData("25:00")]
    [InlineData("9999-12-31")]
    [InlineData("0001-01-01")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("2026-13-01")]
    [InlineData("90")]
    [InlineData("99999999d")]
    [InlineData("d")]
    [InlineData("2026-11-20T")]
    public void What_is_no_time_is_refused_with_the_forms(string words)
    {
        var error = Assert.Throws<PortolanException>(() => Moment.Parse(words, Now, Zone, "--since"));
        Assert.Equal(ExitCode.Usage, error.ExitCode);
        Assert.Contains("yesterday", error.Hint?.ToString(), StringComparison.Ordinal);
    }

    private static string StartOf(string words) => TimeText.Rfc3339(Moment.Parse(words, Now, Zone, "x").Start);

    // An hour before UTC in winter, two in summer, from the last Sunday of March to that of October.
    private static TimeZoneInfo MakeZone() => TimeZoneInfo.CreateCustomTimeZone(
        "test", TimeSpan.FromHours(1), "test", "test", "test",
        [
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
        ]);
}
