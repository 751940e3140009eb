namespace Portolan.Sockets.Acquire;

/// <summary>Between <see cref="SocketState"/> and the state numbers of the kernel (include/net/tcp_states.h), which datagram sockets reuse.</summary>
internal static class KernelStates
{
    private const int Close = 7;
    private const int NewSynReceived = 12;
    private const int BoundInactive = 13;

    /// <summary>The states of TCP (and SCTP, DCCP, MPTCP), as a mask for the kernel.</summary>
    internal static uint ConnectionMask(SocketQuery query)
    {
        var mask = query.States & 0xffe;
        if ((mask & (1u << (int)SocketState.SynReceived)) != 0)
        {
            mask |= 1u << NewSynReceived;
        }

        return query.Bound ? mask | (1u << BoundInactive) : mask;
    }

    /// <summary>The states of datagram and raw sockets: 1 connected, 7 (CLOSE) not.</summary>
    internal static uint DatagramMask(uint states) =>
        (states & (1u << (int)SocketState.Established))
        | ((states & (1u << (int)SocketState.Unconnected)) != 0 ? 1u << Close : 0);

    /// <summary>State of a TCP, MPTCP, SCTP or DCCP socket.</summary>
    internal static SocketState Connection(byte kernelState) => kernelState switch
    {
        NewSynReceived => SocketState.SynReceived,
        <= (byte)SocketState.Closing => (SocketState)kernelState,
        BoundInactive => SocketState.Bound,
        _ => SocketState.Unknown,
    };

    /// <summary>State of a UDP, UDP-Lite, raw, packet or Unix socket.</summary>
    internal static SocketState Datagram(byte kernelState) => kernelState == Close ? SocketState.Unconnected : Connection(kernelState);
}
