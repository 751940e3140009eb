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
    private const byte CallHelper = 0x85;
    private const byte ReturnCode = 0x95;

    private const byte StoreConstant = 0x62;
    private const byte Atomic = 0xdb;
    private const byte LoadLongConstant = 0x18;
    private const byte JumpClass = 0x05;
    private const byte WordJumpClass = 0x06;
    private const byte ByRegister = 0x08;
    private const byte AndConstant = 0x57;
    private const byte OrConstant = 0x47;
    private const byte ShiftLeftConstant = 0x67;
    private const byte ShiftRightConstant = 0x77;

    /// <summary>BPF_PSEUDO_MAP_FD: the constant is the descriptor of a map.</summary>
    private const BpfRegister MapDescriptor = (BpfRegister)1;

    private readonly List<ulong> _instructions = [];
    private readonly BpfLabel _exit = new();

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
    internal BpfProgramBuilder ExitIfZero(BpfRegister register) => Jump(BpfCondition.Equal, register, 0, _exit);

    /// <summary>Goes to <see cref="Exit"/> when the register has a relation to a constant.</summary>
    internal BpfProgramBuilder ExitIf(BpfCondition condition, BpfRegister register, int constant, bool isWord = false) =>
        Jump(condition, register, constant, _exit, isWord);

    /// <summary>Goes to <see cref="Exit"/>.</summary>
    internal BpfProgramBuilder GoToExit() => GoTo(_exit);

    /// <summary><c>*(to + offset) = value</c>.</summary>
    internal BpfProgramBuilder StoreTo(BpfRegister to, int offset, int value, BpfWidth width)
        => Add((byte)(StoreConstant | (byte)width), to, 0, checked((short)offset), value);

    /// <summary><c>*(to + offset) += from</c>, 64 bits and not torn.</summary>
    internal BpfProgramBuilder AddTo(BpfRegister to, int offset, BpfRegister from)
        => Add(Atomic, to, from, checked((short)offset), 0);

    /// <summary><c>to &amp;= value</c>.</summary>
    internal BpfProgramBuilder And(BpfRegister to, int value) => Add(AndConstant, to, 0, 0, value);

    /// <summary><c>to |= value</c>.</summary>
    internal BpfProgramBuilder Or(BpfRegister to, int value) => Add(OrConstant, to, 0, 0, value);

    /// <summary><c>to &lt;&lt;= bits</c>.</summary>
    internal BpfProgramBuilder ShiftLeft(BpfRegister to, int bits) => Add(ShiftLeftConstant, to, 0, 0, bits);

    /// <summary><c>to >>= bits</c>, without sign.</summary>
    internal BpfProgramBuilder ShiftRight(BpfRegister to, int bits) => Add(ShiftRightConstant, to, 0, 0, bits);

    /// <summary><c>to = map</c>.</summary>
    internal BpfProgramBuilder LoadMap(BpfRegister to, BpfObject map)
    {
        Add(LoadLongConstant, to, MapDescriptor, 0, map.Descriptor);
        return Add(0, 0, 0, 0, 0);
    }

    /// <summary>Jumps when the register has a relation to a constant.</summary>
    /// <param name="condition">The relation.</param>
    /// <param name="register">The register.</param>
    /// <param name="constant">The constant.</param>
    /// <param name="to">Where to, after this.</param>
    /// <param name="isWord">Whether only the lower 32 bits are compared.</param>
    internal BpfProgramBuilder Jump(BpfCondition condition, BpfRegister register, int constant, BpfLabel to, bool isWord = false)
    {
        to.Jumps.Add(_instructions.Count);
        return Add((byte)((byte)condition | (isWord ? WordJumpClass : JumpClass)), register, 0, 0, constant);
    }

    /// <summary>Jumps when two registers have a relation.</summary>
    internal BpfProgramBuilder Jump(BpfCondition condition, BpfRegister left, BpfRegister right, BpfLabel to)
    {
        to.Jumps.Add(_instructions.Count);
        return Add((byte)((byte)condition | JumpClass | ByRegister), left, right, 0, 0);
    }

    /// <summary>Jumps.</summary>
    internal BpfProgramBuilder GoTo(BpfLabel to)
    {
        to.Jumps.Add(_instructions.Count);
        return Add(JumpClass, 0, 0, 0, 0);
    }

    /// <summary>Jumps to a label lead here.</summary>
    internal BpfProgramBuilder Mark(BpfLabel label)
    {
        foreach (var jump in label.Jumps)
        {
            // The offset counts from the instruction after the jump.
            _instructions[jump] |= (ulong)(ushort)(_instructions.Count - jump - 1) << 16;
        }

        label.Jumps.Clear();
        return this;
    }

    /// <summary>Runs a part that writes instructions.</summary>
    internal BpfProgramBuilder Include(Action<BpfProgramBuilder> part)
    {
        part(this);
        return this;
    }

    /// <summary>Returns a result here.</summary>
    internal BpfProgramBuilder Return(int result) => Set(BpfRegister.R0, result).Add(ReturnCode, 0, 0, 0, 0);

    /// <summary>Ends the program with a result; every exit before it leads here.</summary>
    internal ulong[] Exit(int result)
    {
        Mark(_exit).Return(result);
        return [.. _instructions];
    }

    private BpfProgramBuilder Add(byte opcode, BpfRegister destination, BpfRegister source, short offset, int constant)
    {
        _instructions.Add(
            opcode | ((ulong)destination << 8) | ((ulong)source << 12) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)constant << 32));
        return this;
    }
}

/// <summary>A place in a program that jumps go to: made, jumped to, and marked once.</summary>
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
