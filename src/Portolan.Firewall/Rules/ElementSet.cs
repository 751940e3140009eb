namespace Portolan.Firewall.Rules;

/// <summary>A set or map of nftables.</summary>
/// <param name="Name">Hostile text; <c>__set0</c> and the like for anonymous ones.</param>
/// <param name="Handle">The kernel's number of it.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="KeyType">nft's number of the key's type (concatenations: 6 bits for each part); 0 when unknown.</param>
/// <param name="KeyLength">Bytes of a key.</param>
public sealed record ElementSet(string Name, ulong Handle, SetFlags Flags, uint KeyType, int KeyLength)
{
    /// <summary>nft's number of a map's value; 0xffffff00 for verdicts; 0 for none.</summary>
    public uint DataType { get; init; }

    /// <summary>Bytes of a map's value.</summary>
    public int DataLength { get; init; }

    /// <summary>The lengths in bytes of the parts of a concatenated key with ranges (NFTA_SET_DESC_CONCAT); else empty.</summary>
    public IReadOnlyList<int> Fields { get; init; } = [];

    /// <summary>The kind of objects a map of objects holds.</summary>
    public ObjectKind ObjectKind { get; init; }

    /// <summary>Default timeout of elements in ms, or <c>null</c>.</summary>
    public ulong? TimeoutMilliseconds { get; init; }

    /// <summary>The largest number of elements, or <c>null</c>.</summary>
    public uint? Size { get; init; }

    /// <summary>Its comment. Hostile text.</summary>
    public string? Comment { get; init; }

    /// <summary>Stateful expressions that each element carries.</summary>
    public IReadOnlyList<Expression> Expressions { get; init; } = [];

    /// <summary>Its elements as the kernel lists them: of an interval set, keys and ends of intervals each on their own.</summary>
    public IReadOnlyList<SetElement> Elements { get; init; } = [];

    /// <summary>
    /// Whether elements are missing from <see cref="Elements"/>: they could not be read or are not understood. What is not in it may be in
    /// the set.
    /// </summary>
    public bool IsPartial { get; init; }

    /// <summary>The attributes of the kernel's messages that carried the elements (NFTA_SET_ELEM_LIST_*), to load the same again.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> ElementMessages { get; init; } = [];

    /// <summary>The attributes of the kernel's message, to load the same again.</summary>
    public ReadOnlyMemory<byte> Attributes { get; init; }
}

/// <summary>Flags of a set (NFT_SET_*).</summary>
[Flags]
public enum SetFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Made inside a rule.</summary>
    Anonymous = 1,

    /// <summary>Never changes.</summary>
    Constant = 2,

    /// <summary>Holds ranges.</summary>
    Interval = 4,

    /// <summary>Has values.</summary>
    Map = 8,

    /// <summary>Elements may time out.</summary>
    Timeout = 0x10,

    /// <summary>Rules change it.</summary>
    Evaluated = 0x20,

    /// <summary>Its values are objects.</summary>
    ObjectMap = 0x40,

    /// <summary>Its keys are concatenated.</summary>
    Concatenation = 0x80,

    /// <summary>Its elements carry expressions.</summary>
    Expression = 0x100,
}

/// <summary>An element of a set.</summary>
/// <param name="Key">The key in the byte order of the register; empty for the catch-all.</param>
/// <param name="KeyEnd">The last key of a concatenated range; else empty.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Extra">What only some elements have, or <c>null</c>.</param>
public readonly record struct SetElement(
    ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> KeyEnd, SetElementFlags Flags, SetElementExtra? Extra);

/// <summary>Flags of an element (NFT_SET_ELEM_*).</summary>
[Flags]
public enum SetElementFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The first key behind an interval.</summary>
    IntervalEnd = 1,

    /// <summary>Matches what no other element does.</summary>
    CatchAll = 2,
}

/// <summary>What only some elements have.</summary>
public sealed record SetElementExtra
{
    /// <summary>A map's value.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>A verdict map's verdict.</summary>
    public RuleVerdict? Verdict { get; init; }

    /// <summary>The object of a map of objects. Hostile text.</summary>
    public string? ObjectName { get; init; }

    /// <summary>Its timeout in ms.</summary>
    public ulong? TimeoutMilliseconds { get; init; }

    /// <summary>Milliseconds until it goes.</summary>
    public ulong? ExpirationMilliseconds { get; init; }

    /// <summary>Its comment. Hostile text.</summary>
    public string? Comment { get; init; }

    /// <summary>Its stateful expressions.</summary>
    public IReadOnlyList<Expression> Expressions { get; init; } = [];
}
