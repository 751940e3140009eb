namespace Portolan.Sockets;

/// <summary>The state of a listed socket: TCP's states (RFC 9293) and two for sockets that have none.</summary>
/// <remarks>Values 1–11 are the kernel's (include/net/tcp_states.h), so a state mask is <c>1 &lt;&lt; state</c>.</remarks>
public enum SocketState : byte
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>Connected; also a datagram socket with a peer.</summary>
    Established = 1,

    /// <summary>SYN-SENT (RFC 9293 section 3.3.2).</summary>
    SynSent = 2,

    /// <summary>SYN received, handshake not complete (the kernel's SYN_RECV and NEW_SYN_RECV).</summary>
    SynReceived = 3,

    /// <summary>Closed here, FIN not acknowledged.</summary>
    FinWait1 = 4,

    /// <summary>Closed here, the remote's FIN awaited.</summary>
    FinWait2 = 5,

    /// <summary>Kept for twice the maximum segment lifetime.</summary>
    TimeWait = 6,

    /// <summary>A TCP socket that is neither bound nor connected.</summary>
    Closed = 7,

    /// <summary>The remote has closed; the program has not.</summary>
    CloseWait = 8,

    /// <summary>The remote closed first; the last acknowledgement is awaited.</summary>
    LastAck = 9,

    /// <summary>Accepts connections.</summary>
    Listen = 10,

    /// <summary>Both closed at once.</summary>
    Closing = 11,

    /// <summary>Bound to a port but neither listening nor connected (the kernel's TCP_BOUND_INACTIVE, 6.8 and later).</summary>
    Bound = 13,

    /// <summary>A datagram socket with no peer.</summary>
    Unconnected = 14,
}

/// <summary>The states' names in the machine formats.</summary>
public static class SocketStateNames
{
    private static readonly string[] Names =
    [
        "UNKNOWN", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED",
        "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED", "BOUND", "UNCONNECTED",
    ];

    /// <summary>The name, such as <c>SYN-RECEIVED</c>.</summary>
    public static string Name(this SocketState state) => Names[(int)state];
}
