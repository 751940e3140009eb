namespace Portolan.Sockets.Filtering.Predicates;

/// <summary>A text in which <c>*</c> stands for any characters and <c>?</c> for one. Case does not count.</summary>
internal sealed class TextPattern(string text)
{
    /// <summary>The pattern.</summary>
    public string Text { get; } = text;

    /// <summary>Whether one of the patterns matches; <c>null</c> is the empty text.</summary>
    public static bool AnyMatches(TextPattern[] patterns, ReadOnlySpan<char> candidate)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.Matches(candidate))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether all of the candidate matches. At most its length times the pattern's in steps.</summary>
    public bool Matches(ReadOnlySpan<char> candidate)
    {
        ReadOnlySpan<char> pattern = Text;
        int p = 0, c = 0, star = -1, retry = 0;
        while (c < candidate.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, retry) = (p++, c);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || Same(pattern[p], candidate[c])))
            {
                p++;
                c++;
            }
            else if (star >= 0)
            {
                // The last star takes one more character.
                p = star + 1;
                c = ++retry;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }

    private static bool Same(char left, char right) => left == right || char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
