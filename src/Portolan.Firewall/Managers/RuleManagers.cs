using Portolan.Firewall.Managers.Shapes;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Managers;

/// <summary>Recognises who manages the rules, from the names of tables and chains alone.</summary>
public sealed class RuleManagers
{
    private readonly List<RuleManager> _managers = [];

    // Shapes look through whole tables, and so many chains and rules are asked about as a table has.
    private readonly Dictionary<RuleChain, RuleManager> _owners = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<RuleTable, TableNames> _names = new(ReferenceEqualityComparer.Instance);

    private RuleManagers(Ruleset rules)
    {
        // Each chain belongs to the first that knows it; the last two know every chain that is left.
        FirewallManager[] shapes =
        [
            new PortolanShape(), new UfwShape(), new FirewalldShape(), new DockerShape(), new PodmanShape(), new NixosShape(),
            new KubeProxyShape(),
            new Fail2banShape(), new LibvirtShape(), new IptablesShape(), new NftShape(),
        ];
        var chains = shapes.Select(_ => new List<ManagedChain>()).ToArray();
        foreach (var table in rules.Tables)
        {
            foreach (var chain in table.Chains)
            {
                var index = Array.FindIndex(shapes, s => s.Owns(table, chain));
                if (index >= 0)
                {
                    chains[index].Add(new ManagedChain(table, chain));
                }
            }
        }

        for (var i = 0; i < shapes.Length; i++)
        {
            if (chains[i].Count > 0 && !(shapes[i] is IptablesShape && chains[i].All(c => IsEmpty(c.Chain))))
            {
                var manager = new RuleManager(shapes[i], chains[i]);
                _managers.Add(manager);
                foreach (var (_, chain) in chains[i])
                {
                    _owners[chain] = manager;
                }
            }
        }
    }

    /// <summary>Those that were found.</summary>
    public IReadOnlyList<RuleManager> All => _managers;

    /// <summary>Looks over the rules.</summary>
    public static RuleManagers Of(Ruleset rules) => new(rules);

    /// <summary>
    /// Who made a rule, or decides about a policy; <c>null</c> when nobody is known. A rule of a chain that several share belongs to
    /// whose chain it jumps to.
    /// </summary>
    public RuleManager? OwnerOf(RuleReference rule)
    {
        var owner = OwnerOf(rule.Table, rule.Chain);
        if (owner?.Name != IptablesShape.Title)
        {
            return owner;
        }

        foreach (var expression in rule.Rule?.Expressions ?? [])
        {
            if (expression is ImmediateExpression { Verdict.Chain: { } name } && NamesOf(rule.Table).FindChain(name) is { } target
                && OwnerOf(rule.Table, target) is { } other)
            {
                return other;
            }
        }

        return rule.Rule is null ? _managers.Find(m => m.RulesBuiltIn(rule.Chain)) ?? owner : owner;
    }

    private RuleManager? OwnerOf(RuleTable table, RuleChain chain) =>
        _owners.TryGetValue(chain, out var owner) ? owner : _managers.Find(m => m.Owns(table, chain));

    private TableNames NamesOf(RuleTable table) => _names.TryGetValue(table, out var names) ? names : _names[table] = new TableNames(table);

    private static bool IsEmpty(RuleChain chain) => chain.Rules.Count == 0 && chain.Hook is null or { Policy: VerdictKind.Accept };
}
