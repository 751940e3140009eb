namespace Portolan.Sockets;

/// <summary>What to ask the kernel for. The narrower, the less the kernel copies.</summary>
public sealed record SocketQuery
{
    /// <summary>All states but <see cref="SocketState.Bound"/>: TCP's eleven and <see cref="SocketState.Unconnected"/>.</summary>
    public const uint AllStates = 0xffe | (1u << (int)SocketState.Unconnected);

    /// <summary>Kinds of socket.</summary>
    public SocketProtocols Protocols { get; init; } = SocketProtocols.Tcp | SocketProtocols.Udp;

    /// <summary>Whether to list IPv4 sockets.</summary>
    public bool IPv4 { get; init; } = true;

    /// <summary>Whether to list IPv6 sockets.</summary>
    public bool IPv6 { get; init; } = true;

    /// <summary>States as a mask of <c>1 &lt;&lt; <see cref="SocketState"/></c>.</summary>
    public uint States { get; init; } = AllStates;

    /// <summary>Whether to list TCP sockets that are bound but idle (Linux 6.8 and later).</summary>
    public bool Bound { get; init; }

    /// <summary>Whether to ask for tcp_info and the congestion control algorithm.</summary>
    public bool TcpDetails { get; init; }

    /// <summary>
    /// With <see cref="TcpDetails"/>: whether to keep all of tcp_info and the algorithm's own figures for each TCP socket.
    /// </summary>
    public bool WholeTcpInfo { get; init; }

    /// <summary>Whether to ask for memory figures.</summary>
    public bool Memory { get; init; }

    /// <summary>
    /// A program for the kernel's own filter (INET_DIAG_REQ_BYTECODE), which may let too much through but never too little; empty for none.
    /// </summary>
    public ReadOnlyMemory<byte> Bytecode { get; init; }

    /// <summary>Whether to list the sockets of every network namespace rather than the caller's.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>
    /// With <see cref="AllNamespaces"/>: only those that are mounted by name or that a process lives in. Those that only a thread is in or
    /// that a descriptor keeps alive are left out, and the search costs no more on a machine with many open files.
    /// </summary>
    public bool InhabitedNamespacesOnly { get; init; }

    /// <summary>
    /// With <see cref="AllNamespaces"/>: only those that can be entered. Without privilege the others are read from /proc/PID/net, and for
    /// each file there the kernel walks the connections of the whole machine.
    /// </summary>
    public bool EnterableNamespacesOnly { get; init; }
}
