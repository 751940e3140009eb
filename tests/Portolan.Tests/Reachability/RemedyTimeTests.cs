using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Tests.Support;

namespace Portolan.Tests.Reachability;

public sealed class RemedyTimeTests
{
    private readonly SteppedTime _clock = new();

    [Fact]
    public void What_one_search_took_the_next_ones_lack()
    {
        using var judging = Judging(20);
        var time = new RemedyTime(judging, _clock);

        Assert.Equal("found", Search(time, seconds: 0.75));
        Assert.Equal("found", Search(time, seconds: 0.75));
        Assert.Equal("late", Search(time, seconds: 0.75));
    }

    [Fact]
    public void A_search_that_its_time_ends_comes_to_nothing()
    {
        using var judging = Judging(20);

        Assert.Equal("late", Search(new RemedyTime(judging, _clock), seconds: 3));
    }

    [Fact]
    public void It_has_no_more_than_the_verdict_leaves()
    {
        using var judging = Judging(20);
        var time = new RemedyTime(judging, _clock);
        _clock.Advance(TimeSpan.FromSeconds(19));

        Assert.Equal("late", Search(time, seconds: 1.5));
    }

    [Fact]
    public void One_that_is_stopped_with_all_else_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        using var judging = Judging(20);
        var time = new RemedyTime(judging, _clock);

        Assert.ThrowsAny<OperationCanceledException>(() => time.Within(
            Ruleset.Empty,
            token =>
            {
                stop.Cancel();
                token.ThrowIfCancellationRequested();
                return "found";
            },
            static () => "late", stop.Token));
    }

    [Fact]
    public void Among_very_many_rules_none_is_looked_for_and_the_answer_says_so()
    {
        var rule = new Rule(1, []);
        var chain = new RuleChain(RuleFamily.Ip, "t", "input", 1) { Rules = [.. Enumerable.Repeat(rule, 20_001)] };
        var rules = new Ruleset(1, [new RuleTable(RuleFamily.Ip, "t", 1) { Chains = [chain] }]);
        using var judging = Judging(20);
        var time = new RemedyTime(judging, _clock);

        Assert.Equal("late", time.Within(rules, static _ => "found", static () => "late", TestContext.Current.CancellationToken));
        Assert.Equal("no fix is searched in more than 20,000 rules; --judge-time 0 searches anyway", time.Why(rules));
        Assert.Equal("0", time.Option(rules));
    }

    [Fact]
    public void A_fix_has_a_tenth_of_the_time_and_no_limit_where_judging_has_none()
    {
        using var judging = Judging(20);
        using var endless = new EvaluationBudget(null, _clock, TestContext.Current.CancellationToken);

        Assert.Equal(TimeSpan.FromSeconds(2), new RemedyTime(judging, _clock).Limit);
        Assert.Equal("no fix found within 2s; --judge-time 1m allows more", new RemedyTime(judging, _clock).Why(Ruleset.Empty));
        Assert.Null(new RemedyTime(endless, _clock).Limit);
        Assert.Equal("found", Search(new RemedyTime(endless, _clock), seconds: 3600));
    }

    private EvaluationBudget Judging(int seconds) =>
        new(TimeSpan.FromSeconds(seconds), _clock, TestContext.Current.CancellationToken);

    private string Search(RemedyTime time, double seconds) => time.Within(
        Ruleset.Empty,
        token =>
        {
            _clock.Advance(TimeSpan.FromSeconds(seconds));
            token.ThrowIfCancellationRequested();
            return "found";
        },
        static () => "late",
        TestContext.Current.CancellationToken);
}
