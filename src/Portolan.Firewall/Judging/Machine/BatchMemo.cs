using Portolan.Firewall.Judging.Compiling;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>What rules behind each other come to together, kept for the next port, which often meets the same.</summary>
internal sealed class BatchMemo
{
    // More rules are not told apart where they decide alike: the packets' fate is the same.
    private const int MaximumRules = 256;

    private readonly BatchRule[] _rules;
    private readonly IntervalSet _all;
    private readonly List<(Decision Decision, IntervalSet Keys, int First)>? _byDecision;
    private BatchSplit? _last;

    /// <param name="rules">The rules in order, all about one field.</param>
    public BatchMemo(IReadOnlyList<BatchRule> rules)
    {
        _rules = [.. rules];
        var intervals = new List<(Interval Keys, int Rule)>(_rules.Length);
        for (var i = 0; i < _rules.Length; i++)
        {
            foreach (var interval in _rules[i].Keys.Intervals)
            {
                intervals.Add((interval, i));
            }
        }

        intervals.Sort(static (a, b) => a.Keys.First.CompareTo(b.Keys.First));
        var keys = new Interval[intervals.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = intervals[i].Keys;
        }

        _all = IntervalSet.FromOwn(keys);
        _byDecision = GroupsOf(intervals);
    }

    /// <summary>Whether it is about these rules, and the same test of each: which of its tests is open depends on the packets.</summary>
    public bool IsOf(List<BatchRule> rules)
    {
        if (rules.Count != _rules.Length)
        {
            return false;
        }

        for (var i = 0; i < _rules.Length; i++)
        {
            if (!ReferenceEquals(_rules[i].Rule, rules[i].Rule) || !ReferenceEquals(_rules[i].Keys, rules[i].Keys))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes packets apart by the rule that decides about them.</summary>
    /// <param name="domain">What the field may be.</param>
    public BatchSplit Split(IntervalSet domain)
    {
        if (_last is { } last && (ReferenceEquals(last.Domain, domain) || last.Domain.Equals(domain)))
        {
            return last;
        }

        var parts = new List<(BatchRule Rule, IntervalSet Part)>();
        if (_rules.Length > MaximumRules && _byDecision is not null)
        {
            foreach (var (_, keys, first) in _byDecision)
            {
                Add(_rules[first], domain.Intersect(keys), parts);
            }
        }
        else
        {
            // The first rule that matches decides.
            var before = IntervalSet.Empty;
            foreach (var rule in _rules)
            {
                Add(rule, domain.Intersect(_byDecision is null ? rule.Keys.Except(before) : rule.Keys), parts);
                before = _byDecision is null ? before.Union(rule.Keys) : before;
            }
        }

        return _last = new BatchSplit(domain, parts, domain.Except(_all));
    }

    private static void Add(in BatchRule rule, IntervalSet part, List<(BatchRule Rule, IntervalSet Part)> parts)
    {
        if (!part.IsEmpty)
        {
            parts.Add((rule, part));
        }
    }

    // What is decided how, with the first rule that does; null where rules overlap, for there their order matters.
    private List<(Decision Decision, IntervalSet Keys, int First)>? GroupsOf(List<(Interval Keys, int Rule)> sorted)
    {
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i].Keys.First <= sorted[i - 1].Keys.Last)
            {
                return null;
            }
        }

        var groups = new List<(Decision Decision, List<Interval> Keys, int First)>();
        foreach (var (keys, rule) in sorted)
        {
            var decision = _rules[rule].Decision;
            var at = groups.FindIndex(group => ReferenceEquals(group.Decision, decision));
            if (at < 0)
            {
                groups.Add((decision, [keys], rule));
                continue;
            }

            groups[at].Keys.Add(keys);
            groups[at] = groups[at] with { First = Math.Min(groups[at].First, rule) };
        }

        return groups.ConvertAll(static group => (group.Decision, IntervalSet.From(group.Keys), group.First));
    }
}

/// <summary>A rule that is nothing but one open test and a decision, for packets that look a certain way.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Keys">What it matches.</param>
/// <param name="Decision">What it decides.</param>
internal readonly record struct BatchRule(CompiledRule Rule, IntervalSet Keys, Decision Decision);

/// <summary>How rules taken together split packets.</summary>
/// <param name="Domain">What the field might be.</param>
/// <param name="Parts">The rules that decide, and about what.</param>
/// <param name="Rest">What none matched.</param>
internal sealed record BatchSplit(IntervalSet Domain, IReadOnlyList<(BatchRule Rule, IntervalSet Part)> Parts, IntervalSet Rest)
{
    /// <summary>Sends packets through the rules.</summary>
    /// <returns>What no rule matched, or <c>null</c> for nothing.</returns>
    public FlowState? Run(in FlowState state, int dimension, List<Verdict> decided)
    {
        foreach (var (rule, part) in Parts)
        {
            decided.Add(new Verdict(state with { Cube = state.Cube.With(dimension, part) }, rule.Decision, rule.Rule.Reference));
        }

        return Rest.IsEmpty ? null : state with { Cube = state.Cube.With(dimension, Rest) };
    }
}
