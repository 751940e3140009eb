using System.Collections.Concurrent;

namespace Portolan.Transport.Testing;

// Worlds with real application code, whose threads are not the world's: Kestrel, HttpClient, and whatever uses SimHost.Stack.
public sealed partial class SimWorld
{
    /// <summary>
    /// How long, in real time, something outside the world that an application waits for has to show itself before the application is taken
    /// for one that waits for nothing.
    /// </summary>
    private static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(2);

    private readonly ConcurrentQueue<SimHost> _knocks = new();
    private readonly ConcurrentQueue<(Instant Due, Action Action)> _later = new();
    private readonly ConcurrentQueue<(SendOrPostCallback Call, object? State, SimContext? Context)> _posted = new();
    private readonly ManualResetEventSlim _knocked = new(initialState: false);
    private readonly BegunWork _begun;
    private readonly SimContext _bare;
    private int _runningThread;
    private int _openWork;
    private bool _isForeign;
    private bool _isStrict;
    private volatile string? _foreign;
    private volatile bool _hasForeignTimer;

    /// <summary>Whether the calling thread may use the hosts: no thread runs the world, or it does itself.</summary>
    internal bool IsOwner =>
        Volatile.Read(ref _runningThread) is var thread && (thread == 0 || thread == Environment.CurrentManagedThreadId);

    /// <summary>Whether the calling thread is the world's, or runs on the thread pool what an application of the world has begun.</summary>
    internal bool IsOwn => IsOwner || _begun.IsMine;

    /// <summary>Where those go on who have waited without a context, while an application stays on the world's thread.</summary>
    internal SynchronizationContext? BareContext => _isStrict ? _bare : null;

    internal SimNames Names { get; }

    /// <summary>
    /// Lets time go on until an application has done. It begins on the world's thread, and what it awaits goes on there, in an order that
    /// repeats; what it or the framework queues to the thread pool ends before time goes on. The same seed makes the same world, event by
    /// event, with the same <see cref="Trace"/> and capture, also with Kestrel and <c>HttpClient</c>. What it waits for must be the
    /// world's: streams of its stacks, <see cref="Clock"/>'s timers, and its own tasks. Anything else, such as <c>Task.Delay</c> without
    /// <see cref="Clock"/> or a thread, would end at another moment each time: the world fails and names who waits for it. For those there
    /// is <see cref="RunApplication(Task, TimeSpan)"/>.
    /// </summary>
    /// <param name="application">What the application does. It is called on this thread.</param>
    /// <param name="within">The time of the world that it may take.</param>
    /// <exception cref="SimFailureException">It takes longer, waits for something outside the world, or blocks the thread pool for longer
    /// than <see cref="SimOptions.Patience"/>.</exception>
    /// <example>
    /// <code>
    /// world.RunApplication(
    ///     async () =&gt;
    ///     {
    ///         using var acceptor = server.Stack.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
    ///         await using var connection = await client.Stack.ConnectTcpAsync("server", 7);
    ///         await Task.Delay(TimeSpan.FromHours(1), world.Clock);
    ///     },
    ///     within: TimeSpan.FromHours(2));
    /// </code>
    /// </example>
    public void RunApplication(Func<Task> application, TimeSpan within)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(application);
        var end = Clock.Now + Allowed.Positive(within, nameof(within));
        var before = SynchronizationContext.Current;
        using var turn = new Turn(this);
        using var begun = _begun.Enter();
        SynchronizationContext.SetSynchronizationContext(null);
        (_isStrict, _foreign, _hasForeignTimer) = (true, null, false);
        try
        {
            Task? task = null;
            _posted.Enqueue(
                (_ => task = Watch(application() ?? throw new ArgumentException("the application gives no task", nameof(application))),
                    null, new SimContext(this, isBare: false)));
            ScheduleAll();
            while (task is not { IsCompleted: true })
            {
                FailIfForeign();
                AwaitBegun();
                TakeRequests();
                if (_posted.TryDequeue(out var posted))
                {
                    SynchronizationContext.SetSynchronizationContext(posted.Context);
                    posted.Call(posted.State);
                    SynchronizationContext.SetSynchronizationContext(null);
                }
                else if (HasEventUntil(end))
                {
                    Step();
                }
                else
                {
                    FailWaiting(end);
                }
            }

            FailIfForeign(atEnd: true);
            task.GetAwaiter().GetResult();
        }
        finally
        {
            _isStrict = false;
            _posted.Clear();
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>
    /// Says that the application is busy: until it is disposed time stands still. For work that takes longer than
    /// <see cref="SimOptions.Settle"/>. Any thread.
    /// </summary>
    /// <returns>The work; dispose it when it is done.</returns>
    /// <example>
    /// <code>
    /// using (world.BeginWork())
    /// {
    ///     Thread.Sleep(100);
    /// }
    /// </code>
    /// </example>
    public IDisposable BeginWork()
    {
        ThrowIfDisposed();
        Interlocked.Increment(ref _openWork);
        return new Work(this);
    }

    /// <summary>
    /// Lets time go on until an application has done that was begun before, on threads of its own. Time stands still while stacks have
    /// something to do, while work that was registered by <see cref="BeginWork"/> is open, and for <see cref="SimOptions.Settle"/> of real
    /// time after stacks and application last spoke to each other. So bytes repeat with a seed, and with <see cref="SimOptions.Keying"/> by
    /// flow the faults that a flow meets; the exact times, and <see cref="Trace"/>, do not.
    /// </summary>
    /// <param name="application">What the application does.</param>
    /// <param name="within">The time of the world that it may take.</param>
    /// <exception cref="SimFailureException">It takes longer, or waits for what is not in the world for longer than
    /// <see cref="SimOptions.Patience"/>.</exception>
    /// <example>
    /// <code>
    /// using var http = new HttpClient(client.Stack.CreateHttpHandler());
    /// world.RunApplication(http.GetStringAsync("http://server/"), within: TimeSpan.FromMinutes(1));
    /// </code>
    /// </example>
    public void RunApplication(Task application, TimeSpan within)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(application);
        var end = Clock.Now + Allowed.Positive(within, nameof(within));
        using var turn = new Turn(this);
        _isForeign = true;
        try
        {
            _ = application.ContinueWith(
                static (_, state) => ((SimWorld)state!)._knocked.Set(), this, CancellationToken.None, TaskContinuationOptions.None,
                TaskScheduler.Default);
            ScheduleAll();
            while (!application.IsCompleted)
            {
                _knocked.Reset();
                TakeRequests();
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
            _isForeign = false;
        }

        application.GetAwaiter().GetResult();
    }

    /// <summary>The application asks something of a host. Any thread.</summary>
    internal void Knock(SimHost host)
    {
        if (_isStrict && !IsOwn)
        {
            _foreign ??= $"another thread uses the stack of {host.Name}";
        }

        _knocks.Enqueue(host);
        _knocked.Set();
    }

    /// <summary>Lets something happen at a time. Any thread.</summary>
    internal void At(Instant due, Action action)
    {
        if (IsOwner)
        {
            _events.Enqueue(new Event(null, action), (due, _order++));
            return;
        }

        _hasForeignTimer |= _isStrict && !IsOwn;
        _later.Enqueue((due, action));
        _knocked.Set();
    }

    /// <summary>
    /// A timer is due: its callback is the application's code, which belongs on the application's threads where it has some. Time stands
    /// still until it has run.
    /// </summary>
    internal void Fire(Action callback)
    {
        if (!_isForeign)
        {
            callback();
            return;
        }

        var work = BeginWork();
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                using (state.work)
                {
                    state.callback();
                }
            },
            (work, callback),
            preferLocal: false);
    }

    /// <summary>What the application has waited for is there.</summary>
    /// <param name="call">Goes on.</param>
    /// <param name="state">Its state.</param>
    /// <param name="context">The context that it goes on in; <c>null</c> for none.</param>
    /// <param name="foreign">Who waited, when another thread than the world's has ended the wait; else <c>null</c>.</param>
    internal void Continue(SendOrPostCallback call, object? state, SimContext? context, string? foreign)
    {
        if (foreign is not null)
        {
            _foreign ??= $"{foreign} waits for what another thread does";
        }

        _posted.Enqueue((call, state, context));
        _knocked.Set();
    }

    private bool HasEventUntil(Instant time) => _events.TryPeek(out _, out var next) && next.Time <= time;

    /// <summary>Notices when another thread ends the application.</summary>
    private Task Watch(Task application)
    {
        _ = application.ContinueWith(
            _ =>
            {
                _foreign ??= IsOwn ? null : "another thread ends its task";
                _knocked.Set();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return application;
    }

    private void FailIfForeign(bool atEnd = false)
    {
        // Who waits for a timer that another thread has set is often known a little later, and says more.
        if ((_foreign ?? (atEnd && _hasForeignTimer ? "another thread sets a timer of the world" : null)) is { } foreign)
        {
            Fail($"the application waits for something outside the world: {foreign}. Let it wait for the world's stacks and Clock, or run "
                + $"it as a task on threads of its own");
        }
    }

    /// <summary>Lets what the application has begun on the thread pool come to its end, or to where it waits for the world.</summary>
    private void AwaitBegun()
    {
        if (!_begun.AwaitEnd(_knocked, _options.Patience))
        {
            FailIfForeign();
            Fail("what the application has begun on the thread pool does not end: it blocks, or never awaits anything");
        }
    }

    /// <summary>Nothing happens any more. Something outside may end soon, and shows what the application waits for.</summary>
    private void FailWaiting(Instant end)
    {
        _knocked.Reset();
        if (_posted.IsEmpty && _knocks.IsEmpty && _later.IsEmpty)
        {
            _knocked.Wait(_options.Patience < Suspicion ? _options.Patience : Suspicion);
        }

        FailIfForeign();
        if (_posted.IsEmpty && _knocks.IsEmpty && _later.IsEmpty)
        {
            FailIfForeign(atEnd: true);
            Fail(
                $"the application has not done, and nothing happens in the world until {end.Nanoseconds / 1e9:0.000} s: it waits for what "
                    + $"never happens in the world, or for something outside it");
        }
    }

    /// <summary>Takes what other threads have asked for.</summary>
    private void TakeRequests()
    {
        while (_later.TryDequeue(out var later))
        {
            _events.Enqueue(new Event(null, later.Action), (later.Due > Clock.Now ? later.Due : Clock.Now, _order++));
        }

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

    /// <summary>While it is there the calling thread runs the world, and others ask it.</summary>
    private readonly struct Turn : IDisposable
    {
        private readonly SimWorld _world;
        private readonly int _before;

        public Turn(SimWorld world)
        {
            (_world, _before) = (world, Volatile.Read(ref world._runningThread));
            if (_before != 0 && _before != Environment.CurrentManagedThreadId)
            {
                throw new InvalidOperationException("another thread runs the world");
            }

            Volatile.Write(ref world._runningThread, Environment.CurrentManagedThreadId);
            world.TakeRequests();
        }

        public void Dispose()
        {
            _world.TakeRequests();
            Volatile.Write(ref _world._runningThread, _before);
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
