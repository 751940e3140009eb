namespace Portolan.Kernel.Tests.Support;

/// <summary>Compares two lists as multisets: nothing missing, nothing invented, nothing twice.</summary>
internal static class Multiset
{
    private const int Looks = 10;

    /// <summary>
    /// Compares where time passes by itself: a retransmission may be counted, a TIME-WAIT end, or a child of another test hold what this
    /// process holds until it runs its program. The peer is read before and after. What it says both times must be there, and nothing
    /// may be that it says neither time. What came and went between the two is looked at again; the last look counts in any case.
    /// </summary>
    internal static void EqualWhenStill(Func<IEnumerable<string>> expected, Func<IEnumerable<string>> actual, string peer)
    {
        List<string> differences;
        var look = 0;
        do
        {
            var before = Count(expected());
            var ours = Count(actual());
            var after = Count(expected());
            var rows = before.Keys.Union(after.Keys).Union(ours.Keys);
            differences = Differences(
                rows,
                row => Math.Min(before.GetValueOrDefault(row), after.GetValueOrDefault(row)) - ours.GetValueOrDefault(row),
                row => ours.GetValueOrDefault(row) - Math.Max(before.GetValueOrDefault(row), after.GetValueOrDefault(row)),
                peer);
        }
        while (differences.Count > 0 && ++look < Looks);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    /// <summary>Fails with what only one side has.</summary>
    internal static void Equal(IEnumerable<string> expected, IEnumerable<string> actual, string peer)
    {
        var theirs = Count(expected);
        var ours = Count(actual);
        var differences = Differences(
            theirs.Keys.Union(ours.Keys),
            row => theirs.GetValueOrDefault(row) - ours.GetValueOrDefault(row),
            row => ours.GetValueOrDefault(row) - theirs.GetValueOrDefault(row),
            peer);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static Dictionary<string, int> Count(IEnumerable<string> rows)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            counts[row] = counts.GetValueOrDefault(row) + 1;
        }

        return counts;
    }

    private static List<string> Differences(IEnumerable<string> rows, Func<string, int> missing, Func<string, int> invented, string peer)
    {
        var all = rows.ToList();
        return
        [
            .. all.Where(row => missing(row) > 0).Select(row => $"only {peer}: {row}")
                .Concat(all.Where(row => invented(row) > 0).Select(row => $"only Portolan: {row}"))
                .Order(StringComparer.Ordinal)
                .Take(40),
        ];
    }
}
