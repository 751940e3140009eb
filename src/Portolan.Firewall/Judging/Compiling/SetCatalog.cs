using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>All sets of a ruleset, and their elements once they were needed; shared by all families and protocols.</summary>
internal sealed class SetCatalog
{
    public SetCatalog(Ruleset rules)
    {
        foreach (var table in rules.Tables)
        {
            foreach (var set in table.Sets)
            {
                ByName[(table, set.Name)] = set;
            }

            foreach (var chain in table.Chains)
            {
                AddChanged(table, chain);
            }
        }
    }

    public Dictionary<(RuleTable Table, string Name), ElementSet> ByName { get; } = new(TableNameComparer.Instance);

    /// <summary>The sets that rules add to or delete from.</summary>
    public HashSet<ElementSet> ChangedByRules { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>The indexes of the sets of ipset that rules add to or delete from.</summary>
    public HashSet<ushort> ChangedIpSets { get; } = [];

    /// <summary>The masks of rules with match <c>recent</c>, by the name of the list.</summary>
    public Dictionary<string, HashSet<UInt128>> RecentMasks { get; } = new(StringComparer.Ordinal);

    /// <summary>The rule that chooses zones of connection tracking, the first of several; <c>null</c> for none.</summary>
    public RuleReference? ZoneRule { get; private set; }

    public Dictionary<ElementSet, SetElements> Elements { get; } = new(ReferenceEqualityComparer.Instance);

    private void AddChanged(RuleTable table, RuleChain chain)
    {
        foreach (var rule in chain.Rules)
        {
            foreach (var expression in rule.Expressions)
            {
                switch (expression)
                {
                    case DynamicSetExpression change when ByName.TryGetValue((table, change.SetName), out var set):
                        ChangedByRules.Add(set);
                        break;
                    case ConnectionTrackingWriteExpression { Key: ConnectionKey.Zone }
                        or XtTargetExpression { Target: ConnectionTrackingTarget { IsNotTracked: false } }:
                        ZoneRule ??= new RuleReference(table, chain, rule);
                        break;
                    case XtMatchExpression { Match: RecentMatch recent }:
                        (RecentMasks.TryGetValue(recent.Name, out var masks) ? masks : RecentMasks[recent.Name] = []).Add(recent.Mask);
                        break;
                    case XtTargetExpression { Target: SetTarget target }:
                        ChangedIpSets.Add(target.Add.Index);
                        ChangedIpSets.Add(target.Delete.Index);
                        break;
                }
            }
        }
    }
}

/// <summary>Compares tables as objects: records would compare all they hold.</summary>
internal sealed class TableNameComparer : IEqualityComparer<(RuleTable Table, string Name)>
{
    public static TableNameComparer Instance { get; } = new();

    public bool Equals((RuleTable Table, string Name) x, (RuleTable Table, string Name) y) =>
        ReferenceEquals(x.Table, y.Table) && string.Equals(x.Name, y.Name, StringComparison.Ordinal);

    public int GetHashCode((RuleTable Table, string Name) obj) =>
        HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Table), obj.Name);
}
