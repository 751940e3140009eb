using System.Globalization;

namespace Portolan.Firewall.Changing.Planning;

/// <summary>Plans new rules among those that are there.</summary>
/// <remarks>
/// A narrower rule is asked before a wider one, whatever their age; of rules that only overlap the newer is asked first. A rule for exactly
/// the same packets replaces the old one, which a pending change pauses and a confirmed one takes away.
/// </remarks>
public sealed class RulePlanner
{
    private readonly OwnState _before;
    private readonly ChangeContext _context;
    private readonly List<OwnRule> _rules;
    private readonly List<OwnRule> _added = [];
    private readonly List<RemovedRule> _removed = [];
    private readonly List<string> _notes = [];
    private int _lastRule;

    private RulePlanner(OwnState before, ChangeContext context) =>
        (_before, _context, _rules, _lastRule) = (before, context, [.. before.Rules], before.LastRuleNumber);

    /// <summary>Plans to add rules, as one change.</summary>
    /// <param name="before">The rules as they are.</param>
    /// <param name="wanted">The rules; their numbers do not count.</param>
    /// <param name="words">The command, such as <c>block 8080/tcp</c>.</param>
    /// <param name="context">Who, when, from where.</param>
    public static ChangePlan Add(OwnState before, IReadOnlyList<OwnRule> wanted, string words, ChangeContext context)
    {
        var planner = new RulePlanner(before, context);
        foreach (var rule in wanted)
        {
            planner.Add(rule);
        }

        return planner.Finish(words, []);
    }

    /// <summary>Plans to take confirmed changes back, as one change.</summary>
    /// <param name="before">The rules as they are.</param>
    /// <param name="undone">The changes, newest first.</param>
    /// <param name="context">Who, when, from where.</param>
    public static ChangePlan Undo(OwnState before, IReadOnlyList<OwnChange> undone, ChangeContext context)
    {
        var planner = new RulePlanner(before, context);
        foreach (var change in undone)
        {
            planner.TakeBack(change);
        }

        var words = "undo of "
            + string.Join("; ", undone.Select(c => string.Create(CultureInfo.InvariantCulture, $"change {c.Number} ({c.Words})")));
        return planner.Finish(words, [.. undone.Select(c => c.Number)]);
    }

    private static bool IsOn(OwnRule rule) => rule.PausedFor is null;

    private void Add(OwnRule wanted)
    {
        if (_rules.FirstOrDefault(r => IsOn(r) && r.DoesSameAs(wanted)) is { } same)
        {
            var decider = _rules.First(r => IsOn(r) && r.Action != OwnAction.Close && r.Scope.IsSameAs(wanted.Scope) || r == same);
            if (same.Lifetime is null && decider != same)
            {
                Remove(
                    decider,
                    $"rule #{decider.Number} ({decider.Words}) is removed: rule #{same.Number} after it does the same: {same.Words}");
                return;
            }

            if (same.Lifetime is null)
            {
                var waits = _before.PendingAdditionOf(same.Number) is { } pending
                    ? $", pending confirmation with change {pending.Number}"
                    : "";
                Note($"rule #{same.Number} already does that{waits}: {same.Words}");
                return;
            }

            var left = DurationText.Format(same.Remaining ?? same.Lifetime.Value);
            Remove(same, $"rule #{same.Number} did that for another {left}; the new rule replaces it");
        }

        // What has a time stands in front of what lasts, which decides again when it ends.
        foreach (var other in _rules.Where(
            r => IsOn(r) && r.Action != OwnAction.Close && r.Scope.IsSameAs(wanted.Scope)
                && (wanted.Lifetime is null || r.Lifetime is not null)).ToList())
        {
            Remove(other, $"it replaces rule #{other.Number}: {other.Words}");
        }

        Insert(Started(wanted with { Number = ++_lastRule, Counts = [] }), PlaceOf(wanted), explain: true);
    }

    private void TakeBack(OwnChange change)
    {
        foreach (var number in change.Added)
        {
            // Its time may be over, or a later change that is undone in the same go may have brought it back.
            if (_added.Find(r => r.Number == number) is { } fresh)
            {
                _added.Remove(fresh);
                _rules.Remove(fresh);
            }
            else if (_rules.FirstOrDefault(r => r.Number == number && IsOn(r)) is { } rule)
            {
                Remove(rule, null);
            }
        }

        foreach (var removed in Enumerable.Reverse(change.Removed))
        {
            if (_rules.Exists(r => r.Number == removed.Rule.Number))
            {
                continue;
            }

            var place = _rules.FindIndex(r => r.Number == removed.Before);
            var last = _rules.FindIndex(r => r.Action == OwnAction.Close);
            Insert(Started(removed.Rule with { Counts = [] }), place >= 0 ? place : last >= 0 ? last : _rules.Count, explain: false);
        }
    }

    /// <summary>Behind the last rule that is narrower, else in front of all; the default drop stays last.</summary>
    private int PlaceOf(OwnRule wanted) => wanted.Action == OwnAction.Close
        ? _rules.Count
        : _rules.FindLastIndex(r => r.Scope.IsWithin(wanted.Scope) && !wanted.Scope.IsWithin(r.Scope)) + 1;

    private void Insert(OwnRule rule, int place, bool explain)
    {
        if (explain)
        {
            foreach (var other in _rules.Where(
                r => rule.Action != OwnAction.Close && IsOn(r) && r.Action != rule.Action && r.Action != OwnAction.Close
                    && r.Scope.Overlaps(rule.Scope)))
            {
                var isFirst = _rules.IndexOf(other) < place;
                var why = other.Scope.IsSameAs(rule.Scope)
                    ? "until it expires"
                    : other.Scope.IsWithin(rule.Scope) || rule.Scope.IsWithin(other.Scope)
                    ? "the narrower one"
                    : isFirst ? "it stays in front" : "the newer one";
                Note($"where both match, {(isFirst ? $"rule #{other.Number} ({other.Words}) decides" : $"the new rule decides before rule #{other.Number} ({other.Words})")}: {why}");
            }
        }

        _rules.Insert(place, rule);
        _added.Add(rule);
    }

    private void Remove(OwnRule rule, FormattableString? note)
    {
        var index = _rules.IndexOf(rule);
        _removed.Add(new RemovedRule(
            rule with { Remaining = null, Timeout = null, PausedFor = null, Counts = [] },
            index + 1 < _rules.Count ? _rules[index + 1].Number : 0));
        _rules[index] = rule with { PausedFor = _context.Within };
        if (note is not null)
        {
            Note(note);
        }
    }

    /// <summary>A rule that waits for its confirmation goes by itself when that time is over, or its own.</summary>
    private OwnRule Started(OwnRule rule)
    {
        var time = rule.Lifetime is { } lifetime && lifetime < _context.Within ? lifetime : _context.Within;
        return rule with { Timeout = time, Remaining = null, PausedFor = null };
    }

    private ChangePlan Finish(string words, IReadOnlyList<int> undoes)
    {
        if (_added.Count == 0 && _removed.Count == 0)
        {
            return new ChangePlan(_before, _before) { Notes = _notes };
        }

        var change = new OwnChange(_before.LastChangeNumber + 1, words, _context.At, _context.By)
        {
            Timeout = _context.Within,
            Origin = _context.Origin,
            Added = [.. _added.Select(r => r.Number)],
            Removed = _removed,
            Undoes = undoes,
        };
        var after = _before with
        {
            Rules = _rules,
            Changes = [.. _before.Changes, change],
            LastRuleNumber = _lastRule,
            LastChangeNumber = change.Number,
        };
        return new ChangePlan(_before, after)
        {
            Change = change,
            Added = _added,
            Removed = [.. _removed.Select(r => r.Rule)],
            Notes = _notes,
        };
    }

    private void Note(FormattableString text) => _notes.Add(text.ToString(CultureInfo.InvariantCulture));
}
