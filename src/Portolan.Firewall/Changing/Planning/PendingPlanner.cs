namespace Portolan.Firewall.Changing.Planning;

/// <summary>Plans what becomes of pending changes: they are confirmed, or taken back at once.</summary>
public static class PendingPlanner
{
    /// <summary>Plans to make pending changes last.</summary>
    /// <param name="before">The rules as they are.</param>
    /// <param name="confirmed">The changes, all pending.</param>
    public static ChangePlan Confirm(OwnState before, IReadOnlyList<OwnChange> confirmed)
    {
        if (confirmed.Count == 0)
        {
            return new ChangePlan(before, before);
        }

        var rules = new List<OwnRule>();
        foreach (var rule in before.Rules)
        {
            if (confirmed.Any(c => c.Removed.Any(r => r.Rule.Number == rule.Number)))
            {
                continue;
            }

            var change = confirmed.FirstOrDefault(c => c.Added.Contains(rule.Number));
            if ((change is null ? rule : Lasting(rule, change)) is { } kept)
            {
                rules.Add(kept);
            }
        }

        // What was undone is no longer there to be undone, and neither is the undoing.
        var undone = confirmed.SelectMany(c => c.Undoes).ToHashSet();
        var changes = new List<OwnChange>();
        foreach (var change in before.Changes)
        {
            var isConfirmed = confirmed.Contains(change);
            if (!undone.Contains(change.Number) && !(isConfirmed && change.Undoes.Count > 0))
            {
                changes.Add(isConfirmed ? change with { Timeout = null, Remaining = null } : change);
            }
        }

        return new ChangePlan(before, before with { Rules = rules, Changes = changes })
        {
            Confirmed = confirmed,
            Added = [.. rules.Where(r => confirmed.Any(c => c.Added.Contains(r.Number)))],
            Removed = [.. confirmed.SelectMany(c => c.Removed).Select(r => r.Rule)],
        };
    }

    /// <summary>Plans to take a pending change back now, as the kernel would when its time is over.</summary>
    public static ChangePlan Discard(OwnState before, OwnChange change)
    {
        var changes = before.Changes.Where(c => c != change).ToList();
        var rules = before.Rules
            .Where(r => !change.Added.Contains(r.Number))
            .Select(
                r => change.Removed.Any(x => x.Rule.Number == r.Number)
                    && !changes.Any(c => c.IsPending && c.Removed.Any(x => x.Rule.Number == r.Number))
                ? r with { PausedFor = null }
                : r)
            .ToList();
        return new ChangePlan(before, before with { Rules = rules, Changes = changes })
        {
            Discarded = [change],
            Added = [.. rules.Where(r => change.Removed.Any(x => x.Rule.Number == r.Number))],
            Removed = [.. before.Rules.Where(r => change.Added.Contains(r.Number))],
        };
    }

    /// <summary>The rule without the timeout of its confirmation; <c>null</c> when its own time is over.</summary>
    private static OwnRule? Lasting(OwnRule rule, OwnChange change)
    {
        if (rule.Lifetime is not { } lifetime)
        {
            return rule with { Timeout = null, Remaining = null };
        }

        var waited = (change.Timeout ?? TimeSpan.Zero) - (change.Remaining ?? change.Timeout ?? TimeSpan.Zero);
        return waited < lifetime ? rule with { Timeout = lifetime, Remaining = lifetime - waited } : null;
    }
}
