namespace Portolan.Lab.Topology;

/// <summary>Finds unused addresses of a network.</summary>
internal static class FreeAddresses
{
    private const ulong LowCount = 0xfffe;

    /// <summary>The addresses that are there, as ranges of one.</summary>
    public static IEnumerable<AddressRange> Present(params InternetAddress?[] addresses) =>
        addresses.Where(a => a is not null).Select(a => new AddressRange(a!.Value, a.Value));

    /// <summary>
    /// The highest address a host can have that is not taken; of an IPv6 network the highest of its first 65,534, which reads better.
    /// <c>null</c> when there is none.
    /// </summary>
    public static InternetAddress? Highest(AddressPrefix prefix, IReadOnlyCollection<AddressRange> taken)
    {
        var usable = AddressRange.OfHosts(prefix);
        return (!prefix.Address.IsIPv4 && usable.Count > LowCount
            ? Highest(usable with { Last = prefix.Address.Plus(LowCount) }, taken)
            : null) ?? Highest(usable, taken);
    }

    private static InternetAddress? Highest(AddressRange usable, IReadOnlyCollection<AddressRange> taken)
    {
        var candidate = usable.Last;
        foreach (var range in taken.Where(t => t.First.IsIPv4 == candidate.IsIPv4).OrderByDescending(t => t.Last))
        {
            if (range.Last < candidate)
            {
                break;
            }

            if (!range.Contains(candidate))
            {
                continue;
            }

            if (range.First <= usable.First)
            {
                return null;
            }

            candidate = InternetAddress.FromNumber(range.First.Number - 1, candidate.IsIPv4);
        }

        return candidate;
    }

    /// <summary>The parts of a range that are not taken, ascending.</summary>
    public static IReadOnlyList<AddressRange> Without(AddressRange range, IEnumerable<AddressRange> taken)
    {
        var free = new List<AddressRange>();
        var next = range.First;
        foreach (var other in taken.Where(t => t.First.IsIPv4 == next.IsIPv4 && t.Last >= range.First && t.First <= range.Last).OrderBy(
            t => t.First))
        {
            if (other.First > next)
            {
                free.Add(new AddressRange(next, InternetAddress.FromNumber(other.First.Number - 1, next.IsIPv4)));
            }

            if (other.Last >= range.Last)
            {
                return free;
            }

            next = other.Last >= next ? other.Last.Plus(1) : next;
        }

        free.Add(new AddressRange(next, range.Last));
        return free;
    }
}
