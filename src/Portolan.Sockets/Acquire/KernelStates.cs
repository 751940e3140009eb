namespace Portolan.Sockets.Acquire;

/// <summary>
/// Between <see cref="SocketState"/> and the state numbers of the kernel (include/net/tcp_states.h), which other protocols reuse.
/// </summary>
internal static class KernelStates
{
    private const int Close = 7;
    private const int NewSynReceived = 12;
    private const int BoundInactive = 13;

    /// <summary>The states a query wants, as a mask of <see cref="SocketState"/>.</summary>
    internal static uint Wanted(SocketQuery query) => query.Bound ? query.States | (1u << (int)SocketState.Bound) : query.States;

    /// <summary>Whether a state is in a mask. One that Portolan does not know is never hidden.</summary>
    internal static bool IsWanted(SocketState state, uint states) => state == SocketState.Unknown || (states & (1u << (int)state)) != 0;

    /// <summary>The states of TCP (and MPTCP, SCTP, DCCP), as a mask for the kernel.</summary>
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

    /// <summary>The states of Unix sockets: a datagram socket's, and 10 (LISTEN).</summary>
    internal static uint UnixMask(uint states) => DatagramMask(states) | (states & (1u << (int)SocketState.Listen));

    /// <summary>State of a TCP socket. One that is closed is listed only because it is bound (TCP_BOUND_INACTIVE, Linux 6.8).</summary>
    internal static SocketState Tcp(byte kernelState) => kernelState == Close ? SocketState.Bound : Connection(kernelState);

    /// <summary>State of an MPTCP or DCCP socket, or of an SCTP endpoint.</summary>
    internal static SocketState Connection(byte kernelState) => kernelState switch
    {
        NewSynReceived => SocketState.SynReceived,
        <= (byte)SocketState.Closing => (SocketState)kernelState,
        BoundInactive => SocketState.Bound,
        _ => SocketState.Unknown,
    };

    /// <summary>State of a UDP, UDP-Lite, raw or Unix socket.</summary>
    internal static SocketState Datagram(byte kernelState) => kernelState == Close ? SocketState.Unconnected : Connection(kernelState);

    /// <summary>
    /// State of an SCTP association (<c>enum sctp_state</c>, linux/sctp.h; RFC 9260 section 4) as the TCP state that means the same:
    /// a cookie awaited is SYN-SENT, a shutdown under way FIN-WAIT-1, a shutdown received CLOSE-WAIT, the last acknowledgement LAST-ACK.
    /// </summary>
    internal static SocketState SctpAssociation(byte state) => state switch
    {
        0 => SocketState.Closed,
        1 or 2 => SocketState.SynSent,
        3 => SocketState.Established,
        4 or 5 => SocketState.FinWait1,
        6 => SocketState.CloseWait,
        7 => SocketState.LastAck,
        _ => SocketState.Unknown,
    };
}
