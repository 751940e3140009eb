using Portolan.Model;

namespace Portolan.Scan.Results;

/// <summary>
/// Everything known of one host when it is finished. Only valid during <see cref="IScanObserver.HostFinished"/>: nobody keeps it.
/// </summary>
public abstract class HostReport
{
    /// <summary>What discovery said.</summary>
    public abstract HostResult Host { get; }

    /// <summary>Its reverse DNS name; <c>null</c> when unknown or not asked for.</summary>
    public abstract string? ReverseName { get; }

    /// <summary>When work on it began.</summary>
    public abstract DateTimeOffset StartedAt { get; }

    /// <summary>When it was finished.</summary>
    public abstract DateTimeOffset EndedAt { get; }

    /// <summary>Round-trip times; <c>null</c> when nothing was measured.</summary>
    public abstract RoundTrip? Times { get; }

    /// <summary>The way to it (<c>--traceroute</c>); <c>null</c> where it was not traced.</summary>
    public virtual HostTrace? Trace => null;

    /// <summary>Given up by <c>--host-timeout</c>: its ports say nothing.</summary>
    public abstract bool IsTimedOut { get; }

    /// <summary>It answers on ports that nothing listens on (random high ports looked open): open ports prove little.</summary>
    public abstract bool AnswersEverything { get; }

    /// <summary>
    /// It answered and then stopped, after about so many probes: it may block this scanner. <c>null</c> for any other host.
    /// </summary>
    public virtual long? StoppedAfter => null;

    /// <summary>The run was interrupted before all its ports were judged; the rest is missing here, not closed.</summary>
    public abstract bool IsPartial { get; }

    /// <summary>
    /// Calls back for every judged port in order of protocol (TCP, UDP) and port. A port that was not probed is left out.
    /// </summary>
    public abstract void ForEachPort(Action<PortResult> visit);

    /// <summary>How many judged ports have a state and reason; cheap.</summary>
    public abstract IReadOnlyList<PortGroup> Groups { get; }
}

/// <summary>Ports of one host that share protocol, state and reason.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="State">Their state.</param>
/// <param name="Reason">Why.</param>
/// <param name="Ports">The ports.</param>
public sealed record PortGroup(TransportProtocol Protocol, PortState State, ReplyReason Reason, PortSet Ports);
