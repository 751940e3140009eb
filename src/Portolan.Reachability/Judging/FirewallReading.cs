using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;

namespace Portolan.Reachability.Judging;

/// <summary>What a verdict in one network namespace rests on: its rules and its routing, already read.</summary>
/// <param name="Rules">The rules; <c>null</c> when they could not be read.</param>
/// <param name="Host">The routing; <c>null</c> when it could not be read.</param>
public sealed record FirewallReading(Ruleset? Rules, HostFacts? Host)
{
    /// <summary>Why the rules or the routing could not be read, with the remedy; <c>null</c> when they were.</summary>
    public MissingFact? Missing { get; init; }

    /// <summary>Whether it is privilege that is missing.</summary>
    public bool LacksPrivilege { get; init; }

    /// <summary>Rules and routing that were read, or that rules may not be read.</summary>
    public static FirewallReading Of(RulesetReading rules, HostFacts host)
    {
        if (!rules.IsRead)
        {
            return new FirewallReading(null, host)
            {
                Missing = new MissingFact(
                    MissingFactCode.RulesNeedPrivilege, "the firewall's rules",
                    "the kernel shows them only to processes with CAP_NET_ADMIN: run with sudo"),
                LacksPrivilege = true,
            };
        }

        // No rules and something missing is not the same as no rules.
        return rules.Ruleset is { Tables.Count: 0, Missing: [var missing, ..] }
            ? new FirewallReading(null, host) { Missing = missing }
            : new FirewallReading(rules.Ruleset, host);
    }

    /// <summary>What is missing unless requested for the rules.</summary>
    public static MissingFact NotAsked { get; } =
        new(MissingFactCode.RulesNotAsked, "the firewall's rules", "they were not read");

    /// <summary>Nothing was read, for nobody asked.</summary>
    public static FirewallReading Unasked { get; } = Unread(NotAsked, lacksPrivilege: false);

    /// <summary>Nothing was read.</summary>
    public static FirewallReading Unread(MissingFact missing, bool lacksPrivilege) => new(null, null)
    {
        Missing = missing,
        LacksPrivilege = lacksPrivilege,
    };
}
