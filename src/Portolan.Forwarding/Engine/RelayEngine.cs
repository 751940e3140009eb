using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Targets;
using Portolan.Forwarding.Udp;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>Runs forwards: a few threads, each with an epoll set and connections of its own.</summary>
public sealed partial class RelayEngine : IForwardEngine
{
    /// <summary>Descriptors that the rest of the program needs: name lookups, checks, metrics.</summary>
    private const int OtherDescriptors = 48;

    /// <summary>Milliseconds in which a shortage that comes again is not told again.</summary>
    private const long ShortagePause = 60_000;

    private readonly TimeProvider _clock;
    private readonly LossNews _losses;
    private readonly long _startedAt;
    private readonly List<Worker> _workers = [];
    private volatile RunningForward[] _forwards;
    private int _isShort;
    private int _isShortTold;
    private long _toldShortAt = -1;
    private int _isWaiting;
    private bool _isStopped;
    private volatile bool _isHurried;

    /// <summary>Makes it; nothing is opened yet.</summary>
    /// <param name="forwards">What it is to do.</param>
    /// <param name="threads">How many threads; from 1.</param>
    /// <param name="observer">Receives the events.</param>
    /// <param name="clock">The clock.</param>
    public RelayEngine(IReadOnlyList<ForwardSpec> forwards, int threads, IRelayObserver observer, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(forwards);
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
        _startedAt = clock.GetTimestamp();
        Observer = observer;
        _losses = new LossNews(observer);
        RelaySocket.IgnoreBrokenPipes();
        DescriptorLimit = RelaySocket.RaiseDescriptorLimit(DescriptorEstimate.Most);
        Budget = new DescriptorBudget(Math.Max(
            2,
            DescriptorLimit - RelaySocket.CountDescriptors() - OtherDescriptors - forwards.Count - (DescriptorEstimate.OfThread * threads)));
        _forwards = [.. forwards.Select(spec => new RunningForward(spec, threads, Now))];
        Threads = threads;
    }

    /// <summary>How many threads it has.</summary>
    public int Threads { get; }

    /// <summary>How many descriptors this process may have open.</summary>
    public int DescriptorLimit { get; }

    /// <inheritdoc/>
    public (long Used, long Limit)? Descriptors => (Budget.Used, Budget.Limit);

    /// <inheritdoc/>
    public IReadOnlyList<ForwardSpec> Forwards => [.. _forwards.Select(f => f.IsGone ? f.Spec with { Targets = [] } : f.Spec)];

    internal IRelayObserver Observer { get; }

    internal DescriptorBudget Budget { get; }

    internal IReadOnlyList<RunningForward> Running => _forwards;

    internal IReadOnlyList<Worker> Workers => _workers;

    /// <summary>Room for flows of datagrams. Before <see cref="Start"/>.</summary>
    internal FlowRoom FlowRoom { get; set; } = FlowRoom.OfMemory();

    /// <summary>How an end that vanished is noticed. Before <see cref="Start"/>.</summary>
    internal KeepAlive KeepAlive { get; set; } = KeepAlive.Usual;

    /// <summary>When flows of datagrams end before their idle time. Before <see cref="Start"/>.</summary>
    internal FlowTimes FlowTimes { get; set; } = FlowTimes.Usual;

    /// <inheritdoc/>
    public void Open()
    {
        try
        {
            foreach (var forward in _forwards)
            {
                Listeners.Open(forward, []);
            }
        }
        catch (ListenException)
        {
            CloseListeners(static _ => true);
            throw;
        }
    }

    /// <inheritdoc/>
    public ListenPoint BoundTo(int forward) => _forwards[forward].Spec.Listen;

    /// <inheritdoc/>
    public void SetAddresses(int forward, int target, IReadOnlyList<InternetAddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        var one = _forwards[forward].Targets.All[target];
        one.SetAddresses([.. addresses.Select(a => RelayAddress.Of(a, one.Point.Port))]);
    }

    /// <inheritdoc/>
    public void SetCheck(int forward, int target, bool passed, string why)
    {
        var running = _forwards[forward];
        // A check may end when the forward has other targets already.
        if (running.Targets.All.ElementAtOrDefault(target) is { } one && one.SetCheck(passed))
        {
            Observer.TargetChanged(running.Spec, one.Point, passed, why);
        }
    }

    /// <inheritdoc/>
    public void Start()
    {
        foreach (var forward in _forwards)
        {
            forward.SetAddresses(static _ => []);
        }

        for (var i = 0; i < Threads; i++)
        {
            _workers.Add(new Worker(this, i, Now));
        }

        foreach (var forward in _forwards)
        {
            foreach (var (worker, listener) in ListenersOf(forward))
            {
                worker.Listeners.Add(listener);
            }
        }

        foreach (var worker in _workers)
        {
            worker.Start();
        }
    }

    /// <inheritdoc/>
    public void Hurry() => _isHurried = true;

    /// <inheritdoc/>
    /// <remarks>Listeners close after what waits in their queues was taken.</remarks>
    public int Stop(TimeSpan drain, Action<int>? progress = null)
    {
        if (_isStopped)
        {
            return 0;
        }

        _isStopped = true;
        using (var stopped = new CountdownEvent(Math.Max(1, _workers.Count)))
        {
            foreach (var worker in _workers)
            {
                worker.Ask(w =>
                {
                    w.Listeners.ForEach(a => a.Stop());
                    stopped.Signal();
                });
            }

            if (_workers.Count > 0)
            {
                stopped.Wait();
            }
        }

        // Sockets of datagrams stay open for flows that go on; each closes when the last of them is over.
        CloseListeners(static f => f.Spec.Protocol != TransportProtocol.Udp);
        var began = _clock.GetTimestamp();
        while (Active is var left and > 0 && !_isHurried && _clock.GetElapsedTime(began) < drain)
        {
            progress?.Invoke(left);
            Thread.Sleep(10);
        }

        var reset = ActiveConnections;
        foreach (var worker in _workers)
        {
            worker.Ask(static w => w.End());
        }

        foreach (var worker in _workers)
        {
            worker.Join();
        }

        _workers.ForEach(static w => w.Dispose());
        CloseListeners(static _ => true);
        return reset;
    }

    /// <summary>How many connections and flows are open.</summary>
    public int Active => _forwards.Sum(f => f.Active);

    /// <inheritdoc/>
    public int ActiveConnections => _forwards.Sum(f => f.Spec.Protocol == TransportProtocol.Udp ? 0 : f.Active);

    /// <inheritdoc/>
    public ForwardTotals Totals(int forward) => _forwards[forward].Totals();

    /// <inheritdoc/>
    public IReadOnlyList<TargetTotals> TargetTotals(int forward)
    {
        var now = Now();
        return [.. _forwards[forward].Targets.All.Select(t => new TargetTotals(t.Point, t.IsUp(now))
        {
            Active = t.Active,
            Connections = t.Connections,
            Failures = t.Failures,
        })];
    }

    /// <summary>Milliseconds since it was made.</summary>
    internal long Now() => (long)_clock.GetElapsedTime(_startedAt).TotalMilliseconds;

    /// <summary>Another worker that has clearly fewer connections, or <c>null</c>.</summary>
    internal Worker? LeastLoaded(Worker self, int imbalance)
    {
        Worker? best = null;
        var least = self.Load - imbalance;
        foreach (var worker in _workers)
        {
            if (worker.Load < least)
            {
                (best, least) = (worker, worker.Load);
            }
        }

        return best;
    }

    internal void TellTarget(RunningForward forward, ForwardTarget target, bool isUp, EndCause cause) =>
        Observer.TargetChanged(forward.Spec, target.Point, isUp, isUp ? "connections are accepted again" : EndCauseWords.Of(cause));

    /// <summary>Says that datagrams are lost: the first time at once, then once in a while.</summary>
    internal void TellLoss(RunningForward forward, EndCause cause, int errno, long buffer) =>
        _losses.Tell(forward.Spec, cause, errno, buffer, Now());

    /// <summary>Says it when it begins and when it is over; of what comes and goes, once in a while.</summary>
    internal void TellDescriptors(bool isShort)
    {
        if (Interlocked.Exchange(ref _isShort, isShort ? 1 : 0) == (isShort ? 1 : 0))
        {
            return;
        }

        if (isShort)
        {
            var (told, now) = (Volatile.Read(ref _toldShortAt), Now());
            if ((told < 0 || now - told >= ShortagePause) && Interlocked.CompareExchange(ref _toldShortAt, now, told) == told)
            {
                Volatile.Write(ref _isShortTold, 1);
                Observer.DescriptorsShort(isShort: true, DescriptorLimit);
            }
        }
        else if (Interlocked.Exchange(ref _isShortTold, 0) != 0)
        {
            Observer.DescriptorsShort(isShort: false, DescriptorLimit);
        }
    }

    /// <summary>Flows of datagrams that are silent give way to connections that wait.</summary>
    internal void AskForDescriptors()
    {
        foreach (var worker in Array.Exists(_forwards, static f => f.Spec.Protocol == TransportProtocol.Udp) ? _workers : [])
        {
            worker.Ask(static w => w.Listeners.ForEach(static l => (l as DatagramListener)?.GiveWay()));
        }
    }

    internal void WaitForDescriptors() => Volatile.Write(ref _isWaiting, 1);

    internal void ReleaseDescriptors(int count)
    {
        Budget.Release(count);
        if (Volatile.Read(ref _isWaiting) != 0 && Interlocked.Exchange(ref _isWaiting, 0) != 0)
        {
            ResumeListeners();
        }

        if (Volatile.Read(ref _isShort) != 0 && !Budget.IsShort)
        {
            TellDescriptors(isShort: false);
        }
    }

    internal void ResumeListeners()
    {
        foreach (var worker in _workers)
        {
            worker.ResumeListeners();
        }
    }

    private void CloseListeners(Func<RunningForward, bool> which)
    {
        foreach (var forward in _forwards.Where(which))
        {
            Listeners.Close(forward);
        }
    }
}
