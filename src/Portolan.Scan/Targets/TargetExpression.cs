namespace Portolan.Scan.Targets;

/// <summary>What a word of the target grammar stands for.</summary>
internal enum TargetKind
{
    /// <summary>A range of addresses: one address, a prefix, or from-to.</summary>
    Addresses,

    /// <summary>Octets chosen from sets.</summary>
    Octets,

    /// <summary>A name to look up.</summary>
    Name,
}

/// <summary>A word of the target grammar, taken apart.</summary>
internal sealed record TargetExpression
{
    public required TargetKind Kind { get; init; }

    /// <summary>The family of <see cref="First"/>.</summary>
    public bool IsIPv4 { get; init; }

    /// <summary>The first address of a range, as a number.</summary>
    public UInt128 First { get; init; }

    /// <summary>The last address of a range.</summary>
    public UInt128 Last { get; init; }

    /// <summary>Text after <c>%</c>: an interface's name or number; <c>null</c> when there is none.</summary>
    public string? Zone { get; init; }

    public OctetPattern? Octets { get; init; }

    /// <summary>The name in the form DNS has it, without a dot at the end.</summary>
    public string? Name { get; init; }

    /// <summary>The prefix length after a name, or -1.</summary>
    public int NamePrefix { get; init; } = -1;

    /// <summary>The ports after the colon; <c>null</c> when there are none.</summary>
    public string? Ports { get; init; }

    /// <summary>Where <see cref="Ports"/> begins in the word.</summary>
    public int PortsAt { get; init; }
}
