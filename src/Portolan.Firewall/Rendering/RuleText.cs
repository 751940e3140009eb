using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>The text of a rule in the language of nft, made from the kernel's bytecode.</summary>
public static class RuleText
{
    /// <summary>The rule for people, or <c>policy drop</c> for a policy. Not escaped: names and comments in it are hostile text.</summary>
    public static string Of(RuleReference rule) =>
        rule.Rule is { } found ? Of(rule.Table, found) : $"policy {(rule.Chain.Hook is { } hook ? RuleWords.Policy(hook) : "accept")}";

    /// <summary>A rule of a table for people. To write many, use one <see cref="RuleWriter"/>.</summary>
    public static string Of(RuleTable table, Rule rule) => new RuleWriter(table, RuleTextOptions.ForReading).Write(rule).Text;
}
