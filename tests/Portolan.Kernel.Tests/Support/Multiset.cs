namespace Portolan.Kernel.Tests.Support;

/// <summary>Compares two lists as multisets: nothing missing, nothing invented, nothing twice.</summary>
internal static class Multiset
{
    private const int Looks = 10;

    /// <summary>
    /// Compares where time passes by itself: a retransmission may be counted, or a TIME-WAIT end, between one look and the next.
    /// The peer is read before and after; a comparison counts when both say the same. The last one counts in any case.
    /// </summary>
    internal static void EqualWhenStill(Func<IEnumerable<string>> expected, Func<IEnumerable<string>> actual, string peer)
    {
        for (var look = 1; ; look++)
        {
            var before = expected().ToList();
            var ours = actual().ToList();
            if (look == Looks || Differences(before, expected(), peer).Count == 0)
            {
                Equal(before, ours, peer);
                return;
            }
        }
    }

    /// <summary>Fails with what only one side has.</summary>
    internal static void Equal(IEnumerable<string> expected, IEnumerable<string> actual, string peer)
    {
        var differences = Differences(expected, actual, peer);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static List<string> Differences(IEnumerable<string> expected, IEnumerable<string> actual, string peer)
    {
        var balance = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in expected)
        {
            balance[row] = balance.GetValueOrDefault(row) + 1;
        }

        foreach (var row in actual)
        {
            balance[row] = balance.GetValueOrDefault(row) - 1;
        }

        var missing = balance.Where(pair => pair.Value > 0).Select(pair => $"only {peer}: {pair.Key}");
        var invented = balance.Where(pair => pair.Value < 0).Select(pair => $"only Portolan: {pair.Key}");
        return [.. missing.Concat(invented).Order(StringComparer.Ordinal).Take(40)];
    }
}
