namespace Portolan.Linux.Bpf.Probes;

/// <summary>
/// The filter of a packet socket that takes no packet: it notes who tries which unserved port. Of IPv6 only packets without extension
/// headers count.
/// </summary>
/// <param name="own">The addresses of this machine.</param>
/// <param name="served">The ports that sockets serve.</param>
/// <param name="probes">What it notes.</param>
internal sealed class ProbeProgram(BpfObject own, BpfObject served, BpfObject probes)
{
    internal const int OwnKeySize = 16;
    internal const int ServedKeySize = 4;

    // include/uapi/linux/bpf.h, enum bpf_func_id.
    private const int LookUp = 1;
    private const int Update = 2;
    private const int GetTime = 5;
    private const int LoadBytes = 26;

    // struct __sk_buff (linux/bpf.h).
    private const int PacketType = 4;
    private const int EtherType = 16;
    private const int Interface = 40;

    // In network order: ETH_P_IP, ETH_P_IPV6 (linux/if_ether.h); the offset of a fragment (RFC 791).
    private const int IPv4 = 0x0008;
    private const int IPv6 = 0xdd86;
    private const int FragmentOffset = 0xff1f;

    private const int Loopback = 1;
    private const int Tcp = 6;
    private const int Udp = 17;
    private const int AckOrReset = 0x10 | 0x04;

    // The frame.
    private const int Header = -40;
    private const int Ports = Header - 16;
    private const int Own = Ports - OwnKeySize;
    private const int Probe = Own - PortProbe.KeySize;
    private const int Served = Probe - 8;
    private const int Time = Served - 8;

    internal ulong[] Write()
    {
        var program = new BpfProgramBuilder();
        BpfLabel isIPv6 = new(), addressesDone = new(), isTcp = new(), portsDone = new();
        program
            .Copy(BpfRegister.R6, BpfRegister.R1)
            .LoadFrom(BpfRegister.R1, BpfRegister.R6, PacketType, BpfWidth.Word)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R1, 0)
            .LoadFrom(BpfRegister.R1, BpfRegister.R6, Interface, BpfWidth.Word)
            .ExitIf(BpfCondition.Equal, BpfRegister.R1, Loopback);
        for (var offset = Time; offset < Header; offset += sizeof(ulong))
        {
            program.StoreTo(BpfRegister.Frame, offset, 0, BpfWidth.Double);
        }

        program
            .LoadFrom(BpfRegister.R1, BpfRegister.R6, EtherType, BpfWidth.Word)
            .Jump(BpfCondition.Equal, BpfRegister.R1, IPv6, isIPv6)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R1, IPv4)
            .Set(BpfRegister.R2, 0)
            .Include(p => Load(p, Header, 20))

            // Only the first fragment has ports; the header's length is in words.
            .LoadFrom(BpfRegister.R1, BpfRegister.Frame, Header + 6, BpfWidth.Half)
            .And(BpfRegister.R1, FragmentOffset)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R1, 0)
            .LoadFrom(BpfRegister.R8, BpfRegister.Frame, Header, BpfWidth.Byte)
            .And(BpfRegister.R8, 0x0f)
            .ShiftLeft(BpfRegister.R8, 2)
            .LoadFrom(BpfRegister.R9, BpfRegister.Frame, Header + 9, BpfWidth.Byte);
        CopyWords(program, Header + 12, Probe, 4);
        CopyWords(program, Header + 16, Own, 4);
        program
            .GoTo(addressesDone)
            .Mark(isIPv6)
            .StoreTo(BpfRegister.Frame, Probe + PortProbe.IsIPv6Offset, 1, BpfWidth.Byte)
            .Set(BpfRegister.R2, 0)
            .Include(p => Load(p, Header, 40))
            .Set(BpfRegister.R8, 40)
            .LoadFrom(BpfRegister.R9, BpfRegister.Frame, Header + 6, BpfWidth.Byte);
        CopyWords(program, Header + 8, Probe, 8);
        CopyWords(program, Header + 24, Own, 16);
        program
            .Mark(addressesDone)
            .Include(p => Find(p, own, Own))
            .ExitIfZero(BpfRegister.R0)
            .Copy(BpfRegister.R2, BpfRegister.R8)
            .Jump(BpfCondition.Equal, BpfRegister.R9, Tcp, isTcp)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R9, Udp)
            .Include(p => Load(p, Ports, 4))
            .GoTo(portsDone)

            // An answer has ACK or RST; a probe of any kind that is aimed at a closed port has neither.
            .Mark(isTcp)
            .Include(p => Load(p, Ports, 14))
            .LoadFrom(BpfRegister.R1, BpfRegister.Frame, Ports + 13, BpfWidth.Byte)
            .And(BpfRegister.R1, AckOrReset)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R1, 0)
            .Mark(portsDone);

        // The destination port, from network order.
        foreach (var key in (int[])[Probe + PortProbe.PortOffset, Served])
        {
            program
                .LoadFrom(BpfRegister.R1, BpfRegister.Frame, Ports + 3, BpfWidth.Byte)
                .StoreTo(BpfRegister.Frame, key, BpfRegister.R1, BpfWidth.Byte)
                .LoadFrom(BpfRegister.R1, BpfRegister.Frame, Ports + 2, BpfWidth.Byte)
                .StoreTo(BpfRegister.Frame, key + 1, BpfRegister.R1, BpfWidth.Byte)
                .StoreTo(BpfRegister.Frame, key + 2, BpfRegister.R9, BpfWidth.Byte);
        }

        return program
            .Include(p => Find(p, served, Served))
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R0, 0)
            .Call(GetTime)
            .StoreTo(BpfRegister.Frame, Time, BpfRegister.R0, BpfWidth.Double)
            .LoadMap(BpfRegister.R1, probes)
            .Include(p => Point(p, BpfRegister.R2, Probe))
            .Include(p => Point(p, BpfRegister.R3, Time))
            .Set(BpfRegister.R4, 0)
            .Call(Update)
            .Exit(0);
    }

    /// <summary>Bytes of the packet, from the offset in R2, into the frame; ends where it has not so many.</summary>
    private static void Load(BpfProgramBuilder program, int to, int length) => program
        .Copy(BpfRegister.R1, BpfRegister.R6)
        .Include(p => Point(p, BpfRegister.R3, to))
        .Set(BpfRegister.R4, length)
        .Call(LoadBytes)
        .ExitIf(BpfCondition.NotEqual, BpfRegister.R0, 0);

    private static void Find(BpfProgramBuilder program, BpfObject map, int key) => program
        .LoadMap(BpfRegister.R1, map)
        .Include(p => Point(p, BpfRegister.R2, key))
        .Call(LookUp);

    private static void Point(BpfProgramBuilder program, BpfRegister register, int to) =>
        program.Copy(register, BpfRegister.Frame).Increase(register, to);

    private static void CopyWords(BpfProgramBuilder program, int from, int to, int length)
    {
        for (var offset = 0; offset < length; offset += sizeof(uint))
        {
            program
                .LoadFrom(BpfRegister.R1, BpfRegister.Frame, from + offset, BpfWidth.Word)
                .StoreTo(BpfRegister.Frame, to + offset, BpfRegister.R1, BpfWidth.Word);
        }
    }
}
