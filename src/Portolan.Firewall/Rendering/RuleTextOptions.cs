namespace Portolan.Firewall.Rendering;

/// <summary>How rules are written.</summary>
public sealed record RuleTextOptions
{
    /// <summary>For people: counters without their numbers, long anonymous sets shortened.</summary>
    public static RuleTextOptions ForReading { get; } = new() { MaxElements = 24 };

    /// <summary>The whole state, to be loaded again.</summary>
    public static RuleTextOptions Complete { get; } = new() { ShowsState = true };

    /// <summary>Whether the numbers of counters and quotas, and what is left of timeouts, are written.</summary>
    public bool ShowsState { get; init; }

    /// <summary>The sets of ipset, whose names rules of iptables are written with; see <see cref="Rules.Ruleset.IpSets"/>.</summary>
    public IReadOnlyList<Rules.IpSet> IpSets { get; init; } = [];

    /// <summary>How many elements of a set inside a rule are written before <c>…</c>, which cannot be loaded.</summary>
    public int MaxElements { get; init; } = int.MaxValue;
}
