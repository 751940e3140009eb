namespace Portolan.Firewall.Rules;

/// <summary>A named object of a table, such as a counter that several rules share.</summary>
/// <param name="Name">Hostile text.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Handle">The kernel's number of it.</param>
public sealed record StatefulObject(string Name, ObjectKind Kind, ulong Handle)
{
    /// <summary>What it does, where that is an expression too (counter, quota, limit, connlimit, synproxy); else <c>null</c>.</summary>
    public Expression? Expression { get; init; }

    /// <summary>Its comment. Hostile text.</summary>
    public string? Comment { get; init; }

    /// <summary>Its attributes (NFTA_OBJ_DATA).</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The attributes of the kernel's message, to load the same again.</summary>
    public ReadOnlyMemory<byte> Attributes { get; init; }
}

/// <summary>Kinds of objects (NFT_OBJECT_*).</summary>
public enum ObjectKind : uint
{
    /// <summary>None.</summary>
    Unspecified = 0,

    /// <summary>Counter.</summary>
    Counter = 1,

    /// <summary>Quota.</summary>
    Quota = 2,

    /// <summary>Connection tracking helper.</summary>
    ConnectionHelper = 3,

    /// <summary>Limit.</summary>
    Limit = 4,

    /// <summary>Connection limit.</summary>
    ConnectionLimit = 5,

    /// <summary>Tunnel.</summary>
    Tunnel = 6,

    /// <summary>Connection tracking timeouts.</summary>
    ConnectionTimeout = 7,

    /// <summary>Security mark.</summary>
    SecurityMark = 8,

    /// <summary>Expectation.</summary>
    ConnectionExpectation = 9,

    /// <summary>SYN proxy.</summary>
    SynProxy = 10,
}
