namespace Portolan.Watch.Ndiff;

/// <summary>
/// Compares two lists of lines as Ratcliff and Obershelp do (Dr. Dobb's Journal, July 1988), so that the marks stand where ndiff has them:
/// the longest run that both have, the first of several, then the same on either side of it.
/// </summary>
internal static class SequenceDiff
{
    /// <summary>In longer lists, lines that occur often do not begin a run; they may lengthen one.</summary>
    private const int LongList = 200;

    /// <summary>The lines with their marks: <c>-</c> only in the first list, <c>+</c> only in the second, a space in both.</summary>
    public static List<(char Mark, string Line)> Lines(IReadOnlyList<string> a, IReadOnlyList<string> b)
    {
        var result = new List<(char, string)>();
        Compare(a, b, PlacesIn(b), (0, a.Count, 0, b.Count), result);
        return result;
    }

    private static Dictionary<string, List<int>> PlacesIn(IReadOnlyList<string> b)
    {
        var places = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < b.Count; i++)
        {
            if (!places.TryGetValue(b[i], out var list))
            {
                places.Add(b[i], list = []);
            }

            list.Add(i);
        }

        if (b.Count >= LongList)
        {
            var most = (b.Count / 100) + 1;
            foreach (var (line, list) in places)
            {
                if (list.Count > most)
                {
                    places.Remove(line);
                }
            }
        }

        return places;
    }

    private static void Compare(
        IReadOnlyList<string> a, IReadOnlyList<string> b, Dictionary<string, List<int>> places, (int A0, int A1, int B0, int B1) part,
        List<(char, string)> result)
    {
        // Of what is left and right of a run the left is done at once, the right next: the stack is as deep as the lists are long.
        var (a0, a1, b0, b1) = part;
        while (Longest(a, b, places, (a0, a1, b0, b1)) is { Length: > 0 } run)
        {
            Compare(a, b, places, (a0, run.A, b0, run.B), result);
            for (var i = 0; i < run.Length; i++)
            {
                result.Add((' ', a[run.A + i]));
            }

            (a0, b0) = (run.A + run.Length, run.B + run.Length);
        }

        for (; a0 < a1; a0++)
        {
            result.Add(('-', a[a0]));
        }

        for (; b0 < b1; b0++)
        {
            result.Add(('+', b[b0]));
        }
    }

    private static (int A, int B, int Length) Longest(
        IReadOnlyList<string> a, IReadOnlyList<string> b, Dictionary<string, List<int>> places, (int A0, int A1, int B0, int B1) part)
    {
        var (bestA, bestB, length) = (part.A0, part.B0, 0);
        var lengths = new Dictionary<int, int>();
        for (var i = part.A0; i < part.A1; i++)
        {
            var next = new Dictionary<int, int>();
            foreach (var j in places.TryGetValue(a[i], out var list) ? list : [])
            {
                if (j >= part.B0 && j < part.B1)
                {
                    var run = next[j] = (lengths.TryGetValue(j - 1, out var before) ? before : 0) + 1;
                    if (run > length)
                    {
                        (bestA, bestB, length) = (i - run + 1, j - run + 1, run);
                    }
                }
            }

            lengths = next;
        }

        while (bestA > part.A0 && bestB > part.B0 && a[bestA - 1] == b[bestB - 1])
        {
            (bestA, bestB, length) = (bestA - 1, bestB - 1, length + 1);
        }

        while (bestA + length < part.A1 && bestB + length < part.B1 && a[bestA + length] == b[bestB + length])
        {
            length++;
        }

        return (bestA, bestB, length);
    }
}
