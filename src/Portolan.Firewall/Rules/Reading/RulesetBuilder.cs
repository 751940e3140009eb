namespace Portolan.Firewall.Rules.Reading;

/// <summary>Puts the kernel's messages together to a ruleset. What is not understood is told in <see cref="Ruleset.Missing"/>.</summary>
/// <remarks>One thread. Tables come first, then chains, then the rest.</remarks>
internal sealed class RulesetBuilder
{
    private readonly ExpressionContext _context = new();
    private readonly List<TableBuilder> _tables = [];
    private readonly Dictionary<(RuleFamily Family, string Name), TableBuilder> _byName = [];
    private readonly List<MissingFact> _missing = [];

    /// <summary>Rules come chain by chain: the last one's is nearly always the next one's.</summary>
    private TableBuilder? _lastTable;

    /// <summary>Says that something is missing.</summary>
    internal void Miss(MissingFact fact)
    {
        if (!_missing.Contains(fact))
        {
            _missing.Add(fact);
        }
    }

    /// <summary>A message of NFT_MSG_NEWTABLE.</summary>
    internal void AddTable(KeptMessage message)
    {
        if (TableDecoder.Decode(message, _context.Names) is not { } table)
        {
            MissUnread("a table");
            return;
        }

        var builder = new TableBuilder(table);
        if (_byName.TryAdd((table.Family, table.Name), builder))
        {
            _tables.Add(builder);
        }
    }

    /// <summary>A message of NFT_MSG_NEWCHAIN.</summary>
    internal void AddChain(KeptMessage message)
    {
        if (ChainDecoder.Decode(message, _context) is not { } chain || Find(chain.Family, chain.TableName)?.TryAdd(chain) != true)
        {
            MissUnread("a chain");
        }
    }

    /// <summary>A message of NFT_MSG_NEWRULE.</summary>
    internal void AddRule(KeptMessage message)
    {
        if (RuleDecoder.Decode(message, _context, out var tableName, out var chainName) is not { } rule
            || Find(message.Family, tableName)?.TryAdd(chainName, rule) != true)
        {
            MissUnread("a rule");
        }
    }

    /// <summary>A message of NFT_MSG_NEWSET and those of its elements.</summary>
    internal void AddSet(KeptMessage message, List<KeptMessage> elements, bool isComplete)
    {
        var set = SetDecoder.Decode(message, elements, isComplete, _context, out var tableName);
        if (set is null || Find(message.Family, tableName) is not { } table)
        {
            MissUnread("a set", isNarrow: true);
            return;
        }

        table.Sets.Add(set);
        if (set.IsPartial)
        {
            Miss(new MissingFact(
                MissingFactCode.SetElements, $"elements of the set {set.Name} in the table {tableName}",
                "they could not be read, or have an unknown format")
            {
                IsNarrow = true,
            });
        }
    }

    /// <summary>A message of NFT_MSG_NEWOBJ.</summary>
    internal void AddObject(KeptMessage message)
    {
        var stateful = ObjectDecoder.Decode(message, _context, out var tableName);
        if (stateful is null || Find(message.Family, tableName) is not { } table)
        {
            MissUnread("an object", isNarrow: true);
            return;
        }

        table.Objects.Add(stateful);
    }

    /// <summary>A message of NFT_MSG_NEWFLOWTABLE.</summary>
    internal void AddFlowtable(KeptMessage message)
    {
        var flowtable = FlowtableDecoder.Decode(message, _context.Names, out var tableName);
        if (flowtable is null || Find(message.Family, tableName) is not { } table)
        {
            MissUnread("a flowtable", isNarrow: true);
            return;
        }

        table.Flowtables.Add(flowtable);
    }

    /// <summary>The ruleset.</summary>
    internal Ruleset Build(uint generation)
    {
        var tables = new RuleTable[_tables.Count];
        for (var index = 0; index < tables.Length; index++)
        {
            tables[index] = _tables[index].Build();
        }

        return new Ruleset(generation, tables) { Missing = [.. _missing] };
    }

    // A rule that names a set or an object which is not there is known to be in doubt.
    private void MissUnread(string what, bool isNarrow = false) =>
        Miss(new MissingFact(
            MissingFactCode.RulesNotUnderstood, $"{what} of the firewall", "the kernel's message has an unknown format")
        {
            IsNarrow = isNarrow,
        });

    private TableBuilder? Find(RuleFamily family, string name)
    {
        if (_lastTable is null || _lastTable.Table.Family != family
            || !string.Equals(_lastTable.Table.Name, name, StringComparison.Ordinal))
        {
            _byName.TryGetValue((family, name), out _lastTable);
        }

        return _lastTable;
    }
}
