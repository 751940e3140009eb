using Portolan.Reachability.Judging;
using Portolan.Tests.Support;

namespace Portolan.Tests.Reachability;

public sealed class EvaluationBudgetTests
{
    private readonly SteppedTime _clock = new();

    [Fact]
    public void Of_several_each_has_a_fair_share_of_what_those_before_left()
    {
        using var all = new EvaluationBudget(TimeSpan.FromSeconds(20), _clock, TestContext.Current.CancellationToken);
        using var first = all.Share(4);
        Assert.Equal(TimeSpan.FromSeconds(5), first.Left);

        _clock.Advance(TimeSpan.FromSeconds(2));

        using var second = all.Share(3);
        Assert.Equal(TimeSpan.FromSeconds(6), second.Left);
        Assert.Equal("not judged within 20s", second.Why);
    }

    [Fact]
    public void What_is_cut_in_a_share_is_no_cut_of_the_whole()
    {
        using var all = new EvaluationBudget(TimeSpan.FromSeconds(20), _clock, TestContext.Current.CancellationToken);
        using var share = all.Share(4);

        Assert.Equal("late", share.Within(Work, static () => "late"));

        Assert.True(share.HasCut);
        Assert.False(all.HasCut);
        Assert.False(all.IsOver);
        Assert.Equal("done", all.Within(Work, static () => "late"));
    }

    [Fact]
    public void A_verdict_stands_without_what_was_judged_beside_it()
    {
        using var time = new EvaluationBudget(TimeSpan.FromSeconds(1), _clock, TestContext.Current.CancellationToken);

        Assert.Equal("late", time.Beside(Work, static () => "late"));

        Assert.True(time.IsOver);
        Assert.False(time.HasCut);
        Assert.Equal(TimeSpan.Zero, time.Left);
    }

    private string Work(CancellationToken token)
    {
        _clock.Advance(TimeSpan.FromSeconds(6));
        token.ThrowIfCancellationRequested();
        return "done";
    }
}
