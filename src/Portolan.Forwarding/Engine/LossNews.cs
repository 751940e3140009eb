using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Linux;

namespace Portolan.Forwarding.Engine;

/// <summary>
/// Reports datagrams that are lost: of each cause the first time at once, then once in a while, whichever forward it is. For all threads.
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
            $"--limit {forward.Options.Limit} is reached, and no flow has ended or been silent for 2s; new clients are rejected",
        EndCause.NewRate =>
            $"new clients exceed --new-rate {forward.Options.ConnectionsPerSecond} and are rejected",
        EndCause.NoDescriptors => "no descriptor is left; new clients are rejected",
        EndCause.NoPorts => "no local port is free for another client (net.ipv4.ip_local_port_range); new clients are rejected",
        EndCause.NoMemory => "flows use all the memory allowed; new clients are rejected",
        EndCause.ReceiveBuffer =>
            $"they arrive faster than this program reads them, and the socket's receive buffer of {buffer >> 10} KiB is full",
        EndCause.SendBuffer => "the socket's send buffer is full: they arrive faster than the device sends",
        EndCause.Rate => "they arrive faster than --rate allows",
        EndCause.TooLarge => "they exceed the path MTU and may not be fragmented",
        EndCause.Evicted => "new clients displace flows that wait for an answer",
        EndCause.TargetTimedOut => "a query had no answer in time",
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
            $"a larger buffer absorbs bursts: sudo sysctl net.core.rmem_max=8388608, then restart the forward",
        EndCause.ReceiveBuffer => $"give this program more processor time, e.g. a dedicated processor (taskset, CPUAffinity= of a unit)",
        EndCause.SendBuffer => $"enlarge the buffer: sudo sysctl net.core.wmem_max=8388608",
        EndCause.Rate => $"raise --rate",
        EndCause.TargetTimedOut or EndCause.TargetRefused or EndCause.TargetUnreachable or EndCause.TargetUnknown =>
            $"check the target: portolan check udp://{forward.Targets[0]}",
        _ => null,
    };

    private static Advice Sooner(ForwardSpec forward) => forward.Options.Responses is null
        ? Advice.Of($"; if each datagram has one answer, --responses 1 ends its flow")
        : $"";
}
