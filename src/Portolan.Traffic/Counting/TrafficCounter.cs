using Portolan.Linux;

namespace Portolan.Traffic.Counting;

/// <summary>Counts what sockets send and receive, from when it is opened.</summary>
public abstract class TrafficCounter : IDisposable
{
    /// <summary>The way it counts.</summary>
    public abstract TrafficMethod Method { get; }


    /// <summary>Counts by tracepoints where the kernel lets it, and by polling where not.</summary>
    /// <param name="options">What to count, and where from.</param>
    /// <param name="cancellationToken">Stops the first look.</param>
    /// <exception cref="LinuxException">Neither can be done, or the way that was asked for cannot.</exception>
    public static (TrafficCounter Counter, MissingFact? WhyNotTraced) Open(TrafficOptions options, CancellationToken cancellationToken)
    {
        if (options.Method == TrafficMethod.Polling)
        {
            return (PolledCounter.Begin(options, cancellationToken), null);
        }

        try
        {
            return (TracedCounter.Begin(options, cancellationToken), null);
        }
        catch (LinuxException exception) when (options.Method is null)
        {
            var why = exception is { IsPermission: true, IsVerifier: false }
                ? "tracepoints need CAP_BPF and CAP_PERFMON: run with sudo"
                : exception.Errno == Errno.NoEntry ? $"{exception.Message}: Linux 6.3 and later have it" : exception.Message;
            return (PolledCounter.Begin(options, cancellationToken), new MissingFact(
                MissingFactCode.CallsUncounted, "every call that sends or receives", why));
        }
    }

    /// <summary>Looks what was counted since it was opened.</summary>
    /// <exception cref="LinuxException">The kernel no longer answers.</exception>
    public abstract TrafficReading Read(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends counting.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>How traffic is counted.</summary>
public enum TrafficMethod
{
    /// <summary>Programs at the kernel's tracepoints count each call, and tcp_info is read besides.</summary>
    Tracepoints,

    /// <summary>tcp_info of all connections is read again and again, and the kernel reports connections that end.</summary>
    Polling,
}

/// <summary>What was counted up to one moment.</summary>
/// <param name="Flows">The sockets; those of the counter, which go on to change with the next reading.</param>
/// <param name="Losses">What is known to have been missed.</param>
public sealed record TrafficReading(IReadOnlyCollection<TrafficFlow> Flows, TrafficLosses Losses)
{
    /// <summary>What could not be counted, and why.</summary>
    public IReadOnlyList<MissingFact> Missing { get; init; } = [];

    /// <summary>The network namespaces that were looked into; the caller's own is first.</summary>
    public required IReadOnlyList<NetworkNamespace> Namespaces { get; init; }

    /// <summary>The inode of the listener that took a connection; 0 where there is none.</summary>
    public Func<TrafficFlow, uint> ListenerOf { get; init; } = static _ => 0;

    /// <summary>Whether a flow is of the caller's own network namespace.</summary>
    public bool IsOwn(TrafficFlow flow) => Namespaces[0].Inode == 0 || flow.Namespace == Namespaces[0].Inode;
}

/// <summary>What counting missed since it began.</summary>
/// <param name="Calls">Tracepoints: calls and connections that there was no room or no turn for.</param>
/// <param name="Overruns">Polling: how often the kernel dropped reports of connections that ended (ENOBUFS), each time an unknown
/// number.</param>
/// <param name="Connections">Polling: connections that began and were never seen, as the kernel's own counters say; <c>null</c> where those
/// cannot be read.</param>
/// <param name="EstimatedBytesIn">Their payload, if they were like those that were seen to end; <c>null</c> where none was.</param>
/// <param name="EstimatedBytesOut">The same, sent.</param>
public sealed record TrafficLosses(ulong Calls, int Overruns, long? Connections, ulong? EstimatedBytesIn, ulong? EstimatedBytesOut)
{
    /// <summary>Connections whose last bytes, since the look before, are unknown: nothing reported their end.</summary>
    public int Unreported { get; init; }

    /// <summary>Whether anything is known to have been missed.</summary>
    public bool Any => Calls > 0 || Overruns > 0 || Unreported > 0 || Connections > 0;
}
