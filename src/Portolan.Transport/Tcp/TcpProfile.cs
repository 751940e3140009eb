namespace Portolan.Transport.Tcp;

/// <summary>Options that a SYN may carry, in the order that a profile names.</summary>
public enum TcpSynOption : byte
{
    /// <summary>Maximum segment size (RFC 9293 section 3.7.1).</summary>
    MaximumSegmentSize,

    /// <summary>SACK permitted (RFC 2018 section 2).</summary>
    SackPermitted,

    /// <summary>Timestamps (RFC 7323 section 3).</summary>
    Timestamps,

    /// <summary>Window scale (RFC 7323 section 2).</summary>
    WindowScale,
}

/// <summary>Which congestion control a connection uses.</summary>
public enum TcpCongestionAlgorithm : byte
{
    /// <summary>CUBIC (RFC 9438).</summary>
    Cubic,

    /// <summary>Reno (RFC 5681).</summary>
    Reno,
}

/// <summary>What a host does with ECN (RFC 3168).</summary>
public enum TcpEcnPolicy : byte
{
    /// <summary>Neither asks for it nor grants it.</summary>
    Off,

    /// <summary>Grants it to those who ask.</summary>
    Grant,

    /// <summary>Asks for it, and grants it.</summary>
    Request,
}

/// <summary>
/// Whether larger segments are tried to find out what a path carries (RFC 4821), beside the packet-too-big that routers send.
/// </summary>
public enum TcpMtuProbing : byte
{
    /// <summary>No.</summary>
    Off,

    /// <summary>Only once timeouts in a row have shown that large segments are lost in silence (RFC 4821 section 7.7).</summary>
    AfterBlackHole,

    /// <summary>From the start, with small segments, unless a route or a router has told the path's MTU.</summary>
    Always,
}

/// <summary>
/// How a host's TCP looks and behaves where RFC 9293 leaves the choice: the order of options, windows, timers, what it answers. Data only,
/// so that a new personality is a new value.
/// </summary>
/// <remarks>Spans that are timers are at least a millisecond.</remarks>
public sealed record TcpProfile
{
    /// <summary>As Linux 6 behaves with its usual settings. The default.</summary>
    public static TcpProfile Linux { get; } = new();

    /// <summary>As FreeBSD 14 behaves with its usual settings.</summary>
    public static TcpProfile FreeBsd { get; } = new()
    {
        Name = "freebsd",
        DelaysFinAcknowledgment = false,
        SynOptions = [TcpSynOption.MaximumSegmentSize, TcpSynOption.WindowScale, TcpSynOption.SackPermitted, TcpSynOption.Timestamps],
        PadsOptionsAtEnd = true,
        InitialReceiveBuffer = 65_536,
        RoundsReceiveBuffer = true,
        TellsSmallRoom = true,
        MaxReceiveBuffer = 2 << 20,
        InitialSendBuffer = 32_768,
        MaxSendBuffer = 2 << 20,
        MaxSynWindow = 65_535,
        IsSynWindowWholeSegments = false,
        WindowScale = 6,
        DelayedAck = TimeSpan.FromMilliseconds(40),
        QuickAcks = 0,
        RetransmissionTimeoutMin = TimeSpan.FromMilliseconds(30),
        RetransmissionTimeoutMax = TimeSpan.FromSeconds(64),
        VarianceFloor = TimeSpan.Zero,
        MaxRetransmissions = 12,
        TimeWait = TimeSpan.FromSeconds(60),
        UsesHyStart = false,
        NagleWaitsForSmallOnly = false,
        DoesIcmpAbortConnecting = false,
        KeepaliveProbes = 8,
        EcnSynRetries = 1,
        ToleratesMissingTimestamps = false,
        TakesSynWithFin = true,
        FastOpenPause = TimeSpan.FromMinutes(15),
    };

    /// <summary>As Windows 10 and 11 behave with their usual settings.</summary>
    public static TcpProfile Windows { get; } = new()
    {
        Name = "windows",
        DelaysFinAcknowledgment = false,
        SynOptions = [TcpSynOption.MaximumSegmentSize, TcpSynOption.WindowScale, TcpSynOption.SackPermitted],
        InitialReceiveBuffer = 65_535,
        MaxReceiveBuffer = 16 << 20,
        IsSynWindowWholeSegments = false,
        WindowScale = 8,
        QuickAcks = 0,
        RetransmissionTimeoutMin = TimeSpan.FromMilliseconds(300),
        VarianceFloor = TimeSpan.Zero,
        SynRetries = 4,
        ResetsUselessSegments = true,
        SynAckRetries = 2,
        MaxRetransmissions = 5,
        TimeWait = TimeSpan.FromSeconds(120),
        Ecn = TcpEcnPolicy.Off,
        NagleWaitsForSmallOnly = false,
        RestartsAfterIdle = false,
        DoesIcmpAbortConnecting = false,
        KeepaliveInterval = TimeSpan.FromSeconds(1),
        KeepaliveProbes = 10,
    };

    /// <summary>The least that interoperates: MSS alone, Reno, small fixed windows; like a small embedded stack.</summary>
    public static TcpProfile Minimal { get; } = new()
    {
        Name = "minimal",
        DelaysFinAcknowledgment = false,
        SynOptions = [TcpSynOption.MaximumSegmentSize],
        InitialReceiveBuffer = 8192,
        MaxReceiveBuffer = 8192,
        InitialSendBuffer = 8192,
        MaxSendBuffer = 8192,
        MaxSynWindow = 8192,
        IsSynWindowWholeSegments = false,
        InitialWindowSegments = 4,
        Congestion = TcpCongestionAlgorithm.Reno,
        UsesHyStart = false,
        UsesSynCookies = false,
        UsesFastOpen = false,
        DelayedAck = TimeSpan.FromMilliseconds(200),
        QuickAcks = 0,
        RetransmissionTimeoutMin = TimeSpan.FromSeconds(1),
        VarianceFloor = TimeSpan.Zero,
        Ecn = TcpEcnPolicy.Off,
        NagleWaitsForSmallOnly = false,
        DoesIcmpAbortConnecting = false,
        UsesForwardRto = false,
    };

    /// <summary>Its name, for people.</summary>
    public string Name { get; init => field = Allowed.NotNull(value); } = "linux";

    /// <summary>The options of a SYN in their order; one that is not named is neither offered nor granted.</summary>
    public IReadOnlyList<TcpSynOption> SynOptions { get; init => field = Allowed.NotNull(value); } =
        [TcpSynOption.MaximumSegmentSize, TcpSynOption.SackPermitted, TcpSynOption.Timestamps, TcpSynOption.WindowScale];

    /// <summary>
    /// Whether a SYN is padded behind its last option, and timestamps lie on whole words (as FreeBSD does); else padding is before options.
    /// </summary>
    public bool PadsOptionsAtEnd { get; init; }

    /// <summary>The congestion control.</summary>
    public TcpCongestionAlgorithm Congestion { get; init => field = Allowed.Named(value); }

    /// <summary>
    /// Whether CUBIC leaves slow start when round-trip times grow (HyStart, with Linux' numbers; RFC 9438 section 4.10), before segments
    /// are lost.
    /// </summary>
    public bool UsesHyStart { get; init; } = true;

    /// <summary>The initial congestion window in segments (RFC 6928): 10.</summary>
    public int InitialWindowSegments { get; init => field = Allowed.AtLeast(1, value); } = 10;

    /// <summary>Bytes a connection holds for its reader at first; also the window it opens with.</summary>
    public int InitialReceiveBuffer { get; init => field = Allowed.AtLeast(1, value); } = 65_536;

    /// <summary>Whether that is rounded up to whole segments once MSS is known (as FreeBSD does).</summary>
    public bool RoundsReceiveBuffer { get; init; }

    /// <summary>Bytes a connection holds for its reader at most, once a fast peer and a fast reader have made it grow.</summary>
    public int MaxReceiveBuffer { get; init => field = Allowed.AtLeast(1, value); } = 6 << 20;

    /// <summary>Bytes a connection takes from its writer at first.</summary>
    public int InitialSendBuffer { get; init => field = Allowed.AtLeast(1, value); } = 65_536;

    /// <summary>Bytes a connection takes from its writer at most, once the congestion window has made it grow.</summary>
    public int MaxSendBuffer { get; init => field = Allowed.AtLeast(1, value); } = 4 << 20;

    /// <summary>The most that the window field of a SYN says, 1–65,535.</summary>
    public int MaxSynWindow { get; init => field = Allowed.Between(1, 65_535, value); } = 65_535;

    /// <summary>Whether that field tells whole segments only, as far as it can.</summary>
    public bool IsSynWindowWholeSegments { get; init; } = true;

    /// <summary>
    /// Whether segments tell of room that has grown by less than a segment, as long as there is room for a whole one (as FreeBSD does);
    /// else the right edge waits for a whole segment more (RFC 9293 section 3.8.6.2.2).
    /// </summary>
    public bool TellsSmallRoom { get; init; }

    /// <summary>The shift of the window to offer, 0–14; <c>null</c> for the least that can tell <see cref="MaxReceiveBuffer"/>.</summary>
    public byte? WindowScale { get; init => field = value is { } shift ? (byte)Allowed.Between(0, 14, shift) : null; }

    /// <summary>The least retransmission timeout (RFC 6298 section 2.4 says 1 s; every system takes less).</summary>
    public TimeSpan RetransmissionTimeoutMin { get; init => field = Allowed.Timer(value); } = TimeSpan.FromMilliseconds(200);

    /// <summary>The most that it grows to.</summary>
    public TimeSpan RetransmissionTimeoutMax { get; init => field = Allowed.Timer(value); } = TimeSpan.FromSeconds(120);

    /// <summary>The retransmission timeout before the first measurement (RFC 6298 section 2.1).</summary>
    public TimeSpan RetransmissionTimeoutInitial { get; init => field = Allowed.Timer(value); } = TimeSpan.FromSeconds(1);

    /// <summary>The least that is added to the smoothed round-trip time: Linux keeps 200 ms.</summary>
    public TimeSpan VarianceFloor { get; init => field = Allowed.NotNegative(value); } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long an acknowledgment waits for company, below 500 ms (RFC 9293 section 3.8.6.3).</summary>
    public TimeSpan DelayedAck { get; init => field = Allowed.Timer(value); } = TimeSpan.FromMilliseconds(40);

    /// <summary>
    /// Whether the acknowledgment of a FIN waits so too, as Linux lets it: who closes when its peer has answers in one segment.
    /// </summary>
    public bool DelaysFinAcknowledgment { get; init; } = true;

    /// <summary>How many acknowledgments at the start of a connection do not wait.</summary>
    public int QuickAcks { get; init => field = Allowed.AtLeast(0, value); } = 16;

    /// <summary>How often a SYN is sent again.</summary>
    public int SynRetries { get; init => field = Allowed.AtLeast(0, value); } = 6;

    /// <summary>How often a SYN-ACK is sent again.</summary>
    public int SynAckRetries { get; init => field = Allowed.AtLeast(0, value); } = 5;

    /// <summary>
    /// How often data are sent again by the timer before the connection is given up: R2 of RFC 9293 section 3.8.3 (SHLD-11: with the
    /// default some 15 minutes).
    /// </summary>
    public int MaxRetransmissions { get; init => field = Allowed.AtLeast(0, value); } = 15;

    /// <summary>How long nothing comes before a keepalive probe is sent, where keepalive is on (RFC 9293 section 3.8.4).</summary>
    public TimeSpan KeepaliveIdle { get; init => field = Allowed.Timer(value); } = TimeSpan.FromHours(2);

    /// <summary>Time between keepalive probes.</summary>
    public TimeSpan KeepaliveInterval { get; init => field = Allowed.Timer(value); } = TimeSpan.FromSeconds(75);

    /// <summary>How many keepalive probes may stay unanswered.</summary>
    public int KeepaliveProbes { get; init => field = Allowed.AtLeast(1, value); } = 9;

    /// <summary>How long a pair rests: 2 MSL (RFC 9293 section 3.6.1).</summary>
    public TimeSpan TimeWait { get; init => field = Allowed.Timer(value); } = TimeSpan.FromSeconds(60);

    /// <summary>How long a connection that is orphaned waits for the peer's FIN.</summary>
    public TimeSpan FinWait2 { get; init => field = Allowed.Timer(value); } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Whether SYNs are answered by cookies while the queue of half-open connections is full (RFC 4987 section 3.6); else they are dropped.
    /// </summary>
    public bool UsesSynCookies { get; init; } = true;

    /// <summary>
    /// Whether Fast Open is known at all (RFC 7413): connections that ask for it may use it, and listeners that have a queue for it. Linux,
    /// FreeBSD and Windows do so; with none of them a connection or a listener uses it unless a program asks.
    /// </summary>
    public bool UsesFastOpen { get; init; } = true;

    /// <summary>
    /// How long a server's port is left alone after Fast Open has failed there (RFC 7413 section 4.1.3.1); doubled each time that it fails
    /// again, up to 64 times that; zero tries it again at once.
    /// </summary>
    public TimeSpan FastOpenPause { get; init => field = Allowed.NotNegative(value); } = TimeSpan.FromMinutes(1);

    /// <summary>What is done with ECN.</summary>
    public TcpEcnPolicy Ecn { get; init => field = Allowed.Named(value); } = TcpEcnPolicy.Grant;

    /// <summary>How often a SYN that asks for ECN is sent again as it was; after that without ECN (RFC 3168 section 6.1.1.1).</summary>
    public int EcnSynRetries { get; init => field = Allowed.AtLeast(0, value); }

    /// <summary>Whether Nagle's algorithm waits only while a small segment is unacknowledged (Minshall), and not while any is.</summary>
    public bool NagleWaitsForSmallOnly { get; init; } = true;

    /// <summary>
    /// Whether the congestion window starts anew after the connection has been idle for a retransmission timeout (RFC 5681 section 4.1).
    /// </summary>
    public bool RestartsAfterIdle { get; init; } = true;

    /// <summary>Whether tail loss probes are sent (RFC 8985 section 7).</summary>
    public bool UsesTailProbes { get; init; } = true;

    /// <summary>
    /// The fewest segments that a link which cuts super-segments is given at once, windows permitting; more as the rate grows.
    /// </summary>
    public int MinSuperSegment { get; init => field = Allowed.AtLeast(1, value); } = 2;

    /// <summary>
    /// Whether a segment that acknowledges what was never sent is answered (RFC 9293 section 3.10.7.4 says so); else it is dropped, as
    /// Linux did before 6.18.
    /// </summary>
    public bool AnswersUnsentAcknowledgment { get; init; } = true;

    /// <summary>Whether F-RTO is used (RFC 5682).</summary>
    public bool UsesForwardRto { get; init; } = true;

    /// <summary>Whether a closed port answers with RST; else with silence.</summary>
    public bool ResetsClosedPorts { get; init; } = true;

    /// <summary>Whether a listener takes a SYN that has FIN too, as FreeBSD does; the FIN does not count. Else it is dropped.</summary>
    public bool TakesSynWithFin { get; init; }

    /// <summary>
    /// Whether a listener answers with RST, as a closed port does, what is neither SYN, ACK nor RST, as Windows does; RFC 9293 section
    /// 3.10.7.2 says to drop it.
    /// </summary>
    public bool ResetsUselessSegments { get; init; }

    /// <summary>Whether closing with data unread sends RST (RFC 9293 section 3.6.1, RFC 2525 section 2.17).</summary>
    public bool ResetsWhenUnread { get; init; } = true;

    /// <summary>
    /// Whether any destination-unreachable ends a connection that is being opened; else only those that RFC 5461 section 3 calls hard.
    /// </summary>
    public bool DoesIcmpAbortConnecting { get; init; } = true;

    /// <summary>The least MSS that a peer or a packet-too-big can bring about, so that nobody makes this host send crumbs.</summary>
    public int MinimumSegmentSize { get; init => field = Allowed.AtLeast(1, value); } = 48;

    /// <summary>Whether paths are probed for their MTU (RFC 4821).</summary>
    public TcpMtuProbing MtuProbing { get; init => field = Allowed.Named(value); }

    /// <summary>
    /// Whether data leave at the rate of the window for a round-trip time, twice that in slow start, and not all at once: kinder to short
    /// queues, later by up to a round trip. Threads wait in whole milliseconds, so on fast links a millisecond's worth leaves together.
    /// </summary>
    public bool UsesPacing { get; init; }

    /// <summary>The payload bytes of the segments that probing begins with, and falls back to (RFC 4821 section 7.2 says 1,024).</summary>
    public int BaseSegmentSize { get; init => field = Allowed.AtLeast(1, value); } = 1024;

    /// <summary>How long after the last search for a path's MTU there is another.</summary>
    public TimeSpan MtuProbeInterval { get; init => field = Allowed.Timer(value); } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Whether segments without timestamps are taken where timestamps were agreed on (RFC 7323 section 3.2 says no; Linux takes them).
    /// </summary>
    public bool ToleratesMissingTimestamps { get; init; } = true;

    /// <summary>
    /// Time between two challenge ACKs, or two answers to segments outside the window, of one connection (RFC 5961 section 7).
    /// </summary>
    public TimeSpan ChallengeInterval { get; init => field = Allowed.NotNegative(value); } = TimeSpan.FromMilliseconds(500);

    /// <summary>Challenge ACKs of all connections in a second (RFC 5961 section 7).</summary>
    public int ChallengesPerSecond { get; init => field = Allowed.AtLeast(0, value); } = 1000;
}
