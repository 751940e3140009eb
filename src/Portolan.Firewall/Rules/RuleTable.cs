namespace Portolan.Firewall.Rules;

/// <summary>A table: a name space of chains, sets and objects.</summary>
/// <param name="Family">Its family.</param>
/// <param name="Name">Hostile text.</param>
/// <param name="Handle">The kernel's number of it; 0 for a legacy table.</param>
public sealed record RuleTable(RuleFamily Family, string Name, ulong Handle)
{
    /// <summary>Its flags.</summary>
    public TableFlags Flags { get; init; }

    /// <summary>Netlink port of the owner (NFTA_TABLE_OWNER), or <c>null</c>.</summary>
    public uint? OwnerPortId { get; init; }

    /// <summary>Whether it is one of x_tables (iptables-legacy), which nft does not show.</summary>
    public bool IsLegacy { get; init; }

    /// <summary>Its comment. Hostile text.</summary>
    public string? Comment { get; init; }

    /// <summary>Its chains, in the kernel's order.</summary>
    public IReadOnlyList<RuleChain> Chains { get; init; } = [];

    /// <summary>Its sets and maps, anonymous ones too.</summary>
    public IReadOnlyList<ElementSet> Sets { get; init; } = [];

    /// <summary>Its stateful objects.</summary>
    public IReadOnlyList<StatefulObject> Objects { get; init; } = [];

    /// <summary>Its flowtables.</summary>
    public IReadOnlyList<Flowtable> Flowtables { get; init; } = [];

    /// <summary>The attributes of the kernel's message, to load the same again; empty for a legacy table.</summary>
    public ReadOnlyMemory<byte> Attributes { get; init; }
}

/// <summary>Flags of a table (NFT_TABLE_F_*).</summary>
[Flags]
public enum TableFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Its chains are not hooked in.</summary>
    Dormant = 1,

    /// <summary>It goes when its owner's socket closes.</summary>
    Owner = 2,

    /// <summary>It stays when its owner goes.</summary>
    Persist = 4,
}
