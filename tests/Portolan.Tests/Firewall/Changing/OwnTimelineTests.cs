using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;

namespace Portolan.Tests.Firewall.Changing;

/// <summary>What becomes of rules by themselves.</summary>
public sealed class OwnTimelineTests
{
    [Fact]
    public void What_is_pending_goes_and_what_it_replaced_comes_back()
    {
        var first = Confirmed(OwnState.Empty, "allow 80/tcp");
        var state = Pending(first, "block 80/tcp", 20);
        state = Pending(state, "block 81/tcp", 40);
        Assert.Equal(["block 81/tcp", "block 80/tcp"], On(state));
        Assert.Equal([TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(40)], OwnTimeline.Ends(state));
        Assert.Equal(["block 81/tcp", "allow 80/tcp"], On(OwnTimeline.After(state, TimeSpan.FromSeconds(20))));
        Assert.Equal(["allow 80/tcp"], On(OwnTimeline.After(state, TimeSpan.FromSeconds(40))));
        Assert.Equal([TimeSpan.FromSeconds(20)], OwnTimeline.Ends(OwnTimeline.After(state, TimeSpan.FromSeconds(20))));
    }

    [Fact]
    public void What_ends_together_is_one_end_though_it_was_read_one_after_the_other()
    {
        var state = Pending(OwnState.Empty, "allow 80/tcp", 20);
        state = Pending(state, "block 80-90/tcp", 20);
        var read = state with
        {
            Rules = [.. state.Rules.Select((r, index) => r with { Remaining = TimeSpan.FromMilliseconds(19000 - index) })],
            Changes = [.. state.Changes.Select((c, index) => c with { Remaining = TimeSpan.FromMilliseconds(19010 + index) })],
        };
        var end = Assert.Single(OwnTimeline.Ends(read));
        Assert.Empty(OwnTimeline.After(read, end).Rules.Where(r => r.Remaining <= TimeSpan.Zero));
    }

    [Fact]
    public void After_all_ends_is_what_is_saved()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var state = NotesTests.RandomState(random);
            Assert.Equal(
                state.Lasting.Rules.Select(r => r.Number),
                OwnTimeline.After(state, TimeSpan.MaxValue).Rules.Select(r => r.Number));
        }
    }

    private static OwnState Confirmed(OwnState state, string words)
    {
        var plan = Plan(state, words, 60);
        return PendingPlanner.Confirm(plan.After, [plan.Change!]).After;
    }

    private static OwnState Pending(OwnState state, string words, int seconds) => Plan(state, words, seconds).After;

    private static ChangePlan Plan(OwnState state, string words, int seconds)
    {
        Assert.True(RuleWords.TryParse(0, words, out var rule));
        return RulePlanner.Add(
            state, [rule], words, new ChangeContext("me", DateTimeOffset.UnixEpoch, ChangeOrigin.Unknown, TimeSpan.FromSeconds(seconds)));
    }

    private static IEnumerable<string> On(OwnState state) => OwnTimeline.On(state).Select(r => r.Words);
}
