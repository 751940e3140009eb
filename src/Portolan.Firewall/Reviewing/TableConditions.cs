using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Reviewing;

/// <summary>The conditions of a table's rules, each found once: sets are large, and many rules look in the same one.</summary>
internal sealed class TableConditions(RuleTable table)
{
    private readonly TableNames _names = new(table);
    private readonly Dictionary<Rule, RuleConditions> _conditions = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ElementSet, IntervalSet?> _values = new(ReferenceEqualityComparer.Instance);

    /// <summary>The set of a name, or <c>null</c>.</summary>
    public ElementSet? FindSet(string name) => _names.FindSet(name);

    /// <summary>The chain of a name, or <c>null</c>.</summary>
    public RuleChain? FindChain(string name) => _names.FindChain(name);

    /// <summary>What a rule asks for.</summary>
    public RuleConditions Of(Rule rule)
    {
        if (!_conditions.TryGetValue(rule, out var conditions))
        {
            _conditions[rule] = conditions = RuleConditions.Of(this, rule);
        }

        return conditions;
    }

    /// <summary>The numbers in a set of plain keys; <c>null</c> where they are not all known, or not the same a moment later.</summary>
    public IntervalSet? ValuesOf(ElementSet set)
    {
        if (!_values.TryGetValue(set, out var values))
        {
            _values[set] = values = SetValues.Of(set);
        }

        return values;
    }
}
