namespace Portolan.Forwarding.Statistics;

/// <summary>Why a connection, or a flow of datagrams, ended, and why datagrams were lost.</summary>
public enum EndCause
{
    /// <summary>Both ends had closed it; of datagrams, all answers had come.</summary>
    Completed,

    /// <summary>A RST from the client.</summary>
    ClientReset,

    /// <summary>A RST from the target.</summary>
    TargetReset,

    /// <summary>The client no longer answered the kernel's probes.</summary>
    ClientVanished,

    /// <summary>The target no longer answered the kernel's probes.</summary>
    TargetVanished,

    /// <summary>No target accepted the connection.</summary>
    TargetRefused,

    /// <summary>No target answered in time.</summary>
    TargetTimedOut,

    /// <summary>No route to any target, or a router said so.</summary>
    TargetUnreachable,

    /// <summary>The target's name has no address, or its path no socket.</summary>
    TargetUnknown,

    /// <summary>The source is none of those that may connect.</summary>
    SourceNotAllowed,

    /// <summary>What should be a PROXY header is none, or did not come in time.</summary>
    BadProxyHeader,

    /// <summary>Nothing moved for the idle time.</summary>
    Idle,

    /// <summary>A flow of datagrams that was silent when a new client needed its place.</summary>
    Evicted,

    /// <summary>The relay ended before the connection did.</summary>
    Stopped,

    /// <summary>The queue of the target's Unix socket is full.</summary>
    NoResources,

    /// <summary>A client of datagrams beyond <c>--limit</c>.</summary>
    Limit,

    /// <summary>A client of datagrams above <c>--new-rate</c>.</summary>
    NewRate,

    /// <summary>No descriptor was left.</summary>
    NoDescriptors,

    /// <summary>No port of this host was free for the connection to the target.</summary>
    NoPorts,

    /// <summary>No memory was left, or no room in the share of it that flows may have.</summary>
    NoMemory,

    /// <summary>Datagrams that the kernel threw away, as the receive buffer of a socket was full.</summary>
    ReceiveBuffer,

    /// <summary>Datagrams that found the send buffer of a socket full.</summary>
    SendBuffer,

    /// <summary>Datagrams above <c>--rate</c>.</summary>
    Rate,

    /// <summary>Datagrams larger than the path to the other end takes.</summary>
    TooLarge,

    /// <summary>Anything else the kernel said.</summary>
    Failed,
}

/// <summary>The causes' names in the machine formats.</summary>
public static class EndCauses
{
    /// <summary>How many there are.</summary>
    public const int Count = (int)EndCause.Failed + 1;

    /// <summary>Such as <c>target-refused</c>.</summary>
    public static string Name(this EndCause cause) => cause switch
    {
        EndCause.Completed => "completed",
        EndCause.ClientReset => "client-reset",
        EndCause.TargetReset => "target-reset",
        EndCause.ClientVanished => "client-vanished",
        EndCause.TargetVanished => "target-vanished",
        EndCause.TargetRefused => "target-refused",
        EndCause.TargetTimedOut => "target-timed-out",
        EndCause.TargetUnreachable => "target-unreachable",
        EndCause.TargetUnknown => "target-unknown",
        EndCause.SourceNotAllowed => "source-not-allowed",
        EndCause.BadProxyHeader => "bad-proxy-header",
        EndCause.Idle => "idle",
        EndCause.Evicted => "evicted",
        EndCause.Stopped => "stopped",
        EndCause.NoResources => "no-resources",
        EndCause.Limit => "limit",
        EndCause.NewRate => "new-rate",
        EndCause.NoDescriptors => "no-descriptors",
        EndCause.NoPorts => "no-ports",
        EndCause.NoMemory => "no-memory",
        EndCause.ReceiveBuffer => "receive-buffer",
        EndCause.SendBuffer => "send-buffer",
        EndCause.Rate => "rate",
        EndCause.TooLarge => "too-large",
        _ => "failed",
    };

    /// <summary>Whether it is not a fault: an ordinary end.</summary>
    public static bool IsOrdinary(this EndCause cause) => cause is EndCause.Completed or EndCause.Idle or EndCause.Stopped;

    /// <summary>Whether this host had no room for it, whosever connection it was.</summary>
    public static bool IsOfThisHost(this EndCause cause) =>
        cause is EndCause.NoResources or EndCause.NoDescriptors or EndCause.NoPorts or EndCause.NoMemory;
}
