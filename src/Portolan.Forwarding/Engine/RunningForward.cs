using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Targets;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>A forward that runs: what its workers share.</summary>
internal sealed class RunningForward
{
    private readonly ForwardCounters[] _counters;
    private readonly Func<long> _now;
    private volatile ForwardRules _rules;
    private volatile bool _isGone;
    private int _active;
    private int _isWaitedFor;

    /// <summary>Puts it together.</summary>
    /// <param name="spec">What it is to do.</param>
    /// <param name="threads">How many workers it has.</param>
    /// <param name="now">The engine's clock in milliseconds.</param>
    public RunningForward(ForwardSpec spec, int threads, Func<long> now)
    {
        (Asked, _now) = (spec, now);
        _rules = new ForwardRules(spec, [.. spec.Targets.Select(static t => new ForwardTarget(t))], now);
        _counters = [.. Enumerable.Range(0, threads).Select(static _ => new ForwardCounters())];
    }

    /// <summary>What it is to do, as it was asked for: port 0 where the kernel is to choose.</summary>
    public ForwardSpec Asked { get; private set; }

    /// <summary>Whether it has ended, and only connections that began before go on.</summary>
    public bool IsGone
    {
        get => _isGone;
        set => _isGone = value;
    }

    /// <summary>What holds for new connections.</summary>
    public ForwardRules Rules => _rules;

    /// <summary>What it is to do; once it listens, with the port that the kernel chose where none was named.</summary>
    public ForwardSpec Spec => _rules.Spec;

    /// <summary>Where it forwards to.</summary>
    public TargetGroup Targets => _rules.Targets;

    /// <summary>The listening descriptor; -1 before and after.</summary>
    public int Listener { get; set; } = -1;

    /// <summary>The file of the listening Unix socket; <c>null</c> where there is none.</summary>
    public SocketFile? File { get; set; }

    /// <summary>Whether the listening socket is one of IPv6, which may take IPv4 too.</summary>
    public bool ListensOnIPv6 { get; set; }

    /// <summary>How many connections are open.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>It listens. Before the workers start.</summary>
    public void Bind(ListenPoint bound) => _rules.Bind(bound);

    /// <summary>Gives targets their addresses.</summary>
    /// <param name="addressesOf">The addresses of those that are names; none where they are told later.</param>
    public void SetAddresses(Func<TargetPoint, IReadOnlyList<InternetAddress>> addressesOf) => SetAddresses(Targets.All, addressesOf);

    private static void SetAddresses(IEnumerable<ForwardTarget> targets, Func<TargetPoint, IReadOnlyList<InternetAddress>> addressesOf)
    {
        foreach (var target in targets)
        {
            var point = target.Point;
            RelayAddress[] addresses =
                point.Path is { } path ? [RelayAddress.OfPath(path)]
                : point.Address is { } address ? RelayAddress.Of(address, point.Port, point.Zone) is { } one ? [one] : []
                : [.. addressesOf(point).Select(a => RelayAddress.Of(a, point.Port))];
            if (addresses.Length > 0)
            {
                target.SetAddresses(addresses);
            }
        }
    }

    /// <summary>From now on new connections are treated so. What is known of targets that stay is kept.</summary>
    /// <param name="spec">What it is to do.</param>
    /// <param name="addressesOf">The addresses of targets that are names.</param>
    public void Change(ForwardSpec spec, Func<TargetPoint, IReadOnlyList<InternetAddress>> addressesOf)
    {
        var known = Targets.All.ToLookup(static t => t.Point);
        var targets = spec.Targets.Select(
            (point, i) => known[point].ElementAtOrDefault(spec.Targets.Take(i).Count(p => p == point))
                ?? new ForwardTarget(point)).ToList();
        if (spec.Options.Check is null)
        {
            targets.ForEach(static t => t.ForgetCheck());
        }

        var rules = new ForwardRules(spec, targets, _now);
        rules.Bind(Spec.Listen);
        SetAddresses(targets, addressesOf);
        Asked = spec;
        _rules = rules;
    }

    /// <summary>Begins a connection, unless there are as many as may be.</summary>
    public bool TryBegin()
    {
        if (Interlocked.Increment(ref _active) <= (Spec.Options.Limit ?? int.MaxValue))
        {
            return true;
        }

        Interlocked.Decrement(ref _active);
        return false;
    }

    /// <summary>Begins a flow of datagrams, whose number its listener bounds.</summary>
    public void BeginFlow() => Interlocked.Increment(ref _active);

    /// <summary>A connection is over.</summary>
    /// <returns>Whether a caller waits for that.</returns>
    public bool End()
    {
        Interlocked.Decrement(ref _active);
        return Volatile.Read(ref _isWaitedFor) != 0 && Interlocked.Exchange(ref _isWaitedFor, 0) != 0;
    }

    /// <summary>A caller waits for the end of a connection.</summary>
    public void WaitForEnd() => Volatile.Write(ref _isWaitedFor, 1);

    /// <summary>The counters of one worker.</summary>
    public ForwardCounters CountersOf(Worker worker) => _counters[worker.Number];

    /// <summary>What was counted until now.</summary>
    public ForwardTotals Totals()
    {
        var totals = new ForwardTotals { Active = Active };
        foreach (var counters in _counters)
        {
            counters.AddTo(totals);
        }

        return totals;
    }
}
