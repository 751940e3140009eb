namespace Portolan.Model;

/// <summary>The states of a TCP connection (RFC 9293 section 3.3.2).</summary>
public enum TcpState : byte
{
    /// <summary>No connection state at all.</summary>
    Closed,

    /// <summary>Waiting for a connection request from any remote.</summary>
    Listen,

    /// <summary>A SYN was sent; its answer is awaited.</summary>
    SynSent,

    /// <summary>A SYN was received and answered; the final ACK is awaited.</summary>
    SynReceived,

    /// <summary>Open: data flows both ways.</summary>
    Established,

    /// <summary>This side has closed; its FIN is not acknowledged yet.</summary>
    FinWait1,

    /// <summary>This side has closed and that is acknowledged; the remote's FIN is awaited.</summary>
    FinWait2,

    /// <summary>The remote has closed; this side's program has not.</summary>
    CloseWait,

    /// <summary>Both sides closed at once; the acknowledgement is awaited.</summary>
    Closing,

    /// <summary>The remote closed first; this side's FIN is not acknowledged yet.</summary>
    LastAck,

    /// <summary>Closed by this side; the pair is kept for twice the maximum segment lifetime.</summary>
    TimeWait,
}

/// <summary>RFC 9293's spelling of the states.</summary>
public static class TcpStateNames
{
    /// <summary>The name as RFC 9293 writes it, such as <c>SYN-RECEIVED</c>.</summary>
    public static string Name(this TcpState state) => state switch
    {
        TcpState.Closed => "CLOSED",
        TcpState.Listen => "LISTEN",
        TcpState.SynSent => "SYN-SENT",
        TcpState.SynReceived => "SYN-RECEIVED",
        TcpState.Established => "ESTABLISHED",
        TcpState.FinWait1 => "FIN-WAIT-1",
        TcpState.FinWait2 => "FIN-WAIT-2",
        TcpState.CloseWait => "CLOSE-WAIT",
        TcpState.Closing => "CLOSING",
        TcpState.LastAck => "LAST-ACK",
        TcpState.TimeWait => "TIME-WAIT",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, message: null),
    };
}
