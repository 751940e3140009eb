using Portolan.Model;

namespace Portolan.Transport.Addressing;

/// <summary>A destination with the source that a packet to it would have.</summary>
/// <param name="Address">The destination.</param>
/// <param name="Source">Its source; <c>null</c> when there is none or no way there.</param>
/// <param name="IsNative">Whether it is reached without encapsulation.</param>
internal readonly record struct DestinationCandidate(InternetAddress Address, SourceCandidate? Source, bool IsNative = true);

/// <summary>Orders the addresses of a name, best first (RFC 6724 section 6).</summary>
/// <param name="policies">The policy table.</param>
internal sealed class DestinationSorter(PolicyTable policies)
{
    /// <summary>Orders in place. What the rules leave equal keeps its order (rule 10).</summary>
    public void Sort(Span<DestinationCandidate> destinations)
    {
        // Insertion: stable, and the addresses of a name are few. The rules are no strict order where prefixes are compared only within a
        // family.
        for (var i = 1; i < destinations.Length; i++)
        {
            var moving = destinations[i];
            var place = i;
            while (place > 0 && Compare(moving, destinations[place - 1]) > 0)
            {
                destinations[place] = destinations[place - 1];
                place--;
            }

            destinations[place] = moving;
        }
    }

    /// <summary>
    /// Above 0 when <paramref name="a"/> is better than <paramref name="b"/>, below when worse, 0 when the rules leave them equal.
    /// </summary>
    internal int Compare(in DestinationCandidate a, in DestinationCandidate b)
    {
        // Rule 1: avoid unusable destinations.
        if (a.Source is not { } sourceA || b.Source is not { } sourceB)
        {
            return (a.Source is null ? 0 : 1) - (b.Source is null ? 0 : 1);
        }

        // Rule 2: prefer matching scope.
        var (scopeA, scopeB) = (AddressScopes.ScopeOf(a.Address), AddressScopes.ScopeOf(b.Address));
        var byScope = Prefer(scopeA == AddressScopes.ScopeOf(sourceA.Address), scopeB == AddressScopes.ScopeOf(sourceB.Address));

        // Rule 3: avoid deprecated addresses.
        var byAge = Prefer(!sourceA.IsDeprecated, !sourceB.IsDeprecated);

        // Rule 4: prefer home addresses.
        var byHome = SourceSelector.PreferHome(sourceA, sourceB);

        // Rule 5: prefer a matching label.
        var byLabel = Prefer(
            policies.LabelOf(sourceA.Address) == policies.LabelOf(a.Address),
            policies.LabelOf(sourceB.Address) == policies.LabelOf(b.Address));

        // Rule 6: prefer higher precedence.
        var byPrecedence = policies.PrecedenceOf(a.Address).CompareTo(policies.PrecedenceOf(b.Address));

        // Rule 7: prefer native transport.
        var byTransport = Prefer(a.IsNative, b.IsNative);

        // Rule 8: prefer the smaller scope.
        var byReach = scopeB.CompareTo(scopeA);

        // Rule 9: use the longest matching prefix, within a family.
        var byPrefix = a.Address.IsIPv4 == b.Address.IsIPv4
            ? SourceSelector.CommonPrefix(sourceA, a.Address).CompareTo(SourceSelector.CommonPrefix(sourceB, b.Address))
            : 0;
        return First([byScope, byAge, byHome, byLabel, byPrecedence, byTransport, byReach, byPrefix]);
    }

    private static int Prefer(bool a, bool b) => (a ? 1 : 0) - (b ? 1 : 0);

    private static int First(ReadOnlySpan<int> orders)
    {
        foreach (var order in orders)
        {
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }
}
