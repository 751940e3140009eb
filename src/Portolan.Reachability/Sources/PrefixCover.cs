namespace Portolan.Reachability.Sources;

/// <summary>Writes a set of addresses as few prefixes, where some addresses do not matter: they may be inside or outside.</summary>
/// <remarks>
/// An address that cannot be a sender (one of our own, a loopback one) makes a hole in every set the judge gives. Nobody wants to read
/// "10.0.0.0/9, 10.128.0.0/10 …" for 10.0.0.0/8 without one address. No prefix holds an address that is told to be outside.
/// </remarks>
public static class PrefixCover
{
    /// <summary>The prefixes, in order.</summary>
    /// <param name="inside">All of these are covered.</param>
    /// <param name="outside">None of these is.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="limit">Stops after so many.</param>
    public static IReadOnlyList<AddressPrefix> Find(IntervalSet inside, IntervalSet outside, bool isIPv4, int limit = int.MaxValue) =>
        Find(inside, [outside.Except(inside)], isIPv4, limit);

    /// <summary>The same, where what is outside is the sum of several sets, none of which shares an address with what is inside.</summary>
    public static IReadOnlyList<AddressPrefix> Find(
        IntervalSet inside, IReadOnlyList<IntervalSet> outside, bool isIPv4, int limit = int.MaxValue)
    {
        var result = new List<AddressPrefix>();
        Cover(inside, Within([.. outside], IntervalSet.All(isIPv4 ? 32 : 128)), UInt128.Zero, 0, isIPv4 ? 32 : 128, isIPv4, result, limit);
        return result;
    }

    // The parts of sets that lie in a prefix, without those that have none.
    private static IntervalSet[] Within(IntervalSet[] sets, IntervalSet prefix)
    {
        var result = new IntervalSet[sets.Length];
        var count = 0;
        foreach (var set in sets)
        {
            var part = set.Intersect(prefix);
            if (!part.IsEmpty)
            {
                result[count++] = part;
            }
        }

        Array.Resize(ref result, count);
        return result;
    }

    private static void Cover(
        IntervalSet inside, IntervalSet[] outside, UInt128 start, int length, int bits, bool isIPv4, List<AddressPrefix> result, int limit)
    {
        while (!inside.IsEmpty && result.Count < limit)
        {
            if (length == bits)
            {
                result.Add(new AddressPrefix(InternetAddress.FromNumber(start, isIPv4), length));
                return;
            }

            var half = UInt128.One << (bits - length - 1);
            var (low, high) = (IntervalSet.Prefix(start, length + 1, bits), IntervalSet.Prefix(start | half, length + 1, bits));
            var (lowInside, highInside) = (inside.Intersect(low), inside.Intersect(high));
            if (!lowInside.IsEmpty && !highInside.IsEmpty)
            {
                if (outside.Length == 0)
                {
                    result.Add(new AddressPrefix(InternetAddress.FromNumber(start, isIPv4), length));
                    return;
                }

                Cover(lowInside, Within(outside, low), start, length + 1, bits, isIPv4, result, limit);
                (inside, outside, start) = (highInside, Within(outside, high), start | half);
            }
            else
            {
                // All of it lies in one half: the smallest prefix that holds it is wanted, not the largest that does no harm.
                var isLow = highInside.IsEmpty;
                (inside, outside, start) = isLow
                    ? (lowInside, Within(outside, low), start)
                    : (highInside, Within(outside, high), start | half);
            }

            length++;
        }
    }
}
