using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Transport;

/// <summary>What a stack did, and what it holds, at one moment. Counters only grow.</summary>
public sealed record StackStatistics
{
    /// <summary>Open connections, without half-open ones and those in TIME-WAIT.</summary>
    public int Connections { get; init; }

    /// <summary>Half-open connections.</summary>
    public int HalfOpen { get; init; }

    /// <summary>Pairs in TIME-WAIT.</summary>
    public int TimeWait { get; init; }

    /// <summary>Open UDP sockets, connected ones too.</summary>
    public int UdpSockets { get; init; }

    /// <summary>Frames that came.</summary>
    public long FramesReceived { get; init; }

    /// <summary>Packets that left.</summary>
    public long PacketsSent { get; init; }

    /// <summary>TCP segments that came.</summary>
    public long SegmentsReceived { get; init; }

    /// <summary>TCP segments that left.</summary>
    public long SegmentsSent { get; init; }

    /// <summary>TCP segments that were sent again.</summary>
    public long Retransmissions { get; init; }

    /// <summary>RSTs sent.</summary>
    public long ResetsSent { get; init; }

    /// <summary>RSTs that ended a connection.</summary>
    public long ResetsTaken { get; init; }

    /// <summary>Challenge ACKs sent (RFC 5961).</summary>
    public long Challenges { get; init; }

    /// <summary>SYNs answered by a cookie, for too many connections were half-open (RFC 4987 section 3.6).</summary>
    public long SynCookiesSent { get; init; }

    /// <summary>Connections whose handshake ended with a cookie.</summary>
    public long SynCookiesTaken { get; init; }

    /// <summary>Acknowledgments at a listener that was sending cookies, and no cookie that is good.</summary>
    public long SynCookiesRefused { get; init; }

    /// <summary>Connections from here whose bytes in the SYN were taken at once (RFC 7413).</summary>
    public long FastOpenActive { get; init; }

    /// <summary>Connections from here whose bytes in the SYN were not, and were sent again.</summary>
    public long FastOpenActiveFailed { get; init; }

    /// <summary>Times that a SYN with a Fast Open option stayed unanswered and one without it did not.</summary>
    public long FastOpenBlackholes { get; init; }

    /// <summary>Connections that a Fast Open cookie opened before their handshake was done.</summary>
    public long FastOpenPassive { get; init; }

    /// <summary>SYNs whose Fast Open cookie was not good, and connections opened by one whose handshake was never done.</summary>
    public long FastOpenPassiveFailed { get; init; }

    /// <summary>Of <see cref="FastOpenPassive"/> those whose cookie was old, and which were given a new one.</summary>
    public long FastOpenOldCookies { get; init; }

    /// <summary>SYNs with a Fast Open cookie beyond <see cref="TcpListenOptions.FastOpenQueue"/>.</summary>
    public long FastOpenListenOverflow { get; init; }

    /// <summary>SYNs that asked for a Fast Open cookie, and were given one.</summary>
    public long FastOpenCookiesRequested { get; init; }

    /// <summary>Datagrams that came.</summary>
    public long DatagramsReceived { get; init; }

    /// <summary>Datagrams that left.</summary>
    public long DatagramsSent { get; init; }

    /// <summary>Bytes of packet memory that are lent.</summary>
    public long MemoryInUse { get; init; }

    /// <summary>Bytes of packet memory that were taken from the system, at most <see cref="NetworkStackOptions.MemoryLimit"/>.</summary>
    public long MemoryTaken { get; init; }

    /// <summary>Bytes of the blocks that writers have filled and the stack has not taken.</summary>
    public long WriteBlocks { get; init; }

    /// <summary>Requests that packet memory refused at its limit.</summary>
    public long MemoryRefusals { get; init; }

    /// <summary>What was dropped, by reason: of <c>ip</c>, <c>tcp</c> and <c>udp</c>. Reasons that did not happen are left out.</summary>
    public IReadOnlyList<StackDrop> Drops { get; init; } = [];

    internal static StackStatistics Of(StackLayers layers, WriteBlocks blocks)
    {
        var (ip, tcp, udp, pool) = (layers.Ip.Counters, layers.Tcp.Counters, layers.Udp.Counters, layers.Pool);
        return new StackStatistics
        {
            Connections = layers.Tcp.ConnectionCount,
            HalfOpen = layers.Tcp.HalfOpenCount,
            TimeWait = layers.Tcp.TimeWaitCount,
            UdpSockets = layers.Udp.SocketCount,
            FramesReceived = ip.Received,
            PacketsSent = ip.Sent,
            SegmentsReceived = tcp.SegmentsReceived,
            SegmentsSent = tcp.SegmentsSent,
            Retransmissions = tcp.Retransmissions,
            ResetsSent = tcp.ResetsSent,
            ResetsTaken = tcp.ResetsTaken,
            Challenges = tcp.Challenges,
            SynCookiesSent = tcp.CookiesSent,
            SynCookiesTaken = tcp.CookiesTaken,
            SynCookiesRefused = tcp.CookiesRefused,
            FastOpenActive = tcp.FastOpenActive,
            FastOpenActiveFailed = tcp.FastOpenActiveFailed,
            FastOpenBlackholes = tcp.FastOpenBlackholes,
            FastOpenPassive = tcp.FastOpenPassive,
            FastOpenPassiveFailed = tcp.FastOpenPassiveFailed,
            FastOpenOldCookies = tcp.FastOpenOldCookies,
            FastOpenListenOverflow = tcp.FastOpenListenOverflow,
            FastOpenCookiesRequested = tcp.FastOpenCookiesRequested,
            DatagramsReceived = udp.Received,
            DatagramsSent = udp.Sent,
            MemoryInUse = pool.BytesInUse,
            MemoryTaken = pool.MemoryUsed,
            MemoryRefusals = pool.Refused,
            WriteBlocks = blocks.Used,
            Drops = [.. AllDrops(layers).Where(static d => d.Count > 0)],
        };
    }

    private static IEnumerable<StackDrop> AllDrops(StackLayers layers)
    {
        foreach (var reason in Enum.GetValues<IpDrop>())
        {
            yield return new StackDrop("ip", $"{reason}", layers.Ip.Counters[reason]);
        }

        foreach (var reason in Enum.GetValues<TcpDrop>())
        {
            yield return new StackDrop("tcp", $"{reason}", layers.Tcp.Counters.Dropped(reason));
        }

        var udp = layers.Udp.Counters;
        yield return new StackDrop("udp", nameof(udp.Malformed), udp.Malformed);
        yield return new StackDrop("udp", nameof(udp.BadChecksum), udp.BadChecksum);
        yield return new StackDrop("udp", nameof(udp.NoPort), udp.NoPort);
        yield return new StackDrop("udp", nameof(udp.QueueFull), udp.QueueFull);
    }
}

/// <summary>Packets that a protocol dropped for a reason.</summary>
/// <param name="Protocol"><c>ip</c>, <c>tcp</c> or <c>udp</c>.</param>
/// <param name="Reason">The name of an <see cref="IpDrop"/>, a <see cref="TcpDrop"/> or a counter of UDP.</param>
/// <param name="Count">How many.</param>
public readonly record struct StackDrop(string Protocol, string Reason, long Count);
