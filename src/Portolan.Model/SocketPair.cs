namespace Portolan.Model;

/// <summary>Both ends of a connection: the five-tuple that demultiplexes a TCP segment (RFC 9293 section 3.3.1).</summary>
public readonly record struct SocketPair(
    TransportProtocol Protocol,
    InternetAddress LocalAddress,
    PortNumber LocalPort,
    InternetAddress RemoteAddress,
    PortNumber RemotePort)
{
    /// <summary>The pair as the other end sees it.</summary>
    public SocketPair Reverse() => new(Protocol, RemoteAddress, RemotePort, LocalAddress, LocalPort);
}
