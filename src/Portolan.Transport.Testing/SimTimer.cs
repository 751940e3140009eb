namespace Portolan.Transport.Testing;

/// <summary>A timer in the time of a world. Any thread.</summary>
internal sealed class SimTimer(SimWorld world, Action callback) : ITimer
{
    /// <summary>The longest that the framework's timers take.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly Lock _lock = new();
    private TimeSpan _period = Timeout.InfiniteTimeSpan;

    /// <summary>Counts changes, so that what was scheduled before the last one does nothing.</summary>
    private int _version;
    private bool _isDisposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, nameof(dueTime));
        Check(period, nameof(period));
        lock (_lock)
        {
            if (_isDisposed)
            {
                return false;
            }

            _version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Schedule(world.Clock.Now + dueTime, _version);
            }
        }

        return true;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _version++;
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private static void Check(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, name);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(time, Longest, name);
        }
    }

    private void Schedule(Instant due, int version) => world.At(due, () =>
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

        world.Fire(callback);
    });
}
