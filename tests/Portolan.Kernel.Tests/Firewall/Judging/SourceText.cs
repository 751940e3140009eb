using System.Globalization;
using Portolan.Firewall.Intervals;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Judging;

/// <summary>Writes sets of addresses as people write them: prefixes and ranges, or "anyone".</summary>
internal static class SourceText
{
    /// <summary>Every sender that the kernel lets in.</summary>
    internal const string Anyone = "anyone";

    // A range of so many prefixes is clearer as a range.
    private const int MaximumPrefixes = 4;

    /// <summary>The set in words: <c>anyone</c>, <c>anyone but 203.0.113.0/28</c>, or a list of prefixes and ranges.</summary>
    /// <param name="sources">The addresses.</param>
    /// <param name="all">Every address that might have been; what is not in it is not told as missing.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="maximum">So many items at most; the rest is counted.</param>
    internal static string Of(IntervalSet sources, IntervalSet all, bool isIPv4, int maximum)
    {
        var missing = all.Except(sources);
        if (missing.IsEmpty)
        {
            return Anyone;
        }

        var items = Prefixes(sources, isIPv4);
        var others = Prefixes(missing, isIPv4);
        return others.Count < items.Count ? $"{Anyone} but {Join(others, maximum)}" : Join(items, maximum);
    }

    /// <summary>The set as prefixes, such as <c>203.0.113.0/28</c>; what would be many prefixes, as a range.</summary>
    internal static IReadOnlyList<string> Prefixes(IntervalSet addresses, bool isIPv4)
    {
        var result = new List<string>();
        var bits = isIPv4 ? 32 : 128;
        foreach (var interval in addresses.Intervals)
        {
            Append(interval, isIPv4, bits, result);
        }

        return result;
    }

    private static void Append(Interval interval, bool isIPv4, int bits, List<string> result)
    {
        var start = result.Count;
        var first = interval.First;
        while (true)
        {
            // The largest prefix that starts here and does not go beyond the end.
            var length = bits - (first == 0 ? bits : (int)UInt128.TrailingZeroCount(first));
            while (length < bits && LastOf(first, length, bits) > interval.Last)
            {
                length++;
            }

            var address = InternetAddress.FromNumber(first, isIPv4);
            result.Add(length == bits ? address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{address}/{length}"));
            if (LastOf(first, length, bits) == interval.Last)
            {
                return;
            }

            if (result.Count - start == MaximumPrefixes)
            {
                result.RemoveRange(start, result.Count - start);
                result.Add($"{InternetAddress.FromNumber(interval.First, isIPv4)}-{InternetAddress.FromNumber(interval.Last, isIPv4)}");
                return;
            }

            first = LastOf(first, length, bits) + 1;
        }
    }

    private static UInt128 LastOf(UInt128 first, int length, int bits) =>
        length == bits ? first : first | (UInt128.MaxValue >> (128 - (bits - length)));

    private static string Join(IReadOnlyList<string> items, int maximum) => items.Count <= maximum
        ? string.Join(", ", items)
        : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", items.Take(maximum))} and {items.Count - maximum} more");
}
