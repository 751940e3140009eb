using Portolan.Model;

namespace Portolan.Transport.Tcp;

/// <summary>How a layer of TCP is made.</summary>
internal sealed record TcpLayerOptions
{
    /// <summary>How its TCP behaves.</summary>
    public TcpProfile Profile { get; init; } = TcpProfile.Linux;

    /// <summary>A secret: initial sequence numbers, timestamps and hashes come from it.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// The most bytes that the buffers of all connections hold together. By default 192 MiB; less than the pool's limit, so that packets
    /// have room.
    /// </summary>
    public long MemoryLimit { get; init; } = 192L << 20;

    /// <summary>The most connections.</summary>
    public int MaxConnections { get; init; } = 1 << 20;

    /// <summary>The most half-open connections of all listeners together.</summary>
    public int MaxHalfOpen { get; init; } = 1 << 18;

    /// <summary>
    /// The most addresses and ports of servers of which something is known about Fast Open, cookies among it; beyond that the least
    /// recently used goes first.
    /// </summary>
    public int MaxFastOpenServers { get; init; } = 1024;

    /// <summary>
    /// How long a Fast Open cookie of this host is good without a new one being given, at least a second; it is taken for as long again
    /// (RFC 7413 section 4.1.2).
    /// </summary>
    public TimeSpan FastOpenStep { get; init; } = TimeSpan.FromHours(12);

    /// <summary>The most pairs that rest in TIME-WAIT; beyond that the oldest goes first.</summary>
    public int MaxTimeWait { get; init; } = 1 << 18;
}

/// <param name="Address">The address; <c>0.0.0.0</c> or <c>::</c> for every one of the family, with <see cref="IsDualStack"/> of
/// both.</param>
/// <param name="Port">The port; 0 to have one chosen.</param>
/// <param name="Interface">The interface's number, or 0 for every one.</param>
/// <param name="IsDualStack">Of <c>::</c>: IPv4 too.</param>
/// <param name="Backlog">How many connections may wait to be accepted, and how many may be half-open.</param>
/// <param name="ReuseAddress">SO_REUSEADDR.</param>
/// <param name="ReusePort">SO_REUSEPORT: listeners of one owner share the connections.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="IsEveryPort">Every port that no other listener has; <see cref="Port"/> does not count then, and no port is bound.</param>
internal readonly record struct TcpListenRequest(
    InternetAddress Address,
    PortNumber Port,
    int Interface = 0,
    bool IsDualStack = false,
    int Backlog = 4096,
    bool ReuseAddress = true,
    bool ReusePort = false,
    uint Owner = 0,
    bool IsEveryPort = false)
{
    /// <summary>
    /// How many connections may be open by a Fast Open cookie alone, their handshake not yet done (TCP_FASTOPEN); 0 for none, and then no
    /// cookie is given.
    /// </summary>
    public int FastOpenQueue { get; init; }

    /// <summary>The most payload bytes of a segment, named to peers and kept to (TCP_MAXSEG); 0 for what the path takes.</summary>
    public int SegmentSize { get; init; }
}

/// <summary>Where to connect to.</summary>
/// <param name="Remote">The peer's address.</param>
/// <param name="RemotePort">The peer's port.</param>
/// <param name="Local">This end's address; unspecified to have one chosen.</param>
/// <param name="LocalPort">This end's port; 0 to have one chosen.</param>
/// <param name="Interface">The interface's number, or 0.</param>
/// <param name="ReuseAddress">SO_REUSEADDR for <see cref="LocalPort"/>.</param>
/// <param name="Owner">Whose it is.</param>
internal readonly record struct TcpConnectRequest(
    InternetAddress Remote,
    PortNumber RemotePort,
    InternetAddress Local = default,
    PortNumber LocalPort = default,
    int Interface = 0,
    bool ReuseAddress = false,
    uint Owner = 0)
{
    /// <summary>Whether the SYN asks for a Fast Open cookie, or brings one with <see cref="FirstBytes"/> (RFC 7413).</summary>
    public bool UsesFastOpen { get; init; }

    /// <summary>With <see cref="UsesFastOpen"/>: the first bytes of the stream. They may reach the peer's program twice.</summary>
    public ReadOnlyMemory<byte> FirstBytes { get; init; }

    /// <summary>The most payload bytes of a segment, named to the peer and kept to (TCP_MAXSEG); 0 for what the path takes.</summary>
    public int SegmentSize { get; init; }
}
