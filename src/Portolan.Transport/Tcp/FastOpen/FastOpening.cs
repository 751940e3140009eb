namespace Portolan.Transport.Tcp.FastOpen;

/// <summary>What a connection needs of Fast Open (RFC 7413) until its handshake is done. Others do without its memory.</summary>
internal sealed class FastOpening
{
    /// <summary>The cookie that the first SYN or SYN-ACK carries; one of no length asks for one.</summary>
    internal FastOpenCookie Cookie;

    /// <summary>Whether that segment carries the option; what is sent again does not.</summary>
    internal bool HasOption;

    /// <summary>At a client: the most bytes of text in the SYN; 0 without a cookie.</summary>
    internal int Room;

    /// <summary>At a client: bytes of text that the first SYN carried.</summary>
    internal int SynText;

    /// <summary>At a server: where the connection counts until its handshake is done; <c>null</c> at a client.</summary>
    internal FastOpenQueue? Queue;

    /// <summary>At a server: when SYN-ACK was sent, nanoseconds.</summary>
    internal long SynAckAt;

    /// <summary>At a server: whether SYN-ACK was sent again by the timer, so that what followed it is thought lost too.</summary>
    internal bool IsLate;
}
