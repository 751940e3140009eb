namespace Portolan.Firewall.Rules;

/// <summary>A rule of a chain, or a chain's policy.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Rule">The rule, or <c>null</c> for the policy.</param>
public sealed record RuleReference(RuleTable Table, RuleChain Chain, Rule? Rule);
