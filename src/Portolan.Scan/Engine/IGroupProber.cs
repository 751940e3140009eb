using Portolan.Scan.Pacing;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>
/// Probes a group of hosts: with packets of its own making, or through the system's connect(). The run drives both alike.
/// </summary>
/// <remarks>
/// The calls block the run's thread, the <em>driving thread</em>, until the stage is done or <see cref="IProbeWatch.IsStopping"/>. On it
/// the prober calls <see cref="IProbeWatch.Tick"/> at least ten times a second; all that people see happens inside that call. Whatever
/// other threads a prober has are its own affair; they have ended, or touch the group no more, when a call returns. What is found goes into
/// the group (<see cref="HostGroup.SetHost"/>, <see cref="HostGroup.Record"/>).
/// </remarks>
public interface IGroupProber : IDisposable
{
    /// <summary>How this prober probes.</summary>
    ScanMode Mode { get; }

    /// <summary>One line each for the head of the run: the links, the ceilings of the pace.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>The balance of everything this prober did so far, over all groups. Any thread may ask.</summary>
    ProbeBalance Balance { get; }

    /// <summary>An open port is reported once its service is known, and not before.</summary>
    bool AsksServices => false;

    /// <summary>
    /// Finds out which hosts are up. Hosts still without status afterwards are down, or with <see cref="DiscoverySettings.Skip"/> up,
    /// unless the stage was stopped.
    /// </summary>
    /// <param name="group">The hosts; those whose status is known already (resumed) are left alone.</param>
    /// <param name="from">Where to begin: the start, or what <see cref="StageStatus.Cursor"/> said in the run that is resumed.</param>
    /// <param name="watch">Takes progress; says when to stop.</param>
    void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch);

    /// <summary>
    /// Probes the ports of the hosts that are up, in the order of <see cref="HostGroup.AtPosition"/>, until all have answered or
    /// patience is over. When it returns without being stopped, silence is the network's answer for every probe that is not marked by
    /// <see cref="HostGroup.MarkUnprobed(int, int)"/>.
    /// </summary>
    /// <param name="group">The hosts; ports that are answered already (resumed) are left alone.</param>
    /// <param name="from">As in <see cref="Discover"/>.</param>
    /// <param name="watch">Takes progress; says when to stop.</param>
    void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch);
}

/// <summary>What the run lends to a prober.</summary>
public interface IProbeWatch
{
    /// <summary>
    /// The run is to end now with what it has (interrupted, or its time is over). Any thread may ask, as often as it likes.
    /// </summary>
    bool IsStopping { get; }

    /// <summary>Called by the prober on the driving thread, ten times a second or more; cheap when nothing is due.</summary>
    void Tick(in StageStatus status);

    /// <summary>Something a person should know, told once for each text. Any thread.</summary>
    void Warn(string message);

    /// <summary>Why what was found is not complete, though the stage went to its end: the run ends with 3. The driving thread.</summary>
    void Incomplete(string why);
}

/// <summary>Where a stage stands.</summary>
/// <param name="Stage">For people: <c>host discovery</c>, <c>SYN scan</c>, <c>connect scan</c>, <c>UDP scan</c>.</param>
/// <param name="Done">Part of the stage's expected work that is done, 0 to 1, retries that are to be expected included.</param>
/// <param name="Remaining">Time left in this stage if the prober knows better than the run can tell from <paramref name="Done"/>; else
/// <c>null</c>.</param>
/// <param name="Cursor">Everything before it was probed and its wait is over: a resumed run may begin here and miss nothing.</param>
public readonly record struct StageStatus(string Stage, double Done, TimeSpan? Remaining, ProbeCursor Cursor);

/// <summary>A place in a stage's order.</summary>
/// <param name="Pass">0 for first probes, 1 and more for retries.</param>
/// <param name="Position">The position within the pass, in the prober's own order.</param>
public readonly record struct ProbeCursor(int Pass, ulong Position)
{
    /// <summary>The beginning of a stage.</summary>
    public static ProbeCursor Start => default;
}

/// <summary>What a prober did, in numbers.</summary>
/// <param name="Sent">Probes that left, discovery, retries and control probes included.</param>
/// <param name="Retries">Of those, repeated ones.</param>
/// <param name="NotSent">Attempts that a local limit kept from leaving.</param>
/// <param name="Replies">Valid replies.</param>
public readonly record struct ProbeBalance(long Sent, long Retries, long NotSent, long Replies)
{
    /// <summary>Frames that this host lost by itself, after they were sent or before they were read.</summary>
    public long Dropped { get; init; }

    /// <summary>The part of these counts that is not the ports' own: probes that find hosts, control probes, traces.</summary>
    public BesideCounts Beside { get; init; }

    /// <summary>What was counted of losses in stages that are over; <c>null</c> for nothing.</summary>
    public LossLedger? Losses { get; init; }

    /// <summary>The same in the stage that runs; <c>null</c> when none does.</summary>
    public LossStratum? Unfinished { get; init; }

    /// <summary>All losses together.</summary>
    public LossLedger AllLosses
    {
        get
        {
            var all = new LossLedger();
            if (Losses is not null)
            {
                all.Add(Losses);
            }

            if (Unfinished is { } stratum)
            {
                all.Add(stratum);
            }

            return all;
        }
    }

    /// <summary>The same with what another prober beside this one has sent and heard; its losses are not added.</summary>
    public ProbeBalance WithCountsOf(in ProbeBalance other) => this with
    {
        Sent = Sent + other.Sent,
        Retries = Retries + other.Retries,
        NotSent = NotSent + other.NotSent,
        Replies = Replies + other.Replies,
        Dropped = Dropped + other.Dropped,
        Beside = Beside + other.Beside,
    };
}

/// <summary>Probes of a scan that are not to its ports.</summary>
/// <param name="Sent">Probes that left.</param>
/// <param name="Retries">Of those, repeated ones, and control probes.</param>
/// <param name="Replies">Valid replies.</param>
public readonly record struct BesideCounts(long Sent, long Retries, long Replies)
{
    /// <summary>The sums.</summary>
    public static BesideCounts operator +(BesideCounts left, BesideCounts right) =>
        new(left.Sent + right.Sent, left.Retries + right.Retries, left.Replies + right.Replies);

    /// <summary>The sums.</summary>
    public static BesideCounts Add(BesideCounts left, BesideCounts right) => left + right;
}
