using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>The trace of one host: the way to it by packets that get through, then where probes to its filtered ports end.</summary>
internal sealed class TraceTask
{
    private const int Window = 6;
    private const int FollowerWindow = 2;

    private readonly HostGroup _group;
    private readonly SharedHops _shared;
    private readonly List<(TraceProbe Probe, ReachabilityProbe Search)> _knocks = [];
    private readonly List<(ProbePort Port, FilterSearch Search)> _filtered = [];
    private readonly int _distance;
    private readonly bool _isSlow;
    private List<FilteredTrace> _named = [];
    private ReachSearch? _search;
    private HostTrace? _found;

    /// <summary>Prepares a trace.</summary>
    /// <param name="group">The hosts.</param>
    /// <param name="host">One of them.</param>
    /// <param name="probes">The packets to try.</param>
    /// <param name="shared">Hops of other traces.</param>
    /// <param name="isSlow">One probe at a time (<c>--scan-delay</c>).</param>
    public TraceTask(HostGroup group, int host, IReadOnlyList<TraceProbe> probes, SharedHops shared, bool isSlow)
    {
        (_group, Host, _shared, Probe) = (group, host, shared, probes[0]);
        (_distance, _isSlow) = (TraceTargets.DistanceOf(group, host), isSlow);
        if (probes.Count > 1)
        {
            _knocks.AddRange(probes.Select(static probe => (probe, new ReachabilityProbe())));
        }
    }

    /// <summary>The host's number.</summary>
    public int Host { get; }

    /// <summary>The packets that look for the host itself.</summary>
    public TraceProbe Probe { get; private set; }

    /// <summary>The trace of a host of the same network that went ahead; <c>null</c> for the first. Set before the first probe.</summary>
    public HostTrace? Leader { get; set; }

    /// <summary>Whether this task follows the probes to a filtered port; asked once for each.</summary>
    public required Func<ProbePort, bool> Follows { get; init; }

    /// <summary>No probe before this time.</summary>
    public long NotBefore { get; set; }

    /// <summary>The trace; <c>null</c> before it is done.</summary>
    public HostTrace? Result { get; private set; }

    // With a trace to compare with, hop by hop: where the way meets it, the rest is known.
    private ReachSearch Way =>
        _search ??= new ReachSearch(_distance, _isSlow ? 1 : Leader is null ? Window : FollowerWindow, _shared) { Like = Leader };

    /// <summary>When the next wait is over.</summary>
    public long NextAt
    {
        get
        {
            var next = _found is null ? Way.NextAt : long.MaxValue;
            foreach (var (_, knock) in _knocks)
            {
                next = Math.Min(next, knock.NextAt);
            }

            foreach (var (_, search) in _filtered)
            {
                next = Math.Min(next, search.NextAt);
            }

            return next;
        }
    }

    /// <summary>The trace of a neighbour, whose way is the link itself; nothing is sent for it.</summary>
    public static HostTrace OfNeighbour(HostGroup group, int host)
    {
        var target = group.AddressOf(host);
        IReadOnlyList<TraceHop> way = [new TraceHop(1, target, group.TimesOf(host)?.Smoothed ?? TimeSpan.Zero)];
        var (silent, named) = TraceTargets.FilteredOf(group, host, way);
        return new HostTrace(default, way, IsReached: true)
        {
            Filtered = [.. named, .. silent.Select(port => FilterSearch.Judge(port, null, way, null))],
        };
    }

    /// <summary>What to send now; <c>false</c> when nothing is due.</summary>
    public bool TryNext(long now, out TraceProbe probe, out HopSearch search, out int ttl, out int attempt)
    {
        (probe, search) = (Probe, Way);
        foreach (var (packets, knock) in _knocks)
        {
            if (knock.TryNext(now, out ttl, out attempt))
            {
                (probe, search) = (packets, knock);
                return true;
            }
        }

        (ttl, attempt) = (0, 0);
        if (!EndKnocks())
        {
            return false;
        }

        (probe, search) = (Probe, Way);
        if (_found is null)
        {
            if (Way.TryNext(now, out ttl, out attempt))
            {
                return true;
            }

            if (!Way.IsDone)
            {
                return false;
            }

            EndWay();
        }

        foreach (var (port, filter) in _filtered)
        {
            if (filter.TryNext(now, out ttl, out attempt))
            {
                (probe, search) = (new TraceProbe(TraceMethod.Syn, port.Port), filter);
                return true;
            }
        }

        End();
        return false;
    }

    /// <summary>An answer came to a probe of this host.</summary>
    /// <param name="protocol">What the probe was: TCP, UDP, or neither.</param>
    /// <param name="port">Its port.</param>
    /// <param name="ttl">Its TTL.</param>
    /// <param name="attempt">Which of the probes with this TTL it was.</param>
    /// <param name="from">Who answered.</param>
    /// <param name="answer">What.</param>
    /// <param name="receivedAt">When.</param>
    public void Take(
        TransportProtocol? protocol, PortNumber port, int ttl, int attempt, InternetAddress from, HopAnswer answer, long receivedAt)
    {
        foreach (var (packets, knock) in _knocks)
        {
            if (packets.Protocol == protocol && packets.Port == port)
            {
                knock.Take(ttl, attempt, from, answer, receivedAt);
                return;
            }
        }

        if (_found is null && _knocks.Count == 0 && Probe.Protocol == protocol && Probe.Port == port)
        {
            Way.Take(ttl, attempt, from, answer, receivedAt);
            return;
        }

        foreach (var (filtered, search) in _filtered)
        {
            if (protocol == TransportProtocol.Tcp && filtered.Port == port)
            {
                search.Take(ttl, attempt, from, answer, receivedAt);
            }
        }
    }

    // The first packets that reach the host are taken; where none do, the way of the likeliest is followed as far as it goes.
    private bool EndKnocks()
    {
        if (_knocks.Count == 0)
        {
            return true;
        }

        var found = _knocks.FindIndex(static knock => knock.Search.IsReached);
        if (found < 0 && !_knocks.TrueForAll(static knock => knock.Search.IsDone))
        {
            return false;
        }

        Probe = _knocks[Math.Max(0, found)].Probe;
        _knocks.Clear();
        return true;
    }

    private void EndWay()
    {
        _found = new HostTrace(Probe, Way.Hops, Way.Reach > 0);
        var way = _found.IsReached ? _found.Hops : null;
        (var silent, _named) = TraceTargets.FilteredOf(_group, Host, way);
        foreach (var port in silent)
        {
            if (port != new ProbePort(TransportProtocol.Tcp, Probe.Port) && Follows(port))
            {
                _filtered.Add((port, new FilterSearch(way)));
            }
        }
    }

    private void End()
    {
        if (_found is not null && _filtered.TrueForAll(static filter => filter.Search.IsDone))
        {
            Result = _found with
            {
                Filtered = [.. _named, .. _filtered.Select(static filter => filter.Search.ResultFor(filter.Port)).OfType<FilteredTrace>()],
            };
        }
    }
}

/// <summary>Asks whether packets of a kind reach a host at all, before its way is looked for with them.</summary>
internal sealed class ReachabilityProbe() : HopSearch(window: 1)
{
    /// <summary>They do.</summary>
    public bool IsReached { get; private set; }

    /// <inheritdoc/>
    public override bool IsDone => IsReached || IsSettled(MostHops);

    /// <inheritdoc/>
    protected override int Pick() => StateOf(MostHops) == HopState.Open ? MostHops : 0;

    /// <inheritdoc/>
    protected override void OnAnswer(int ttl, InternetAddress from, HopAnswer answer) => IsReached |= answer == HopAnswer.Reached;
}
