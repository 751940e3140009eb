namespace Portolan.Transport.Tcp;

/// <summary>Why a segment was dropped. Each has a counter of its own.</summary>
public enum TcpDrop : byte
{
    /// <summary>The header does not fit.</summary>
    Malformed,

    /// <summary>The checksum does not fit.</summary>
    Checksum,

    /// <summary>It was not sent to one host (RFC 9293 section 3.9.2.3).</summary>
    NotUnicast,

    /// <summary>Port 0, or an impossible address.</summary>
    BadEnds,

    /// <summary>Nothing listens at the port.</summary>
    ClosedPort,

    /// <summary>Silence was decided before SYN-ACK.</summary>
    Silenced,

    /// <summary>The listener's queue of half-open connections is full.</summary>
    SynQueueFull,

    /// <summary>The listener's queue of connections is full.</summary>
    AcceptQueueFull,

    /// <summary>Neither SYN, ACK nor RST that a listener can use.</summary>
    UselessToListener,

    /// <summary>An old timestamp (RFC 7323 section 5).</summary>
    Paws,

    /// <summary>Outside the receive window (RFC 9293 section 3.10.7.4).</summary>
    OutsideWindow,

    /// <summary>An RST that does not have the next sequence number (RFC 5961 section 3).</summary>
    InexactReset,

    /// <summary>A SYN of a connection that is open (RFC 5961 section 4).</summary>
    SynInWindow,

    /// <summary>Acknowledges what was not sent, or too old (RFC 5961 section 5).</summary>
    BadAcknowledgment,

    /// <summary>No ACK bit.</summary>
    NoAcknowledgment,

    /// <summary>No memory for its data.</summary>
    NoMemory,

    /// <summary>Data after the reader had gone.</summary>
    NoReader,

    /// <summary>An ICMP error that fits nothing that is in flight (RFC 5927 section 4).</summary>
    UnprovenIcmp,

    /// <summary>No path back.</summary>
    NoPath,
}

/// <summary>Counters of a whole layer.</summary>
internal sealed class TcpCounters
{
    private readonly long[] _drops = new long[Enum.GetValues<TcpDrop>().Length];

    public long SegmentsReceived { get; internal set; }

    public long SegmentsSent { get; internal set; }

    /// <summary>Segments sent again.</summary>
    public long Retransmissions { get; internal set; }

    /// <summary>RSTs sent.</summary>
    public long ResetsSent { get; internal set; }

    /// <summary>RSTs that ended a connection.</summary>
    public long ResetsTaken { get; internal set; }

    /// <summary>Challenge ACKs sent (RFC 5961).</summary>
    public long Challenges { get; internal set; }

    /// <summary>SYNs answered by a cookie, for the queue of half-open connections was full (RFC 4987 section 3.6).</summary>
    public long CookiesSent { get; internal set; }

    /// <summary>Connections whose handshake ended with a cookie.</summary>
    public long CookiesTaken { get; internal set; }

    /// <summary>Acknowledgments at a listener that was sending cookies, and no cookie that is good.</summary>
    public long CookiesRefused { get; internal set; }

    /// <summary>Connections from here whose text in the SYN was acknowledged by SYN-ACK (RFC 7413; Linux: TCPFastOpenActive).</summary>
    public long FastOpenActive { get; internal set; }

    /// <summary>Connections from here whose text in the SYN was not (TCPFastOpenActiveFail).</summary>
    public long FastOpenActiveFailed { get; internal set; }

    /// <summary>
    /// Times that a SYN with the option stayed unanswered and one without it did not, or that nothing came through after text in a SYN had
    /// (TCPFastOpenBlackhole): the server's port is left alone for a while.
    /// </summary>
    public long FastOpenBlackholes { get; internal set; }

    /// <summary>Connections that a cookie opened before their handshake was done (TCPFastOpenPassive).</summary>
    public long FastOpenPassive { get; internal set; }

    /// <summary>
    /// SYNs whose cookie is not good, and connections opened by a good one that ended before their handshake was done
    /// (TCPFastOpenPassiveFail).
    /// </summary>
    public long FastOpenPassiveFailed { get; internal set; }

    /// <summary>
    /// Of <see cref="FastOpenPassive"/> those whose cookie was of the step before, and which were given a new one
    /// (TCPFastOpenPassiveAltKey).
    /// </summary>
    public long FastOpenOldCookies { get; internal set; }

    /// <summary>SYNs with a cookie at a listener with as many such connections as it may have (TCPFastOpenListenOverflow).</summary>
    public long FastOpenListenOverflow { get; internal set; }

    /// <summary>SYNs that asked for a cookie, and were given one (TCPFastOpenCookieReqd).</summary>
    public long FastOpenCookiesRequested { get; internal set; }

    /// <summary>Connections opened from here.</summary>
    public long ActiveOpens { get; internal set; }

    /// <summary>Connections that listeners took.</summary>
    public long PassiveOpens { get; internal set; }

    /// <summary>Connections that could not be opened.</summary>
    public long FailedOpens { get; internal set; }

    /// <summary>Times that the link took no segment.</summary>
    public long LinkBusy { get; internal set; }

    /// <summary>Segments dropped for a reason.</summary>
    public long Dropped(TcpDrop reason) => _drops[(int)reason];

    /// <summary>Segments dropped for any reason.</summary>
    public long AllDropped
    {
        get
        {
            var sum = 0L;
            foreach (var drop in _drops)
            {
                sum += drop;
            }

            return sum;
        }
    }

    internal void Drop(TcpDrop reason) => _drops[(int)reason]++;
}
