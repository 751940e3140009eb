namespace Portolan.Firewall.Rules;

/// <summary>A rule: expressions in order.</summary>
/// <param name="Handle">The kernel's number of it in its table; in a legacy table its place in its chain, from 1.</param>
/// <param name="Expressions">Its bytecode.</param>
public sealed record Rule(ulong Handle, IReadOnlyList<Expression> Expressions)
{
    /// <summary>Its comment, from the user data. Hostile text.</summary>
    public string? Comment { get; init; }

    /// <summary>The attributes of the kernel's message, to load the same again.</summary>
    public ReadOnlyMemory<byte> Attributes { get; init; }
}
