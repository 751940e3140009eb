namespace Portolan.Linux.Bpf;

/// <summary>The programs that the kernel runs for each listening TCP socket and each UDP socket: they write its options.</summary>
internal static class SocketOptionProgram
{
    /// <summary>Size of a record, in the machine's byte order; the offsets of its members follow.</summary>
    internal const int RecordSize = 40;

    /// <summary>The minimum TTL, one byte. The cookie, eight bytes, is before it.</summary>
    internal const int TtlOffset = 8;

    /// <summary>The minimum hop limit, one byte.</summary>
    internal const int HopLimitOffset = 9;

    /// <summary>The TTL of what it sends, the lower byte of a 16-bit number; 255 for the system's.</summary>
    internal const int SentTtlOffset = 16;

    /// <summary>The hop limit of what it sends, the same.</summary>
    internal const int SentHopLimitOffset = 17;

    /// <summary>The second byte of its flags.</summary>
    internal const int FlagsOffset = 18;

    /// <summary>1 where there are keys of TCP-AO.</summary>
    internal const int AoOffset = 11;

    /// <summary>1 for a classic filter, 2 for an eBPF program, 0 for none.</summary>
    internal const int FilterOffset = 12;

    /// <summary>How many instructions it has, 16 bits; the eBPF program's lower ones.</summary>
    internal const int LengthOffset = 14;

    /// <summary>Its first instructions: one of a classic program, two of an eBPF program, eight bytes each.</summary>
    internal const int InstructionsOffset = 24;

    private const int InstructionsSize = RecordSize - InstructionsOffset;
    private const int ClassicInstructionSize = 8;

    // include/uapi/linux/bpf.h, enum bpf_func_id.
    private const int ProbeReadKernel = 113;
    private const int SeqWrite = 127;
    private const int ToTcpSocket = 137;

    // Where the lower byte of a 16-bit number is, and the second lowest one of an unsigned long.
    private static readonly int LowByte = BitConverter.IsLittleEndian ? 0 : 1;
    private static readonly int SecondByte = BitConverter.IsLittleEndian ? 1 : 6;

    // struct bpf_iter__tcp and bpf_iter__udp (net/ipv4): meta and the socket, eight bytes each. Part of the iterators' interface.
    private const int MetaOffset = 0;
    private const int SocketOffset = 8;

    private const int Listening = 10;

    /// <summary>
    /// Writes the program for TCP. The kernel visits listening sockets first (bpf_iter_tcp_batch), so the first other one ends it.
    /// </summary>
    internal static ulong[] BuildTcp(in SocketOptionOffsets offsets)
    {
        var listening = new BpfLabel();
        var program = Begin()
            .LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.State, BpfWidth.Byte)
            .Jump(BpfCondition.Equal, BpfRegister.R1, Listening, listening)
            .Return(1)
            .Mark(listening)
            .Copy(BpfRegister.R1, BpfRegister.R7)
            .Call(ToTcpSocket)
            .ExitIfZero(BpfRegister.R0)
            .Copy(BpfRegister.R7, BpfRegister.R0);
        Cookie(program, offsets)
            .LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.MinimumTtl, BpfWidth.Byte)
            .StoreTo(BpfRegister.Frame, TtlOffset - RecordSize, BpfRegister.R1, BpfWidth.Byte);
        FromIPv6Part(program, offsets, offsets.MinimumHopLimit, HopLimitOffset);

        if (offsets.AoKeys >= 0)
        {
            var isUnset = new BpfLabel();
            program.LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.AoKeys, BpfWidth.Double)
                .Jump(BpfCondition.Equal, BpfRegister.R1, 0, isUnset)
                .StoreTo(BpfRegister.Frame, AoOffset - RecordSize, 1, BpfWidth.Byte)
                .Mark(isUnset);
        }

        return End(program, offsets);
    }

    /// <summary>Writes the program for UDP.</summary>
    internal static ulong[] BuildUdp(in SocketOptionOffsets offsets) => End(Cookie(Begin(), offsets), offsets);

    private static BpfProgramBuilder Begin() => new BpfProgramBuilder()
        .Copy(BpfRegister.R6, BpfRegister.R1)
        .LoadFrom(BpfRegister.R7, BpfRegister.R6, SocketOffset, BpfWidth.Double)
        .ExitIfZero(BpfRegister.R7);

    // The record is on the stack.
    private static BpfProgramBuilder Cookie(BpfProgramBuilder program, in SocketOptionOffsets offsets)
    {
        for (var at = -RecordSize; at < 0; at += sizeof(ulong))
        {
            program.StoreTo(BpfRegister.Frame, at, 0, BpfWidth.Double);
        }

        program.LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.Cookie, BpfWidth.Double)
            .StoreTo(BpfRegister.Frame, -RecordSize, BpfRegister.R1, BpfWidth.Double)
            .LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.Ttl + LowByte, BpfWidth.Byte)
            .StoreTo(BpfRegister.Frame, SentTtlOffset - RecordSize, BpfRegister.R1, BpfWidth.Byte)
            .LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.Flags + SecondByte, BpfWidth.Byte)
            .StoreTo(BpfRegister.Frame, FlagsOffset - RecordSize, BpfRegister.R1, BpfWidth.Byte)
            .StoreTo(BpfRegister.Frame, SentHopLimitOffset - RecordSize, byte.MaxValue, BpfWidth.Byte);
        FromIPv6Part(program, offsets, offsets.HopLimit < 0 ? -1 : offsets.HopLimit + LowByte, SentHopLimitOffset);
        return program;
    }

    private static void FromIPv6Part(BpfProgramBuilder program, in SocketOptionOffsets offsets, int member, int to)
    {
        if (offsets.IPv6Part < 0 || member < 0)
        {
            return;
        }

        var isIPv4 = new BpfLabel();
        program.LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.IPv6Part, BpfWidth.Double)
            .Jump(BpfCondition.Equal, BpfRegister.R1, 0, isIPv4)
            .LoadFrom(BpfRegister.R1, BpfRegister.R1, member, BpfWidth.Byte)
            .StoreTo(BpfRegister.Frame, to - RecordSize, BpfRegister.R1, BpfWidth.Byte)
            .Mark(isIPv4);
    }

    private static ulong[] End(BpfProgramBuilder program, in SocketOptionOffsets offsets)
    {
        var (isClassic, write) = (new BpfLabel(), new BpfLabel());
        return program
            .LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.Filter, BpfWidth.Double)
            .Jump(BpfCondition.Equal, BpfRegister.R1, 0, write)
            .LoadFrom(BpfRegister.R8, BpfRegister.R1, offsets.FilterProgram, BpfWidth.Double)
            .Jump(BpfCondition.Equal, BpfRegister.R8, 0, write)
            .LoadFrom(BpfRegister.R2, BpfRegister.R8, offsets.ClassicProgram, BpfWidth.Double)
            .Jump(BpfCondition.NotEqual, BpfRegister.R2, 0, isClassic)

            .StoreTo(BpfRegister.Frame, FilterOffset - RecordSize, 2, BpfWidth.Byte)
            .LoadFrom(BpfRegister.R1, BpfRegister.R8, offsets.ProgramLength, BpfWidth.Word)
            .StoreTo(BpfRegister.Frame, LengthOffset - RecordSize, BpfRegister.R1, BpfWidth.Half)
            .Copy(BpfRegister.R3, BpfRegister.R8)
            .Increase(BpfRegister.R3, offsets.ProgramInstructions)
            .Set(BpfRegister.R2, InstructionsSize)
            .Copy(BpfRegister.R1, BpfRegister.Frame)
            .Increase(BpfRegister.R1, -InstructionsSize)
            .Call(ProbeReadKernel)
            .GoTo(write)

            .Mark(isClassic)
            .StoreTo(BpfRegister.Frame, FilterOffset - RecordSize, 1, BpfWidth.Byte)
            .LoadFrom(BpfRegister.R1, BpfRegister.R2, offsets.ClassicLength, BpfWidth.Half)
            .StoreTo(BpfRegister.Frame, LengthOffset - RecordSize, BpfRegister.R1, BpfWidth.Half)
            .LoadFrom(BpfRegister.R3, BpfRegister.R2, offsets.ClassicInstructions, BpfWidth.Double)
            .Set(BpfRegister.R2, ClassicInstructionSize)
            .Copy(BpfRegister.R1, BpfRegister.Frame)
            .Increase(BpfRegister.R1, -InstructionsSize)
            .Call(ProbeReadKernel)

            // bpf_seq_write(ctx->meta->seq, record, size). When its buffer is full the kernel calls again for this socket.
            .Mark(write)
            .LoadFrom(BpfRegister.R1, BpfRegister.R6, MetaOffset, BpfWidth.Double)
            .LoadFrom(BpfRegister.R1, BpfRegister.R1, 0, BpfWidth.Double)
            .Copy(BpfRegister.R2, BpfRegister.Frame)
            .Increase(BpfRegister.R2, -RecordSize)
            .Set(BpfRegister.R3, RecordSize)
            .Call(SeqWrite)
            .Exit(0);
    }
}
