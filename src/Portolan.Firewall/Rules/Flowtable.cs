namespace Portolan.Firewall.Rules;

/// <summary>A flowtable: connections in it bypass the rules.</summary>
/// <param name="Name">Hostile text.</param>
/// <param name="Handle">The kernel's number of it.</param>
/// <param name="Priority">Of its ingress hook.</param>
/// <param name="Devices">Its interfaces. Hostile text.</param>
/// <param name="Flags">NFT_FLOWTABLE_*: 1 hardware, 2 counter.</param>
public sealed record Flowtable(string Name, ulong Handle, int Priority, IReadOnlyList<string> Devices, uint Flags)
{
    /// <summary>The attributes of the kernel's message, to load the same again.</summary>
    public ReadOnlyMemory<byte> Attributes { get; init; }
}
