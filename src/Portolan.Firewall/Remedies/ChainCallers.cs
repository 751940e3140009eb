using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Remedies;

/// <summary>Which rules of a table have packets go on in which chains.</summary>
internal sealed class ChainCallers
{
    private readonly RuleTable _table;
    private readonly Dictionary<string, RuleChain> _chains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<RulePlace>> _callers = new(StringComparer.Ordinal);
    private readonly Dictionary<Rule, List<RuleChain>> _targets = new(ReferenceEqualityComparer.Instance);

    public ChainCallers(RuleTable table)
    {
        _table = table;
        foreach (var chain in table.Chains)
        {
            _chains[chain.Name] = chain;
        }

        foreach (var chain in table.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                foreach (var target in Names(rule).Distinct(StringComparer.Ordinal))
                {
                    if (_chains.TryGetValue(target, out var called))
                    {
                        (_targets.TryGetValue(rule, out var all) ? all : _targets[rule] = []).Add(called);
                        (_callers.TryGetValue(target, out var places)
                            ? places
                            : _callers[target] = []).Add(new RulePlace(table, chain, rule));
                    }
                }
            }
        }
    }

    /// <summary>The rules that jump or go to a chain.</summary>
    public IReadOnlyList<RulePlace> Of(RuleChain chain) => _callers.GetValueOrDefault(chain.Name) ?? [];

    /// <summary>The chains that a rule jumps or goes to.</summary>
    public IReadOnlyList<RuleChain> TargetsOf(Rule rule) => _targets.GetValueOrDefault(rule) ?? [];

    /// <summary>The base chains whose packets may come to a chain.</summary>
    public List<RuleChain> BasesOf(RuleChain chain)
    {
        var (seen, bases, open) = (new HashSet<string>(StringComparer.Ordinal) { chain.Name }, new List<RuleChain>(),
            new Queue<RuleChain>([chain]));
        while (open.TryDequeue(out var next))
        {
            if (next.Hook is not null)
            {
                bases.Add(next);
            }

            foreach (var caller in Of(next))
            {
                if (seen.Add(caller.Chain.Name))
                {
                    open.Enqueue(caller.Chain);
                }
            }
        }

        return bases;
    }

    private IEnumerable<string> Names(Rule rule)
    {
        foreach (var expression in rule.Expressions)
        {
            if (expression is ImmediateExpression { Verdict.Chain: { } name })
            {
                yield return name;
            }
            else if (expression is LookupExpression { Destination: { IsVerdict: true } } lookup
                && _table.Sets.FirstOrDefault(s => s.Name == lookup.SetName) is { } map)
            {
                foreach (var element in map.Elements)
                {
                    if (element.Extra?.Verdict?.Chain is { } chain)
                    {
                        yield return chain;
                    }
                }
            }
        }
    }
}
