using System.Collections.Concurrent;
using Portolan.Transport;

namespace Portolan.Lab.Running.Time;

/// <summary>
/// The one thread of a lab: drives its parts at their deadlines, runs what was posted, and waits. In virtual time it does not wait for
/// deadlines: time jumps to the next one once all is quiet.
/// </summary>
/// <remarks>
/// <see cref="Post"/>, <see cref="At"/>, <see cref="Knock"/> and <see cref="Stop"/> are for any thread, all else for the loop's own.
/// </remarks>
internal sealed class LabLoop : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>The real time that what was begun on the thread pool may take.</summary>
    private static readonly TimeSpan BegunPatience = TimeSpan.FromSeconds(30);

    /// <summary>Turns at one moment of virtual time that no lab needs.</summary>
    private const int MostTurns = 20_000_000;

    private readonly PriorityQueue<Entry, (Instant Time, long Order)> _events = new();
    private readonly ConcurrentQueue<(LabContext Context, SendOrPostCallback Call, object? State)> _posted = new();
    private readonly ConcurrentQueue<(Instant Due, Action Action)> _later = new();
    private readonly ConcurrentQueue<LabPart> _knocks = new();
    private readonly ConcurrentQueue<LabPart> _begunKnocks = new();
    private readonly List<LabPart> _knocking = [];
    private readonly ManualResetEventSlim _woken = new(initialState: false);
    private readonly LabContext _context;
    private readonly LabContext _bare;
    private readonly BegunWork _begun;
    private long _order;
    private int _owner;
    private volatile bool _isStopped;
    private volatile string? _foreign;
    private volatile bool _hasForeignTimer;

    internal LabLoop(bool isVirtual)
    {
        Clock = new LabClock(this, isVirtual);
        (_context, _bare) = (new LabContext(this), new LabContext(this, isBare: true));
        _begun = new BegunWork(Wake);
    }

    internal LabClock Clock { get; }

    /// <summary>Where the loop waits in real time, when something must be read by waiting for it; <c>null</c> for nowhere.</summary>
    internal Vantage? WaitPlace { get; set; }

    /// <summary>Threads other than the loop's, which virtual time must wait for.</summary>
    internal OtherThreads Others { get; } = new();

    /// <summary>Whether the calling thread may use what the loop drives: no thread runs it, or it does itself.</summary>
    internal bool IsOwner => Volatile.Read(ref _owner) is var thread && (thread == 0 || thread == Environment.CurrentManagedThreadId);

    /// <summary>Whether the calling thread is the loop's, or one of the pool that runs what was begun on the loop's.</summary>
    internal bool IsOwn => IsOwner || _begun.IsMine;

    /// <summary>
    /// Where those go on in virtual time who have waited on the loop's thread without a context, such as <c>ConfigureAwait(false)</c>.
    /// </summary>
    internal SynchronizationContext? BareContext => Clock.IsVirtual && IsOwner ? _bare : null;

    /// <summary>Runs something on the loop's thread, after what was posted before.</summary>
    internal void Post(SendOrPostCallback call, object? state) => PostAs(_context, call, state);

    /// <summary>
    /// Runs what was waited for on the loop's thread; in virtual time, when it was another thread that ended the wait, once all other
    /// threads are quiet.
    /// </summary>
    /// <param name="call">It.</param>
    /// <param name="state">What it is called with.</param>
    /// <param name="context">Whose it is.</param>
    internal void Continue(SendOrPostCallback call, object? state, LabContext context)
    {
        if (Clock.IsVirtual && !IsOwner && !IsBegun)
        {
            NoticeForeign($"{Waiting.NameOf(call, state)} waits for what another thread does");
            Others.Call(call, state, context);
            Wake();
            return;
        }

        PostAs(context, call, state);
    }

    /// <summary>Who waits for something that is not the lab's, as far as that shows; <c>null</c> for none.</summary>
    internal string? Foreign => _foreign;

    /// <summary>
    /// Whether another thread has set a timer of the lab, where no other threads work in it: what it does with it cannot repeat.
    /// </summary>
    internal bool HasForeignTimer
    {
        get => _hasForeignTimer;
        private set => _hasForeignTimer = value;
    }

    /// <summary>Forgets what was noticed before.</summary>
    internal void ForgetForeign() => (_foreign, _hasForeignTimer) = (null, false);

    /// <summary>Another thread has ended a wait. Where no other threads work in the lab, the wait was for nothing of the lab's.</summary>
    internal void NoticeForeign(string who)
    {
        if (!Others.WereThere)
        {
            _foreign ??= who;
        }
    }

    /// <summary>Gives something outside the lab some real time to show itself, while the lab stands still.</summary>
    /// <param name="isOver">Whether it has, by another sign.</param>
    /// <param name="patience">The real time.</param>
    internal void AwaitForeign(Func<bool> isOver, TimeSpan patience)
    {
        var from = TimeProvider.System.GetTimestamp();
        Volatile.Write(ref _owner, Environment.CurrentManagedThreadId);
        try
        {
            while (_foreign is null && !isOver() && TimeProvider.System.GetElapsedTime(from) < patience)
            {
                _woken.Reset();
                _woken.Wait(TimeSpan.FromMilliseconds(10));
            }
        }
        finally
        {
            Volatile.Write(ref _owner, 0);
        }
    }

    /// <summary>Runs something on the loop's thread at a time.</summary>
    internal void At(Instant due, Action action)
    {
        if (IsOwner)
        {
            _events.Enqueue(new Entry(null, action), (due, _order++));
            return;
        }

        HasForeignTimer |= Clock.IsVirtual && !Others.WereThere && !IsOwn;
        _later.Enqueue((due, action));
        Wake();
    }

    /// <summary>
    /// A part wants to run as soon as may be. In virtual time it waits, when another thread says so, until all other threads are quiet, and
    /// the parts then run in an order of their own: which thread was first must change nothing.
    /// </summary>
    internal void Knock(LabPart part)
    {
        if (Clock.IsVirtual && IsBegun)
        {
            _begunKnocks.Enqueue(part);
        }
        else if (Clock.IsVirtual && !IsOwner)
        {
            Others.Knock(part);
        }
        else
        {
            _knocks.Enqueue(part);
        }

        Wake();
    }

    /// <summary>Looks at a part's deadline anew.</summary>
    internal void Schedule(LabPart part)
    {
        var deadline = part.NextDeadline;
        if (deadline < part.Scheduled)
        {
            var now = Clock.Now;
            deadline = deadline > now ? deadline : now;
            part.Scheduled = deadline;
            if (deadline == part.Queued)
            {
                return;
            }

            _events.Enqueue(new Entry(part, null), (deadline, _order++));
            part.Queued = deadline > now ? deadline : part.Queued;
        }
    }

    /// <summary>Ends <see cref="Run"/> soon.</summary>
    internal void Stop()
    {
        _isStopped = true;
        Wake();
    }

    /// <summary>Drives the lab until something holds, it is stopped, or the time is there.</summary>
    /// <param name="isDone">Asked after each turn.</param>
    /// <param name="end">The latest time.</param>
    /// <returns>False when the time came first.</returns>
    internal bool Run(Func<bool> isDone, Instant end)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        Volatile.Write(ref _owner, Environment.CurrentManagedThreadId);
        using var begun = Clock.IsVirtual ? _begun.Enter() : null;
        try
        {
            var (moment, turns) = (Clock.Now, 0);
            while (!_isStopped && !isDone())
            {
                if (!Turn())
                {
                    if (!GoOn(end))
                    {
                        return false;
                    }
                }
                else if (!Clock.IsVirtual)
                {
                    // However much there is to do inside, the world outside has its turn, and the end comes.
                    WaitPlace?.Wait(TimeSpan.Zero);
                    if (Clock.Now >= end)
                    {
                        return false;
                    }
                }
                else if (Clock.Now != moment)
                {
                    (moment, turns) = (Clock.Now, 0);
                }
                else if (++turns > MostTurns)
                {
                    throw new InvalidOperationException(
                        "the lab's time stands still: a host answers itself endlessly over links without latency");
                }
            }

            return true;
        }
        finally
        {
            Volatile.Write(ref _owner, 0);
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void PostAs(LabContext context, SendOrPostCallback call, object? state)
    {
        _posted.Enqueue((context, call, state));
        Wake();
    }

    /// <summary>Does what there is to do now; false when there is nothing.</summary>
    private bool Turn()
    {
        var any = false;
        AwaitBegun();
        while (_later.TryDequeue(out var later))
        {
            _events.Enqueue(new Entry(null, later.Action), (later.Due, _order++));
        }

        TakeKnocks();

        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var posted); left--)
        {
            posted.Context.Run(posted.Call, posted.State);
            any = true;
        }

        var now = Clock.Now;
        for (var left = _events.Count; left > 0 && _events.TryPeek(out _, out var next) && next.Time <= now; left--)
        {
            RunNext(now);
            any = true;
        }

        return any;
    }

    /// <summary>Whether the calling thread of the pool runs what was begun here, and no other threads work in the lab.</summary>
    private bool IsBegun => _begun.IsMine && !IsOwner && !Others.WereThere;

    /// <summary>Lets what was begun on the thread pool come to its end, or to where it waits for a stack of the lab.</summary>
    private void AwaitBegun()
    {
        if (!_begun.AwaitEnd(_woken, BegunPatience) && !Others.WereThere)
        {
            throw new InvalidOperationException(
                "what was begun on the thread pool in the lab does not end: it blocks, or never awaits anything");
        }
    }

    /// <summary>Takes knocks in the order of the parts, for what ran before may have run in any order.</summary>
    private void TakeKnocks()
    {
        while (_knocks.TryDequeue(out var part))
        {
            _knocking.Add(part);
        }

        while (_begunKnocks.TryDequeue(out var part))
        {
            part.Release();
            _knocking.Add(part);
        }

        _knocking.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        _knocking.ForEach(Schedule);
        _knocking.Clear();
    }

    private void RunNext(Instant now)
    {
        _events.TryDequeue(out var next, out var at);
        if (next.Part is not { } part)
        {
            next.Action!();
            return;
        }

        part.Queued = part.Queued == at.Time ? Instant.Never : part.Queued;
        if (part.Scheduled == at.Time)
        {
            part.Scheduled = Instant.Never;
            part.Run(now);
            Schedule(part);
        }
    }

    /// <summary>Waits for the next event, or lets time jump there; false when it lies behind the end.</summary>
    private bool GoOn(Instant end)
    {
        var next = _events.TryPeek(out _, out var at) ? at.Time : Instant.Never;
        if (!Clock.IsVirtual)
        {
            var latest = Instant.Earlier(next, end);
            var now = Clock.Now;
            if (now >= end)
            {
                return false;
            }

            Wait(latest == Instant.Never || latest - now > LongestWait ? LongestWait : latest - now);
            return true;
        }

        if (Others.AreThere && !Others.AreDone(IsQuietFor, Schedule))
        {
            return true;
        }

        if (next > end || next == Instant.Never)
        {
            if (end == Instant.Never)
            {
                // Another program must say what happens next.
                Wait(LongestWait);
                return true;
            }

            Clock.AdvanceTo(end);
            return false;
        }

        Clock.AdvanceTo(next);
        return true;
    }

    private bool IsQuiet =>
        _posted.IsEmpty && _knocks.IsEmpty && _begunKnocks.IsEmpty && _later.IsEmpty && ThreadPool.PendingWorkItemCount == 0;

    /// <summary>Whether nothing comes from anybody for a while.</summary>
    private bool IsQuietFor(TimeSpan time)
    {
        _woken.Reset();
        return IsQuiet && !_woken.Wait(time) && IsQuiet;
    }

    private void Wait(TimeSpan timeout)
    {
        if (WaitPlace is { } place)
        {
            place.Wait(timeout);
            return;
        }

        // Waits are counted in whole milliseconds; what is due sooner is looked for again and again.
        if (timeout >= TimeSpan.FromMilliseconds(1))
        {
            _woken.Wait(timeout);
        }

        _woken.Reset();
    }

    private void Wake()
    {
        _woken.Set();
        WaitPlace?.Wake();
    }

    public void Dispose() => _woken.Dispose();

    private readonly record struct Entry(LabPart? Part, Action? Action);
}
