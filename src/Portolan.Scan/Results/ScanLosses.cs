namespace Portolan.Scan.Results;

/// <summary>
/// What a run knows of what it missed, each cause by itself. Bounds hold at 95 %; <c>null</c> means that it is unknown.
/// </summary>
/// <param name="Ports">Ports of the hosts that were up: all causes but discovery together.</param>
/// <param name="Hosts">Hosts that discovery missed; <c>null</c> when it looked for none.</param>
/// <param name="Path">Probes and answers lost on the way.</param>
/// <param name="Limits">Hosts that limit how much they answer.</param>
/// <param name="Local">What this machine lost by itself.</param>
public sealed record ScanLosses(MissFigure Ports, MissFigure? Hosts, PathLoss Path, HostLimits Limits, LocalLoss Local)
{
    /// <summary>
    /// Hosts that answered and then stopped, which may block this scanner. That is no limit on refusals; their other ports are unfinished.
    /// </summary>
    public long StoppedHosts { get; init; }

    /// <summary>What the run is judged by: its ports, or its hosts where only hosts were looked for.</summary>
    public MissFigure? Whole => Ports.IsEmpty ? Hosts : Ports;
}

/// <summary>How many targets that would answer were missed.</summary>
/// <param name="Found">Targets that answered.</param>
/// <param name="Silent">Targets that were asked and waited for to the end, and did not.</param>
/// <param name="Unfinished">
/// Targets that were not asked, or not waited for to the end, when the run or its time for them was over. Each may have been missed.
/// </param>
/// <param name="RateOfAsked">The likeliest share of those that were finished, 0 to 1.</param>
/// <param name="BoundOfAsked">The bound of that share, 0 to 1; 0 only when none stayed silent; <c>null</c> when it is unknown.</param>
/// <param name="Unknown">Why it cannot, for people; <c>null</c> when it can.</param>
public sealed record MissFigure(long Found, long Silent, long Unfinished, double? RateOfAsked, double? BoundOfAsked, string? Unknown)
{
    /// <summary>
    /// The likeliest share of all targets, 0 to 1; <c>null</c> when it is unknown: nobody knows how many unfinished ones would have
    /// answered.
    /// </summary>
    public double? Rate => Unfinished > 0 ? null : RateOfAsked;

    /// <summary>
    /// The bound of the share of all targets that would answer, 0 to 1: unfinished ones count as missed. <c>null</c> when it cannot be
    /// known; 0 only when every target answered.
    /// </summary>
    public double? Bound => Unfinished <= 0 || BoundOfAsked is not { } asked ? BoundOfAsked
        : asked >= 1 ? 1
        : Found * asked / (1 - asked) is var missed ? (missed + Unfinished) / (Found + missed + Unfinished) : null;

    /// <summary>It is about nothing: no target of the kind was to be found.</summary>
    public bool IsEmpty => Found == 0 && Silent == 0 && Unfinished == 0;
}

/// <summary>Loss on the way, there and back.</summary>
/// <param name="Trials">Probes to targets that answer, by which it is known.</param>
/// <param name="Loss">The likeliest loss, 0 to 1.</param>
/// <param name="Bound">Its bound, 0 to 1.</param>
public sealed record PathLoss(long Trials, double? Loss, double? Bound);

/// <summary>Hosts that limit how many RSTs or ICMP errors they send. That is not a loss of the path.</summary>
/// <param name="Hosts">How many hosts.</param>
/// <param name="UnsettledPorts">Their silent ports that cannot be distinguished from ports whose answer was held back.</param>
public sealed record HostLimits(long Hosts, long UnsettledPorts);

/// <summary>What this machine lost by itself; none of it is a port's state.</summary>
/// <param name="NotSent">Attempts that did not leave at first.</param>
/// <param name="Dropped">Frames that a full queue of this machine dropped, on the way out or in.</param>
public sealed record LocalLoss(long NotSent, long Dropped);
