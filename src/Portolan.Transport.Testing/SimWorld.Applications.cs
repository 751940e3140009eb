using System.Collections.Concurrent;

namespace Portolan.Transport.Testing;

// Worlds with real application code, whose threads are not the world's: Kestrel, HttpClient, and whatever uses SimHost.Stack.
public sealed partial class SimWorld
{
    private readonly ConcurrentQueue<SimHost> _knocks = new();
    private readonly ManualResetEventSlim _knocked = new(initialState: false);
    private int _runningThread;
    private int _openWork;

    /// <summary>Whether the calling thread may use the hosts: nobody runs the world, or it does itself.</summary>
    internal bool IsOwner => Volatile.Read(ref _runningThread) is var thread && (thread == 0 || thread == Environment.CurrentManagedThreadId);

    internal SimNames Names { get; }

    /// <summary>Says that the application is busy: until it is disposed time stands still. For work that takes longer than <see cref="SimOptions.Settle"/>. Any thread.</summary>
    public IDisposable BeginWork()
    {
        Interlocked.Increment(ref _openWork);
        return new Work(this);
    }

    /// <summary>
    /// Lets time go on until an application has done, on threads of its own. Time stands still while stacks have something to do, while work that was registered
    /// by <see cref="BeginWork"/> is open, and for <see cref="SimOptions.Settle"/> of real time after stacks and application last spoke to each other. So bytes
    /// repeat with a seed, and with <see cref="SimOptions.Keying"/> by flow the faults that a flow meets; the exact times, and <see cref="Trace"/>, do not.
    /// </summary>
    /// <param name="application">What the application does.</param>
    /// <param name="within">The time of the world that it may take.</param>
    /// <exception cref="SimFailureException">It takes longer, or waits for what is not in the world for longer than <see cref="SimOptions.Patience"/>.</exception>
    public void RunApplication(Task application, TimeSpan within)
    {
        var end = Clock.Now + within;
        Volatile.Write(ref _runningThread, Environment.CurrentManagedThreadId);
        try
        {
            _ = application.ContinueWith(static (_, state) => ((SimWorld)state!)._knocked.Set(), this, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            ScheduleAll();
            while (!application.IsCompleted)
            {
                TakeKnocks();
                if (HasEventUntil(Clock.Now))
                {
                    Step();
                }
                else if (Settle() && !application.IsCompleted)
                {
                    GoOn(end);
                }
            }
        }
        finally
        {
            Volatile.Write(ref _runningThread, 0);
            TakeKnocks();
        }

        application.GetAwaiter().GetResult();
    }

    /// <summary>The application asks something of a host. Any thread.</summary>
    internal void Knock(SimHost host)
    {
        _knocks.Enqueue(host);
        _knocked.Set();
    }

    private bool HasEventUntil(Instant time) => _events.TryPeek(out _, out var next) && next.Time <= time;

    private void TakeKnocks()
    {
        _knocked.Reset();
        while (_knocks.TryDequeue(out var host))
        {
            Reschedule(host);
        }
    }

    /// <summary>Waits until the application is quiet; false when it asks for something.</summary>
    private bool Settle()
    {
        var patience = _options.Patience;
        while (!_knocked.Wait(_options.Settle))
        {
            if (Volatile.Read(ref _openWork) == 0 && ThreadPool.PendingWorkItemCount == 0)
            {
                return true;
            }

            patience -= _options.Settle;
            if (patience < TimeSpan.Zero)
            {
                Fail("the application is busy and does not come to an end");
            }
        }

        return false;
    }

    private void GoOn(Instant end)
    {
        if (HasEventUntil(end))
        {
            Step();
        }
        else if (!_knocked.Wait(_options.Patience))
        {
            Fail($"the application has not done, and nothing happens in the world until {end.Nanoseconds / 1e9:0.000} s");
        }
    }

    private sealed class Work(SimWorld world) : IDisposable
    {
        private int _isDone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDone, 1) == 0)
            {
                Interlocked.Decrement(ref world._openWork);
                world._knocked.Set();
            }
        }
    }
}
