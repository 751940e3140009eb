using System.Diagnostics.Tracing;

namespace Portolan.Transport;

/// <summary>
/// What one application in virtual time has begun on the thread pool and has not ended: its time stands still meanwhile. Every item that
/// the application, or such an item, queues is counted from that moment to its end, by the runtime's own events of the thread pool: of
/// <c>Task.Run</c>, a channel, <c>Parallel.ForEachAsync</c>, and of <c>ConfigureAwait(false)</c> inside the framework. Timers of real
/// time, sockets and threads are not of it: they are what the application waits for outside.
/// </summary>
/// <param name="wake">Called on any thread when nothing is under way any more, or what is only waits for the stacks.</param>
internal sealed class BegunWork(Action wake)
{
    /// <summary>How long the driving thread waits before it looks again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>How long an item that is in no queue of the pool counts as queued: then a thread that waited for it has run it.</summary>
    private static readonly TimeSpan LongestHandOver = TimeSpan.FromMilliseconds(200);

    /// <summary>How long an item waits for the one that runs, which may itself wait for this one.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(200);

    /// <summary>How long an item waits for one that was queued before it, which may be behind it in the same queue.</summary>
    private static readonly TimeSpan LongestPrecedence = TimeSpan.FromMilliseconds(10);

    private static readonly AsyncLocal<BegunWork?> Flow = new(static change => Follow(change.CurrentValue));

    /// <summary>Whose item the calling thread of the pool runs.</summary>
    [ThreadStatic]
    private static BegunWork? _current;

    /// <summary>Whether it is at it, not in a part of the item that has another context.</summary>
    [ThreadStatic]
    private static bool _isAtIt;

    private readonly Action _wake = wake;
    private readonly object _lock = new();

    /// <summary>Numbers of the items that have not begun: in a queue of the pool, or on a thread that waits for their turn.</summary>
    private readonly SortedSet<long> _waiting = [];

    /// <summary>Calls of a stack that items block in.</summary>
    private readonly List<Task> _calls = [];
    private int _running;
    private long _lastNumber;

    /// <summary>Whether the calling thread runs what it has begun.</summary>
    internal bool IsMine => _current == this;

    private bool IsUnderWay
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count > 0 || IsBusy;
            }
        }
    }

    /// <summary>Whether an item runs that does not block in a call of a stack. Under the lock.</summary>
    private bool IsBusy => _running > 0 && _running > _calls.Count(static call => !call.IsCompleted);

    /// <summary>Counts, until it is left, what the calling thread queues.</summary>
    /// <returns>What leaves it.</returns>
    internal Scope Enter()
    {
        PoolEvents.Start();
        var before = Flow.Value;
        Flow.Value = this;
        return new Scope(before);
    }

    /// <summary>Waits until all of it has ended, or blocks in calls of the stacks, for the thread that drives those.</summary>
    /// <param name="woken">What <c>wake</c> sets.</param>
    /// <param name="patience">How long, in real time.</param>
    /// <returns>False when it takes longer.</returns>
    internal bool AwaitEnd(ManualResetEventSlim woken, TimeSpan patience)
    {
        var from = 0L;
        var quietSince = 0L;
        while (IsUnderWay)
        {
            var now = TimeProvider.System.GetTimestamp();
            from = from == 0 ? now : from;
            if (TimeProvider.System.GetElapsedTime(from, now) > patience)
            {
                return false;
            }

            quietSince = !IsHandedOver() ? 0 : quietSince == 0 ? now : quietSince;
            if (quietSince != 0 && TimeProvider.System.GetElapsedTime(quietSince, now) > LongestHandOver)
            {
                PoolEvents.Forget(this);
            }

            woken.Reset();
            if (IsUnderWay)
            {
                woken.Wait(Pause);
            }
        }

        return true;
    }

    /// <summary>
    /// Waits for a call that a stack does, on a thread that may be one of the pool: what such a thread waits for is not under way.
    /// </summary>
    internal static T Await<T>(Task<T> call)
    {
        if (_current is not { } work || call.IsCompleted)
        {
            return call.GetAwaiter().GetResult();
        }

        work.Change(() => work._calls.Add(call));
        try
        {
            return call.GetAwaiter().GetResult();
        }
        finally
        {
            work.Change(() => work._calls.Remove(call));
        }
    }

    private static void Follow(BegunWork? work)
    {
        if (_current is { } mine && _isAtIt != (work == mine))
        {
            _isAtIt = !_isAtIt;
            mine.Change(() => mine._running += _isAtIt ? 1 : -1);
        }
    }

    /// <summary>
    /// Whether nothing runs, and no queue of the pool holds what has not begun. If that lasts, a thread that waited for a task has run it
    /// itself, which the runtime does not report.
    /// </summary>
    private bool IsHandedOver()
    {
        lock (_lock)
        {
            return !IsBusy && ThreadPool.PendingWorkItemCount == 0;
        }
    }

    /// <summary>
    /// Waits for the turn of an item that a thread of the pool has taken: one runs after the other, in the order in which they were queued,
    /// as far as the threads of the pool allow. Side by side their order would be chance.
    /// </summary>
    private void BeginTurn(long number)
    {
        var from = TimeProvider.System.GetTimestamp();
        lock (_lock)
        {
            while (true)
            {
                var limit = IsBusy ? LongestTurn : _waiting.Min < number ? LongestPrecedence : TimeSpan.Zero;
                var left = limit - TimeProvider.System.GetElapsedTime(from);
                if (left <= TimeSpan.Zero)
                {
                    break;
                }

                Monitor.Wait(_lock, left);
            }

            _waiting.Remove(number);
            _running++;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Changes the counts, and wakes those who wait for them.</summary>
    private void Change(Action change)
    {
        bool isUnderWay;
        lock (_lock)
        {
            change();
            isUnderWay = IsUnderWay;
            Monitor.PulseAll(_lock);
        }

        if (!isUnderWay)
        {
            _wake();
        }
    }

    /// <summary>While it is there the calling thread's work is counted.</summary>
    internal sealed class Scope(BegunWork? before) : IDisposable
    {
        public void Dispose() => Flow.Value = before;
    }

    /// <summary>
    /// Hears what is queued to the thread pool, on the thread that queues it, and what a thread of the pool takes, on that thread before it
    /// begins. It stays on once it was wanted: switched off and on it would miss items.
    /// </summary>
    private sealed class PoolEvents : EventListener
    {
        private const string SourceName = "System.Diagnostics.Eventing.FrameworkEventSource";
        private const int Enqueued = 30;
        private const int Dequeued = 31;

        /// <summary>Keyword of these events: ThreadPool.</summary>
        private const EventKeywords Keyword = (EventKeywords)2;

        private static readonly Lock Gate = new();

        /// <summary>By the hash of the item, the only name that the events have, and a number where several have one hash.</summary>
        private static readonly Dictionary<(long Hash, int Place), (BegunWork Owner, long Number)> Queued = [];

        private static readonly Lazy<PoolEvents?> Instance = new(Begin);
        private static volatile bool _isHeard;

        /// <summary>Sees to it that items are counted from now on; without events in this program none are.</summary>
        internal static void Start() => _ = Instance.Value;

        internal static void Forget(BegunWork owner)
        {
            lock (Gate)
            {
                while (Queued.FirstOrDefault(pair => pair.Value.Owner == owner) is { Value.Owner: not null } item)
                {
                    Remove(item.Key.Hash, item.Key.Place);
                    owner.Change(() => owner._waiting.Remove(item.Value.Number));
                }
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == SourceName)
            {
                EnableEvents(eventSource, EventLevel.Verbose, Keyword);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventId is not (Enqueued or Dequeued) || eventData.Payload is not [long hash, ..])
            {
                return;
            }

            _isHeard = true;
            if (eventData.EventId == Enqueued)
            {
                Add(hash);
            }
            else
            {
                Take(hash);
            }
        }

        private static PoolEvents? Begin()
        {
            if (AppContext.TryGetSwitch("System.Diagnostics.Tracing.EventSource.IsSupported", out var isSupported) && !isSupported)
            {
                return null;
            }

            // The pool looks whether it is listened to when a thread begins to look for items.
            var events = new PoolEvents();
            for (var i = 0; i < 100 && !_isHeard; i++)
            {
                using var done = new ManualResetEventSlim();
                ThreadPool.UnsafeQueueUserWorkItem(static done => done.Set(), done, preferLocal: false);
                done.Wait();
            }

            return events;
        }

        private static void Add(long hash)
        {
            if (Flow.Value is not { } owner)
            {
                return;
            }

            lock (Gate)
            {
                long number;
                lock (owner._lock)
                {
                    number = ++owner._lastNumber;
                    owner._waiting.Add(number);
                }

                for (var place = 0; !Queued.TryAdd((hash, place), (owner, number)); place++)
                {
                }
            }
        }

        private static void Take(long hash)
        {
            (_current, _isAtIt) = (null, false);
            BegunWork? owner;
            long number;
            lock (Gate)
            {
                (owner, number) = Remove(hash, 0);
            }

            if (owner is not null)
            {
                owner.BeginTurn(number);
                (_current, _isAtIt) = (owner, true);

                // The pool takes the context from its thread after each item, and calls Follow.
                Flow.Value = owner;
            }
        }

        private static (BegunWork? Owner, long Number) Remove(long hash, int place)
        {
            if (!Queued.Remove((hash, place), out var item))
            {
                return default;
            }

            for (; Queued.Remove((hash, place + 1), out var next); place++)
            {
                Queued.Add((hash, place), next);
            }

            return item;
        }
    }
}
