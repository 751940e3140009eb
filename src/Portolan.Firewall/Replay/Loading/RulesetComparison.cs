using System.Globalization;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;

namespace Portolan.Firewall.Replay.Loading;

/// <summary>
/// Compares rules that were loaded again with those they were made from: same tables, chains in the same places, the same bytecode rule by
/// rule, the same elements.
/// </summary>
/// <remarks>What counts or runs down (counters, quotas, when a rule last matched, what is left of a timeout) is not compared.</remarks>
public sealed class RulesetComparison
{
    private const int RuleExpressions = 4;
    private const int ExpressionName = 1;
    private const int ExpressionData = 2;

    /// <summary>Expressions that hold state besides what they say.</summary>
    private static readonly string[] Stateful = ["counter", "quota", "last", "connlimit"];

    private readonly List<string> _differences = [];

    private RulesetComparison()
    {
    }

    /// <summary>Where they differ; empty when they are the same.</summary>
    /// <param name="original">The rules that were read first; tables of x_tables are left out.</param>
    /// <param name="loaded">The rules that were read after loading.</param>
    public static IReadOnlyList<string> Differences(Ruleset original, Ruleset loaded)
    {
        var comparison = new RulesetComparison();
        comparison.Compare(original, loaded);
        return comparison._differences;
    }

    private void Compare(Ruleset original, Ruleset loaded)
    {
        var found = loaded.Tables.ToDictionary(static table => (table.Family, table.Name));
        foreach (var table in original.Tables.Where(static table => !table.IsLegacy))
        {
            if (found.Remove((table.Family, table.Name), out var other))
            {
                Compare(table, other);
            }
            else
            {
                _differences.Add($"table {table.Name} is missing");
            }
        }

        _differences.AddRange(found.Keys.Select(static key => $"table {key.Name} is new"));
    }

    private void Compare(RuleTable table, RuleTable other)
    {
        Check((table.Flags & TableFlags.Dormant) == (other.Flags & TableFlags.Dormant), $"the flags of table {table.Name}");
        Check(
            table.Chains.Select(static chain => chain.Name).SequenceEqual(
                other.Chains.Select(static chain => chain.Name), StringComparer.Ordinal), $"the chains of table {table.Name}");
        Check(
            Names(
                table.Objects.Select(static item => $"{item.Kind} {item.Name}")) == Names(
                    other.Objects.Select(static item => $"{item.Kind} {item.Name}")), $"the objects of table {table.Name}");
        Check(
            Names(table.Flowtables.Select(static item => item.Name)) == Names(other.Flowtables.Select(static item => item.Name)),
            $"the flowtables of table {table.Name}");
        var sets = other.Sets.ToDictionary(static set => set.Name, StringComparer.Ordinal);
        foreach (var set in table.Sets)
        {
            Check(sets.Remove(set.Name, out var same) && AreSame(set, same), $"set {table.Name} {set.Name}");
        }

        Check(sets.Count == 0, $"the number of sets of table {table.Name}");
        foreach (var (chain, same) in table.Chains.Zip(other.Chains))
        {
            Compare(table, chain, same);
        }
    }

    private void Compare(RuleTable table, RuleChain chain, RuleChain other)
    {
        var (hook, same) = (chain.Hook, other.Hook);
        Check(
            hook is null == same is null
                && (hook is null
                    || (hook.Point == same!.Point && hook.Priority == same.Priority && hook.Type == same.Type && hook.Policy == same.Policy
                        && hook.Devices.SequenceEqual(same.Devices, StringComparer.Ordinal))),
            $"the hook of chain {table.Name} {chain.Name}");
        Check(chain.Rules.Count == other.Rules.Count, $"the number of rules of chain {table.Name} {chain.Name}");
        foreach (var (rule, copy) in chain.Rules.Zip(other.Rules))
        {
            Check(AreSame(rule, copy), string.Create(CultureInfo.InvariantCulture, $"rule {table.Name} {chain.Name} handle {rule.Handle}"));
        }
    }

    private static bool AreSame(Rule rule, Rule other)
    {
        AttributeSlots.TryRead(rule.Attributes, out var first);
        AttributeSlots.TryRead(other.Attributes, out var second);
        if (first.Span(RuleExpressions).SequenceEqual(second.Span(RuleExpressions)))
        {
            return true;
        }

        var left = new AttributeWalk(first.Bytes(RuleExpressions));
        var right = new AttributeWalk(second.Bytes(RuleExpressions));
        while (left.MoveNext())
        {
            if (!right.MoveNext()
                || !AttributeSlots.TryRead(left.Value, out var expression)
                || !AttributeSlots.TryRead(right.Value, out var same)
                || !expression.Span(ExpressionName).SequenceEqual(same.Span(ExpressionName))
                || (!IsStateful(expression.Span(ExpressionName))
                    && !expression.Span(ExpressionData).SequenceEqual(same.Span(ExpressionData))))
            {
                return false;
            }
        }

        return !right.MoveNext();
    }

    private static bool IsStateful(ReadOnlySpan<byte> name) =>
        Array.IndexOf(Stateful, System.Text.Encoding.ASCII.GetString(name.TrimEnd((byte)0))) >= 0;

    private static bool AreSame(ElementSet set, ElementSet other) =>
        !set.IsPartial
        && !other.IsPartial
        && set.Flags == other.Flags
        && set.KeyType == other.KeyType
        && set.KeyLength == other.KeyLength
        && set.DataType == other.DataType
        && set.DataLength == other.DataLength
        && set.ObjectKind == other.ObjectKind
        && set.TimeoutMilliseconds == other.TimeoutMilliseconds
        && set.Size == other.Size
        && set.Fields.SequenceEqual(other.Fields)
        && set.Elements.Count == other.Elements.Count
        && set.Elements.Select(Key).ToHashSet(StringComparer.Ordinal).SetEquals(other.Elements.Select(Key));

    private static string Key(SetElement element) =>
        $"{element.Flags} {Convert.ToHexString(element.Key.Span)} {Convert.ToHexString(element.KeyEnd.Span)} "
            + $"{Convert.ToHexString((element.Extra?.Data ?? default).Span)} {element.Extra?.Verdict} {element.Extra?.ObjectName} "
            + $"{element.Extra?.Expressions.Count}";

    private static string Names(IEnumerable<string> names) => string.Join('\n', names.Order(StringComparer.Ordinal));

    private void Check(bool isSame, string what)
    {
        if (!isSame)
        {
            _differences.Add($"{what} is not the same");
        }
    }
}
