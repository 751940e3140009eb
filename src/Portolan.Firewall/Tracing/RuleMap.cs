using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Tracing;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>Finds the rule of the original rules that a loaded one stands for: tables and chains by name, rules by place, for loading gives new handles.</summary>
internal sealed class RuleMap
{
    private readonly Dictionary<(RuleFamily Family, string Table, string Chain), (RuleTable Table, RuleChain Chain)> _chains = [];
    private readonly Dictionary<(RuleFamily Family, string Table, ulong Handle), Rule> _rules = [];

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

    /// <summary>The rule, or the chain's policy where the event tells of no rule; <c>null</c> where the rules have none such.</summary>
    internal RuleReference? Find(TraceEvent told)
    {
        if (!_chains.TryGetValue((told.Family, told.TableName, told.ChainName), out var found))
        {
            return null;
        }

        return told.Kind switch
        {
            TraceEventKind.Rule => _rules.TryGetValue((told.Family, told.TableName, told.RuleHandle), out var rule) ? new RuleReference(found.Table, found.Chain, rule) : null,
            _ => new RuleReference(found.Table, found.Chain, null),
        };
    }
}
