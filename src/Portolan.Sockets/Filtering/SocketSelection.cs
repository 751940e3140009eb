namespace Portolan.Sockets.Filtering;

/// <summary>Which sockets the flags of the command line ask for, in the words of ss and netstat. Pure: flags in, query out.</summary>
public sealed record SocketSelection
{
    /// <summary>The kinds that have IP addresses.</summary>
    public const SocketProtocols InternetKinds = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.UdpLite | SocketProtocols.Sctp
        | SocketProtocols.Dccp | SocketProtocols.Raw | SocketProtocols.Mptcp;

    /// <summary>Every kind.</summary>
    public const SocketProtocols AllKinds = InternetKinds | SocketProtocols.Unix | SocketProtocols.Packet;

    /// <summary>What netstat lists when no kind is named and no family either.</summary>
    public const SocketProtocols NetstatKinds = NetstatInternetKinds | SocketProtocols.Unix;

    /// <summary>States of sockets that wait for a peer: ss -l. A datagram socket without a peer counts as waiting.</summary>
    public const uint WaitingStates = (1u << (int)SocketState.Listen) | ClosedState | UnconnectedState;

    /// <summary>
    /// What ss lists without -l and -a: connections that have a socket of their own, so neither TIME-WAIT nor SYN-RECEIVED.
    /// </summary>
    public const uint ConnectedStates = SocketQuery.AllStates & ~WaitingStates
        & ~(1u << (int)SocketState.TimeWait) & ~(1u << (int)SocketState.SynReceived);

    private const uint UnconnectedState = 1u << (int)SocketState.Unconnected;

    private const uint ClosedState = 1u << (int)SocketState.Closed;

    /// <summary>
    /// Kinds of which the kernel can list a CLOSED socket. A TCP socket leaves the kernel's table before it becomes CLOSED
    /// (tcp_set_state), and asking for them all the same makes the kernel walk the table of connections for nothing: 12 ms.
    /// </summary>
    private const SocketProtocols KindsWithClosed = SocketProtocols.Sctp | SocketProtocols.Dccp | SocketProtocols.Mptcp;

    private const SocketProtocols NetstatInternetKinds = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.UdpLite
        | SocketProtocols.Raw | SocketProtocols.Sctp;

    /// <summary>Kinds named by <c>-t -u -w -x -0 -S -M -d -U</c>, <c>-A</c> or <c>-f</c>; none when no kind is named.</summary>
    public SocketProtocols Named { get; init; }

    /// <summary><c>-l</c>.</summary>
    public bool Listening { get; init; }

    /// <summary><c>-a</c>.</summary>
    public bool All { get; init; }

    /// <summary><c>-4</c>.</summary>
    public bool IPv4 { get; init; }

    /// <summary><c>-6</c>.</summary>
    public bool IPv6 { get; init; }

    /// <summary><c>--bound</c>.</summary>
    public bool Bound { get; init; }

    /// <summary><c>--netstat</c>: netstat's defaults instead of ss's.</summary>
    public bool Netstat { get; init; }

    /// <summary>Whether the filter names states itself, which lifts the default of -l and of neither flag, as in ss.</summary>
    public bool FilterNamesStates { get; init; }

    /// <summary>Whether the filter names kinds itself, which lifts the default of TCP and UDP.</summary>
    public bool FilterNamesKinds { get; init; }

    /// <summary>Whether nothing was said: all TCP and UDP sockets.</summary>
    private bool IsBare => Named == SocketProtocols.None && !Listening && !All && !Netstat;

    /// <summary>The kinds to list.</summary>
    public SocketProtocols Kinds
    {
        get
        {
            if (Named != SocketProtocols.None)
            {
                return Named;
            }

            if (IsBare)
            {
                return FilterNamesKinds ? AllKinds : SocketProtocols.Tcp | SocketProtocols.Udp;
            }

            // Naming an IP version leaves out what has none.
            var all = Netstat ? NetstatKinds : AllKinds;
            return IPv4 || IPv6 ? all & InternetKinds : all;
        }
    }

    /// <summary>The states to list, as <see cref="SocketQuery.States"/>.</summary>
    public uint States
    {
        get
        {
            if (IsBare || All || FilterNamesStates)
            {
                return SocketQuery.AllStates;
            }

            // netstat distinguishes waiting from connected by the remote port, so it wants every state and drops rows by itself.
            return Netstat ? SocketQuery.AllStates
                : !Listening ? ConnectedStates | Peerless
                : (Kinds & KindsWithClosed) == SocketProtocols.None ? WaitingStates & ~ClosedState : WaitingStates;
        }
    }

    /// <summary>
    /// Packet sockets have no peer, so asking for them by name asks for that state, of every kind asked for with them: ss -0.
    /// </summary>
    private uint Peerless => (Named & SocketProtocols.Packet) != SocketProtocols.None ? UnconnectedState : 0;

    /// <summary>The query, before the filter narrows it.</summary>
    public SocketQuery ToQuery() => new()
    {
        Protocols = Kinds,
        IPv4 = IPv4 || !IPv6,
        IPv6 = IPv6 || !IPv4,
        States = States,
        Bound = Bound,
    };
}
