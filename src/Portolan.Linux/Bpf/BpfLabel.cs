namespace Portolan.Linux.Bpf;

/// <summary>A place in a program that jumps lead to: made, jumped to, and marked once.</summary>
internal sealed class BpfLabel
{
    /// <summary>Instructions that jump here.</summary>
    internal List<int> Jumps { get; } = [];
}

/// <summary>Conditions of jumps: the operation bits of their opcodes (linux/bpf.h).</summary>
internal enum BpfCondition : byte
{
    Always = 0x00,
    Equal = 0x10,
    NotEqual = 0x50,
    SignedAtMost = 0xd0,
}
