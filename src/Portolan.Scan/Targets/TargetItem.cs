namespace Portolan.Scan.Targets;

/// <summary>Addresses that a word of the list of targets, or of the excludes, stands for.</summary>
/// <param name="Order">Which word it was; -1 for an exclude. Less is earlier.</param>
/// <param name="IsIPv4">The family.</param>
/// <param name="Scope">The interface of the addresses; 0 for any.</param>
/// <param name="First">The first address, as a number.</param>
/// <param name="Last">The last address.</param>
/// <param name="Octets">The pattern, when not every address from first to last is meant.</param>
/// <param name="Name">The name of the one address.</param>
/// <param name="Ports">The ports of its own, by number of a <see cref="PortPool"/>.</param>
internal sealed record TargetItem(
    long Order, bool IsIPv4, uint Scope, UInt128 First, UInt128 Last, OctetPattern? Octets, string? Name, int Ports)
{
    /// <summary>The order of all excludes.</summary>
    public const long Excluded = -1;

    /// <summary>Another item of the same addresses that was named later, for its ports; <c>null</c> for none.</summary>
    public TargetItem? Next { get; set; }

    /// <summary>Whether it takes addresses away.</summary>
    public bool IsExclude => Order == Excluded;
}
