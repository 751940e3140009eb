using Portolan.Firewall.Judging.Compiling;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>What rules behind each other come to together, kept for the next port, which often meets the same.</summary>
internal sealed class BatchMemo
{
    private readonly CompiledRule[] _rules;

    public BatchMemo(List<(CompiledRule Rule, IntervalSet Keys, Decision Decision)> rules)
    {
        _rules = new CompiledRule[rules.Count];
        var intervals = new List<(Interval Keys, int Rule)>(rules.Count);
        for (var i = 0; i < _rules.Length; i++)
        {
            _rules[i] = rules[i].Rule;
            foreach (var interval in rules[i].Keys.Intervals)
            {
                intervals.Add((interval, i));
            }
        }

        intervals.Sort(static (a, b) => a.Keys.First.CompareTo(b.Keys.First));
        All = IntervalSet.From(intervals.Select(static i => i.Keys));
        for (var i = 1; i < intervals.Count; i++)
        {
            // Where rules overlap, their order matters.
            if (intervals[i].Keys.First <= intervals[i - 1].Keys.Last)
            {
                return;
            }
        }

        var groups = new List<(Decision Decision, List<Interval> Keys, int First)>();
        foreach (var (keys, rule) in intervals)
        {
            var at = groups.FindIndex(group => ReferenceEquals(group.Decision, rules[rule].Decision));
            if (at < 0)
            {
                groups.Add((rules[rule].Decision, [keys], rule));
                continue;
            }

            groups[at].Keys.Add(keys);
            groups[at] = groups[at] with { First = Math.Min(groups[at].First, rule) };
        }

        ByDecision = [.. groups.Select(static group => (group.Decision, IntervalSet.From(group.Keys), group.First))];
    }

    /// <summary>What any of the rules matches.</summary>
    public IntervalSet All { get; }

    /// <summary>What is decided how, with the first rule that does; <c>null</c> where rules overlap.</summary>
    public IReadOnlyList<(Decision Decision, IntervalSet Keys, int FirstRule)>? ByDecision { get; }

    /// <summary>Whether it is about these rules.</summary>
    public bool IsOf(List<(CompiledRule Rule, IntervalSet Keys, Decision Decision)> rules)
    {
        if (rules.Count != _rules.Length)
        {
            return false;
        }

        for (var i = 0; i < _rules.Length; i++)
        {
            if (!ReferenceEquals(_rules[i], rules[i].Rule))
            {
                return false;
            }
        }

        return true;
    }
}
