using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The base chains that packets of a family meet at a hook, in the order in which they run.</summary>
internal sealed class HookMap
{
    private readonly Dictionary<HookPoint, List<(RuleTable Table, RuleChain Chain)>> _filters = [];
    private readonly Dictionary<HookPoint, List<(RuleTable Table, RuleChain Chain)>> _translators = [];

    // So many orders are tried at most.
    private const int MaximumOrders = 8;

    public HookMap(Ruleset rules, bool isIPv4)
    {
        HasArpRules = rules.Missing.Any(static fact => fact.Code == MissingFactCode.ArpTables);
        var order = 0;
        var found = new List<(RuleTable Table, RuleChain Chain, int Order)>();
        foreach (var table in rules.Tables)
        {
            var applies = table.Family is RuleFamily.Inet or RuleFamily.NetDevice
                || table.Family == (isIPv4 ? RuleFamily.Ip : RuleFamily.Ip6);
            if (table.Family is RuleFamily.Bridge or RuleFamily.Arp && (table.Flags & TableFlags.Dormant) == 0)
            {
                var mayStop =
                    table.Chains.Any(static chain => chain.Hook is { } hook && (chain.Rules.Count > 0 || hook.Policy == VerdictKind.Drop));
                HasBridgeRules |= mayStop && table.Family == RuleFamily.Bridge;
                HasArpRules |= mayStop && table.Family == RuleFamily.Arp;
            }

            if (!applies || (table.Flags & TableFlags.Dormant) != 0)
            {
                continue;
            }

            foreach (var flowtable in table.Flowtables)
            {
                OffloadingDevices.UnionWith(flowtable.Devices);
            }

            foreach (var chain in table.Chains)
            {
                if (chain.Hook is not null)
                {
                    found.Add((table, chain, order++));
                }
            }
        }

        // Of the same priority, what was registered last runs first (nf_hook_entries_grow): in a table that is the chain made last. Which
        // of two tables' chains was made last the kernel does not tell here; tables are mostly made at once.
        found.Sort(static (a, b) =>
        {
            var byPriority = a.Chain.Hook!.Priority.CompareTo(b.Chain.Hook!.Priority);
            return byPriority != 0 ? byPriority : b.Order.CompareTo(a.Order);
        });
        List<(RuleTable Table, RuleChain Chain)> sorted = [.. found.Select(static entry => (entry.Table, entry.Chain))];
        Fill(sorted);
        AddOrders(sorted);
    }

    private HookMap(HookMap like, List<(RuleTable Table, RuleChain Chain)> sorted)
    {
        (HasBridgeRules, HasArpRules, OffloadingDevices) = (like.HasBridgeRules, like.HasArpRules, like.OffloadingDevices);
        Fill(sorted);
    }

    /// <summary>The same in the other orders that chains of one hook and priority may have, where that may matter.</summary>
    public List<HookMap> Turned { get; } = [];

    /// <summary>Whether there are more orders than are tried.</summary>
    public bool HasManyOrders { get; private set; }

    /// <summary>Whether any chain translates, so that every connection is settled at every hook of translation.</summary>
    public bool HasTranslators { get; private set; }

    /// <summary>The names of interfaces whose established connections may pass rules by (flowtables).</summary>
    public HashSet<string> OffloadingDevices { get; } = [];

    /// <summary>Whether rules of family bridge may do something, which are not judged.</summary>
    public bool HasBridgeRules { get; }

    /// <summary>
    /// Whether rules may stop ARP (RFC 826), which are not judged; without it IPv4 ends on an Ethernet when the neighbours' entries expire.
    /// </summary>
    public bool HasArpRules { get; }

    /// <summary>Chains other than those of type nat.</summary>
    public IReadOnlyList<(RuleTable Table, RuleChain Chain)> Filters(HookPoint point) =>
        _filters.TryGetValue(point, out var chains) ? chains : [];

    /// <summary>Chains of type nat, whose priority only orders them among themselves.</summary>
    public IReadOnlyList<(RuleTable Table, RuleChain Chain)> Translators(HookPoint point) =>
        _translators.TryGetValue(point, out var chains) ? chains : [];

    private void Fill(List<(RuleTable Table, RuleChain Chain)> sorted)
    {
        foreach (var (table, chain) in sorted)
        {
            var isTranslator = chain.Hook!.Type == "nat";
            HasTranslators |= isTranslator;
            Add(isTranslator ? _translators : _filters, chain.Hook.Point, table, chain);
        }
    }

    private void AddOrders(List<(RuleTable Table, RuleChain Chain)> sorted)
    {
        List<List<(RuleTable Table, RuleChain Chain)>> orders = [sorted];
        foreach (var group in sorted.GroupBy(
            static entry => (entry.Chain.Hook!.Point, IsTranslator: entry.Chain.Hook.Type == "nat", entry.Chain.Hook.Priority)))
        {
            List<(RuleTable Table, RuleChain Chain)> tied = [.. group];
            if (!ChainOrder.Matters(tied))
            {
                continue;
            }

            var places = tied.ConvertAll(sorted.IndexOf);
            var ways = ChainOrder.Orders(tied, MaximumOrders + 1);
            if (orders.Count * ways.Count > MaximumOrders)
            {
                HasManyOrders = true;
                break;
            }

            orders = [.. orders.SelectMany(order => ways.Select(way => Placed(order, places, way)))];
        }

        Turned.AddRange(orders.Skip(1).Select(order => new HookMap(this, order)));
    }

    private static List<(RuleTable Table, RuleChain Chain)> Placed(
        List<(RuleTable Table, RuleChain Chain)> order, List<int> places, List<(RuleTable Table, RuleChain Chain)> way)
    {
        List<(RuleTable Table, RuleChain Chain)> result = [.. order];
        for (var i = 0; i < places.Count; i++)
        {
            result[places[i]] = way[i];
        }

        return result;
    }

    private static void Add(
        Dictionary<HookPoint, List<(RuleTable Table, RuleChain Chain)>> map, HookPoint point, RuleTable table, RuleChain chain)
    {
        if (!map.TryGetValue(point, out var chains))
        {
            map.Add(point, chains = []);
        }

        chains.Add((table, chain));
    }
}
