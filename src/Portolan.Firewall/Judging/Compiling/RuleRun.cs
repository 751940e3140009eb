using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>
/// Rules behind each other that are one test of the same field and a decision each: known to be when they are made ready, whatever packets
/// come.
/// </summary>
internal sealed class RuleRun
{
    // Fewer are as quickly looked at one by one.
    private const int Minimum = 32;

    private readonly List<BatchRule> _rules;
    private BatchMemo? _memo;

    private RuleRun(PacketField field, List<BatchRule> rules)
    {
        Field = field;
        _rules = rules;
    }

    /// <summary>The field they test.</summary>
    public PacketField Field { get; }

    /// <summary>How many there are.</summary>
    public int Count => _rules.Count;

    /// <summary>What they come to together.</summary>
    public BatchMemo Memo => _memo ??= new BatchMemo(_rules);

    /// <summary>The runs among rules, by the place of their first one.</summary>
    public static Dictionary<int, RuleRun>? Find(CompiledRule[] rules)
    {
        Dictionary<int, RuleRun>? result = null;
        for (var start = 0; start < rules.Length;)
        {
            var end = start + 1;
            if (rules[start].OnlyTest is { } first)
            {
                while (end < rules.Length && rules[end].OnlyTest is { } next && next.Field == first.Field)
                {
                    end++;
                }

                if (end - start >= Minimum)
                {
                    var list = new List<BatchRule>(end - start);
                    foreach (var rule in rules.AsSpan(start, end - start))
                    {
                        list.Add(new BatchRule(rule, rule.OnlyTest!.Condition.Set!, rule.SimpleDecision!));
                    }

                    (result ??= []).Add(start, new RuleRun(first.Field, list));
                }
            }

            start = end;
        }

        return result;
    }
}
