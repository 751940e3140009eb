using System.Collections.Concurrent;
using System.Net.Sockets;
using Portolan.Transport.Links;

namespace Portolan.Transport;

// Who drives the stack: a thread of its own, or the program that made it driven. Other threads put work into a queue and wake the owner.
public sealed partial class NetworkStack
{
    /// <summary>
    /// How often those who go on at once may ask for something, be told and ask again before frames get their turn: to accept, to read and
    /// to close.
    /// </summary>
    private const int InlineRounds = 4;

    private readonly ConcurrentQueue<IStackWork> _work = new();
    private readonly List<TcpPipe> _changed = [];
    private readonly IStackDriver? _driver;
    private readonly Thread? _thread;
    private readonly ConcurrentQueue<IStackWork> _held = new();
    private int _isWakePending;
    private int _isReleaseAsked;
    private long _places;
    private Exception? _failure;

    /// <summary>
    /// Whether what other threads ask is held until <see cref="Release"/>, and then done in an order of its own, not in that in which they
    /// came: connections in the order in which they began. Of a driven stack, whose time others must not change by being first.
    /// </summary>
    internal bool HoldsWork { get; set; }

    /// <summary>Whether another program drives it by <see cref="Step"/>, and it has no thread of its own.</summary>
    internal bool IsDriven => _driver is not null;

    /// <summary>Where those go on who have waited without a context of their own; <c>null</c> for the usual place.</summary>
    internal SynchronizationContext? BareContext => _driver?.BareContext;

    /// <summary>
    /// Of a driven stack: when <see cref="Step"/> is wanted next, unless it is woken before. After a wake that is at once, work or not:
    /// no caller is woken again before the step that it was for.
    /// </summary>
    internal Instant NextDeadline =>
        _work.IsEmpty && Volatile.Read(ref _isWakePending) == 0 ? Instant.Earlier(Layers.Links.NextDeadline, _retryAt) : Layers.Ip.Now;

    /// <summary>
    /// Does what other threads asked for, takes frames, does what is due and sends. For whoever drives the stack, one thread at a time.
    /// </summary>
    /// <returns>How much there was to do: frames, and requests of other threads. 0 when the next call may wait for
    /// <see cref="NextDeadline"/>.</returns>
    internal int Step(Instant now)
    {
        Layers.Ip.AdvanceTo(now);
        RunRetries(now);
        var done = RunWork(now) + Layers.Links.Take(now);
        return done + Answer(now);
    }

    /// <summary>Asks something of the owner. Any thread.</summary>
    internal void Post(IStackWork work)
    {
        if (!HoldsWork || _driver?.IsOwner != false)
        {
            _work.Enqueue(work);
            Wake();
            return;
        }

        _held.Enqueue(work);
        if (Interlocked.Exchange(ref _isReleaseAsked, 1) == 0)
        {
            _driver?.Wake();
        }
    }

    /// <summary>Lets go of the work that is held. For the thread that drives the stack.</summary>
    internal void Release()
    {
        Interlocked.Exchange(ref _isReleaseAsked, 0);
        while (_held.TryDequeue(out var work))
        {
            _work.Enqueue(work);
        }
    }

    internal void Post(Action<Instant> action) => Post(new ActionWork(action));

    /// <summary>A connection has something to tell those who wait, once the stack is not in the middle of something.</summary>
    internal void MustTell(TcpPipe pipe) => _changed.Add(pipe);

    /// <summary>Does something on the owner's thread and waits for it.</summary>
    internal T Invoke<T>(Func<Instant, T> function)
    {
        if (_driver?.IsOwner ?? Thread.CurrentThread == _thread)
        {
            Layers.Ip.AdvanceTo(_options.Time.GetInstant());
            var result = function(Layers.Ip.Now);
            Layers.Ip.Flush();
            Wake();
            return result;
        }

        return BegunWork.Await(InvokeAsync(function));
    }

    /// <summary>Does something on the owner's thread.</summary>
    internal Task<T> InvokeAsync<T>(Func<Instant, T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(now =>
        {
            try
            {
                done.TrySetResult(function(now));
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                done.TrySetException(exception);
            }
        });

        // Calls that arrive after the last turn are never run.
        if (_isOver)
        {
            done.TrySetException(new ObjectDisposedException(_options.Name));
        }

        return done.Task;
    }

    private void Wake()
    {
        // The stack's own thread looks at the queue before it waits.
        if (Thread.CurrentThread != _thread && Interlocked.Exchange(ref _isWakePending, 1) == 0)
        {
            if (_driver is { } driver)
            {
                driver.Wake();
            }
            else
            {
                Layers.Links.Wake();
            }
        }
    }

    /// <summary>
    /// Notifies who waits, does what is due and sends. Who goes on at once is told first: its answers leave with those of the stack.
    /// </summary>
    /// <returns>How many requests there were.</returns>
    private int Answer(Instant now)
    {
        Layers.Ip.AdvanceTo(now);
        var done = 0;
        if (RunsInline)
        {
            for (var round = 0; round < InlineRounds && (_changed.Count > 0 || !_work.IsEmpty); round++)
            {
                // Those who go on take their time.
                TellChanged();
                now = _options.Time.GetInstant();
                Layers.Ip.AdvanceTo(now);
                done += RunWork(now);
            }
        }
        else if (!IsDriven)
        {
            done = RunWork(now);
        }

        Layers.Links.Send(now);
        TellChanged();
        return done;
    }

    private int RunWork(Instant now)
    {
        Interlocked.Exchange(ref _isWakePending, 0);
        var count = 0;

        if (HoldsWork && _work.Count > 1)
        {
            SortWork();
        }

        // What comes meanwhile waits for the next turn, so that frames get theirs.
        for (var left = _work.Count; left > 0 && _work.TryDequeue(out var work); left--)
        {
            work.Run(now);
            count++;
        }

        return count;
    }

    /// <summary>The next <see cref="IStackWork.Place"/>.</summary>
    internal long NextPlace() => Interlocked.Increment(ref _places);

    private void SortWork()
    {
        var all = new List<IStackWork>();
        while (_work.TryDequeue(out var work))
        {
            all.Add(work);
        }

        foreach (var work in all.OrderBy(static w => w.Place))
        {
            _work.Enqueue(work);
        }
    }

    private void TellChanged()
    {
        // Those who are notified inline may ask for more.
        for (var i = 0; i < _changed.Count; i++)
        {
            _changed[i].Tell();
        }

        _changed.Clear();
    }

    private void RunThread()
    {
        try
        {
            while (!MayStop(Layers.Ip.Now))
            {
                if (Step(_options.Time.GetInstant()) == 0 && _work.IsEmpty && !MayStop(Layers.Ip.Now)
                    && Layers.Links.WaitAndTake(_options.Time, Instant.Earlier(_retryAt, _endsAt)) > 0)
                {
                    Answer(_options.Time.GetInstant());
                }
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A link that fails for good, or a defect: the process goes on without this network, and everybody who waits is notified.
            _failure = exception;
        }

        EndAll();
    }

    /// <summary>Whether the stack has ended: what is asked now is never done.</summary>
    internal bool IsOver => _isOver;

    private SocketException FailureAsError() => new((int)SocketError.NetworkDown, $"the stack {_options.Name} failed: {_failure?.Message}");
}

/// <summary>Who drives a stack that has no thread of its own.</summary>
internal interface IStackDriver
{
    /// <summary>Whether the calling thread may use the stack's layers now; others wait until it is stepped.</summary>
    bool IsOwner { get; }

    /// <summary>
    /// Where those go on who have waited for a stream without a context of their own, such as <c>ConfigureAwait(false)</c>; <c>null</c> for
    /// the context of their caller.
    /// </summary>
    SynchronizationContext? BareContext { get; }

    /// <summary>
    /// <see cref="NetworkStack.Step"/> is wanted earlier than <see cref="NetworkStack.NextDeadline"/> said. Any thread. It returns at once.
    /// </summary>
    void Wake();
}

/// <summary>Something that another thread asks of the thread that owns a stack.</summary>
internal interface IStackWork
{
    void Run(Instant now);

    /// <summary>
    /// Where it stands among what came at once, where the order in which threads came must not count. Work of the same place keeps its
    /// order.
    /// </summary>
    long Place => 0;
}

internal sealed class ActionWork(Action<Instant> action) : IStackWork
{
    public void Run(Instant now) => action(now);
}
