namespace Portolan.Firewall.Rules;

/// <summary>A chain of rules.</summary>
/// <param name="Family">Family of its table.</param>
/// <param name="TableName">Name of its table. Hostile text.</param>
/// <param name="Name">Hostile text.</param>
/// <param name="Handle">The kernel's number of it; 0 in a legacy table.</param>
public sealed record RuleChain(RuleFamily Family, string TableName, string Name, ulong Handle)
{
    /// <summary>Where it is hooked in; <c>null</c> for a chain that only others jump to.</summary>
    public ChainHook? Hook { get; init; }

    /// <summary>NFT_CHAIN_*: 2 hardware offload, 4 binding (an inline chain).</summary>
    public uint Flags { get; init; }

    /// <summary>Its comment. Hostile text.</summary>
    public string? Comment { get; init; }

    /// <summary>Its rules, in order.</summary>
    public IReadOnlyList<Rule> Rules { get; init; } = [];

    /// <summary>The attributes of the kernel's message, to load the same again.</summary>
    public ReadOnlyMemory<byte> Attributes { get; init; }
}

/// <summary>Where a base chain is hooked in.</summary>
/// <param name="Point">The hook.</param>
/// <param name="Priority">Lower runs first.</param>
/// <param name="Type"><c>filter</c>, <c>nat</c> or <c>route</c>.</param>
/// <param name="Policy">What happens to a packet that no rule decided on: accept or drop.</param>
/// <param name="Devices">The interfaces of a netdev chain or an inet ingress. Hostile text.</param>
public sealed record ChainHook(HookPoint Point, int Priority, string Type, VerdictKind Policy, IReadOnlyList<string> Devices)
{
    /// <summary>Packets that met the policy, when counted.</summary>
    public ulong? PolicyPackets { get; init; }

    /// <summary>Bytes that met the policy, when counted.</summary>
    public ulong? PolicyBytes { get; init; }
}

/// <summary>Hooks (linux/netfilter.h: NF_INET_*, NF_NETDEV_*), told apart by name as the families number them differently.</summary>
public enum HookPoint
{
    /// <summary>Before routing.</summary>
    Prerouting,

    /// <summary>To a local socket.</summary>
    Input,

    /// <summary>Through this machine.</summary>
    Forward,

    /// <summary>From a local socket.</summary>
    Output,

    /// <summary>After routing.</summary>
    Postrouting,

    /// <summary>At the device, before everything else.</summary>
    Ingress,

    /// <summary>At the device, after everything else.</summary>
    Egress,
}
