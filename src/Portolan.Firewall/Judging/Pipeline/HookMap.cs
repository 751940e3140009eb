using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The base chains that packets of a family meet at a hook, in the order in which they run.</summary>
internal sealed class HookMap
{
    private readonly Dictionary<HookPoint, List<(RuleTable Table, RuleChain Chain)>> _filters = [];
    private readonly Dictionary<HookPoint, List<(RuleTable Table, RuleChain Chain)>> _translators = [];

    public HookMap(Ruleset rules, bool isIPv4)
    {
        var order = 0;
        var found = new List<(RuleTable Table, RuleChain Chain, int Order)>();
        foreach (var table in rules.Tables)
        {
            var applies = table.Family is RuleFamily.Inet or RuleFamily.NetDevice || table.Family == (isIPv4 ? RuleFamily.Ip : RuleFamily.Ip6);
            if (table.Family == RuleFamily.Bridge && (table.Flags & TableFlags.Dormant) == 0)
            {
                HasBridgeRules |= table.Chains.Any(static chain => chain.Hook is { } hook && (chain.Rules.Count > 0 || hook.Policy == VerdictKind.Drop));
            }

            if (!applies || (table.Flags & TableFlags.Dormant) != 0)
            {
                continue;
            }

            foreach (var chain in table.Chains)
            {
                if (chain.Hook is not null)
                {
                    found.Add((table, chain, order++));
                }
            }
        }

        // Of the same priority, what was registered last runs first (nf_hook_entries_grow).
        found.Sort(static (a, b) =>
        {
            var byPriority = a.Chain.Hook!.Priority.CompareTo(b.Chain.Hook!.Priority);
            return byPriority != 0 ? byPriority : b.Order.CompareTo(a.Order);
        });
        foreach (var (table, chain, _) in found)
        {
            var isTranslator = chain.Hook!.Type == "nat";
            HasTranslators |= isTranslator;
            Add(isTranslator ? _translators : _filters, chain.Hook.Point, table, chain);
        }
    }

    /// <summary>Whether any chain translates, so that every connection is settled at every hook of translation.</summary>
    public bool HasTranslators { get; }

    /// <summary>Whether rules of family bridge may do something, which are not judged.</summary>
    public bool HasBridgeRules { get; }

    /// <summary>Chains other than those of type nat.</summary>
    public IReadOnlyList<(RuleTable Table, RuleChain Chain)> Filters(HookPoint point) => _filters.TryGetValue(point, out var chains) ? chains : [];

    /// <summary>Chains of type nat, whose priority only orders them among themselves.</summary>
    public IReadOnlyList<(RuleTable Table, RuleChain Chain)> Translators(HookPoint point) =>
        _translators.TryGetValue(point, out var chains) ? chains : [];

    private static void Add(Dictionary<HookPoint, List<(RuleTable Table, RuleChain Chain)>> map, HookPoint point, RuleTable table, RuleChain chain)
    {
        if (!map.TryGetValue(point, out var chains))
        {
            map.Add(point, chains = []);
        }

        chains.Add((table, chain));
    }
}
