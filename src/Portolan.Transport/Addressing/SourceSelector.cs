using Portolan.Model;

namespace Portolan.Transport.Addressing;

/// <summary>The rule of RFC 6724 section 5 by which a source was chosen: the first that told it from the runner-up.</summary>
internal enum SourceRule : byte
{
    /// <summary>There was one candidate, or all rules left them equal: the first stays.</summary>
    None,

    /// <summary>Rule 1: it is the destination itself.</summary>
    SameAddress,

    /// <summary>Rule 2: its scope reaches the destination, and no further than needed.</summary>
    Scope,

    /// <summary>Rule 3: it is not deprecated.</summary>
    NotDeprecated,

    /// <summary>Rule 4: it is a home address.</summary>
    HomeAddress,

    /// <summary>Rule 5: it is of the interface that the packet leaves by.</summary>
    OutgoingInterface,

    /// <summary>Rule 5.5: the next hop advertised its prefix.</summary>
    NextHopPrefix,

    /// <summary>Rule 6: its label is the destination's.</summary>
    Label,

    /// <summary>Rule 7: it is temporary, or it is not where public addresses are preferred.</summary>
    Temporary,

    /// <summary>Rule 8: more of its leading bits are the destination's.</summary>
    LongestPrefix,
}

/// <summary>Chooses the source address of a packet (RFC 6724 section 5).</summary>
/// <param name="policies">The policy table.</param>
/// <param name="prefersTemporary">Rule 7's choice: temporary addresses, as is the default, or public ones.</param>
internal sealed class SourceSelector(PolicyTable policies, bool prefersTemporary = true)
{
    /// <summary>Chooses among candidates.</summary>
    /// <param name="destination">Where the packet goes.</param>
    /// <param name="candidates">This host's addresses. Those of the other family, multicast and unspecified ones are passed over (section
    /// 4).</param>
    /// <param name="path">The way it leaves by.</param>
    /// <param name="chosen">The source.</param>
    /// <param name="rule">The rule that decided last in its favour.</param>
    /// <returns>False when there is no candidate of the family.</returns>
    public bool TrySelect(
        InternetAddress destination, ReadOnlySpan<SourceCandidate> candidates, OutgoingPath path, out SourceCandidate chosen,
        out SourceRule rule)
    {
        (chosen, rule) = (default, SourceRule.None);
        var found = false;
        foreach (var candidate in candidates)
        {
            if (!IsUsable(candidate.Address, destination))
            {
                continue;
            }

            var order = found ? Compare(candidate, chosen, destination, path) : (Preference: 1, Rule: SourceRule.None);
            if (order.Preference > 0)
            {
                chosen = candidate;
            }

            rule = order.Rule == SourceRule.None ? rule : order.Rule;
            found = true;
        }

        return found;
    }

    /// <summary>
    /// How many leading bits two addresses of a family share, no further than the first one's prefix (RFC 6724 section 2.2).
    /// </summary>
    internal static int CommonPrefix(in SourceCandidate source, InternetAddress destination)
    {
        var difference = source.Address.Number ^ destination.Number;
        var leading = (int)UInt128.LeadingZeroCount(difference) - (128 - source.Address.BitCount);
        return Math.Min(leading, source.PrefixLength);
    }

    /// <summary>
    /// Rule 4 of sections 5 and 6: an address that is home and care-of at once before all others, a home address before a mere care-of
    /// address.
    /// </summary>
    internal static int PreferHome(in SourceCandidate a, in SourceCandidate b)
    {
        var (bothA, bothB) = (a.IsHome && a.IsCareOf, b.IsHome && b.IsCareOf);
        if (bothA != bothB)
        {
            return bothA ? 1 : -1;
        }

        var isDecided = a.IsHome != b.IsHome && a.IsCareOf != b.IsCareOf;
        return isDecided ? (a.IsHome ? 1 : -1) : 0;
    }

    private static bool IsUsable(InternetAddress source, InternetAddress destination) =>
        source.IsIPv4 == destination.IsIPv4 && !source.IsUnspecified
            && (source.IsIPv4 ? source.IPv4Bits >> 28 != 0xe : source.UpperBits >> 56 != 0xff);

    /// <summary>
    /// Above 0 when <paramref name="a"/> is better than <paramref name="b"/>, below when worse; and the rule that says so.
    /// </summary>
    private (int Preference, SourceRule Rule) Compare(
        in SourceCandidate a, in SourceCandidate b, InternetAddress destination, OutgoingPath path)
    {
        // Rule 1: prefer the same address.
        if (a.Address != b.Address && (a.Address == destination || b.Address == destination))
        {
            return (a.Address == destination ? 1 : -1, SourceRule.SameAddress);
        }

        // Rule 2: prefer appropriate scope.
        var (scopeA, scopeB, scope) = (AddressScopes.ScopeOf(a.Address), AddressScopes.ScopeOf(b.Address),
            AddressScopes.ScopeOf(destination));
        if (scopeA != scopeB)
        {
            var smaller = scopeA < scopeB ? 1 : -1;
            var smallerScope = scopeA < scopeB ? scopeA : scopeB;
            return (smallerScope < scope ? -smaller : smaller, SourceRule.Scope);
        }

        // Rule 3: avoid deprecated addresses.
        if (a.IsDeprecated != b.IsDeprecated)
        {
            return (b.IsDeprecated ? 1 : -1, SourceRule.NotDeprecated);
        }

        // Rule 4: prefer home addresses.
        var byHome = PreferHome(a, b);
        if (byHome != 0)
        {
            return (byHome, SourceRule.HomeAddress);
        }

        // Rule 5: prefer the outgoing interface.
        if (path.Interface != 0 && (a.Interface == path.Interface) != (b.Interface == path.Interface))
        {
            return (a.Interface == path.Interface ? 1 : -1, SourceRule.OutgoingInterface);
        }

        // Rule 5.5: prefer addresses in a prefix advertised by the next hop.
        if (path.NextHop is { } nextHop && (a.AdvertisedBy == nextHop) != (b.AdvertisedBy == nextHop))
        {
            return (a.AdvertisedBy == nextHop ? 1 : -1, SourceRule.NextHopPrefix);
        }

        // Rule 6: prefer a matching label.
        var label = policies.LabelOf(destination);
        var (labelA, labelB) = (policies.LabelOf(a.Address) == label, policies.LabelOf(b.Address) == label);
        if (labelA != labelB)
        {
            return (labelA ? 1 : -1, SourceRule.Label);
        }

        // Rule 7: prefer temporary addresses.
        if (a.IsTemporary != b.IsTemporary)
        {
            return (a.IsTemporary == prefersTemporary ? 1 : -1, SourceRule.Temporary);
        }

        // Rule 8: use the longest matching prefix.
        var (commonA, commonB) = (CommonPrefix(a, destination), CommonPrefix(b, destination));
        return commonA != commonB ? (commonA - commonB, SourceRule.LongestPrefix) : (0, SourceRule.None);
    }
}
