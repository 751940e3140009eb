using Portolan.Sockets;

namespace Portolan.Traffic;

/// <summary>
/// What one socket carried since counting began; or several sockets that were closed and are alike, once there are very many.
/// </summary>
/// <remarks>Payload bytes: what programs hand to the kernel and take from it, without headers and retransmissions.</remarks>
public sealed class TrafficFlow
{
    private List<ProcessShare>? _shares;

    /// <summary>The kernel's cookie of the socket; 0 where several are put together.</summary>
    public required ulong Cookie { get; init; }

    /// <summary>The transport protocol of the flow's packets.</summary>
    public SocketProtocol Protocol { get; internal set; }

    /// <summary>Inode number of its network namespace; 0 where that is not known.</summary>
    public ulong Namespace { get; internal set; }

    /// <summary>This host's address.</summary>
    public InternetAddress LocalAddress { get; internal set; }

    /// <summary>The remote address; unspecified where the socket has no single peer.</summary>
    public InternetAddress RemoteAddress { get; internal set; }

    /// <summary>This host's port.</summary>
    public ushort LocalPort { get; internal set; }

    /// <summary>The remote port, 0 where there is none or several differ.</summary>
    public ushort RemotePort { get; internal set; }

    /// <summary>The port that the peer dialled, where rules lead it to another one; <c>null</c> where none do.</summary>
    public PortNumber? DialledPort { get; internal set; }

    /// <summary>Its user; <c>null</c> where no program has it.</summary>
    public uint? UserId { get; internal set; }

    /// <summary>Inode of its file, 0 where there is none or it is not known.</summary>
    public uint Inode { get; internal set; }

    /// <summary>Its state at the last look.</summary>
    public SocketState State { get; internal set; }

    /// <summary>The interface that its last segment arrived on, or that it is bound to; 0 where that is not known.</summary>
    public int InterfaceIndex { get; internal set; }

    /// <summary>Which end dialled.</summary>
    public FlowRole Role { get; internal set; }

    /// <summary>Whether its figures are final.</summary>
    public bool IsClosed { get; internal set; }

    /// <summary>How many connections began while counting: 0 or 1, more where several are put together.</summary>
    public int New { get; internal set; }

    /// <summary>Payload bytes received; <c>null</c> where they cannot be counted.</summary>
    public ulong? BytesIn => Counts ? Difference(TotalIn, BaseIn) : HasShares ? Sum(static s => s.BytesIn) : null;

    /// <summary>Payload bytes sent; <c>null</c> where they cannot be counted.</summary>
    public ulong? BytesOut => Counts ? Difference(TotalOut, BaseOut) : HasShares ? Sum(static s => s.BytesOut) : null;

    /// <summary>Datagrams received; <c>null</c> for streams.</summary>
    public ulong? DatagramsIn => IsDatagram && HasShares ? Sum(static s => s.CallsIn) : null;

    /// <summary>Datagrams sent; <c>null</c> for streams.</summary>
    public ulong? DatagramsOut => IsDatagram && HasShares ? Sum(static s => s.CallsOut) : null;

    /// <summary>Segments sent again; <c>null</c> for datagrams, and where the kernel's figures of the connection were not seen.</summary>
    public uint? Retransmits => Counts ? TotalRetransmits - Math.Min(BaseRetransmits, TotalRetransmits) : null;

    /// <summary>The smoothed round trip in microseconds; 0 where there is none.</summary>
    public uint RoundTripMicroseconds { get; internal set; }

    /// <summary>The processes that called for it, with what their calls carried; empty where no call was seen.</summary>
    public IReadOnlyList<ProcessShare> Shares => (IReadOnlyList<ProcessShare>?)_shares ?? [];

    /// <summary>A process that holds it, where no call was seen; 0 for none.</summary>
    public int HolderPid { get; internal set; }

    /// <summary>Bytes received since the look before the last; <c>null</c> as <see cref="BytesIn"/>.</summary>
    public ulong? RecentIn => Difference(BytesIn, LastIn);

    /// <summary>Bytes sent since the look before the last.</summary>
    public ulong? RecentOut => Difference(BytesOut, LastOut);

    /// <summary>Connections that began since the look before the last.</summary>
    public int RecentNew => New - LastNew;

    internal ulong LastIn { get; set; }

    internal ulong LastOut { get; set; }

    internal int LastNew { get; set; }

    /// <summary>Whether the kernel's own figures of the connection are known.</summary>
    internal bool Counts { get; set; }

    /// <summary>Whether figures of before counting are known, or there were none.</summary>
    internal bool HasBase { get; set; }

    internal ulong TotalIn { get; set; }

    internal ulong TotalOut { get; set; }

    internal uint TotalRetransmits { get; set; }

    internal ulong BaseIn { get; set; }

    internal ulong BaseOut { get; set; }

    internal uint BaseRetransmits { get; set; }

    /// <summary>The look at which it was last seen.</summary>
    internal int LastLook { get; set; }

    /// <summary>Whether the protocol carries datagrams.</summary>
    internal bool IsDatagram => Protocol is SocketProtocol.Udp or SocketProtocol.UdpLite;

    private bool HasShares => _shares is not null;

    /// <summary>The share of a process, made when it is new.</summary>
    internal ProcessShare ShareOf(int processId)
    {
        _shares ??= new List<ProcessShare>(1);
        foreach (var known in _shares)
        {
            if (known.ProcessId == processId)
            {
                return known;
            }
        }

        var share = new ProcessShare(processId);
        _shares.Add(share);
        return share;
    }

    /// <summary>What is counted from now on is recent.</summary>
    internal void Mark()
    {
        (LastIn, LastOut, LastNew) = (BytesIn ?? 0, BytesOut ?? 0, New);
        foreach (var share in Shares)
        {
            (share.LastIn, share.LastOut) = (share.BytesIn, share.BytesOut);
        }
    }

    private ulong Sum(Func<ProcessShare, ulong> figure)
    {
        var sum = 0UL;
        foreach (var share in _shares!)
        {
            sum += figure(share);
        }

        return sum;
    }

    private static ulong? Difference(ulong? total, ulong before) => total is { } now ? Difference(now, before) : null;

    private static ulong Difference(ulong total, ulong before) => total > before ? total - before : 0;
}

/// <summary>What the calls of one process carried through a socket.</summary>
public sealed class ProcessShare(int processId)
{
    /// <summary>The process, as the first pid namespace numbers it.</summary>
    public int ProcessId { get; } = processId;

    /// <summary>The name of the thread that called first. Hostile text.</summary>
    public string Command { get; internal set; } = "";

    /// <summary>Its control group at the first call, 0 where not known.</summary>
    public ulong CgroupId { get; internal set; }

    /// <summary>Payload bytes that its calls received.</summary>
    public ulong BytesIn => TakenIn + CountedIn;

    /// <summary>Payload bytes that its calls sent.</summary>
    public ulong BytesOut => TakenOut + CountedOut;

    /// <summary>Calls that received.</summary>
    public ulong CallsIn => TakenCallsIn + CountedCallsIn;

    /// <summary>Calls that sent.</summary>
    public ulong CallsOut => TakenCallsOut + CountedCallsOut;

    internal ulong LastIn { get; set; }

    internal ulong LastOut { get; set; }

    // What the kernel counts now, and what it counted before its entry was taken out.
    internal ulong CountedIn { get; set; }

    internal ulong CountedOut { get; set; }

    internal ulong CountedCallsIn { get; set; }

    internal ulong CountedCallsOut { get; set; }

    internal ulong TakenIn { get; set; }

    internal ulong TakenOut { get; set; }

    internal ulong TakenCallsIn { get; set; }

    internal ulong TakenCallsOut { get; set; }
}

/// <summary>Which end dialled: the port that a connection is counted for is the one that was dialled.</summary>
public enum FlowRole : byte
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>The peer dialled a port of this host.</summary>
    Server,

    /// <summary>This host dialled a port of the peer.</summary>
    Client,
}
