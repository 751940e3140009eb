namespace Portolan.Kernel.Tests.Support;

/// <summary>Compares two lists as multisets: nothing missing, nothing invented, nothing twice.</summary>
internal static class Multiset
{
    /// <summary>Fails with what only one side has.</summary>
    internal static void Equal(IEnumerable<string> expected, IEnumerable<string> actual, string peer)
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
        var differences = missing.Concat(invented).Order(StringComparer.Ordinal).Take(40).ToList();
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }
}
