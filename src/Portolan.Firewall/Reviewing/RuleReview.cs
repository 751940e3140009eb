using System.Globalization;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Reviewing;

/// <summary>Looks over rules: their texts, ports, counters, managers, and which of them can never match.</summary>
public sealed class RuleReview
{
    /// <summary>Comparisons of rules and of values in their sets, for all tables; some seconds.</summary>
    private const long MostComparisons = 20_000_000;

    /// <summary>
    /// Ports that rules name by maps and sets, counted for every rule: thousands of rules may look in one map of thousands.
    /// </summary>
    private const long MostPorts = 300_000;

    internal RuleReview(Ruleset rules, RuleManagers managers, IReadOnlyList<ReviewedRule> all)
    {
        Ruleset = rules;
        Managers = managers;
        Rules = all;
    }

    /// <summary>The rules that were looked over.</summary>
    public Ruleset Ruleset { get; }

    /// <summary>Who manages them.</summary>
    public RuleManagers Managers { get; }

    /// <summary>Each of them, in the order of tables and chains.</summary>
    public IReadOnlyList<ReviewedRule> Rules { get; }

    /// <summary>What was not looked at, for there was too much. Hostile text.</summary>
    public IReadOnlyList<MissingFact> LeftOut { get; internal init; } = [];

    /// <summary>Looks over all rules.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="options">How their texts are written.</param>
    public static RuleReview Of(Ruleset rules, RuleTextOptions options)
    {
        var managers = RuleManagers.Of(rules);
        var all = new List<ReviewedRule>();
        var left = new List<MissingFact>();
        var statusOf = OwnRuleStatus.Finder(rules);
        var (work, named) = (new WorkBudget(MostComparisons), new WorkBudget(MostPorts));
        foreach (var table in rules.Tables)
        {
            var writer = new RuleWriter(table, options with { IpSets = rules.IpSets });
            var conditions = new TableConditions(table);
            var ports = new RulePorts(conditions, named);
            var shadows = new ShadowFinder(conditions, work);
            foreach (var chain in table.Chains)
            {
                var behind = shadows.Find(chain);
                for (var i = 0; i < chain.Rules.Count; i++)
                {
                    all.Add(Review(managers, writer, ports, table, chain, chain.Rules[i]) with
                    {
                        ShadowedBy = behind[i],
                        Own = statusOf(table, chain.Rules[i]),
                    });
                }
            }

            left.AddRange(shadows.Skipped.Select(c => new MissingFact(
                MissingFactCode.ShadowedRulesCut, $"rules that never match in {RuleWords.Of(table.Family)} {table.Name} {c.Name}",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"it has {c.Rules.Count} rules; only chains of up to {ShadowFinder.MostRules} are searched"))));
        }

        if (work.IsUsedUp || named.IsUsedUp)
        {
            left.Add(new MissingFact(
                MissingFactCode.RulePortsCut, "ports in maps, and rules that never match",
                "too many rules to search all of them"));
        }

        return new RuleReview(rules, managers, all) { LeftOut = left };
    }

    private static ReviewedRule Review(
        RuleManagers managers, RuleWriter writer, RulePorts ports, RuleTable table, RuleChain chain, Rule rule)
    {
        var written = writer.Write(rule);
        var says = written.Parts.LastOrDefault(static p => p.Kind == RulePartKind.Verdict).Text ?? "";
        var named = ports.Of(rule);
        return new ReviewedRule(table, chain, rule)
        {
            Text = written.Text,
            Says = says,
            From = [.. written.Parts.Where(static p => p.Kind == RulePartKind.Source).Select(static p => p.Text)],
            Conditions = [.. written.Parts.Where(
                p => p.Kind == RulePartKind.Match || (p.Kind == RulePartKind.Port && named.Count == 0)).Select(static p => p.Text)],
            Ports = named,
            Manager = managers.OwnerOf(new RuleReference(table, chain, rule)),
            Counter = rule.Expressions.OfType<CounterExpression>().FirstOrDefault(),
        };
    }
}
