namespace Portolan.Firewall.Rules.Reading;

/// <summary>A table while it is put together.</summary>
internal sealed class TableBuilder(RuleTable table)
{
    private readonly List<ChainBuilder> _chains = [];
    private readonly Dictionary<string, ChainBuilder> _byName = new(StringComparer.Ordinal);

    /// <summary>The table without its content.</summary>
    internal RuleTable Table => table;

    /// <summary>Its sets.</summary>
    internal List<ElementSet> Sets { get; } = [];

    /// <summary>Its objects.</summary>
    internal List<StatefulObject> Objects { get; } = [];

    /// <summary>Its flowtables.</summary>
    internal List<Flowtable> Flowtables { get; } = [];

    /// <summary>Adds a chain; false when there is one of its name.</summary>
    internal bool TryAdd(RuleChain chain)
    {
        var builder = new ChainBuilder(chain);
        if (!_byName.TryAdd(chain.Name, builder))
        {
            return false;
        }

        _chains.Add(builder);
        return true;
    }

    /// <summary>Adds a rule behind those of its chain; false when there is no such chain.</summary>
    internal bool TryAdd(string chainName, Rule rule)
    {
        if (!_byName.TryGetValue(chainName, out var chain))
        {
            return false;
        }

        chain.Rules.Add(rule);
        return true;
    }

    /// <summary>The table with its content.</summary>
    internal RuleTable Build()
    {
        var chains = new RuleChain[_chains.Count];
        for (var index = 0; index < chains.Length; index++)
        {
            chains[index] = _chains[index].Chain with { Rules = [.. _chains[index].Rules] };
        }

        return table with { Chains = chains, Sets = [.. Sets], Objects = [.. Objects], Flowtables = [.. Flowtables] };
    }

    private sealed class ChainBuilder(RuleChain chain)
    {
        internal RuleChain Chain => chain;

        internal List<Rule> Rules { get; } = [];
    }
}
