using Portolan.Transport.Reassembly;

namespace Portolan.Transport.Ip;

/// <summary>How the IP of a stack behaves.</summary>
public sealed record IpHostOptions
{
    /// <summary>What all its random choices and the keys of its hashes come from. It must stay secret.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Whose an address is.</summary>
    public HostModel Model { get; init => field = Allowed.Named(value); } = HostModel.Weak;

    /// <summary>Whether it passes packets on between its interfaces.</summary>
    public bool IsForwarding { get; init; }

    /// <summary>TTL or hop limit of what it sends: 64 (RFC 1700's default).</summary>
    public byte HopLimit { get; init => field = (byte)Allowed.AtLeast(1, value); } = 64;

    /// <summary>Whether it answers echo requests.</summary>
    public bool AnswersEcho { get; init; } = true;

    /// <summary>Whether the answer to an echo request has the request's code; else 0, as Windows answers (RFC 792 knows only 0).</summary>
    public bool KeepsEchoCode { get; init; } = true;

    /// <summary>
    /// Whether the answer to an echo request may be cut only where the request might, as FreeBSD answers; else it always may.
    /// </summary>
    public bool KeepsEchoDontFragment { get; init; }

    /// <summary>
    /// Whether each IPv4 packet has the next number of one counter of the host as its identification, as with Windows; else only those that
    /// may be cut have one (RFC 6864).
    /// </summary>
    public bool CountsPackets { get; init; }

    /// <summary>Whether it sends ICMP errors at all. Without, it is silent where nothing listens.</summary>
    public bool SendsErrors { get; init; } = true;

    /// <summary>How long a smaller path MTU is believed: 10 minutes (RFC 1191 section 6.3, RFC 8201 section 5.3).</summary>
    public TimeSpan PathMtuAge { get; init => field = Allowed.Positive(value); } = TimeSpan.FromMinutes(10);

    /// <summary>Paths that are kept to be shared; those held longer go on working.</summary>
    public int MaxPaths { get; init => field = Allowed.AtLeast(1, value); } = 16_384;

    /// <summary>Path MTUs that are remembered.</summary>
    public int MaxPathMtus { get; init => field = Allowed.AtLeast(1, value); } = 1024;

    /// <summary>
    /// The least path MTU that a packet-too-big brings about for IPv4, 68 or more: 552, as with Linux. What a router says below it, true or
    /// a lie, makes packets of this length that routers may cut.
    /// </summary>
    public int LeastPathMtu { get; init => field = Allowed.Between(68, 65_535, value); } = 552;

    /// <summary>The most packets that wait in the loopback.</summary>
    public int MaxLoopbackPackets { get; init => field = Allowed.AtLeast(1, value); } = 1024;

    /// <summary>The limits of error messages.</summary>
    public IcmpLimits IcmpLimits { get; init => field = Allowed.NotNull(value); } = new();

    /// <summary>The timers and limits of neighbours.</summary>
    public NeighbourLimits Neighbours { get; init => field = Allowed.NotNull(value); } = new();

    /// <summary>The limits of reassembly.</summary>
    public ReassemblyOptions Reassembly { get; init => field = Allowed.NotNull(value); } = new();
}

/// <summary>How many error messages are sent (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f)): token buckets, as Linux has.</summary>
public sealed record IcmpLimits
{
    /// <summary>Messages a second in all; 0 for no limit.</summary>
    public int PerSecond { get; init => field = Allowed.AtLeast(0, value); } = 1000;

    /// <summary>Messages in all that may come at once.</summary>
    public int Burst { get; init => field = Allowed.AtLeast(1, value); } = 50;

    /// <summary>Messages a second to one destination; 0 for no limit.</summary>
    public int PerSecondToOne { get; init => field = Allowed.AtLeast(0, value); } = 1;

    /// <summary>Messages to one destination that may come at once.</summary>
    public int BurstToOne { get; init => field = Allowed.AtLeast(1, value); } = 6;
}

/// <summary>The constants of neighbour discovery (RFC 4861 section 10), used for ARP too.</summary>
public sealed record NeighbourLimits
{
    /// <summary>RETRANS_TIMER: between two questions.</summary>
    public TimeSpan RetransmitTime { get; init => field = Allowed.Positive(value); } = TimeSpan.FromSeconds(1);

    /// <summary>REACHABLE_TIME: how long an answer counts, times a random 0.5 to 1.5.</summary>
    public TimeSpan ReachableTime { get; init => field = Allowed.Positive(value); } = TimeSpan.FromSeconds(30);

    /// <summary>DELAY_FIRST_PROBE_TIME: how long a higher layer may take to confirm a stale entry.</summary>
    public TimeSpan DelayFirstProbe { get; init => field = Allowed.Positive(value); } = TimeSpan.FromSeconds(5);

    /// <summary>MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT: questions before giving up.</summary>
    public int MaxProbes { get; init => field = Allowed.AtLeast(1, value); } = 3;

    /// <summary>Entries of an interface.</summary>
    public int MaxEntries { get; init => field = Allowed.AtLeast(1, value); } = 1024;

    /// <summary>The most packets that wait for one neighbour; the oldest goes first.</summary>
    public int MaxPendingPackets { get; init => field = Allowed.AtLeast(1, value); } = 64;

    /// <summary>The most bytes that wait for one neighbour.</summary>
    public int MaxPendingBytes { get; init => field = Allowed.AtLeast(1, value); } = 128 << 10;
}

/// <summary>Whether an address belongs to its interface or to the whole host (RFC 1122 section 3.3.4.2).</summary>
public enum HostModel : byte
{
    /// <summary>To the host: it takes packets to any of its addresses on any interface, and sends from any by any, as Linux does.</summary>
    Weak,

    /// <summary>
    /// To the interface: packets to another interface's address are dropped, and packets leave by the interface of their source.
    /// </summary>
    Strong,
}
