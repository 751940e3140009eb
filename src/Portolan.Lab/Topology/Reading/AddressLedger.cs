using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Who has which addresses: routers, hosts and the vantage. A range that is written as a prefix gives way to all others.</summary>
internal sealed class AddressLedger(FaultList faults)
{
    private readonly List<Claim> _claims = [];
    private readonly List<(string Network, AddressRange Range)> _reserved = [];
    private readonly List<(string Network, AddressRange Range)> _given = [];
    private Dictionary<string, List<AddressRange>>? _taken;

    /// <summary>Says that something has addresses.</summary>
    /// <param name="owner">What, for messages: <c>the host 'web'</c>.</param>
    /// <param name="network">The network they are in.</param>
    /// <param name="range">They.</param>
    /// <param name="at">Where that is written.</param>
    public void Take(string owner, string network, AddressRange range, TreeScalar at) => _claims.Add(new Claim(owner, network, range, at));

    /// <summary>Keeps the highest unused addresses of a network by name out of the ranges written as prefixes.</summary>
    /// <returns>They; <c>null</c> of a family in which none is left.</returns>
    public (InternetAddress? Ipv4, InternetAddress? Ipv6) Reserve(NetworkSpec network)
    {
        var taken = _claims.Where(c => c.Network == network.Name).Select(c => c.Range).ToList();
        InternetAddress? Highest(AddressPrefix? prefix) => prefix is { } some ? FreeAddresses.Highest(some, taken) : null;
        var (ipv4, ipv6) = (Highest(network.Ipv4), Highest(network.Ipv6));
        _reserved.AddRange(FreeAddresses.Present(ipv4, ipv6).Select(a => (network.Name, a)));
        return (ipv4, ipv6);
    }

    /// <summary>Gives what is left of a range written as a prefix. Asked for when all others have theirs.</summary>
    public IReadOnlyList<AddressRange> GiveRest(string network, AddressRange range)
    {
        _taken ??= Sorted();
        var taken = _given.Where(g => g.Network == network).Select(g => g.Range).ToList();
        if (_taken.TryGetValue(network, out var ranges))
        {
            // No two overlap, or that is a fault: those that reach into the range stand in a row.
            for (var i = FirstThatReaches(ranges, range.First); i < ranges.Count && ranges[i].First <= range.Last; i++)
            {
                taken.Add(ranges[i]);
            }
        }

        _given.Add((network, range));
        return FreeAddresses.Without(range, taken);
    }

    /// <summary>Reports addresses that two have.</summary>
    public void Check()
    {
        Claim? farthest = null;
        foreach (var claim in _claims.OrderBy(c => c.Range.First))
        {
            if (farthest is { } before && before.Range.First.IsIPv4 == claim.Range.First.IsIPv4 && before.Range.Last >= claim.Range.First)
            {
                var (first, second) = (before.At.Line, before.At.Column).CompareTo((claim.At.Line, claim.At.Column)) <= 0
                    ? (before, claim)
                    : (claim, before);
                var shared =
                    new AddressRange(claim.Range.First, claim.Range.Last < before.Range.Last ? claim.Range.Last : before.Range.Last);
                faults.Error(
                    second.At,
                    string.Create(CultureInfo.InvariantCulture, $"{first.Owner} has {shared} already, on line {first.At.Line}"),
                    $"give each host and router addresses of its own");
            }

            farthest = farthest is null || farthest.Range.First.IsIPv4 != claim.Range.First.IsIPv4
                || claim.Range.Last > farthest.Range.Last ? claim : farthest;
        }
    }

    private Dictionary<string, List<AddressRange>> Sorted()
    {
        var sorted = new Dictionary<string, List<AddressRange>>(StringComparer.Ordinal);
        foreach (var (network, range) in _claims.Select(c => (c.Network, c.Range)).Concat(_reserved).OrderBy(c => c.Range.First))
        {
            if (!sorted.TryGetValue(network, out var ranges))
            {
                sorted.Add(network, ranges = []);
            }

            ranges.Add(range);
        }

        return sorted;
    }

    private static int FirstThatReaches(List<AddressRange> ranges, InternetAddress address)
    {
        var (low, high) = (0, ranges.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = ranges[middle].Last < address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private sealed record Claim(string Owner, string Network, AddressRange Range, TreeScalar At);
}
