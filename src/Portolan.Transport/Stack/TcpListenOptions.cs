using Portolan.Transport.Tcp;

namespace Portolan.Transport;

/// <summary>How <see cref="NetworkStack.ListenTcp"/> listens.</summary>
public sealed record TcpListenOptions
{
    /// <summary>How many connections may wait to be accepted, and how many may be half-open.</summary>
    public int Backlog { get; init => field = Allowed.AtLeast(1, value); } = 512;

    /// <summary>Of <c>::</c>: IPv4 too.</summary>
    public bool IsDualStack { get; init; } = true;

    /// <summary>SO_REUSEPORT: several listeners share the port, and connections are spread among them.</summary>
    public bool ReusePort { get; init; }

    /// <summary>
    /// How many connections may be open by a Fast Open cookie alone, their handshake not yet done (RFC 7413; TCP_FASTOPEN); 0, the default,
    /// for none. Such a connection is accepted and read while its client may still be a forgery, and what its SYN brought may come a second
    /// time: only for protocols whose first bytes do no harm when they are taken twice. Beyond the number the handshake comes first.
    /// </summary>
    public int FastOpenQueue { get; init => field = Allowed.AtLeast(0, value); }

    /// <summary>The number of the interface to listen on; 0 for all.</summary>
    public int Interface { get; init => field = Allowed.AtLeast(0, value); }

    /// <summary>Every port of the address that no other listener has; the port of the end point does not count then.</summary>
    public bool IsEveryPort { get; init; }

    /// <summary>
    /// Decides about each SYN before it is answered: accept, refuse with RST, stay silent, or an ICMP error. With <see cref="IsEveryPort"/>
    /// it is also asked about segments that belong to no connection, for what it refuses is closed to those too. It is called on the
    /// stack's thread, and must neither block nor throw. <c>null</c> to accept all.
    /// </summary>
    public TcpAdmission? Admission { get; init; }
}
