using Portolan.Firewall.Judging.Semantics;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>
/// Makes the rules ready for packets of one family and protocol; chains when they are first entered, sets when first looked into.
/// </summary>
internal sealed class ProgramCompiler
{
    private readonly Dictionary<(RuleTable Table, string Name), CompiledChain> _chains = new(TableNameComparer.Instance);
    private readonly Dictionary<RuleTable, Dictionary<string, RuleChain>> _names = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(RuleTable Table, string Name), ElementSet> _sets;
    private readonly Dictionary<ElementSet, SetElements> _elements;
    private readonly Dictionary<ElementSet,
        List<(BitSegment[] Key, KeyedElements? Elements)>> _keyed = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<KeyedElements, MapOutcome[]> _verdicts = new(ReferenceEqualityComparer.Instance);
    private readonly ExpressionSemantics _semantics;
    private readonly HashSet<ElementSet> _changed;

    public ProgramCompiler(JudgeContext context, SetCatalog sets, ExpressionSemantics semantics)
    {
        Context = context;
        _sets = sets.ByName;
        _changed = sets.ChangedByRules;
        _elements = sets.Elements;
        _semantics = semantics;
    }

    public JudgeContext Context { get; }

    public CompiledChain Chain(RuleTable table, string name)
    {
        if (!_chains.TryGetValue((table, name), out var chain))
        {
            var found = NamesOf(table).GetValueOrDefault(name);
            chain = new CompiledChain(
                table, found ?? new RuleChain(table.Family, table.Name, name, 0), Compile)
            { IsMissing = found is null };
            _chains.Add((table, name), chain);
        }

        return chain;
    }

    // A map of verdicts may reference as many chains as there are.
    private Dictionary<string, RuleChain> NamesOf(RuleTable table)
    {
        if (!_names.TryGetValue(table, out var names))
        {
            _names.Add(table, names = new Dictionary<string, RuleChain>(table.Chains.Count, StringComparer.Ordinal));
            foreach (var chain in table.Chains)
            {
                names.TryAdd(chain.Name, chain);
            }
        }

        return names;
    }

    public ElementSet? Set(RuleTable table, string name) => _sets.GetValueOrDefault((table, name));

    public SetElements Elements(ElementSet set)
    {
        if (!_elements.TryGetValue(set, out var elements))
        {
            _elements.Add(set, elements = new SetElements(set));
        }

        return elements;
    }

    public KeyedElements? Keyed(ElementSet set, BitValue key, RuleBuilder rule)
    {
        if ((set.Flags & SetFlags.Anonymous) != 0)
        {
            return KeyedElements.TryMake(Elements(set), key, rule.Context);
        }

        if (!_keyed.TryGetValue(set, out var forms))
        {
            _keyed.Add(set, forms = []);
        }

        foreach (var form in forms)
        {
            if (key.Segments.SequenceEqual(form.Key))
            {
                return form.Elements;
            }
        }

        var made = KeyedElements.TryMake(Elements(set), key, rule.Context);
        forms.Add((key.Segments.ToArray(), made));
        return made;
    }

    /// <summary>The verdicts of a map's elements.</summary>
    public MapOutcome[] VerdictsOf(KeyedElements elements, Func<MapOutcome[]> make) =>
        _verdicts.TryGetValue(elements, out var verdicts) ? verdicts : _verdicts[elements] = make();

    /// <summary>Whether a rule adds to the set or deletes from it.</summary>
    public bool IsChangedByRules(ElementSet set) => _changed.Contains(set);

    /// <summary>Adds what an expression does to its rule.</summary>
    public void Compile(Expression expression, RuleBuilder rule) => _semantics.Compile(expression, rule);

    private CompiledRule[] Compile(CompiledChain chain)
    {
        var rules = new List<CompiledRule>(chain.Chain.Rules.Count);
        var builder = new RuleBuilder(this, chain);
        foreach (var rule in chain.Chain.Rules)
        {
            builder.Begin(rule);
            foreach (var expression in rule.Expressions)
            {
                if (builder.IsOver)
                {
                    break;
                }

                _semantics.Compile(expression, builder);
            }

            if (builder.Finish() is { } compiled)
            {
                rules.Add(compiled);
            }
        }

        return [.. rules];
    }
}
