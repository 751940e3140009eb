using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>Whether it matters which of several base chains of one hook and priority runs first.</summary>
internal static class ChainOrder
{
    /// <summary>What is asked where the order is not known.</summary>
    public static OpenQuestion Question { get; } = new(
        null, "chains of two tables have the same hook and priority; their order is unknown")
    {
        Topic = QuestionTopic.ChainOrder,
    };

    /// <summary>
    /// Chains that only accept and drop come to the same in any order; not so where one changes packets or answers them, and another does
    /// anything.
    /// </summary>
    public static bool Matters(IReadOnlyList<(RuleTable Table, RuleChain Chain)> chains)
    {
        for (var i = 0; i < chains.Count; i++)
        {
            for (var other = 0; other < chains.Count; other++)
            {
                if (!ReferenceEquals(chains[i].Table, chains[other].Table) && DoesAnything(chains[other].Chain)
                    && ChangesOrAnswers(chains[i].Table, chains[i].Chain, []))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The orders that chains may have when those of one table keep theirs, the given one first; no more than so many.</summary>
    public static List<List<(RuleTable Table, RuleChain Chain)>> Orders(List<(RuleTable Table, RuleChain Chain)> chains, int maximum)
    {
        var result = new List<List<(RuleTable Table, RuleChain Chain)>>();
        var rows = chains.GroupBy(static entry => entry.Table, (IEqualityComparer<RuleTable>)ReferenceEqualityComparer.Instance)
            .Select(static row => row.ToList()).ToList();
        Extend(rows, new int[rows.Count], [], chains.Count, result, maximum);
        return result;
    }

    // Rows are in the order of their first chain, so that what is made first is the given order, unless rows are mixed in it.
    private static void Extend(
        List<List<(RuleTable Table, RuleChain Chain)>> rows,
        int[] taken,
        List<(RuleTable Table, RuleChain Chain)> begun,
        int length,
        List<List<(RuleTable Table, RuleChain Chain)>> result,
        int maximum)
    {
        if (begun.Count == length)
        {
            result.Add([.. begun]);
            return;
        }

        for (var row = 0; row < rows.Count && result.Count < maximum; row++)
        {
            if (taken[row] == rows[row].Count)
            {
                continue;
            }

            begun.Add(rows[row][taken[row]++]);
            Extend(rows, taken, begun, length, result, maximum);
            begun.RemoveAt(begun.Count - 1);
            taken[row]--;
        }
    }

    private static bool DoesAnything(RuleChain chain) => chain.Rules.Count > 0 || chain.Hook!.Policy == VerdictKind.Drop;

    private static bool ChangesOrAnswers(RuleTable table, RuleChain chain, HashSet<string> seen)
    {
        if (!seen.Add(chain.Name))
        {
            return false;
        }

        foreach (var rule in chain.Rules)
        {
            foreach (var expression in rule.Expressions)
            {
                if (ChangesOrAnswers(expression))
                {
                    return true;
                }

                // What a verdict map jumps to is not followed: any chain of the table then.
                var targets = expression switch
                {
                    ImmediateExpression { Verdict.Chain: { } name } => table.Chains.Where(candidate => candidate.Name == name),
                    LookupExpression { Destination: { IsVerdict: true } } => table.Chains.Where(static candidate => candidate.Hook is null),
                    _ => [],
                };
                foreach (var target in targets)
                {
                    if (ChangesOrAnswers(table, target, seen))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    private static bool ChangesOrAnswers(Expression expression) =>
        expression is MetaWriteExpression or PayloadWriteExpression or ConnectionTrackingWriteExpression
        or NoTrackExpression or DynamicSetExpression or RejectExpression or QueueExpression or NatExpression or MasqueradeExpression
        or RedirectExpression
        or SynProxyExpression or TransparentProxyExpression or ForwardExpression or ObjectReferenceExpression or XtTargetExpression
        or UnknownExpression
        or ExtensionHeaderExpression { Destination: null };
}
