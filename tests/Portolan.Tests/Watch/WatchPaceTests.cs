using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch;

/// <summary>How often <c>portolan watch</c> looks.</summary>
public sealed class WatchPaceTests
{
    [Theory]
    [InlineData(0, 60, 0.5)]
    [InlineData(30, 60, 0.6)]
    [InlineData(350, 175, 7)]
    [InlineData(5000, 2500, 10)]
    public void Looks_that_cost_more_are_rarer(double milliseconds, double every, double gap)
    {
        var pace = new WatchPace(static () => null);
        pace.Note(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal((TimeSpan.FromSeconds(every), TimeSpan.FromSeconds(gap)), (pace.Every, pace.Gap));
    }

    [Fact]
    public void What_is_asked_for_holds_whatever_it_costs()
    {
        var pace = new WatchPace(static () => TimeSpan.FromSeconds(1));
        pace.Note(TimeSpan.FromSeconds(5));

        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), (pace.Every, pace.Gap));
    }
}
