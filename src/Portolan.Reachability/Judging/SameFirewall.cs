using Portolan.Firewall.Host;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Reachability.Judging;

/// <summary>
/// Whether two readings of a network namespace certainly have the same verdicts: the same generation of nftables, the same legacy tables,
/// sets of ipset and routing.
/// </summary>
/// <remarks>
/// The generation does not count what changes without a transaction: elements of sets with timeouts, or that rules add to, are compared
/// one by one. Rules about the time, about quotas and about what packets came before have no verdict that could be kept.
/// </remarks>
internal static class SameFirewall
{
    private const SetFlags Changing = SetFlags.Timeout | SetFlags.Evaluated;

    public static bool Is(FirewallReading one, FirewallReading other) =>
        ReferenceEquals(one, other)
        || (one.Missing == other.Missing && one.LacksPrivilege == other.LacksPrivilege
            && IsSame(one.Rules, other.Rules) && IsSame(one.Host, other.Host) && !MayChangeByItself(one));

    private static bool IsSame(Ruleset? one, Ruleset? other)
    {
        if (one is null || other is null)
        {
            return one is null && other is null;
        }

        return one.Generation == other.Generation && !one.IsTorn && !other.IsTorn
            && one.Missing.SequenceEqual(other.Missing)
            && one.Tables.Count == other.Tables.Count && one.Tables.Zip(other.Tables).All(static pair => IsSame(pair.First, pair.Second))
            && one.IpSets.Count == other.IpSets.Count && one.IpSets.Zip(other.IpSets).All(static pair => IsSame(pair.First, pair.Second))
            && one.RecentLists is null == other.RecentLists is null;
    }

    private static bool IsSame(RuleTable one, RuleTable other)
    {
        if (one.Family != other.Family || one.Name != other.Name || one.IsLegacy != other.IsLegacy)
        {
            return false;
        }

        return one.IsLegacy
            ? LinesOf(one).SequenceEqual(LinesOf(other), StringComparer.Ordinal)
            : one.Sets.Where(IsChanging).SelectMany(ElementsOf).SequenceEqual(
                other.Sets.Where(IsChanging).SelectMany(ElementsOf), Bytes.Instance);
    }

    private static bool IsChanging(ElementSet set) => (set.Flags & Changing) != 0;

    private static IEnumerable<ReadOnlyMemory<byte>> ElementsOf(ElementSet set) =>
        set.Elements.SelectMany(static element => (ReadOnlyMemory<byte>[])[element.Key, element.KeyEnd, element.Extra?.Data ?? default]);

    // A legacy table has no generation. Its counters are no part of the text.
    private static IEnumerable<string> LinesOf(RuleTable table)
    {
        var writer = new RuleWriter(table, RuleTextOptions.ForReading);
        foreach (var chain in table.Chains)
        {
            yield return $"{chain.Name} {chain.Hook?.Point} {chain.Hook?.Policy}";
            foreach (var rule in chain.Rules)
            {
                yield return writer.Write(rule).Text;
            }
        }
    }

    private static bool IsSame(IpSet one, IpSet other) =>
        one with { Elements = null, Members = [] } == other with { Elements = null, Members = [] }
        && one.Members.SequenceEqual(other.Members, StringComparer.Ordinal)
        && one.Elements is null == other.Elements is null
        && (one.Elements ?? []).Select(Lasting).SequenceEqual((other.Elements ?? []).Select(Lasting));

    private static IpSetElement Lasting(IpSetElement element) => element with { TimeoutSeconds = null };

    private static bool IsSame(HostFacts? one, HostFacts? other)
    {
        if (one is null || other is null)
        {
            return one is null && other is null;
        }

        return one.Interfaces.SequenceEqual(other.Interfaces) && one.Addresses.SequenceEqual(other.Addresses)
            && one.PolicyRules.SequenceEqual(other.PolicyRules) && one.Missing.SequenceEqual(other.Missing)
            && one.Routes.Count == other.Routes.Count && one.Routes.Zip(other.Routes).All(static pair => IsSame(pair.First, pair.Second))
            && one.Ipsec?.Problem == other.Ipsec?.Problem
            && (one.Ipsec?.Policies ?? []).SequenceEqual(other.Ipsec?.Policies ?? [])
            && Settings(one, other) == other;
    }

    private static bool IsSame(HostRoute one, HostRoute other) =>
        one with { Interfaces = other.Interfaces, Hops = other.Hops } == other
        && one.Interfaces.SequenceEqual(other.Interfaces) && one.Hops.SequenceEqual(other.Hops);

    // What is left to compare once everything that was compared above is taken from the other.
    private static HostFacts Settings(HostFacts one, HostFacts other) => one with
    {
        Interfaces = other.Interfaces,
        Addresses = other.Addresses,
        Routes = other.Routes,
        PolicyRules = other.PolicyRules,
        Missing = other.Missing,
        Ipsec = other.Ipsec,
        Clock = other.Clock,
    };

    private static bool MayChangeByItself(FirewallReading reading) => reading is { Rules: { } rules, Host: { } host }
        && (rules.OpenConnections is not null
            || rules.LocalSockets is not null
            || rules.RecentLists is { Count: > 0 }
            || rules.Tables.Any(HasQuota)
            || (host.Clock is { } clock && TimeNote.Boundaries(rules, clock).Any()));

    private static bool HasQuota(RuleTable table) =>
        table.Objects.Any(static o => o.Kind == ObjectKind.Quota)
        || table.Sets.Any(static set => set.Expressions.Any(static e => e is QuotaExpression))
        || table.Chains.Any(static chain => chain.Rules.Any(static rule => rule.Expressions.Any(IsQuota)));

    private static bool IsQuota(Expression expression) =>
        expression is QuotaExpression or XtMatchExpression { Match: Portolan.Firewall.Xt.Matches.QuotaMatch };

    private sealed class Bytes : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static Bytes Instance { get; } = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> obj) => obj.Length;
    }
}
