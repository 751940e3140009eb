using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// Hosts that answered on TCP and then stopped: a block of this scanner, or so it looks. What limits its answers still answers a question
/// now and then, so such a host is asked alone, slowly, on a port that has answered; where no question is answered, it has stopped.
/// </summary>
/// <remarks>The driving thread's. Times are nanoseconds.</remarks>
internal sealed class SilencedHosts(HostGroup group, RawPaths paths, RawContext context)
{
    /// <summary>Control probes lost one after the other until a host is asked alone.</summary>
    public const int Suspicious = 4;

    /// <summary>So many in a row are not lost by chance by a path that anything came through.</summary>
    public const int Certain = 24;

    private const int LeastKnocks = 5;
    private const long Gap = 600 * RawClock.Millisecond;

    private readonly Host[] _hosts = new Host[group.Count];
    private readonly Dictionary<int, Knocking> _knocking = [];

    /// <summary>Hosts that are asked now.</summary>
    public int Pending => _knocking.Count;

    /// <summary>A port of a host answered in time. (Behind a block a host repeats SYN-ACKs to what came before it.)</summary>
    /// <param name="host">The host.</param>
    /// <param name="port">The port.</param>
    /// <param name="isOpen">It is open: a closed one is better to ask alone, for no RST is repeated.</param>
    /// <param name="now">The time.</param>
    public void OnAnswer(int host, int port, bool isOpen, long now)
    {
        ref var known = ref _hosts[host];
        (known.LostSince, known.AnsweredAt) = (0, now);
        if (!known.HasAnswered || (known.IsOpen && !isOpen))
        {
            (known.Port, known.IsOpen, known.HasAnswered) = (port, isOpen, true);
        }

        OnAnswerAlone(host, known.Port);
    }

    /// <summary>A port that had answered before answers a host that is asked alone.</summary>
    public void OnAnswerAlone(int host, int port)
    {
        if (port == _hosts[host].Port && _knocking.TryGetValue(host, out var knocking))
        {
            knocking.IsAnswered = true;
        }
    }

    /// <summary>A first or repeated probe of a pass was answered.</summary>
    public void OnPassAnswer(int host, int pass, ulong position)
    {
        ref var known = ref _hosts[host];
        if ((pass, position).CompareTo((known.Pass, known.Position)) > 0)
        {
            (known.Pass, known.Position) = (pass, position);
        }
    }

    /// <summary>A control probe ended; one that was lost counts when nothing has answered since it was sent.</summary>
    public void OnControl(int host, bool isLost, long sentAt)
    {
        ref var known = ref _hosts[host];
        known.LostSince += isLost && sentAt > known.AnsweredAt ? 1 : 0;
        known.Controls += isLost ? 0 : 1;
    }

    /// <summary>It answered, and then control probes were lost one after the other.</summary>
    public bool IsSuspicious(int host, int least) => _hosts[host].HasAnswered && _hosts[host].LostSince >= least;

    /// <summary>How many in a row were lost.</summary>
    public int LostSince(int host) => _hosts[host].LostSince;

    /// <summary>Begins to ask a host alone; nobody else asks it from now on.</summary>
    /// <param name="host">The host.</param>
    /// <param name="then">What is to be done when it answers.</param>
    public void Begin(int host, Action then) => _knocking.TryAdd(host, new Knocking(then));

    /// <summary>Asks; returns when to come back.</summary>
    /// <param name="now">The time.</param>
    /// <param name="wait">How long an answer is waited for.</param>
    /// <param name="onStopped">Called with hosts that have stopped.</param>
    public long Step(long now, long wait, Action<int> onStopped)
    {
        var next = long.MaxValue;
        foreach (var (host, knocking) in _knocking)
        {
            if (knocking.IsAnswered || !group.IsActive(host))
            {
                _knocking.Remove(host);
                knocking.Then();
                continue;
            }

            var most = Math.Max(LeastKnocks, Certain - _hosts[host].LostSince);
            if (now < knocking.NextAt)
            {
                next = Math.Min(next, knocking.NextAt);
            }
            else if (knocking.Sent >= most)
            {
                _knocking.Remove(host);
                onStopped(host);
            }
            else
            {
                Knock(host);
                knocking.Sent++;
                knocking.NextAt = now + (knocking.Sent < most ? Gap : Math.Max(Gap, wait));
                next = Math.Min(next, knocking.NextAt);
            }
        }

        context.Sender.Flush();
        return next;
    }

    /// <summary>About how many probes a host was sent until it stopped.</summary>
    /// <param name="host">The host.</param>
    /// <param name="positionOf">The position of a port's probe in a pass; <c>null</c> when it is not this run's.</param>
    public long ProbesUntilLastAnswer(int host, Func<int, ulong?> positionOf)
    {
        var known = _hosts[host];
        long count = known.Controls;
        var ports = group.PortsOf(host);
        for (var port = 0; port < ports.Count; port++)
        {
            if (positionOf(port) is { } position)
            {
                count += known.Pass > 0 || position <= known.Position ? 1 : 0;
                count += known.Pass > 0 && position <= known.Position && !group.IsAnswered(host, port) ? 1 : 0;
            }
        }

        return count;
    }

    private void Knock(int host)
    {
        var port = _hosts[host].Port;
        if (paths.TryFind(host, out var path, out var nextHop))
        {
            context.Sender.Send(
                path, nextHop, group.AddressOf(host), ProbeKind.Tcp, group.PortsOf(host)[port].Port.Value, ProbeTag.ForAttempt(0),
                new SentProbe(ProbeOrigin.Other, (ulong)host));
            context.Counters.CountRetries(1, areControls: true);
        }
    }

    private struct Host
    {
        public int Port;
        public bool IsOpen;
        public bool HasAnswered;
        public int LostSince;
        public long AnsweredAt;
        public int Controls;
        public int Pass;
        public ulong Position;
    }

    private sealed class Knocking(Action then)
    {
        public Action Then { get; } = then;

        public bool IsAnswered { get; set; }

        public int Sent { get; set; }

        public long NextAt { get; set; }
    }
}
