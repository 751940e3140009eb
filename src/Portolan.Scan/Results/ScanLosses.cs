namespace Portolan.Scan.Results;

/// <summary>
/// What a run knows of what it missed, each cause by itself. Bounds hold at 95 %; <c>null</c> means that it cannot be told.
/// </summary>
/// <param name="Ports">Ports of the hosts that were up: all causes but discovery together.</param>
/// <param name="Hosts">Hosts that discovery missed; <c>null</c> when it looked for none.</param>
/// <param name="Path">Probes and answers lost on the way.</param>
/// <param name="Limits">Hosts that limit how much they answer.</param>
/// <param name="Local">What this machine lost by itself.</param>
public sealed record ScanLosses(MissFigure Ports, MissFigure? Hosts, PathLoss Path, HostLimits Limits, LocalLoss Local);

/// <summary>How many targets that would answer were missed.</summary>
/// <param name="Found">Targets that answered.</param>
/// <param name="Silent">Targets that did not: no more can have been missed.</param>
/// <param name="Rate">The likeliest share, 0 to 1.</param>
/// <param name="Bound">The bound of the share, 0 to 1; 0 only when none stayed silent.</param>
/// <param name="Unknown">Why there is no bound, for people; <c>null</c> when there is one.</param>
public sealed record MissFigure(long Found, long Silent, double? Rate, double? Bound, string? Unknown);

/// <summary>Loss on the way, there and back.</summary>
/// <param name="Trials">Probes to targets that answer, by which it is known.</param>
/// <param name="Loss">The likeliest loss, 0 to 1.</param>
/// <param name="Bound">Its bound, 0 to 1.</param>
public sealed record PathLoss(long Trials, double? Loss, double? Bound);

/// <summary>Hosts that limit how many RSTs or ICMP errors they send. That is no loss of the path.</summary>
/// <param name="Hosts">How many hosts.</param>
/// <param name="UnsettledPorts">Their silent ports that cannot be told from ports whose answer was held back.</param>
public sealed record HostLimits(long Hosts, long UnsettledPorts);

/// <summary>What this machine lost by itself; none of it is a port's state.</summary>
/// <param name="NotSent">Attempts that did not leave at first.</param>
/// <param name="Dropped">Frames that a full queue of this machine dropped, on the way out or in.</param>
public sealed record LocalLoss(long NotSent, long Dropped);
