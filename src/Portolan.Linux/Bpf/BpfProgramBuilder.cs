namespace Portolan.Linux.Bpf;

/// <summary>
/// Writes BPF instructions, eight bytes each: opcode, registers, 16-bit offset, 32-bit constant (linux/bpf.h, struct bpf_insn).
/// </summary>
internal sealed class BpfProgramBuilder
{
    private const byte Load = 0x61;
    private const byte Store = 0x63;
    private const byte Move = 0xbf;
    private const byte MoveConstant = 0xb7;
    private const byte AddConstant = 0x07;
    private const byte JumpIfEqual = 0x15;
    private const byte CallHelper = 0x85;
    private const byte Return = 0x95;

    private readonly List<ulong> _instructions = [];
    private readonly List<int> _exits = [];

    /// <summary><c>to = from</c>.</summary>
    internal BpfProgramBuilder Copy(BpfRegister to, BpfRegister from) => Add(Move, to, from, 0, 0);

    /// <summary><c>to = value</c>.</summary>
    internal BpfProgramBuilder Set(BpfRegister to, int value) => Add(MoveConstant, to, 0, 0, value);

    /// <summary><c>to += value</c>.</summary>
    internal BpfProgramBuilder Increase(BpfRegister to, int value) => Add(AddConstant, to, 0, 0, value);

    /// <summary><c>to = *(from + offset)</c>.</summary>
    internal BpfProgramBuilder LoadFrom(BpfRegister to, BpfRegister from, int offset, BpfWidth width)
        => Add((byte)(Load | (byte)width), to, from, checked((short)offset), 0);

    /// <summary><c>*(to + offset) = from</c>.</summary>
    internal BpfProgramBuilder StoreTo(BpfRegister to, int offset, BpfRegister from, BpfWidth width)
        => Add((byte)(Store | (byte)width), to, from, checked((short)offset), 0);

    /// <summary>Calls a helper of the kernel: arguments in R1 to R5, which it may change, and the result in R0.</summary>
    internal BpfProgramBuilder Call(int helper) => Add(CallHelper, 0, 0, 0, helper);

    /// <summary>Goes to <see cref="Exit"/> when the register is 0.</summary>
    internal BpfProgramBuilder ExitIfZero(BpfRegister register)
    {
        _exits.Add(_instructions.Count);
        return Add(JumpIfEqual, register, 0, 0, 0);
    }

    /// <summary>Ends the program with a result; every <see cref="ExitIfZero"/> before it leads here.</summary>
    internal ulong[] Exit(int result)
    {
        foreach (var jump in _exits)
        {
            // The offset counts from the instruction after the jump.
            _instructions[jump] |= (ulong)(ushort)(_instructions.Count - jump - 1) << 16;
        }

        _exits.Clear();
        Set(BpfRegister.R0, result);
        Add(Return, 0, 0, 0, 0);
        return [.. _instructions];
    }

    private BpfProgramBuilder Add(byte opcode, BpfRegister destination, BpfRegister source, short offset, int constant)
    {
        _instructions.Add(
            opcode | ((ulong)destination << 8) | ((ulong)source << 12) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)constant << 32));
        return this;
    }
}
