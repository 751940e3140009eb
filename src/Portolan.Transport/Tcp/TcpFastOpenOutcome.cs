namespace Portolan.Transport.Tcp;

/// <summary>What became of Fast Open (RFC 7413) on a connection.</summary>
public enum TcpFastOpenOutcome : byte
{
    /// <summary>Nobody asked for it.</summary>
    None,

    /// <summary>
    /// At a client: no cookie was known, or the server is left alone for a while; what was to be in the SYN came after the handshake.
    /// </summary>
    NoCookie,

    /// <summary>At a client: the SYN with the cookie is on its way.</summary>
    Sent,

    /// <summary>At a client: the SYN-ACK acknowledges nothing of the text in the SYN; it was sent again after the handshake.</summary>
    NotAcknowledged,

    /// <summary>At a client: the SYN with the option was not answered, or only one without it was.</summary>
    SynLost,

    /// <summary>At a server: a cookie has opened the connection, and its SYN had no text.</summary>
    NoText,

    /// <summary>Text of the SYN was taken: a round trip was saved.</summary>
    Accepted,
}
