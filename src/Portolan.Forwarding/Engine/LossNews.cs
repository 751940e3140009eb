using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Linux;

namespace Portolan.Forwarding.Engine;

/// <summary>
/// Tells of datagrams that are lost: of each cause the first time at once, then once in a while, whichever forward it is. For all threads.
/// </summary>
/// <param name="observer">Receives the events.</param>
internal sealed class LossNews(IRelayObserver observer)
{
    /// <summary>Milliseconds in which the same is not told again.</summary>
    private const long Pause = 60_000;

    private const long Never = long.MinValue;

    private readonly long[] _toldAt = [.. Enumerable.Repeat(Never, EndCauses.Count)];

    /// <summary>Tells it, unless that was done lately.</summary>
    /// <param name="forward">Whose datagrams.</param>
    /// <param name="cause">Why.</param>
    /// <param name="errno">What the kernel said; 0 for nothing.</param>
    /// <param name="buffer">Bytes of the receive buffer that was full; of other causes 0.</param>
    /// <param name="now">The engine's milliseconds.</param>
    public void Tell(ForwardSpec forward, EndCause cause, int errno, long buffer, long now)
    {
        var told = Volatile.Read(ref _toldAt[(int)cause]);
        if ((told == Never || now - told >= Pause) && Interlocked.CompareExchange(ref _toldAt[(int)cause], now, told) == told)
        {
            var reason = cause == EndCause.Failed && errno != 0
                ? new LinuxException(errno, "send").Message
                : Reason(forward, cause, buffer);
            observer.DatagramsLost(
                forward, cause, $"{forward.Name}: {(IsOfTarget(cause) ? "" : "datagrams are lost: ")}{reason}",
                Hint(forward, cause, buffer));
        }
    }

    private static bool IsOfTarget(EndCause cause) =>
        cause is EndCause.TargetTimedOut or EndCause.TargetRefused or EndCause.TargetUnreachable or EndCause.TargetUnknown;

    private static string Reason(ForwardSpec forward, EndCause cause, long buffer) => cause switch
    {
        EndCause.Limit =>
            $"--limit {forward.Options.Limit} is reached, and no flow is over or has been silent for 2s; new clients are left out",
        EndCause.NewRate =>
            $"there are more new clients than --new-rate {forward.Options.ConnectionsPerSecond} allows, and those are left out",
        EndCause.NoDescriptors => "no descriptor is left, and new clients are left out",
        EndCause.NoPorts => "no port of this host is free for another client (net.ipv4.ip_local_port_range), and new clients are left out",
        EndCause.NoMemory => "flows have all the memory that they may have, and new clients are left out",
        EndCause.ReceiveBuffer =>
            $"they come faster than this program reads them, and the socket's receive buffer of {buffer >> 10} KiB is full",
        EndCause.SendBuffer => "the socket's send buffer is full: the device sends slower than they come",
        EndCause.Rate => "they come faster than --rate allows",
        EndCause.TooLarge => "they are larger than the path takes, and may not be cut",
        EndCause.Evicted => "flows that wait for an answer must give their places to new clients",
        EndCause.TargetTimedOut => "a question had no answer in time",
        _ => EndCauseWords.Of(cause),
    };

    private static Advice? Hint(ForwardSpec forward, EndCause cause, long buffer) => cause switch
    {
        EndCause.Limit => $"raise --limit{Sooner(forward)}",
        EndCause.NewRate => $"raise --new-rate",
        EndCause.NoDescriptors => $"raise the limit (ulimit -n, LimitNOFILE= of a unit){Sooner(forward)}",
        EndCause.NoPorts => $"widen the range: sudo sysctl net.ipv4.ip_local_port_range='1024 65535'{Sooner(forward)}",
        EndCause.NoMemory or EndCause.Evicted => $"let flows end sooner: --idle 5s{Sooner(forward)}",
        EndCause.ReceiveBuffer when buffer < Listeners.DatagramBuffer =>
            $"a larger buffer lasts through busy moments: sudo sysctl net.core.rmem_max=8388608, then start the forward again",
        EndCause.ReceiveBuffer => $"give this program more of a processor, such as one of its own (taskset, CPUAffinity= of a unit)",
        EndCause.SendBuffer => $"sudo sysctl net.core.wmem_max=8388608 lets it keep more",
        EndCause.Rate => $"raise --rate",
        EndCause.TargetTimedOut or EndCause.TargetRefused or EndCause.TargetUnreachable or EndCause.TargetUnknown =>
            $"look at the target: portolan check udp://{forward.Targets[0]}",
        _ => null,
    };

    private static Advice Sooner(ForwardSpec forward) => forward.Options.Responses is null
        ? Advice.Of($"; where each datagram has one answer, --responses 1 ends a flow with it")
        : $"";
}
