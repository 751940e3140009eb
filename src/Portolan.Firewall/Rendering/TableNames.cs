using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>Finds sets and chains of a table by their names.</summary>
internal sealed class TableNames(RuleTable table)
{
    private Dictionary<string, ElementSet>? _sets;
    private Dictionary<string, RuleChain>? _chains;

    /// <summary>
    /// The chains inside of rules that the present rule was written with: each belongs to one rule, whatever hostile bytecode says.
    /// </summary>
    public HashSet<string> Inlined { get; } = new(StringComparer.Ordinal);

    /// <summary>The table.</summary>
    public RuleTable Table { get; } = table;

    /// <summary>The set of a name, or <c>null</c>.</summary>
    public ElementSet? FindSet(string name)
    {
        if (_sets is null)
        {
            _sets = new Dictionary<string, ElementSet>(StringComparer.Ordinal);
            foreach (var set in Table.Sets)
            {
                _sets[set.Name] = set;
            }
        }

        return _sets.GetValueOrDefault(name);
    }

    /// <summary>The chain of a name, or <c>null</c>.</summary>
    public RuleChain? FindChain(string name)
    {
        if (_chains is null)
        {
            _chains = new Dictionary<string, RuleChain>(StringComparer.Ordinal);
            foreach (var chain in Table.Chains)
            {
                _chains[chain.Name] = chain;
            }
        }

        return _chains.GetValueOrDefault(name);
    }
}
