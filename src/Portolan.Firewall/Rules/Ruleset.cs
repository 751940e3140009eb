namespace Portolan.Firewall.Rules;

/// <summary>All rules of a network namespace as the kernel holds them, at one generation.</summary>
/// <param name="Generation">The kernel's number of the state that was read; 0 where there is none.</param>
/// <param name="Tables">The tables, in the kernel's order; legacy x_tables behind those of nftables.</param>
public sealed record Ruleset(uint Generation, IReadOnlyList<RuleTable> Tables)
{
    /// <summary>No rules.</summary>
    public static Ruleset Empty { get; } = new(0, []);

    /// <summary>
    /// What could not be read, and why; a verdict that it could change is not proved: no verdict at all, unless it is
    /// <see cref="MissingFact.IsNarrow"/>.
    /// </summary>
    public IReadOnlyList<MissingFact> Missing { get; init; } = [];

    /// <summary>Whether the rules changed all the time while they were read, so that parts of them are of different moments.</summary>
    public bool IsTorn { get; init; }

    /// <summary>The sets of ipset, by name, which xt rules refer to.</summary>
    public IReadOnlyList<IpSet> IpSets { get; init; } = [];

    /// <summary>The lists of match <c>recent</c>; <c>null</c> where they were not read.</summary>
    public IReadOnlyList<RecentList>? RecentLists { get; init; }

    /// <summary>The connections that are open; <c>null</c> where they were not read, for no rule limits their number.</summary>
    public IReadOnlyList<OpenConnection>? OpenConnections { get; init; }

    /// <summary>The sockets that rules may find; <c>null</c> where they were not read, for no rule looks sockets up.</summary>
    public IReadOnlyList<LocalSocket>? LocalSockets { get; init; }
}
