using Portolan.Firewall.Judging.Compiling;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>
/// Rules behind each other that only compare one open field with a set and decide: taken together, what is left of a large set of
/// senders is made once instead of once for each rule.
/// </summary>
internal sealed class RuleBatch
{
    // More rules are not told apart where they decide alike: the packets' fate is the same.
    private const int MaximumRules = 256;
    private const int FewSenders = 8;

    private readonly List<(CompiledRule Rule, IntervalSet Keys, Decision Decision)> _rules = [];
    private int _dimension;

    public bool IsEmpty => _rules.Count == 0;

    /// <summary>Takes a rule in, if it is such a one for packets that look so and compares the field of those before it.</summary>
    public bool TryAdd(CompiledRule rule, in FlowState state)
    {
        if (rule.SimpleTest(state.View) is not { } test)
        {
            return false;
        }

        var dimension = state.View[test.Field].Dimension;
        if (_rules.Count > 0 && dimension != _dimension)
        {
            return false;
        }

        // Who is asked about by name hears the very rule.
        _dimension = dimension;
        var domain = state.Cube[dimension];
        if (domain.Count > FewSenders || domain.Overlaps(test.Condition.Set!))
        {
            _rules.Add((rule, test.Condition.Set!, rule.SimpleDecision!));
        }

        return true;
    }

    /// <summary>Sends packets through the rules, and forgets these.</summary>
    /// <returns>What no rule matched, or <c>null</c> for nothing.</returns>
    public FlowState? Run(in FlowState state, List<Verdict> decided)
    {
        var domain = state.Cube[_dimension];
        if (_rules.Count == 1)
        {
            var only = _rules[0];
            return End(state, domain, Decide(state, domain, only.Keys, 0, only.Decision, decided) ? only.Keys : IntervalSet.Empty);
        }

        var memo = _rules[0].Rule.Batch;
        if (memo is null || !memo.IsOf(_rules))
        {
            memo = new BatchMemo(_rules);
            _rules[0].Rule.Batch = memo;
        }

        if (_rules.Count > MaximumRules && memo.ByDecision is { } groups)
        {
            foreach (var (decision, keys, rule) in groups)
            {
                Decide(state, domain, keys, rule, decision, decided);
            }

            return End(state, domain, memo.All);
        }

        // The first rule that matches decides.
        var before = IntervalSet.Empty;
        for (var i = 0; i < _rules.Count; i++)
        {
            var (_, keys, decision) = _rules[i];
            Decide(state, domain, memo.ByDecision is null ? keys.Except(before) : keys, i, decision, decided);
            before = memo.ByDecision is null ? before.Union(keys) : before;
        }

        return End(state, domain, memo.All);
    }

    private FlowState? End(in FlowState state, IntervalSet domain, IntervalSet gone)
    {
        var rest = domain.Except(gone);
        _rules.Clear();
        return rest.IsEmpty ? null : state with { Cube = state.Cube.With(_dimension, rest) };
    }

    private bool Decide(in FlowState state, IntervalSet domain, IntervalSet keys, int rule, Decision decision, List<Verdict> decided)
    {
        var part = domain.Intersect(keys);
        if (part.IsEmpty)
        {
            return false;
        }

        decided.Add(new Verdict(state with { Cube = state.Cube.With(_dimension, part) }, decision, _rules[rule].Rule.Reference));
        return true;
    }
}
