using Portolan.Firewall.Changing;
using Portolan.Firewall.Connections;
using Portolan.Firewall.Forwarding;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Kernel;

/// <summary>
/// Has the kernel forward packets: destination NAT and masquerading, with the settings they need. This program only looks after it.
/// </summary>
/// <remarks>
/// It holds the ports with sockets that do not listen, so that no other program gets them, and what no rule takes is refused as at a closed
/// port. The rules go with this process however it ends; see <see cref="ForwardSession"/>. <see cref="Open"/>, <see cref="Start"/>,
/// <see cref="Tend"/> and <see cref="Stop"/> are for one thread at a time, and for those of the network namespace in which it works.
/// </remarks>
public sealed class KernelEngine : IForwardEngine
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainPause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();

    /// <summary>Of the thread that ends it; taken before <see cref="_lock"/>, and held while connections go on.</summary>
    private readonly Lock _ending = new();
    private readonly IRelayObserver _observer;
    private readonly TimeProvider _clock;
    private readonly List<(int Descriptor, ListenPoint Bound)> _held = [];
    private readonly KernelTargetState[][] _targets;

    /// <summary>
    /// Forwards whose targets have other addresses than the kernel was told. A name may be the target of thousands: all of them are one
    /// transaction.
    /// </summary>
    private readonly HashSet<int> _stale = [];
    private ILookup<(byte Protocol, ushort Port), int> _byPort;
    private IReadOnlyList<ForwardTotals> _totals;
    private ForwardSession? _session;
    private long _tendedAt;
    private bool _hasWarned;
    private bool _isDraining;
    private volatile bool _isHurried;

    /// <summary>Makes it; nothing is changed yet.</summary>
    /// <param name="forwards">What it is to do; see <see cref="KernelDemands"/>.</param>
    /// <param name="observer">Receives the events.</param>
    /// <param name="clock">The clock.</param>
    public KernelEngine(IReadOnlyList<ForwardSpec> forwards, IRelayObserver observer, TimeProvider clock)
    {
        (Forwards, _observer, _clock) = (forwards, observer, clock);
        _targets = [.. forwards.Select(f => f.Targets.Select(t => new KernelTargetState(t)).ToArray())];
        _totals = [.. forwards.Select(_ => new ForwardTotals())];
        _byPort = ByPort();
    }

    /// <inheritdoc/>
    public IReadOnlyList<ForwardSpec> Forwards { get; }

    /// <inheritdoc/>
    public int ActiveConnections => (int)Forwards.Select((f, i) => f.Protocol == TransportProtocol.Tcp ? _totals[i].Active : 0).Sum();

    /// <inheritdoc/>
    public (long Used, long Limit)? Descriptors => null;

    /// <summary>The name of the table, once it is there.</summary>
    public string? TableName => _session?.Rules.TableName;

    /// <summary>The settings that it has changed.</summary>
    public IReadOnlyList<HostSetting> Changed => _session?.Changed ?? [];

    /// <summary>What a killed forward had left, and was changed back at the start.</summary>
    public IReadOnlyList<HostSetting> Restored => _session?.Restored ?? [];

    /// <inheritdoc/>
    public void Open()
    {
        try
        {
            foreach (var forward in Forwards)
            {
                var (descriptor, bound, _) = Listeners.Take(forward, listens: false);
                _held.Add((descriptor, bound));
            }

            _byPort = ByPort();
        }
        catch (ListenException)
        {
            Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public ListenPoint BoundTo(int forward) => forward < _held.Count ? _held[forward].Bound : Forwards[forward].Listen;

    /// <inheritdoc/>
    public void SetAddresses(int forward, int target, IReadOnlyList<InternetAddress> addresses)
    {
        lock (_lock)
        {
            if (_targets[forward][target].SetAddresses(addresses))
            {
                _stale.Add(forward);
            }
        }
    }

    /// <inheritdoc/>
    public void SetCheck(int forward, int target, bool passed, string why)
    {
        lock (_lock)
        {
            if (!_targets[forward][target].SetCheck(passed))
            {
                return;
            }

            Load(forward);
        }

        _observer.TargetChanged(Forwards[forward], Forwards[forward].Targets[target], passed, why);
    }

    /// <inheritdoc/>
    public void Start()
    {
        lock (_lock)
        {
            IReadOnlyList<KernelForward> forwards = [.. Forwards.Select((_, i) => Forward(i))];
            _session = ForwardSession.Open(forwards, Needs(forwards));
            _stale.Clear();
            _tendedAt = _clock.GetTimestamp();
        }
    }

    /// <inheritdoc/>
    public void Tend()
    {
        lock (_lock)
        {
            var isDue = _clock.GetElapsedTime(_tendedAt) >= Interval;
            if (_session is null || (!isDue && _stale.Count == 0))
            {
                return;
            }

            _tendedAt = isDue ? _clock.GetTimestamp() : _tendedAt;
            try
            {
                LoadStale();
                if (!isDue)
                {
                    return;
                }

                _session.Renew(Needs(_session.Rules.Forwards));
                Count();
                _hasWarned = false;
            }
            catch (Exception exception) when (exception is PortolanException or LinuxException)
            {
                // The rules work on without this program; the next time it may succeed.
                if (!_hasWarned)
                {
                    _hasWarned = true;
                    _observer.Warned($"the kernel's forwards cannot be monitored: {exception.Message}");
                }
            }
        }
    }

    /// <inheritdoc/>
    public ForwardTotals Totals(int forward) => Volatile.Read(ref _totals)[forward];

    /// <inheritdoc/>
    public IReadOnlyList<TargetTotals> TargetTotals(int forward)
    {
        lock (_lock)
        {
            return [.. _targets[forward].Select(t => new TargetTotals(t.Point, t.IsUp))];
        }
    }

    /// <inheritdoc/>
    public void Hurry() => _isHurried = true;

    /// <inheritdoc/>
    /// <remarks>What is left after the time given is forgotten by the kernel: the next packet of either end is refused.</remarks>
    public int Stop(TimeSpan drain, Action<int>? progress = null)
    {
        if (drain <= TimeSpan.Zero)
        {
            // Also where another thread ends it already, and lets connections go on.
            Hurry();
        }

        lock (_ending)
        {
            if (_session is null)
            {
                Release();
                return 0;
            }

            var reset = 0;
            try
            {
                Drain(drain, progress);
                reset = ActiveConnections;
                Forget();
            }
            finally
            {
                ForwardSession session;
                lock (_lock)
                {
                    (session, _session) = (_session, null);
                }

                try
                {
                    session.Dispose();
                }
                finally
                {
                    Release();
                }
            }

            return reset;
        }
    }

    /// <summary>Leads nobody on any more but those who are, for some time. Who asks how they are is answered meanwhile.</summary>
    private void Drain(TimeSpan drain, Action<int>? progress)
    {
        lock (_lock)
        {
            _isDraining = true;
            _session!.Rules.RemoveAllTargets();
            Count();
        }

        var began = _clock.GetTimestamp();
        while (ActiveConnections is var left and > 0 && !_isHurried && _clock.GetElapsedTime(began) < drain)
        {
            progress?.Invoke(left);
            Thread.Sleep(DrainPause);
            lock (_lock)
            {
                Count();
            }
        }
    }

    /// <summary>What the kernel would be asked to do.</summary>
    /// <param name="forwards">The forwards.</param>
    /// <param name="addressesOf">The addresses of a target, the best first.</param>
    public static IReadOnlyList<KernelForward> Plan(
        IReadOnlyList<ForwardSpec> forwards, Func<TargetPoint, IReadOnlyList<InternetAddress>> addressesOf) =>
    [
        .. forwards.Select(f => Forward(f, f.Listen, f.Targets.Select(t =>
        {
            var state = new KernelTargetState(t);
            state.SetAddresses(addressesOf(t));
            return state;
        }).ToArray())),
    ];

    /// <summary>The settings that forwards need, on this host.</summary>
    public static ForwardNeeds Needs(IReadOnlyList<KernelForward> forwards) => ForwardNeeds.Of(forwards, OwnAddresses.Contains);

    private static KernelForward Forward(ForwardSpec spec, ListenPoint listen, KernelTargetState[] targets)
    {
        // Where all checks fail, they may be wrong about it: all targets are as good as another.
        var up = Array.FindAll(targets, t => t.IsUp);
        return new KernelForward(spec.Protocol, listen.Port)
        {
            Address = listen.Address,
            Sources = spec.Options.Allow,
            Targets = [.. (up.Length > 0 ? up : targets).SelectMany(t => t.Ends())],
            KeepsSource = spec.Options.KeepsSource,
            NewPerSecond = (uint?)spec.Options.ConnectionsPerSecond,
        };
    }

    private KernelForward Forward(int index) => Forward(Forwards[index], BoundTo(index), _targets[index]);

    private void Load(int index)
    {
        if (!_isDraining)
        {
            _session?.Rules.SetTargets(index, Forward(index).Targets);
        }
    }

    private void LoadStale()
    {
        if (_stale.Count > 0 && !_isDraining)
        {
            List<int> stale = [.. _stale];
            // What the kernel refuses it refuses again: the next addresses are another matter.
            _stale.Clear();
            _session!.Rules.SetTargets([.. stale.Select(i => (i, Forward(i).Targets))]);
        }
    }

    private void Count()
    {
        var counts = _session!.Rules.ReadCounts();
        var active = new long[Forwards.Count];
        foreach (var connection in Tracked())
        {
            // Of a flow of datagrams nobody sees the end: the kernel forgets it when it was silent for long.
            if (IndexOf(connection) is { } index && (connection.IsOpen || Forwards[index].Protocol == TransportProtocol.Udp))
            {
                active[index]++;
            }
        }

        Volatile.Write(ref _totals,
        [
            .. counts.Select((c, i) => new ForwardTotals
            {
                Connections = (long)c.Connections,
                Active = active[i],
                BytesUp = (long)c.BytesUp,
                BytesDown = (long)c.BytesDown,
                PacketsUp = (long)c.PacketsUp,
                PacketsDown = (long)c.PacketsDown,
            }),
        ]);
    }

    private void Forget()
    {
        using var channel = RuleChanger.OpenKernel();
        var tracker = new ConnectionTracker(channel);
        foreach (var connection in tracker.List(c => IndexOf(c) is not null, CancellationToken.None))
        {
            // One that ended meanwhile is not there any more.
            _ = tracker.Forget(connection, CancellationToken.None);
        }
    }

    private IReadOnlyList<TrackedConnection> Tracked()
    {
        using var channel = RuleChanger.OpenKernel();
        return new ConnectionTracker(channel).List(c => IndexOf(c) is not null, CancellationToken.None);
    }

    private ILookup<(byte Protocol, ushort Port), int> ByPort() =>
        Enumerable.Range(0, Forwards.Count).ToLookup(i => ((byte)Forwards[i].Protocol, BoundTo(i).Port.Value));

    private int? IndexOf(TrackedConnection connection)
    {
        if (!connection.IsLedOn)
        {
            return null;
        }

        int? every = null;
        foreach (var i in _byPort[(connection.Protocol, connection.DestinationPort)])
        {
            if (Forwards[i].Listen.Address == connection.Destination)
            {
                return i;
            }

            if (Forwards[i].Listen.Address is null or { IsUnspecified: true }
                && (Forwards[i].Listen.Address is not { } all || all.IsIPv4 == connection.Destination.IsIPv4))
            {
                every = i;
            }
        }

        return every;
    }

    private void Release()
    {
        _held.ForEach(h => RelaySocket.Close(h.Descriptor));
        _held.Clear();
    }
}
