using System.Collections;
using System.Globalization;
using System.Reflection;
using Portolan.Firewall.Rules;

namespace Portolan.Kernel.Tests.Firewall.Rendering;

/// <summary>
/// Everything that a ruleset says, one line for each rule, set, chain and object; without handles, and with an anonymous set's elements in
/// place of its name.
/// </summary>
internal static class RulesetDump
{
    private static readonly string[] LeftOut = [
        "EqualityContract", "Handle", "Attributes", "ElementMessages", "ExpirationMilliseconds", "KernelName"];

    /// <summary>The lines.</summary>
    internal static List<string> Of(Ruleset rules)
    {
        var lines = new List<string>();
        foreach (var table in rules.Tables)
        {
            var place = $"{table.Family} {table.Name}";
            lines.Add($"{place}: {table.Flags} {table.Comment}");
            lines.AddRange(table.Objects.Select(o => $"{place} object: {Describe(o, table)}").Order(StringComparer.Ordinal));
            lines.AddRange(
                table.Sets.Where(s => !s.Flags.HasFlag(SetFlags.Anonymous)).Select(s => $"{place} set: {Set(s, table)}").Order(
                    StringComparer.Ordinal));
            lines.AddRange(table.Flowtables.Select(f => $"{place} flowtable: {Describe(f, table)}"));
            foreach (var chain in table.Chains)
            {
                var name = chain.Name.StartsWith("__chain", StringComparison.Ordinal) ? "(bound)" : chain.Name;
                lines.Add($"{place} {name}: {(chain.Hook is null ? "" : Describe(chain.Hook, table))} {chain.Flags} {chain.Comment}");
                lines.AddRange(chain.Rules.Select(r => $"{place} {name} rule: {Rule(r, table)}"));
            }
        }

        return lines;
    }

    /// <summary>One rule.</summary>
    internal static string Rule(Rule rule, RuleTable table) =>
        $"{string.Join(' ', rule.Expressions.Select(e => Describe(e, table)))} {rule.Comment}";

    private static string Set(ElementSet set, RuleTable table)
    {
        var elements = set.Elements.Select(e => Describe(e, table)).Order(StringComparer.Ordinal);
        return $"{Describe(set with { Elements = [] }, table)} {string.Join(' ', elements)}";
    }

    private static string Describe(object? value, RuleTable table) => value switch
    {
        null => "-",
        ReadOnlyMemory<byte> bytes => Convert.ToHexStringLower(bytes.Span),
        string text => text,
        Register register => register.IsVerdict ? "verdict" : register.Word.ToString(CultureInfo.InvariantCulture),
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(item => Describe(item, table)))}]",
        _ when value.GetType().IsPrimitive || value is Enum => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        RuleVerdict { Chain: { } chain } verdict when chain.StartsWith("__chain", StringComparison.Ordinal) => $"{verdict.Kind} (bound)",
        _ => Record(value, table),
    };

    private static string Record(object value, RuleTable table)
    {
        var members = value.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(p => p.GetIndexParameters().Length == 0 && !LeftOut.Contains(p.Name, StringComparer.Ordinal))
            .Select(p => $"{p.Name}={Member(p, value, table)}");
        return $"{value.GetType().Name.Replace("Expression", "", StringComparison.Ordinal)}({string.Join(' ', members)})";
    }

    private static string Member(PropertyInfo property, object value, RuleTable table)
    {
        var inner = property.GetValue(value);
        if (property.Name == "SetName" && inner is string name && table.Sets.FirstOrDefault(s => s.Name == name) is { } set
            && set.Flags.HasFlag(SetFlags.Anonymous))
        {
            return Set(set with { Name = "anonymous" }, table);
        }

        return Describe(inner, table);
    }
}
