using System.Runtime.InteropServices;

namespace Portolan.Linux.Packet;

/// <summary>One instruction of a classic BPF program (<c>struct sock_filter</c>, linux/filter.h).</summary>
/// <param name="Code">What to do: class, size and mode.</param>
/// <param name="IfTrue">Instructions to skip when a comparison holds.</param>
/// <param name="IfFalse">Instructions to skip when it does not.</param>
/// <param name="Constant">The operand.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FilterInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Constant);

/// <summary>The codes that <see cref="FilterAssembler"/> writes (linux/bpf_common.h: class | size | mode).</summary>
internal static class FilterCode
{
    internal const ushort LoadWord = 0x20;
    internal const ushort LoadHalf = 0x28;
    internal const ushort LoadByte = 0x30;
    internal const ushort LoadHalfIndexed = 0x48;
    internal const ushort LoadByteIndexed = 0x50;
    internal const ushort LoadHeaderLength = 0xb1;
    internal const ushort Jump = 0x05;
    internal const ushort JumpIfEqual = 0x15;
    internal const ushort JumpIfGreater = 0x25;
    internal const ushort JumpIfGreaterOrEqual = 0x35;
    internal const ushort JumpIfAnyBit = 0x45;
    internal const ushort Return = 0x06;
}

/// <summary>
/// Facts about a packet that are not in its bytes, loaded as if they were at these offsets (SKF_AD_OFF and on, linux/filter.h).
/// </summary>
internal static class FilterFact
{
    private const int Base = -0x1000;

    /// <summary>The EtherType, VLAN tags taken off.</summary>
    internal const uint Protocol = unchecked((uint)Base);

    /// <summary>The VLAN tag that was taken off.</summary>
    internal const uint VlanTag = unchecked((uint)(Base + 44));

    internal const uint VlanTagPresent = unchecked((uint)(Base + 48));
}
