using System.Globalization;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Judging;

/// <summary>Names of rules and chains. Not escaped: names of chains are hostile text.</summary>
public static class RuleLabel
{
    /// <summary>In a table's cell: <c>input#7</c>, or <c>input policy</c>.</summary>
    public static string Brief(RuleReference rule) => rule.Rule is { } found
        ? string.Create(CultureInfo.InvariantCulture, $"{rule.Chain.Name}#{found.Handle}")
        : $"{rule.Chain.Name} policy";

    /// <summary>
    /// In full: <c>inet filter input handle 7</c>, <c>ip filter INPUT policy drop</c>, <c>legacy ip filter INPUT rule 3</c>.
    /// </summary>
    public static string Full(RuleReference rule)
    {
        var chain = Chain(rule);
        return rule.Rule is { } found
            ? string.Create(CultureInfo.InvariantCulture, $"{chain} {(rule.Table.IsLegacy ? "rule" : "handle")} {found.Handle}")
            : $"{chain} policy {(rule.Chain.Hook is { } hook ? RuleWords.Policy(hook) : "accept")}";
    }

    /// <summary>The chain alone: <c>inet filter input</c>.</summary>
    public static string Chain(RuleReference rule) =>
        $"{(rule.Table.IsLegacy ? "legacy " : "")}{RuleWords.Of(rule.Table.Family)} {rule.Table.Name} {rule.Chain.Name}";

    /// <summary>What is unknown: <c>inet filter input handle 7: numgen is random</c>.</summary>
    public static string Question(OpenQuestion question) => question.Rule is { } rule ? $"{Full(rule)}: {question.Why}" : question.Why;
}
