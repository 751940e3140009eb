using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>The text of a rule in the language of nft, made from the kernel's bytecode.</summary>
public static class RuleText
{
    /// <summary>The rule, or <c>policy drop</c> for a policy. Not escaped: names and comments in it are hostile text.</summary>
    public static string Of(RuleReference rule) =>
        rule.Rule is { } found ? Of(rule.Table, found) : $"policy {(rule.Chain.Hook?.Policy == VerdictKind.Drop ? "drop" : "accept")}";

    /// <summary>The rule of a table.</summary>
    public static string Of(RuleTable table, Rule rule) => string.Join(' ', rule.Expressions.Select(e => $"# expression \"{e.KernelName}\""));
}
