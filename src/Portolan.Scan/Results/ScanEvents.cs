namespace Portolan.Scan.Results;

/// <summary>How a scan is done.</summary>
public enum ScanMode : byte
{
    /// <summary>Through the system's connect(): no privilege.</summary>
    Connect,

    /// <summary>With packets of our own making.</summary>
    Raw,
}

/// <summary>The head of a run.</summary>
/// <param name="StartedAt">Start time.</param>
/// <param name="Mode">The mode that runs.</param>
/// <param name="Why">Why this mode, for people, such as <c>no CAP_NET_RAW</c>.</param>
/// <param name="Seed">The seed of the order: the same seed scans in the same order.</param>
/// <param name="Hosts">Targets.</param>
/// <param name="ProbesPlanned">Targets × ports, discovery and retries not counted.</param>
/// <param name="Notes">What a person should know of this run, one line each: the ceiling of the pace, the journal it goes on with.</param>
public sealed record ScanStart(
    DateTimeOffset StartedAt, ScanMode Mode, string Why, ulong Seed, ulong Hosts, ulong ProbesPlanned, IReadOnlyList<string> Notes)
{
    /// <summary>How it is done, one line each, for who asks for more: the source ports, the links.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    /// <summary>What is probed for and on which ports; empty when only hosts are looked for.</summary>
    public IReadOnlyList<ScanPart> Parts { get; init; } = [];

    /// <summary>Whose results are replayed from a file, such as <c>nmap 7.93</c>; <c>null</c> for a scan of our own.</summary>
    /// <remarks>
    /// In a replay nobody knows the seed and the counts of probes, here and in <see cref="ScanEnd"/>: they are 0 and are not shown.
    /// </remarks>
    public string? ReplayOf { get; init; }

    /// <summary>The job of a fleet that this is; <c>null</c> for a scan of one machine.</summary>
    public long? Job { get; init; }

    /// <summary>The zone of a fleet from which was scanned; <c>null</c> for a scan of one machine.</summary>
    public string? Vantage { get; init; }
}

/// <summary>Where a run stands.</summary>
/// <param name="Stage">Such as <c>host discovery</c> or <c>SYN scan</c>.</param>
/// <param name="Done">Part of the stage's work that is done, 0 to 1.</param>
/// <param name="Remaining">Honest time left; <c>null</c> while it is unknown.</param>
/// <param name="ProbesSent">Probes sent so far, retries included.</param>
/// <param name="Replies">Replies so far.</param>
/// <param name="ProbesPerSecond">The rate now.</param>
/// <param name="OpenPorts">Open ports so far.</param>
/// <param name="Pass">1 for first probes, 2 and more for retries.</param>
public sealed record ScanProgress(
    string Stage, double Done, TimeSpan? Remaining, long ProbesSent, long Replies, double ProbesPerSecond, long OpenPorts, int Pass);

/// <summary>The balance of a run.</summary>
/// <param name="EndedAt">End time.</param>
/// <param name="Elapsed">Duration.</param>
/// <param name="HostsUp">Hosts that were up.</param>
/// <param name="HostsDown">Hosts without an answer.</param>
/// <param name="HostsTotal">Targets.</param>
/// <param name="ProbesPlanned">Targets × ports of hosts that were to be scanned.</param>
/// <param name="ProbesSent">Probes that left, retries and control probes included.</param>
/// <param name="Retries">Of those, repeated ones.</param>
/// <param name="NotSent">Attempts that a local limit kept from leaving, repeated ones included; none of them is a port state.</param>
/// <param name="Replies">Valid replies.</param>
/// <param name="ProbeLoss">Two-way loss seen on targets that answered at least once, 0 to 1; <c>null</c> when nothing answered.</param>
/// <param name="EstimatedMissRate">
/// Likeliest chance that a port that would answer was still missed, 0 to 1 (a host, where only hosts are looked for); <c>null</c> when
/// nothing answered, or nothing tells.
/// </param>
/// <param name="IsComplete">
/// Everything planned was probed and waited for: every target was looked for, and every port of every host that was found up has a state.
/// It does not say that nothing was missed: <see cref="Losses"/> does.
/// </param>
/// <param name="Incomplete">Why not, for people; <c>null</c> when complete.</param>
public sealed record ScanEnd(
    DateTimeOffset EndedAt, TimeSpan Elapsed, long HostsUp, long HostsDown, long HostsTotal, ulong ProbesPlanned, long ProbesSent,
    long Retries,
    long NotSent, long Replies, double? ProbeLoss, double? EstimatedMissRate, bool IsComplete, string? Incomplete)
{
    /// <summary>An output failed and that ended the run; the failure itself is thrown after this was told.</summary>
    public bool OutputFailed { get; init; }

    /// <summary>
    /// The part of <see cref="ProbesSent"/>, <see cref="Retries"/> and <see cref="Replies"/> that is not the ports' own: probes that find
    /// hosts, control probes, traces.
    /// </summary>
    public Engine.BesideCounts Beside { get; init; }

    /// <summary>What the file that is replayed says of its misses, for formats of nmap's; <c>null</c> for a scan of our own.</summary>
    public string? MissedAsWritten { get; init; }

    /// <summary>What was lost and missed at most, by causes; <c>null</c> when nothing was sent or it is unknown (a replay).</summary>
    public ScanLosses? Losses { get; init; }

    /// <summary>
    /// Where <see cref="Losses"/> are not known as a whole: the largest bound that a part of the scan has for the share of responding ports
    /// it missed, 0 to 1 (95 %); <c>null</c> when no part has one.
    /// </summary>
    public double? MissRateBound { get; init; }
}
