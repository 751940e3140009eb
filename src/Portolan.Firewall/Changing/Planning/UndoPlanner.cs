using System.Globalization;

namespace Portolan.Firewall.Changing.Planning;

/// <summary>Plans to take the newest changes back: pending ones at once, then confirmed ones by a change that is pending itself.</summary>
public static class UndoPlanner
{
    /// <summary>Plans it.</summary>
    /// <param name="state">The rules as they are.</param>
    /// <param name="steps">How many changes, newest first. Where there are fewer, a note says so.</param>
    /// <param name="context">Who undoes, and when.</param>
    public static ChangePlan Undo(OwnState state, int steps, ChangeContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(context);

        // What is pending comes first: it is newer than anything that was confirmed before it.
        var (after, discarded) = (state, new List<OwnChange>());
        foreach (var change in state.Pending.Reverse().Take(steps).ToList())
        {
            var next = PendingPlanner.Discard(after, after.Changes.First(c => c.Number == change.Number));
            after = next.After;
            discarded.AddRange(next.Discarded);
        }

        // A change whose rules have all gone, for their time was over, is not a step.
        IReadOnlyList<OwnChange> confirmed =
        [
            .. after.Changes.Reverse().Where(c => !c.IsPending && (c.Removed.Count > 0 || c.Added.Any(n => after.Rule(n) is not null)))
                .Take(steps - discarded.Count),
        ];
        var plan = confirmed.Count > 0 || discarded.Count == 0 ? RulePlanner.Undo(after, confirmed, context) : new ChangePlan(state, after);
        var undone = discarded.Count + confirmed.Count;
        return plan with
        {
            Before = state,
            Discarded = discarded,
            Added = [.. Working(plan.After).Where(r => !Works(state, r))],
            Removed = [.. Working(state).Where(r => !Works(plan.After, r))],
            Notes = undone > 0 && undone < steps
                ? [.. plan.Notes, string.Create(CultureInfo.InvariantCulture, $"{undone} of {steps} changes undone: no more exist")]
                : plan.Notes,
        };
    }

    private static IEnumerable<OwnRule> Working(OwnState state) => state.Rules.Where(static r => r.PausedFor is null);

    private static bool Works(OwnState state, OwnRule rule) => Working(state).Any(r => r.Number == rule.Number);
}
