using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;

namespace Portolan.Tests.Firewall.Changing;

/// <summary>As many changes are undone as were asked for, whether they wait for confirmation or not.</summary>
public sealed class UndoPlannerTests
{
    private static readonly ChangeContext Context = new(
        "somebody", DateTimeOffset.UnixEpoch, ChangeOrigin.Unknown, TimeSpan.FromMinutes(1));

    [Fact]
    public void A_pending_change_and_the_confirmed_one_before_it_are_two_steps()
    {
        var state = Pending(Confirmed(OwnState.Empty, "allow 8001/tcp"), "allow 8002/tcp");

        var plan = UndoPlanner.Undo(state, 2, Context);

        Assert.Equal("allow 8002/tcp", Assert.Single(plan.Discarded).Words);
        Assert.Equal([1], plan.Change!.Undoes);
        Assert.Equal(["allow 8001/tcp", "allow 8002/tcp"], plan.Removed.Select(static r => r.Words).Order(StringComparer.Ordinal));
        Assert.Empty(plan.Added);
        Assert.Empty(plan.Notes);
        Assert.DoesNotContain(plan.After.Rules, static r => r.PausedFor is null);

        // Once the undoing is confirmed nothing is left.
        Assert.Empty(PendingPlanner.Confirm(plan.After, [.. plan.After.Pending]).After.Rules);
    }

    [Fact]
    public void One_step_takes_back_the_pending_change_alone()
    {
        var plan = UndoPlanner.Undo(Pending(Confirmed(OwnState.Empty, "allow 8001/tcp"), "allow 8002/tcp"), 1, Context);
        Assert.Null(plan.Change);
        Assert.Equal("allow 8001/tcp", Assert.Single(plan.After.Rules).Words);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    public void More_steps_than_there_are_changes_are_said(int steps)
    {
        var plan = UndoPlanner.Undo(Confirmed(OwnState.Empty, "allow 8001/tcp"), steps, Context);
        Assert.Equal($"1 of {steps} changes undone: no more exist", Assert.Single(plan.Notes));
        Assert.Equal("allow 8001/tcp", Assert.Single(plan.Removed).Words);
    }

    [Fact]
    public void Where_there_is_nothing_nothing_is_planned() => Assert.True(UndoPlanner.Undo(OwnState.Empty, 2, Context).IsNothing);

    private static OwnState Pending(OwnState state, string words)
    {
        Assert.True(RuleWords.TryParse(0, words, out var rule));
        return RulePlanner.Add(state, [rule], words, Context).After;
    }

    private static OwnState Confirmed(OwnState state, string words)
    {
        var pending = Pending(state, words);
        return PendingPlanner.Confirm(pending, [.. pending.Pending]).After;
    }
}
