using Portolan.Tests.Watch.Recording;
using Portolan.Watch.Recording;
using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch;

/// <summary>Ports that open and close again and again.</summary>
public sealed class FlapRuleTests : IDisposable
{
    private static readonly string Closed = ChartTexts.Chart(ChartTexts.Row(22, "sshd"));
    private static readonly string Open = ChartTexts.Chart(ChartTexts.Row(22, "sshd"), ChartTexts.Row(80));

    private readonly HistoryStories _stories = new();

    public void Dispose() => _stories.Dispose();

    [Fact]
    public void A_port_that_flaps_is_an_event_at_its_fifth_tenth_and_twentieth_change()
    {
        _stories.AddChart(HistoryStories.Hour(0), Closed);

        var counts = Enumerable.Range(1, 25)
            .Select(change => CountOf(HistoryStories.Hour(0).AddMinutes(change), change % 2 == 1)).ToArray();

        Assert.Equal([1, 1, 1, 1, 5, 10, 20], counts.Where(static count => count > 0));
        Assert.Equal([1, 2, 3, 4, 5, 10, 20], Enumerable.Range(1, 25).Where(change => counts[change - 1] > 0));
    }

    [Fact]
    public void After_a_quiet_hour_each_change_is_an_event_again()
    {
        _stories.AddChart(HistoryStories.Hour(0), Closed);
        for (var change = 1; change <= 6; change++)
        {
            CountOf(HistoryStories.Hour(0).AddMinutes(change), change % 2 == 1);
        }

        Assert.Equal(1, CountOf(HistoryStories.Hour(3), isOpen: true));
    }

    [Fact]
    public void Another_port_does_not_count()
    {
        _stories.AddChart(HistoryStories.Hour(0), Closed);
        for (var change = 1; change <= 6; change++)
        {
            CountOf(HistoryStories.Hour(0).AddMinutes(change), change % 2 == 1);
        }

        var at = HistoryStories.Hour(0).AddMinutes(9);
        var run = _stories.AddChart(at, ChartTexts.Chart(ChartTexts.Row(22, "sshd"), ChartTexts.Row(81)));
        Assert.Equal(1, Assert.Single(EventsOf(run, at)).Count);
    }

    // 0 where there is no event.
    private long CountOf(DateTimeOffset at, bool isOpen) =>
        EventsOf(_stories.AddChart(at, isOpen ? Open : Closed), at).SingleOrDefault()?.Count ?? 0;

    private WatchEvent[] EventsOf(long run, DateTimeOffset at)
    {
        using var store = _stories.Open();
        var reader = new HistoryReader(store);
        return [.. FlapRule.Events(reader, reader.ChangesOf(run, at))];
    }
}
