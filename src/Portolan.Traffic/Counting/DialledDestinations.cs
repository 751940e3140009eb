namespace Portolan.Traffic.Counting;

/// <summary>The ports that peers dialled, of connections that rules lead to another port, address or network namespace (DNAT).</summary>
public sealed class DialledDestinations
{
    private readonly Dictionary<(TransportProtocol Protocol, InternetAddress Peer, ushort PeerPort, ushort Port), PortNumber> _ports = [];

    /// <summary>Takes one connection.</summary>
    /// <param name="protocol">Its protocol.</param>
    /// <param name="peer">The peer's address.</param>
    /// <param name="peerPort">The peer's port.</param>
    /// <param name="dialled">The port that the peer dialled.</param>
    /// <param name="answering">The port of the socket that answers.</param>
    public void Add(TransportProtocol protocol, InternetAddress peer, ushort peerPort, PortNumber dialled, ushort answering) =>
        _ports[(protocol, peer, peerPort, answering)] = dialled;

    /// <summary>The port that was dialled; <c>null</c> where the connection is not translated.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="peer">The remote address of the socket.</param>
    /// <param name="peerPort">Its remote port.</param>
    /// <param name="localPort">Its local port.</param>
    public PortNumber? Dialled(TransportProtocol protocol, InternetAddress peer, ushort peerPort, ushort localPort) =>
        _ports.TryGetValue((protocol, peer.Unmap(), peerPort, localPort), out var port) ? port : null;
}
