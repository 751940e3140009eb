using Portolan.Transport;

namespace Portolan.Lab.Running.Time;

/// <summary>A timer whose callback runs on the lab's thread.</summary>
internal sealed class LabTimer(LabLoop loop, TimerCallback callback, object? state) : ITimer
{
    private readonly Lock _lock = new();
    private TimeSpan _period = Timeout.InfiniteTimeSpan;

    /// <summary>Counts changes, so that what was scheduled before the last one does nothing.</summary>
    private int _version;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Schedule(loop.Clock.Now + dueTime, _version);
            }
        }

        return true;
    }

    public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private void Schedule(Instant due, int version) => loop.At(due, () =>
    {
        lock (_lock)
        {
            if (version != _version)
            {
                return;
            }

            if (_period > TimeSpan.Zero)
            {
                Schedule(due + _period, version);
            }
        }

        callback(state);
    });
}
