using Portolan.Model;
using Portolan.Scan.Pacing;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Why a host is probed at a pace of its own.</summary>
internal enum SlowCause : byte
{
    /// <summary>A person asked for pauses.</summary>
    Asked,

    /// <summary>It limits its RSTs; open ports answer as fast as they are asked.</summary>
    Refusals,

    /// <summary>It refuses by ICMP errors, of which hosts send one a second.</summary>
    Errors,

    /// <summary>It, or a filter before it, limits probes: everything is lost that comes faster.</summary>
    Probes,
}

/// <summary>All hosts that are probed at a pace of their own, many side by side. The driving thread's.</summary>
internal sealed class SlowHosts(HostGroup group, RawPaths paths, RawContext context, HostRtts rtts, PaceController pace)
{
    private const int MostActive = 4096;

    // Where more is lost, an answered control probe between lost ones proves little.
    private const double MuchLost = 0.85;
    private const long Retry = RawClock.Millisecond;

    private readonly PriorityQueue<Work, long> _queue = new();
    private readonly Dictionary<(int Host, TransportProtocol Protocol), Work> _active = [];
    private readonly Queue<Func<Work?>> _waiting = new();
    private readonly int _mostInFlight = Math.Max(context.Settings.Timing.MaxParallelism, context.Settings.Timing.MinParallelism);
    private readonly LossLedger _kept = new();
    private int _keptHosts;
    private int _inFlight;
    private long _refusedSince;
    private long _sentBefore;

    /// <summary>How long every probe was refused by its link; 0 when one left since.</summary>
    public long RefusedFor(long now) => _refusedSince > 0 ? now - _refusedSince : 0;

    /// <summary>Those that are left will not be asked.</summary>
    public void End()
    {
        _active.Clear();
        _waiting.Clear();
        _queue.Clear();
        (_inFlight, _refusedSince) = (0, 0);
    }

    /// <summary>Nothing is left to do.</summary>
    public bool IsDone => _active.Count == 0 && _waiting.Count == 0;

    /// <summary>Hosts that were given every chance to answer, lost most probes even so, and left ports silent.</summary>
    public List<(int Host, bool IsDead)> Lost { get; } = [];

    /// <summary>Refusals of the passes that are now counted with the hosts that sent them.</summary>
    public long RefusedBefore { get; private set; }

    /// <summary>Hosts still to be finished.</summary>
    public int Count => _active.Count + _waiting.Count;

    /// <summary>Adds the ports of a protocol of a host that are not answered yet.</summary>
    /// <param name="host">The host.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="firstRound">The number of the first attempt.</param>
    /// <param name="knownPort">A port known to answer as all do that the limit concerns, or -1.</param>
    /// <param name="cause">Why.</param>
    /// <param name="order">The order of ports: places to port numbers.</param>
    public void Add(int host, TransportProtocol protocol, int firstRound, int knownPort, SlowCause cause, Func<int, int> order) =>
        _waiting.Enqueue(() =>
    {
        var isRefusal = (PortState state) => protocol == TransportProtocol.Tcp && cause == SlowCause.Errors
            ? state == PortState.Filtered
            : state is PortState.Closed or PortState.Unfiltered;
        var ports = group.PortsOf(host);
        var silent = new List<int>();
        var before = 0;
        for (var place = 0; place < ports.Count; place++)
        {
            var port = order(place);
            if (ports[port].Protocol == protocol && !group.IsAnswered(host, port))
            {
                silent.Add(port);
            }

            before += ports[port].Protocol == protocol && group.IsAnswered(host, port)
                && (cause == SlowCause.Probes || isRefusal(group.StateOf(host, port))) ? 1 : 0;
        }

        if (silent.Count == 0 || !group.IsActive(host) || !paths.TryFind(host, out _, out _))
        {
            return null;
        }

        var slow = new IntervalHost(
            host, silent, port => group.IsAnswered(host, port), PaceOf(protocol, cause),
            (firstRound, context.Settings.Timing.MaxRetries), knownPort, isSure: cause == SlowCause.Probes);
        return _active[(host, protocol)] = new Work(slow, protocol, cause, cause == SlowCause.Asked ? 0 : before);
    });

    /// <summary>Sends what is due; returns when to come back.</summary>
    public long Step(long now)
    {
        while (_active.Count < MostActive && _waiting.TryDequeue(out var make))
        {
            if (make() is { } work)
            {
                _queue.Enqueue(work, now);
            }
        }

        while (_queue.TryPeek(out _, out var due) && due <= now)
        {
            var work = _queue.Dequeue();
            var wait = rtts.WaitFor(work.Host.Host);
            _inFlight -= work.Host.InFlight;
            work.Host.Advance(now, wait);
            var slow = work.Host;
            if (slow.IsDone || !group.IsActive(slow.Host))
            {
                _active.Remove((slow.Host, work.Protocol));
                if (slow.IsDone)
                {
                    Keep(work);
                }

                continue;
            }

            if (work.Cause == SlowCause.Errors && slow is IntervalHost { WasHeldBack: true })
            {
                work.Host = slow = new RefillHost(slow, RawClock.Of(LongestPause(work.Protocol, work.Cause)), now);
            }

            var again = now + 1;
            if (_mostInFlight > 0 && _inFlight + slow.InFlight >= _mostInFlight)
            {
                again = now + Retry;
            }
            else if (pace.Take(now, 1) == 0)
            {
                again = Math.Max(again, pace.ReadyAt(now, 1));
            }
            else if (slow.TryNext(now, out var port) && paths.TryFind(slow.Host, out var path, out var nextHop))
            {
                Send(work, path, nextHop, port);
            }
            else
            {
                pace.Return(1);
            }

            _inFlight += slow.InFlight;
            _queue.Enqueue(work, Math.Max(slow.DueAt(wait), again));
        }

        context.Sender.Flush();
        TakeBack(now);
        return _queue.TryPeek(out _, out var next) ? next : long.MaxValue;
    }

    /// <summary>Nothing is silent any more: what was counted of the hosts that were not finished is kept.</summary>
    public void KeepRest()
    {
        foreach (var work in _active.Values)
        {
            Keep(work);
        }
    }

    /// <summary>An answer of a host came; when its probe was sent, or -1 when the host is not slow or no probe was waited for.</summary>
    public long OnAnswer(int host, int port, TransportProtocol protocol, bool isClosed)
    {
        if (!_active.TryGetValue((host, protocol), out var work))
        {
            return -1;
        }

        var slow = work.Host;
        var before = slow.InFlight;
        var sentAt = slow.OnAnswer(port, isClosed || work.Cause == SlowCause.Probes);
        _inFlight += slow.InFlight - before;
        return sentAt;
    }

    // One round, or one without proof, does not tell a silent port from one whose answer was held back.
    private void Keep(Work work)
    {
        var (slow, cause, before) = (work.Host, work.Cause, work.AnsweredBefore);
        var isLimited = cause != SlowCause.Asked;
        var losses = isLimited && slow.CountsWithPass(before) is { } whole
            ? new LossStratum(LossKind.Limited, slow.Rounds + 1, whole, slow.Silent)
            : new LossStratum(isLimited ? LossKind.Limited : LossKind.Path, slow.Rounds, WithFoundBefore(slow.Counts, before), slow.Silent);
        if (cause == SlowCause.Probes && slow.Silent > 0 && (slow.IsUnproved || slow.Proved.IsMostlyLost))
        {
            Lost.Add((slow.Host, IsDead: slow.Counts.Found == 0));
        }

        // What such a host leaves without an answer may be open: it is not a doubt about refusals, and stays in the bound.
        var isUnsettled = cause is SlowCause.Refusals or SlowCause.Errors && slow.Silent > 0
            && (slow.IsUnproved || (slow.Rounds == 1 && slow.WasHeldBack) || LossBound.Of([losses]).Loss > MuchLost);
        if (!isUnsettled)
        {
            context.Counters.KeepLosses(losses with { Tier = TierOf(losses) });
            RefusedBefore += before;
        }

        if (isLimited && (slow.WasHeldBack || isUnsettled))
        {
            context.Counters.KeepLimits(1, isUnsettled ? slow.Silent : 0);
        }
    }

    private static LossCounts WithFoundBefore(LossCounts counts, long before)
    {
        counts.CountFoundBefore(before);
        return counts;
    }

    // Beside those that are over already: a host that loses far more or less gets figures of its own.
    private int TierOf(in LossStratum losses)
    {
        _kept.Add(losses);
        var kind = losses.Kind;
        return new LossTier([.. _kept.Strata.Where(s => s.Kind == kind)]).TierOf(losses, ++_keptHosts);
    }

    private LimitedPace PaceOf(TransportProtocol protocol, SlowCause cause)
    {
        var least = RawClock.Of(context.Settings.Timing.ScanDelay);
        var isLimited = cause != SlowCause.Asked;
        var most = Math.Max(least, RawClock.Of(LongestPause(protocol, cause)));
        var first = !isLimited ? least : cause == SlowCause.Errors ? 20 * RawClock.Millisecond : 2 * RawClock.Millisecond;
        return new LimitedPace(
            Math.Max(first, least), isLimited ? Math.Max(least, RawClock.Millisecond / 5) : least, Math.Max(most, first),
            losesFaster: cause == SlowCause.Probes);
    }

    // -T4 and -T5 shorten the longest pause for refusals of TCP only, as in nmap: the kernel's limit of ICMP errors cannot be hurried, and
    // faster than a limit of probes nothing is found.
    private TimeSpan LongestPause(TransportProtocol protocol, SlowCause cause)
    {
        var timing = context.Settings.Timing;
        var mayBeShort = protocol == TransportProtocol.Tcp && cause is SlowCause.Asked or SlowCause.Refusals;
        var isOwnWish = cause == SlowCause.Probes && timing.MaxScanDelay != TimingSettings.Template(timing.Number).MaxScanDelay;
        return mayBeShort || isOwnWish || timing.MaxScanDelay > TimeSpan.FromSeconds(1) ? timing.MaxScanDelay : TimeSpan.FromSeconds(1);
    }

    private void Send(Work work, RawPath path, Packets.MacAddress nextHop, int port)
    {
        var slow = work.Host;
        var probe = group.PortsOf(slow.Host)[port];
        context.Sender.Send(
            path,
            nextHop,
            group.AddressOf(slow.Host),
            probe.Protocol == TransportProtocol.Udp ? ProbeKind.Udp : ProbeKind.Tcp,
            probe.Port.Value,
            ProbeTag.ForAttempt(slow.Round),
            new SentProbe(ProbeOrigin.Slow, ((ulong)slow.Host << 32) | (uint)port));
        if (slow.Round > 0)
        {
            context.Counters.CountRetries(1);
        }
    }

    private void TakeBack(long now)
    {
        var sent = context.Counters.Sent;
        if (sent != _sentBefore)
        {
            (_sentBefore, _refusedSince) = (sent, 0);
        }
        else if (_refusedSince == 0 && context.Sender.Refused.Exists(static probe => probe.Origin == ProbeOrigin.Slow))
        {
            _refusedSince = Math.Max(1, now);
        }

        foreach (var probe in context.Sender.Refused)
        {
            if (probe.Origin != ProbeOrigin.Slow)
            {
                continue;
            }

            var (host, port) = ((int)(probe.Number >> 32), (int)(uint)probe.Number);
            if (_active.TryGetValue((host, group.PortsOf(host)[port].Protocol), out var work))
            {
                var before = work.Host.InFlight;
                work.Host.TakeBack(port);
                _inFlight += work.Host.InFlight - before;
            }
        }

        context.Sender.Refused.Clear();
    }

    // Ports of one protocol of a host, at the pace that it has now.
    private sealed class Work(SlowHost host, TransportProtocol protocol, SlowCause cause, int answeredBefore)
    {
        public SlowHost Host { get; set; } = host;

        public TransportProtocol Protocol { get; } = protocol;

        public SlowCause Cause { get; } = cause;

        // Answers of the passes that the limit concerns.
        public int AnsweredBefore { get; } = answeredBefore;
    }
}
