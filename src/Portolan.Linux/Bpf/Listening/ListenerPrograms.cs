using Portolan.Linux.Interop;

namespace Portolan.Linux.Bpf.Listening;

/// <summary>The programs that write a record for each step of a listener. They never change what they look at.</summary>
internal sealed class ListenerPrograms(BpfObject ring, BpfObject losses)
{
    // include/uapi/linux/bpf.h, enum bpf_func_id.
    private const int LookUp = 1;
    private const int GetProcessId = 14;
    private const int GetUserId = 15;
    private const int GetCommand = 16;
    private const int GetSocketCookie = 46;
    private const int GetNamespaceCookie = 122;
    private const int RingOutput = 130;

    // include/uapi/linux/in.h, include/net/tcp_states.h.
    private const int Tcp = 6;
    private const int Udp = 17;
    private const int Close = 7;
    private const int Listen = 10;

    // struct bpf_sock (linux/bpf.h), which the kernel shows programs of control groups: after bind(2) not the interface.
    private const int Family = 4;
    private const int Protocol = 12;
    private const int SourceIPv4 = 24;
    private const int SourceIPv6 = 28;
    private const int SourcePort = 44;

    private const int Record = -TracedListener.Size;
    private const int LossKey = Record - 8;

    /// <summary>A TCP socket listens, or no longer does (inet_sock_set_state: socket, old state, new state).</summary>
    /// <param name="offsets">Where the kernel keeps things.</param>
    /// <param name="space">The inode of the network namespace whose sockets are wanted.</param>
    internal ulong[] States(ListenerOffsets offsets, uint space)
    {
        var program = new BpfProgramBuilder();
        BpfLabel listens = new(), isTcp = new(), isIPv6 = new(), done = new();
        program
            .LoadFrom(BpfRegister.R6, BpfRegister.R1, 0, BpfWidth.Double)
            .LoadFrom(BpfRegister.R7, BpfRegister.R1, 8, BpfWidth.Double)
            .LoadFrom(BpfRegister.R8, BpfRegister.R1, 16, BpfWidth.Double)
            .Jump(BpfCondition.Equal, BpfRegister.R8, Listen, listens, isWord: true)

            // A connection is cloned from its listener, and so goes from LISTEN to SYN-RECEIVED.
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R8, Close, isWord: true)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R7, Listen, isWord: true)
            .Set(BpfRegister.R9, (int)ListenerStep.Ended)
            .GoTo(isTcp)
            .Mark(listens)
            .Set(BpfRegister.R9, (int)ListenerStep.Listens)
            .Mark(isTcp)
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.Protocol, BpfWidth.Half)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R2, Tcp)
            .LoadFrom(BpfRegister.R1, BpfRegister.R6, offsets.Net, BpfWidth.Double)
            .LoadFrom(BpfRegister.R1, BpfRegister.R1, offsets.NetInode, BpfWidth.Word)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R1, unchecked((int)space), isWord: true)
            .Include(Begin);
        CopyFrom(program, offsets.Family, TracedListener.FamilyOffset, BpfWidth.Half);
        CopyFrom(program, offsets.Interface, TracedListener.InterfaceOffset, BpfWidth.Word);

        // It may be 0 again when a socket has closed: the cookie reports which it was.
        program
            .LoadFrom(BpfRegister.R1, BpfRegister.R6, offsets.Port, BpfWidth.Half)
            .StoreTo(BpfRegister.Frame, Record + TracedListener.PortOffset, BpfRegister.R1, BpfWidth.Half);
        if (offsets.IPv6 >= 0)
        {
            program
                .LoadFrom(BpfRegister.R1, BpfRegister.R6, offsets.Family, BpfWidth.Half)
                .Jump(BpfCondition.Equal, BpfRegister.R1, Libc.AF_INET6, isIPv6);
        }

        CopyFrom(program, offsets.IPv4, TracedListener.AddressOffset, BpfWidth.Word);
        program.GoTo(done).Mark(isIPv6);
        for (var part = 0; part < 16 && offsets.IPv6 >= 0; part += sizeof(uint))
        {
            CopyFrom(program, offsets.IPv6 + part, TracedListener.AddressOffset + part, BpfWidth.Word);
        }

        return program.Mark(done).Include(End).Exit(0);
    }

    /// <summary>A UDP socket is bound (BPF_CGROUP_INET4_POST_BIND and BPF_CGROUP_INET6_POST_BIND). It always lets it be bound.</summary>
    /// <param name="isIPv6">For which of the two families.</param>
    /// <param name="spaceCookie">The cookie of the network namespace whose sockets are wanted.</param>
    internal ulong[] Binds(bool isIPv6, int spaceCookie)
    {
        var program = new BpfProgramBuilder();
        program
            .Copy(BpfRegister.R6, BpfRegister.R1)
            .Set(BpfRegister.R9, (int)ListenerStep.Bound)
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, Protocol, BpfWidth.Word)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R2, Udp)
            .Copy(BpfRegister.R1, BpfRegister.R6)
            .Call(GetNamespaceCookie)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R0, spaceCookie)
            .Include(Begin);
        CopyFrom(program, Family, TracedListener.FamilyOffset, BpfWidth.Word);
        program
            .LoadFrom(BpfRegister.R1, BpfRegister.R6, SourcePort, BpfWidth.Word)
            .StoreTo(BpfRegister.Frame, Record + TracedListener.PortOffset, BpfRegister.R1, BpfWidth.Half);
        for (var part = 0; part < (isIPv6 ? 16 : 4); part += sizeof(uint))
        {
            CopyFrom(program, (isIPv6 ? SourceIPv6 : SourceIPv4) + part, TracedListener.AddressOffset + part, BpfWidth.Word);
        }

        return program.Include(End).Exit(1);
    }

    /// <summary>Clears the record, and writes what every step has: the step in R9 and the cookie of the socket in R6.</summary>
    private static void Begin(BpfProgramBuilder program)
    {
        for (var offset = 0; offset < TracedListener.Size; offset += sizeof(ulong))
        {
            program.StoreTo(BpfRegister.Frame, Record + offset, 0, BpfWidth.Double);
        }

        program
            .StoreTo(BpfRegister.Frame, Record + TracedListener.StepOffset, BpfRegister.R9, BpfWidth.Word)
            .Copy(BpfRegister.R1, BpfRegister.R6)
            .Call(GetSocketCookie)
            .StoreTo(BpfRegister.Frame, Record + TracedListener.CookieOffset, BpfRegister.R0, BpfWidth.Double)
            .Call(GetProcessId)
            .ShiftRight(BpfRegister.R0, 32)
            .StoreTo(BpfRegister.Frame, Record + TracedListener.ProcessOffset, BpfRegister.R0, BpfWidth.Word)
            .Call(GetUserId)
            .StoreTo(BpfRegister.Frame, Record + TracedListener.UserOffset, BpfRegister.R0, BpfWidth.Word)
            .Copy(BpfRegister.R1, BpfRegister.Frame)
            .Increase(BpfRegister.R1, Record + TracedListener.CommandOffset)
            .Set(BpfRegister.R2, TracedListener.CommandLength)
            .Call(GetCommand);
    }

    /// <summary>Writes the record to the ring; counts it as lost where there is no room.</summary>
    private void End(BpfProgramBuilder program) => program
        .LoadMap(BpfRegister.R1, ring)
        .Copy(BpfRegister.R2, BpfRegister.Frame)
        .Increase(BpfRegister.R2, Record)
        .Set(BpfRegister.R3, TracedListener.Size)
        .Set(BpfRegister.R4, 0)
        .Call(RingOutput)
        .ExitIfZero(BpfRegister.R0)
        .StoreTo(BpfRegister.Frame, LossKey, 0, BpfWidth.Word)
        .LoadMap(BpfRegister.R1, losses)
        .Copy(BpfRegister.R2, BpfRegister.Frame)
        .Increase(BpfRegister.R2, LossKey)
        .Call(LookUp)
        .ExitIfZero(BpfRegister.R0)
        .Set(BpfRegister.R1, 1)
        .AddTo(BpfRegister.R0, 0, BpfRegister.R1);

    private static void CopyFrom(BpfProgramBuilder program, int from, int to, BpfWidth width) => program
        .LoadFrom(BpfRegister.R1, BpfRegister.R6, from, width)
        .StoreTo(BpfRegister.Frame, Record + to, BpfRegister.R1, width);
}
