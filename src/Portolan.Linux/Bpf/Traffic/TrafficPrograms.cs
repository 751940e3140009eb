namespace Portolan.Linux.Bpf.Traffic;

/// <summary>The programs that count: one for each tracepoint. They write into two maps and never change what they look at.</summary>
/// <remarks>
/// The tracepoints of lengths run in the process that called, after the call, so its process is known; not for splice(2), which is why the
/// program of states keeps tcp_sock's own counters when a socket closes. What could not be kept for want of room is counted in a third map.
/// </remarks>
internal sealed class TrafficPrograms(TrafficOffsets offsets, BpfObject calls, BpfObject sockets, BpfObject losses)
{
    // include/uapi/linux/bpf.h, enum bpf_func_id.
    private const int LookUp = 1;
    private const int Update = 2;
    private const int GetProcessId = 14;
    private const int GetCommand = 16;
    private const int GetSocketCookie = 46;
    private const int GetCgroupId = 80;
    private const int ToTcpSocket = 137;

    private const int Any = 0;
    private const int OnlyNew = 1;

    // include/linux/socket.h, include/uapi/linux/in.h, include/net/tcp_states.h.
    private const int IPv4 = 2;
    private const int IPv6 = 10;
    private const int RawType = 3;
    private const int Tcp = 6;
    private const int Mptcp = 262;
    private const int PeekOrErrorQueue = 0x2 | 0x2000;
    private const int Established = 1;
    private const int SynSent = 2;
    private const int SynReceived = 3;
    private const int Close = 7;
    private const int Listen = 10;

    // enum sock_flags (include/net/sock.h): SOCK_DONE, which tcp_fin sets.
    private const int DoneBit = 1;

    // The frame: keys and values on the stack.
    private const int Cookie = -8;
    private const int CallKey = -24;
    private const int CallValue = CallKey - SocketCalls.Size;
    private const int SocketValue = CallValue - TracedSocket.Size;
    private const int LossKey = SocketValue - 8;

    /// <summary>Counts what calls sent (sock_send_length: socket, result, flags).</summary>
    internal ulong[] Sends() => Lengths(isReceive: false);

    /// <summary>Counts what calls received (sock_recv_length).</summary>
    internal ulong[] Receives() => Lengths(isReceive: true);

    /// <summary>Notes connections that begin, and the last figures of those that end (inet_sock_set_state: socket, old, new).</summary>
    internal ulong[] States()
    {
        var program = new BpfProgramBuilder();
        BpfLabel closed = new(), isThere = new(), accepted = new(), store = new(), mark = new(), notDone = new(), full = new();
        BpfLabel begins = new(), ends = new();
        program
            .LoadFrom(BpfRegister.R6, BpfRegister.R1, 0, BpfWidth.Double)
            .LoadFrom(BpfRegister.R7, BpfRegister.R1, 8, BpfWidth.Double)
            .LoadFrom(BpfRegister.R8, BpfRegister.R1, 16, BpfWidth.Double)
            .Jump(BpfCondition.Equal, BpfRegister.R8, Close, closed, isWord: true)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R8, Established, isWord: true)

            // A connection begins.
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.Protocol, BpfWidth.Half)
            .Jump(BpfCondition.Equal, BpfRegister.R2, Mptcp, begins)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R2, Tcp)
            .Mark(begins)
            .Include(Identify)
            .Set(BpfRegister.R8, (int)TracedSocketFlags.Connected)
            .Jump(BpfCondition.Equal, BpfRegister.R7, SynSent, store, isWord: true)
            .Jump(BpfCondition.Equal, BpfRegister.R7, SynReceived, accepted, isWord: true)

            // A socket of MPTCP that was accepted is cloned from its listener, and comes from that one's state.
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.Protocol, BpfWidth.Half)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R2, Mptcp)
            .Mark(accepted)
            .Set(BpfRegister.R8, (int)TracedSocketFlags.Accepted)
            .Mark(store)
            .StoreTo(BpfRegister.Frame, SocketValue + TracedSocket.FlagsOffset, BpfRegister.R8, BpfWidth.Double)
            .Include(MakeCookie)
            .Include(p => Keep(p, sockets, Cookie, SocketValue, Any))
            .Jump(BpfCondition.NotEqual, BpfRegister.R0, 0, full)
            .GoToExit()

            // A connection ends. One that never began has nothing to count.
            .Mark(closed)
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.Protocol, BpfWidth.Half)
            .Jump(BpfCondition.Equal, BpfRegister.R2, Mptcp, ends)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R2, Tcp)
            .Mark(ends)
            .ExitIf(BpfCondition.Equal, BpfRegister.R7, Listen, isWord: true)
            .ExitIf(BpfCondition.Equal, BpfRegister.R7, SynSent, isWord: true)
            .ExitIf(BpfCondition.Equal, BpfRegister.R7, Close, isWord: true)
            .Include(MakeCookie)
            .Include(p => Find(p, sockets, Cookie))
            .Jump(BpfCondition.NotEqual, BpfRegister.R0, 0, isThere)
            .Include(Identify)
            .Include(p => Keep(p, sockets, Cookie, SocketValue, OnlyNew))
            .Include(p => Find(p, sockets, Cookie))
            .Jump(BpfCondition.Equal, BpfRegister.R0, 0, full)
            .Mark(isThere)
            .Copy(BpfRegister.R9, BpfRegister.R0)
            .Copy(BpfRegister.R1, BpfRegister.R6)
            .Call(ToTcpSocket)
            .Jump(BpfCondition.Equal, BpfRegister.R0, 0, mark)
            .Include(p => CopyField(p, offsets.BytesReceived, TracedSocket.BytesReceivedOffset, BpfWidth.Double))
            .Include(p => CopyField(p, offsets.BytesSent, TracedSocket.BytesSentOffset, BpfWidth.Double))
            .Include(p => CopyField(p, offsets.BytesRetransmitted, TracedSocket.BytesRetransmittedOffset, BpfWidth.Double))
            .Include(p => CopyField(p, offsets.RoundTrip, TracedSocket.RoundTripOffset, BpfWidth.Word))
            .Include(p => CopyField(p, offsets.TotalRetransmits, TracedSocket.RetransmitsOffset, BpfWidth.Word))

            // Last: where the flag is read, the figures are final.
            .Mark(mark)
            .LoadFrom(BpfRegister.R1, BpfRegister.R9, TracedSocket.FlagsOffset, BpfWidth.Double)
            .Or(BpfRegister.R1, (int)TracedSocketFlags.Closed)
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.Flags, BpfWidth.Double)
            .And(BpfRegister.R2, 1 << DoneBit)
            .Jump(BpfCondition.Equal, BpfRegister.R2, 0, notDone)
            .Or(BpfRegister.R1, (int)TracedSocketFlags.Finished)
            .Mark(notDone)
            .StoreTo(BpfRegister.R9, TracedSocket.FlagsOffset, BpfRegister.R1, BpfWidth.Double)
            .GoToExit()
            .Mark(full)
            .Include(CountLoss);
        return program.Exit(0);
    }

    private ulong[] Lengths(bool isReceive)
    {
        var program = new BpfProgramBuilder();
        BpfLabel isInternet = new(), count = new(), full = new(), identify = new();
        program
            .LoadFrom(BpfRegister.R6, BpfRegister.R1, 0, BpfWidth.Double)
            .LoadFrom(BpfRegister.R7, BpfRegister.R1, 8, BpfWidth.Double)
            .LoadFrom(BpfRegister.R8, BpfRegister.R1, 16, BpfWidth.Double)

            // Errors, ends of streams, and looks that take nothing.
            .ExitIf(BpfCondition.SignedAtMost, BpfRegister.R7, 0, isWord: true);
        if (isReceive)
        {
            program.And(BpfRegister.R8, PeekOrErrorQueue).ExitIf(BpfCondition.NotEqual, BpfRegister.R8, 0);
        }

        program
            .ShiftLeft(BpfRegister.R7, 32)
            .ShiftRight(BpfRegister.R7, 32)
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.Family, BpfWidth.Half)
            .Jump(BpfCondition.Equal, BpfRegister.R2, IPv4, isInternet)
            .ExitIf(BpfCondition.NotEqual, BpfRegister.R2, IPv6)
            .Mark(isInternet)
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.Type, BpfWidth.Half)
            .ExitIf(BpfCondition.Equal, BpfRegister.R2, RawType)
            .LoadFrom(BpfRegister.R8, BpfRegister.R6, offsets.Protocol, BpfWidth.Half)
            .Include(MakeCookie)
            .StoreTo(BpfRegister.Frame, CallKey, BpfRegister.R0, BpfWidth.Double)
            .Call(GetProcessId)
            .ShiftRight(BpfRegister.R0, 32)
            .StoreTo(BpfRegister.Frame, CallKey + 8, BpfRegister.R0, BpfWidth.Word)
            .StoreTo(BpfRegister.Frame, CallKey + 12, 0, BpfWidth.Word)
            .Include(p => Find(p, calls, CallKey))
            .Jump(BpfCondition.NotEqual, BpfRegister.R0, 0, count)

            // The first call of this process on this socket.
            .Include(p => Clear(p, CallValue, SocketCalls.Size))
            .Call(GetCgroupId)
            .StoreTo(BpfRegister.Frame, CallValue + SocketCalls.CgroupOffset, BpfRegister.R0, BpfWidth.Double)
            .Copy(BpfRegister.R1, BpfRegister.Frame)
            .Increase(BpfRegister.R1, CallValue + SocketCalls.CommandOffset)
            .Set(BpfRegister.R2, SocketCalls.Size - SocketCalls.CommandOffset)
            .Call(GetCommand)
            .Include(p => Keep(p, calls, CallKey, CallValue, OnlyNew))
            .Include(p => Find(p, calls, CallKey))
            .Jump(BpfCondition.Equal, BpfRegister.R0, 0, full)
            .Mark(count)
            .AddTo(BpfRegister.R0, isReceive ? SocketCalls.BytesInOffset : SocketCalls.BytesOutOffset, BpfRegister.R7)
            .Set(BpfRegister.R1, 1)
            .AddTo(BpfRegister.R0, isReceive ? SocketCalls.CallsInOffset : SocketCalls.CallsOutOffset, BpfRegister.R1)

            // Whose socket it is: once, and again where a datagram socket has other ports than before.
            .Set(BpfRegister.R9, 0)
            .Include(p => Find(p, sockets, Cookie))
            .Jump(BpfCondition.Equal, BpfRegister.R0, 0, identify)
            .ExitIf(BpfCondition.Equal, BpfRegister.R8, Tcp)
            .LoadFrom(BpfRegister.R9, BpfRegister.R0, TracedSocket.FlagsOffset, BpfWidth.Double)
            .LoadFrom(BpfRegister.R1, BpfRegister.R0, TracedSocket.LocalPortOffset, BpfWidth.Half)
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.LocalPort, BpfWidth.Half)
            .Jump(BpfCondition.NotEqual, BpfRegister.R1, BpfRegister.R2, identify)
            .LoadFrom(BpfRegister.R1, BpfRegister.R0, TracedSocket.RemotePortOffset, BpfWidth.Half)
            .LoadFrom(BpfRegister.R2, BpfRegister.R6, offsets.RemotePort, BpfWidth.Half)
            .Jump(BpfCondition.NotEqual, BpfRegister.R1, BpfRegister.R2, identify)
            .GoToExit()
            .Mark(identify)
            .Include(Identify)
            .StoreTo(BpfRegister.Frame, SocketValue + TracedSocket.FlagsOffset, BpfRegister.R9, BpfWidth.Double)
            .Include(p => Keep(p, sockets, Cookie, SocketValue, Any))
            .ExitIfZero(BpfRegister.R0)
            .Mark(full)
            .Include(CountLoss);
        return program.Exit(0);
    }

    /// <summary>The cookie of the socket in R6 into R0 and the frame.</summary>
    private static void MakeCookie(BpfProgramBuilder program) => program
        .Copy(BpfRegister.R1, BpfRegister.R6)
        .Call(GetSocketCookie)
        .StoreTo(BpfRegister.Frame, Cookie, BpfRegister.R0, BpfWidth.Double);

    /// <summary>What is known of the socket in R6 into the frame. Changes R0 to R5.</summary>
    private void Identify(BpfProgramBuilder program)
    {
        BpfLabel addressesOfIPv6 = new(), addressesDone = new(), notTcp = new();
        Clear(program, SocketValue, TracedSocket.Size);
        CopyToFrame(program, offsets.Family, TracedSocket.FamilyOffset, BpfWidth.Half);
        CopyToFrame(program, offsets.Protocol, TracedSocket.ProtocolOffset, BpfWidth.Half);
        CopyToFrame(program, offsets.LocalPort, TracedSocket.LocalPortOffset, BpfWidth.Half);
        CopyToFrame(program, offsets.RemotePort, TracedSocket.RemotePortOffset, BpfWidth.Half);
        CopyToFrame(program, offsets.User, TracedSocket.UserOffset, BpfWidth.Word);
        program
            .LoadFrom(BpfRegister.R1, BpfRegister.R6, offsets.Net, BpfWidth.Double)
            .LoadFrom(BpfRegister.R1, BpfRegister.R1, offsets.NetInode, BpfWidth.Word)
            .StoreTo(BpfRegister.Frame, SocketValue + TracedSocket.NamespaceOffset, BpfRegister.R1, BpfWidth.Word);
        if (offsets.ReceiveInterface >= 0)
        {
            CopyToFrame(program, offsets.ReceiveInterface, TracedSocket.InterfaceOffset, BpfWidth.Word);
        }

        if (offsets is { LocalIPv6: >= 0, RemoteIPv6: >= 0 })
        {
            program
                .LoadFrom(BpfRegister.R1, BpfRegister.R6, offsets.Family, BpfWidth.Half)
                .Jump(BpfCondition.Equal, BpfRegister.R1, IPv6, addressesOfIPv6);
        }

        CopyToFrame(program, offsets.LocalIPv4, TracedSocket.LocalOffset, BpfWidth.Word);
        CopyToFrame(program, offsets.RemoteIPv4, TracedSocket.RemoteOffset, BpfWidth.Word);
        program.GoTo(addressesDone).Mark(addressesOfIPv6);
        for (var part = 0; part < 16 && offsets is { LocalIPv6: >= 0, RemoteIPv6: >= 0 }; part += sizeof(uint))
        {
            CopyToFrame(program, offsets.LocalIPv6 + part, TracedSocket.LocalOffset + part, BpfWidth.Word);
            CopyToFrame(program, offsets.RemoteIPv6 + part, TracedSocket.RemoteOffset + part, BpfWidth.Word);
        }

        // skc_num is 0 again when a socket closes; inet_sport stays.
        program
            .Mark(addressesDone)
            .Copy(BpfRegister.R1, BpfRegister.R6)
            .Call(ToTcpSocket)
            .Jump(BpfCondition.Equal, BpfRegister.R0, 0, notTcp)
            .LoadFrom(BpfRegister.R1, BpfRegister.R0, offsets.SourcePort, BpfWidth.Half)
            .StoreTo(BpfRegister.Frame, SocketValue + TracedSocket.LocalPortOffset, BpfRegister.R1, BpfWidth.Half);
        if (offsets.IsMptcp >= 0)
        {
            program
                .LoadFrom(BpfRegister.R1, BpfRegister.R0, offsets.IsMptcp, BpfWidth.Byte)
                .StoreTo(BpfRegister.Frame, SocketValue + TracedSocket.MptcpOffset, BpfRegister.R1, BpfWidth.Word);
        }

        program.Mark(notTcp);
    }

    private static void CopyToFrame(BpfProgramBuilder program, int from, int to, BpfWidth width) => program
        .LoadFrom(BpfRegister.R1, BpfRegister.R6, from, width)
        .StoreTo(BpfRegister.Frame, SocketValue + to, BpfRegister.R1, width);

    /// <summary>A field of tcp_sock in R0 into the value in R9.</summary>
    private static void CopyField(BpfProgramBuilder program, int from, int to, BpfWidth width) => program
        .LoadFrom(BpfRegister.R1, BpfRegister.R0, from, width)
        .StoreTo(BpfRegister.R9, to, BpfRegister.R1, width);

    private static void Clear(BpfProgramBuilder program, int at, int size)
    {
        for (var offset = 0; offset < size; offset += sizeof(ulong))
        {
            program.StoreTo(BpfRegister.Frame, at + offset, 0, BpfWidth.Double);
        }
    }

    /// <summary>The value of a key in the frame, or null, into R0.</summary>
    private static void Find(BpfProgramBuilder program, BpfObject map, int key) => program
        .LoadMap(BpfRegister.R1, map)
        .Copy(BpfRegister.R2, BpfRegister.Frame)
        .Increase(BpfRegister.R2, key)
        .Call(LookUp);

    /// <summary>Keeps a key and a value of the frame; 0 into R0 when it is kept.</summary>
    private static void Keep(BpfProgramBuilder program, BpfObject map, int key, int value, int flags) => program
        .LoadMap(BpfRegister.R1, map)
        .Copy(BpfRegister.R2, BpfRegister.Frame)
        .Increase(BpfRegister.R2, key)
        .Copy(BpfRegister.R3, BpfRegister.Frame)
        .Increase(BpfRegister.R3, value)
        .Set(BpfRegister.R4, flags)
        .Call(Update);

    /// <summary>Counts one that there was no room for.</summary>
    private void CountLoss(BpfProgramBuilder program) => program
        .StoreTo(BpfRegister.Frame, LossKey, 0, BpfWidth.Word)
        .Include(p => Find(p, losses, LossKey))
        .ExitIfZero(BpfRegister.R0)
        .Set(BpfRegister.R1, 1)
        .AddTo(BpfRegister.R0, 0, BpfRegister.R1);
}
