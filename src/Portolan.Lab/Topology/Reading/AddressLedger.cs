using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Who has which addresses: routers, hosts and the vantage. A range that is written as a prefix gives way to all others.</summary>
internal sealed class AddressLedger(FaultList faults)
{
    private readonly List<Claim> _claims = [];
    private readonly List<(string Network, AddressRange Range)> _reserved = [];

    /// <summary>Says that something has addresses.</summary>
    /// <param name="owner">What, for messages: <c>the host 'web'</c>.</param>
    /// <param name="network">The network they are in.</param>
    /// <param name="range">They.</param>
    /// <param name="at">Where that is written.</param>
    public void Take(string owner, string network, AddressRange range, TreeScalar at) => _claims.Add(new Claim(owner, network, range, at));

    /// <summary>Keeps the highest addresses of a network that nobody has by name out of the ranges written as prefixes.</summary>
    /// <returns>They; <c>null</c> of a family in which none is left.</returns>
    public (InternetAddress? Ipv4, InternetAddress? Ipv6) Reserve(NetworkSpec network)
    {
        var taken = _claims.Where(c => c.Network == network.Name).Select(c => c.Range).ToList();
        InternetAddress? Highest(AddressPrefix? prefix) => prefix is { } some ? FreeAddresses.Highest(some, taken) : null;
        var (ipv4, ipv6) = (Highest(network.Ipv4), Highest(network.Ipv6));
        _reserved.AddRange(FreeAddresses.Present(ipv4, ipv6).Select(a => (network.Name, a)));
        return (ipv4, ipv6);
    }

    /// <summary>What is left of a range written as a prefix when all others have theirs.</summary>
    public IReadOnlyList<AddressRange> Rest(string network, AddressRange range) => FreeAddresses.Without(
        range, [.. _claims.Where(c => c.Network == network).Select(c => c.Range), .. _reserved.Where(r => r.Network == network).Select(r => r.Range)]);

    /// <summary>Reports addresses that two have.</summary>
    public void Check()
    {
        Claim? farthest = null;
        foreach (var claim in _claims.OrderBy(c => c.Range.First))
        {
            if (farthest is { } before && before.Range.First.IsIPv4 == claim.Range.First.IsIPv4 && before.Range.Last >= claim.Range.First)
            {
                var (first, second) = (before.At.Line, before.At.Column).CompareTo((claim.At.Line, claim.At.Column)) <= 0 ? (before, claim) : (claim, before);
                var shared = new AddressRange(claim.Range.First, claim.Range.Last < before.Range.Last ? claim.Range.Last : before.Range.Last);
                faults.Error(
                    second.At,
                    string.Create(CultureInfo.InvariantCulture, $"{first.Owner} has {shared} already, on line {first.At.Line}"),
                    "give each host and router addresses of its own");
            }

            farthest = farthest is null || farthest.Range.First.IsIPv4 != claim.Range.First.IsIPv4 || claim.Range.Last > farthest.Range.Last ? claim : farthest;
        }
    }

    private sealed record Claim(string Owner, string Network, AddressRange Range, TreeScalar At);
}
