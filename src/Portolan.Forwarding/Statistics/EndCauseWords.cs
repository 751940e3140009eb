namespace Portolan.Forwarding.Statistics;

/// <summary>The causes in words for people.</summary>
public static class EndCauseWords
{
    /// <summary>Such as <c>the target refused</c>.</summary>
    public static string Of(EndCause cause) => cause switch
    {
        EndCause.Completed => "closed by both ends, or answered",
        EndCause.ClientReset => "the client reset it",
        EndCause.TargetReset => "the target reset it",
        EndCause.ClientVanished => "the client no longer answers",
        EndCause.TargetVanished => "the target no longer answers",
        EndCause.TargetRefused => "the target refused",
        EndCause.TargetTimedOut => "the target did not answer in time",
        EndCause.TargetUnreachable => "no route to the target",
        EndCause.TargetUnknown => "the target's name or path is unknown",
        EndCause.SourceNotAllowed => "the client is not allowed",
        EndCause.BadProxyHeader => "no PROXY header",
        EndCause.Idle => "idle",
        EndCause.Evicted => "displaced by a new client while silent",
        EndCause.Stopped => "the forward ended",
        EndCause.NoResources => "the queue of the target's Unix socket is full",
        EndCause.Limit => "more clients than --limit",
        EndCause.NewRate => "more new clients than --new-rate",
        EndCause.NoDescriptors => "no descriptor left",
        EndCause.NoPorts => "no port left",
        EndCause.NoMemory => "no memory left",
        EndCause.ReceiveBuffer => "the receive buffer was full",
        EndCause.SendBuffer => "the send buffer was full",
        EndCause.Rate => "above --rate",
        EndCause.TooLarge => "larger than the path MTU",
        _ => "the kernel refused",
    };
}
