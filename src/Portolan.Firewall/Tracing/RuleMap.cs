using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Tracing;

/// <summary>Finds the rules that the kernel's trace names, by table, chain and handle.</summary>
public sealed class RuleMap
{
    private readonly Dictionary<(RuleFamily Family, string Table, string Chain), (RuleTable Table, RuleChain Chain)> _chains = [];
    private readonly Dictionary<(RuleFamily Family, string Table, ulong Handle), Rule> _rules = [];

    /// <summary>The rules that are loaded.</summary>
    public RuleMap(Ruleset rules)
        : this(rules, rules)
    {
    }

    /// <summary>Rules that stand for others: tables and chains by name, rules by place, for loading gives new handles.</summary>
    /// <param name="original">The rules that are asked about.</param>
    /// <param name="loaded">The same as they were loaded: same chains, same rules, one for one.</param>
    internal RuleMap(Ruleset original, Ruleset loaded)
    {
        var copies = loaded.Tables.ToDictionary(static table => (table.Family, table.Name));
        foreach (var table in original.Tables.Where(static table => !table.IsLegacy))
        {
            foreach (var (chain, copy) in table.Chains.Zip(copies[(table.Family, table.Name)].Chains))
            {
                _chains[(table.Family, table.Name, chain.Name)] = (table, chain);
                foreach (var (rule, same) in chain.Rules.Zip(copy.Rules))
                {
                    _rules[(table.Family, table.Name, same.Handle)] = rule;
                }
            }
        }
    }

    /// <summary>
    /// The rule, or the chain's policy where the event reports no rule; <c>null</c> where the rules have none such, and at the end of a
    /// chain's rules.
    /// </summary>
    public RuleReference? Find(TraceEvent told)
    {
        if (!_chains.TryGetValue((told.Family, told.TableName, told.ChainName), out var found))
        {
            return null;
        }

        return told.Kind switch
        {
            TraceEventKind.Rule =>
                _rules.TryGetValue((told.Family, told.TableName, told.RuleHandle), out var rule)
                    ? new RuleReference(found.Table, found.Chain, rule)
                    : null,
            _ => new RuleReference(found.Table, found.Chain, null),
        };
    }
}
