namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>
/// The comparison signs and their words: <c>=</c> <c>eq</c>, <c>!=</c> <c>ne</c>, and so on as in ss, and <c>in</c>, <c>not in</c>.
/// </summary>
internal static class FilterSigns
{
    /// <summary>
    /// Reads a comparison if one stands at <paramref name="next"/>; otherwise the comparison is "equals" and nothing moves.
    /// </summary>
    public static bool TryRead(List<FilterToken> tokens, ref int next, out FilterComparison comparison, out bool isNegated)
    {
        var token = tokens[next];
        (comparison, isNegated) = (FilterComparison.Equal, false);
        if (token.Kind == FilterTokenKind.Not && IsIn(tokens[next + 1]))
        {
            next += 2;
            isNegated = true;
            return true;
        }

        if (token.Kind is not (FilterTokenKind.Comparison or FilterTokenKind.Word) || token.IsQuoted)
        {
            return false;
        }

        switch (token.Text.ToLowerInvariant())
        {
            case "=" or "==" or "eq" or "in":
                break;
            case "!=" or "ne" or "neq":
                isNegated = true;
                break;
            case "<" or "lt":
                comparison = FilterComparison.Less;
                break;
            case "<=" or "le" or "leq":
                comparison = FilterComparison.LessOrEqual;
                break;
            case ">" or "gt":
                comparison = FilterComparison.Greater;
                break;
            case ">=" or "ge" or "geq":
                comparison = FilterComparison.GreaterOrEqual;
                break;
            default:
                return false;
        }

        next++;
        return true;
    }

    /// <summary>Whether the word is <c>in</c>, after which a list may stand in parentheses.</summary>
    public static bool IsIn(FilterToken token) =>
        token.Kind == FilterTokenKind.Word && !token.IsQuoted && token.Text.Equals("in", StringComparison.OrdinalIgnoreCase);
}
