using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>
/// Rules behind each other that only compare one open field with a set and decide: taken together, what is left of a large set of
/// senders is made once instead of once for each rule.
/// </summary>
internal sealed class RuleBatch
{
    /// <summary>Who asks about so few senders hears the very rule.</summary>
    public const int FewSenders = 8;

    private readonly List<BatchRule> _rules = [];
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

        _dimension = dimension;
        var domain = state.Cube[dimension];
        if (domain.Count > FewSenders || domain.Overlaps(test.Condition.Set!))
        {
            _rules.Add(new BatchRule(rule, test.Condition.Set!, rule.SimpleDecision!));
        }

        return true;
    }

    /// <summary>Sends packets through the rules, and forgets these.</summary>
    /// <returns>What no rule matched, or <c>null</c> for nothing.</returns>
    public FlowState? Run(in FlowState state, List<Verdict> decided)
    {
        var memo = _rules[0].Rule.Batch;
        if (memo is null || !memo.IsOf(_rules))
        {
            // A rule about one port by itself is not met again for the next port.
            memo = new BatchMemo(_rules);
            _rules[0].Rule.Batch = _rules.Count > 1 || _rules[0].Rule.PortsOf(PacketField.DestinationPort) is null ? memo : null;
        }

        _rules.Clear();
        return memo.Split(state.Cube[_dimension]).Run(state, _dimension, decided);
    }
}
