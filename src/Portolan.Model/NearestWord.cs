namespace Portolan.Model;

/// <summary>Finds the word a person meant.</summary>
public static class NearestWord
{
    /// <summary>
    /// The candidate that <paramref name="word"/> most likely misspells, or <c>null</c> when none is near: at most a third of the
    /// longer word's letters, and at least one mistake, may differ. A swap of neighbours counts as one mistake; case as none. Of
    /// equally near candidates the one with the same first letter wins, then the same last letter, then the same length, then
    /// the earliest: people seldom mistype the ends of a word.
    /// </summary>
    public static string? Find(ReadOnlySpan<char> word, IEnumerable<string> candidates)
    {
        string? best = null;
        var bestDistance = int.MaxValue;
        var bestLikeness = -1;
        foreach (var candidate in candidates)
        {
            if (candidate.Length > 64 || word.Length > 64)
            {
                continue;
            }

            var distance = Distance(word, candidate);
            if (distance > bestDistance || distance > Math.Max(1, Math.Max(word.Length, candidate.Length) / 3))
            {
                continue;
            }

            var likeness = Likeness(word, candidate);
            if (distance < bestDistance || likeness > bestLikeness)
            {
                (best, bestDistance, bestLikeness) = (candidate, distance, likeness);
            }
        }

        return best;
    }

    /// <summary>Edits that turn one word into the other: insert, delete, replace, swap neighbours (optimal string alignment).</summary>
    public static int Distance(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        Span<int> beforeLast = new int[right.Length + 1];
        Span<int> last = new int[right.Length + 1];
        Span<int> current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = IsSame(left[i - 1], right[j - 1]);
                var best = Math.Min(Math.Min(last[j], current[j - 1]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && IsSame(left[i - 1], right[j - 2]) && IsSame(left[i - 2], right[j - 1]))
                {
                    best = Math.Min(best, beforeLast[j - 2] + 1);
                }

                current[j] = best;
            }

            var spare = beforeLast;
            beforeLast = last;
            last = current;
            current = spare;
        }

        return last[right.Length];
    }

    // What two equally near words are distinguished by; the first letter weighs more than the rest together.
    private static int Likeness(ReadOnlySpan<char> word, ReadOnlySpan<char> candidate)
    {
        if (word.IsEmpty || candidate.IsEmpty)
        {
            return 0;
        }

        return (IsSame(word[0], candidate[0]) ? 4 : 0)
            + (IsSame(word[^1], candidate[^1]) ? 2 : 0)
            + (word.Length == candidate.Length ? 1 : 0);
    }

    private static bool IsSame(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
