namespace Portolan.Sockets;

/// <summary>One socket as the kernel reported it. A plain value kept by the hundred thousand in a <see cref="SocketTable"/>.</summary>
/// <remarks>Facts that are absent are zero, or -1 for an index; the comment of each field says which.</remarks>
public struct SocketEntry
{
    /// <summary>Local address; for Unix and packet sockets unset.</summary>
    public InternetAddress LocalAddress;

    /// <summary>Remote address; unspecified where there is no peer.</summary>
    public InternetAddress RemoteAddress;

    /// <summary>The kernel's 64-bit cookie: never reused while the machine runs. 0 where the source has none (/proc/net).</summary>
    public ulong Cookie;

    /// <summary>Id of the cgroup the socket was created in; a hint, not an owner. 0 where unknown.</summary>
    public ulong CgroupId;

    /// <summary>Inode of the socket's file. 0 where no file owns it (TIME-WAIT, SYN-RECEIVED, orphans).</summary>
    public uint Inode;

    /// <summary>User id of the creator; meaningful only when <see cref="HasUser"/>.</summary>
    public uint UserId;

    /// <summary>Bytes waiting to be read; for a listener the length of its accept queue now.</summary>
    public uint ReceiveQueue;

    /// <summary>Bytes not yet acknowledged or sent; for a listener its backlog.</summary>
    public uint SendQueue;

    /// <summary>Milliseconds until the timer fires.</summary>
    public uint TimerMilliseconds;

    /// <summary>The interface the socket is bound to, or a packet socket's; 0 for none.</summary>
    public int InterfaceIndex;

    /// <summary>Index into <see cref="SocketSnapshot.Namespaces"/>.</summary>
    public int NamespaceIndex;

    /// <summary>Index into <see cref="SocketTable.TcpDetails"/>, or -1.</summary>
    public int TcpDetailsIndex;

    /// <summary>Index into <see cref="SocketTable.Memory"/>, or -1.</summary>
    public int MemoryIndex;

    /// <summary>Index into <see cref="SocketTable.Unix"/>, or -1.</summary>
    public int UnixIndex;

    /// <summary>Local port; for raw sockets the IP protocol number; for packet sockets the EtherType.</summary>
    public ushort LocalPort;

    /// <summary>Remote port, or 0.</summary>
    public ushort RemotePort;

    /// <summary>The kind of socket.</summary>
    public SocketProtocol Protocol;

    /// <summary>As the kernel reports it, also for protocols other than TCP.</summary>
    public SocketState State;

    /// <summary>Which timer runs.</summary>
    public SocketTimer Timer;

    /// <summary>Retransmissions or probes so far, as the kernel counts them.</summary>
    public byte Retransmits;

    /// <summary>What the kernel reports as single bits.</summary>
    public SocketFlags Flags;

    /// <summary>Whether <see cref="UserId"/> is a fact; false where no socket owns the entry.</summary>
    public readonly bool HasUser => (Flags & SocketFlags.HasUser) != 0;

    /// <summary>Whether this is a socket of the IPv6 family, even when it carries IPv4.</summary>
    public readonly bool IsIPv6 => !LocalAddress.IsIPv4;

    /// <summary>Whether the socket has IP addresses.</summary>
    public readonly bool HasAddress => Protocol is not (SocketProtocol.Unix or SocketProtocol.Packet);

    /// <summary>Whether an IPv6 wildcard also takes IPv4.</summary>
    public readonly bool IsDualStack => (Flags & SocketFlags.DualStack) != 0;

    /// <summary>The same; <c>null</c> when the source did not say, and for sockets without addresses.</summary>
    public readonly bool? DualStack => !HasAddress ? null
        : IsDualStack ? true
        : !IsIPv6 || !LocalAddress.IsUnspecified || (Flags & SocketFlags.V6OnlyKnown) != 0 ? false : null;

    /// <summary>Local port as a value.</summary>
    public readonly PortNumber LocalPortNumber => new(LocalPort);

    /// <summary>Remote port as a value.</summary>
    public readonly PortNumber RemotePortNumber => new(RemotePort);

    /// <summary>Whether the socket has a peer: connected, or in a state that keeps one.</summary>
    public readonly bool HasRemote =>
        State is not (SocketState.Listen or SocketState.Unconnected or SocketState.Bound or SocketState.Closed) || RemotePort != 0;
}

/// <summary>The timer of a TCP socket (idiag_timer).</summary>
public enum SocketTimer : byte
{
    /// <summary>None.</summary>
    Off = 0,

    /// <summary>Retransmission.</summary>
    Retransmit = 1,

    /// <summary>Keepalive.</summary>
    KeepAlive = 2,

    /// <summary>The wait of 2 MSL after a close.</summary>
    TimeWait = 3,

    /// <summary>Zero-window probe.</summary>
    Persist = 4,
}

/// <summary>Yes-or-no facts of a socket.</summary>
[Flags]
public enum SocketFlags : byte
{
    /// <summary>No bit is set.</summary>
    None = 0,

    /// <summary>The user id is known.</summary>
    HasUser = 1,

    /// <summary>An IPv6 wildcard socket that also takes IPv4 (IPV6_V6ONLY off).</summary>
    DualStack = 2,

    /// <summary>IPV6_V6ONLY is known (the source reports it).</summary>
    V6OnlyKnown = 4,

    /// <summary>
    /// A TCP socket that is a subflow of an MPTCP connection: count it once. Known when MPTCP or tcp_info was asked for too.
    /// </summary>
    MptcpSubflow = 8,

    /// <summary>The socket was made by the kernel itself (no user program can own it).</summary>
    KernelOwned = 16,

    /// <summary>
    /// The socket was closed after it was listed and before its owner was looked for: it has none any more, and none is hidden.
    /// </summary>
    Closed = 32,
}
