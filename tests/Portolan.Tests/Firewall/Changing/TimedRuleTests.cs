using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;

namespace Portolan.Tests.Firewall.Changing;

/// <summary>Rules with a time beside rules for the same packets that last.</summary>
public sealed class TimedRuleTests
{
    [Theory]
    [InlineData("allow 80/tcp", "block 80/tcp --for 10m")]
    [InlineData("block 80/tcp", "allow 80/tcp --for 10m")]
    public void When_its_time_ends_what_lasted_decides_again(string lasting, string timed)
    {
        var state = Make(Make(OwnState.Empty, lasting), timed);
        Assert.Equal([timed, lasting], state.Rules.Select(r => r.Words));
        Assert.Equal([lasting], OwnTimeline.After(state, TimeSpan.FromMinutes(10)).Rules.Select(r => r.Words));
        Assert.Equal([lasting], state.Lasting.Rules.Select(r => r.Words));
    }

    [Fact]
    public void Asked_for_again_what_lasts_takes_away_what_stands_in_front_of_it()
    {
        var state = Make(Make(OwnState.Empty, "allow 80/tcp"), "block 80/tcp --for 10m");
        var plan = Plan(state, "allow 80/tcp");
        Assert.Equal(["block 80/tcp --for 10m"], plan.Removed.Select(r => r.Words));
        Assert.Equal(["allow 80/tcp"], OwnTimeline.On(plan.After).Select(r => r.Words));
        Assert.Equal(
            ["block 80/tcp --for 5m", "allow 80/tcp"], OwnTimeline.On(Plan(state, "block 80/tcp --for 5m").After).Select(r => r.Words));
        Assert.Equal(["block 80/tcp"], OwnTimeline.On(Plan(state, "block 80/tcp").After).Select(r => r.Words));
    }

    private static OwnState Make(OwnState state, string words)
    {
        var plan = Plan(state, words);
        return PendingPlanner.Confirm(plan.After, [plan.Change!]).After;
    }

    private static ChangePlan Plan(OwnState state, string words)
    {
        Assert.True(RuleWords.TryParse(0, words, out var rule));
        return RulePlanner.Add(
            state, [rule], words, new ChangeContext("me", DateTimeOffset.UnixEpoch, ChangeOrigin.Unknown, TimeSpan.FromSeconds(60)));
    }
}
