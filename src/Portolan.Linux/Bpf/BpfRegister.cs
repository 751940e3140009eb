namespace Portolan.Linux.Bpf;

/// <summary>
/// The registers of BPF (Documentation/bpf/standardization/instruction-set.rst): results, arguments, kept ones, and the frame.
/// </summary>
internal enum BpfRegister : byte
{
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R7,
    R8,
    R9,
    Frame,
}

/// <summary>How much a load or store moves: the size bits of its opcode.</summary>
internal enum BpfWidth : byte
{
    Word = 0x00,
    Half = 0x08,
    Byte = 0x10,
    Double = 0x18,
}
