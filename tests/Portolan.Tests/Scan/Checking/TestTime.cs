using System.Collections.Concurrent;

namespace Portolan.Tests.Scan.Checking;

/// <summary>Time that moves only from timer to timer, and only once everything that is ready has run.</summary>
internal sealed class TestTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<VirtualTimer> _timers = [];
    private long _now;

    /// <summary>Threads of others still work: time stands still meanwhile.</summary>
    public Func<bool>? IsBusy { get; init; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => Interlocked.Read(ref _now);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(GetTimestamp());

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs code on this thread alone, and moves time whenever nothing is left to run. Always in the same order.</summary>
    public T Run<T>(Func<Task<T>> body, int mostSteps = 1000)
    {
        var outer = SynchronizationContext.Current;
        var pump = new Pump();
        SynchronizationContext.SetSynchronizationContext(pump);
        try
        {
            var task = body();
            for (var step = 0; !task.IsCompleted; step++)
            {
                Assert.True(step < mostSteps, "nothing ends");
                pump.RunAll();
                while (!task.IsCompleted && IsBusy?.Invoke() == true)
                {
                    Thread.Yield();
                    pump.RunAll();
                }

                if (!task.IsCompleted)
                {
                    FireNext();
                }
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void FireNext()
    {
        VirtualTimer? next;
        lock (_lock)
        {
            next = _timers.Where(t => t.Due is not null).MinBy(t => t.Due);
            if (next is null)
            {
                return;
            }

            Interlocked.Exchange(ref _now, Math.Max(_now, next.Due!.Value));
            next.Due = null;
        }

        next.Fire();
    }

    private sealed class Pump : SynchronizationContext
    {
        private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _queue = new();

        /// <inheritdoc/>
        public override void Post(SendOrPostCallback d, object? state) => _queue.Enqueue((d, state));

        public void RunAll()
        {
            while (_queue.TryDequeue(out var work))
            {
                work.Callback(work.State);
            }
        }
    }

    private sealed class VirtualTimer(TestTime time, TimerCallback callback, object? state) : ITimer
    {
        public long? Due { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                Due = dueTime < TimeSpan.Zero ? null : time._now + dueTime.Ticks;
                if (!time._timers.Contains(this))
                {
                    time._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
