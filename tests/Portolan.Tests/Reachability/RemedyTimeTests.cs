using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Tests.Support;

namespace Portolan.Tests.Reachability;

public sealed class RemedyTimeTests
{
    [Fact]
    public void What_one_search_took_the_next_ones_lack()
    {
        var clock = new VirtualTime();
        var time = new RemedyTime(TimeSpan.FromSeconds(2), clock);

        Assert.Equal("found", Search(time, clock, seconds: 1));
        Assert.Equal("found", Search(time, clock, seconds: 1));
        Assert.Equal("late", Search(time, clock, seconds: 1));
    }

    [Fact]
    public void A_search_that_its_time_ends_comes_to_nothing()
    {
        var time = new RemedyTime(TimeSpan.FromMilliseconds(1), TimeProvider.System);

        Assert.Equal("late", time.Within(Ruleset.Empty, UntilStopped, static () => "late", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void One_that_is_stopped_with_all_else_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        var time = new RemedyTime(TimeSpan.FromDays(1), TimeProvider.System);
        stop.CancelAfter(1);

        Assert.ThrowsAny<OperationCanceledException>(() => time.Within(Ruleset.Empty, UntilStopped, static () => "late", stop.Token));
    }

    [Fact]
    public void Among_very_many_rules_none_is_looked_for()
    {
        var rule = new Rule(1, []);
        var chain = new RuleChain(RuleFamily.Ip, "t", "input", 1) { Rules = [.. Enumerable.Repeat(rule, 20_001)] };
        var rules = new Ruleset(1, [new RuleTable(RuleFamily.Ip, "t", 1) { Chains = [chain] }]);

        Assert.Equal(
            "late",
            new RemedyTime(TimeSpan.FromDays(1), TimeProvider.System).Within(
                rules, static _ => "found", static () => "late", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_fix_has_a_tenth_of_the_time_and_no_limit_where_judging_has_none()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), RemedyTime.Of(TimeSpan.FromSeconds(20), TimeProvider.System)?.Limit);
        Assert.Null(RemedyTime.Of(null, TimeProvider.System));
    }

    private static string Search(RemedyTime time, VirtualTime clock, int seconds) => time.Within(
        Ruleset.Empty,
        _ =>
        {
            clock.AdvanceTo(clock.Now + (seconds * VirtualTime.Second));
            return "found";
        },
        static () => "late",
        TestContext.Current.CancellationToken);

    private static string UntilStopped(CancellationToken token)
    {
        token.WaitHandle.WaitOne();
        token.ThrowIfCancellationRequested();
        return "found";
    }
}
