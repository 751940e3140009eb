using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>Sends the probes of traces.</summary>
internal interface ITraceSender
{
    /// <summary>Sends a probe.</summary>
    /// <param name="host">The host.</param>
    /// <param name="probe">The packet.</param>
    /// <param name="ttl">Its TTL.</param>
    /// <param name="attempt">Which of the packets with this TTL it is.</param>
    /// <param name="sentAt">When it left, in nanoseconds.</param>
    /// <returns>It left; <c>false</c>: try again soon.</returns>
    bool TrySend(int host, TraceProbe probe, int ttl, int attempt, out long sentAt);

    /// <summary>How long a host's answer may take, in nanoseconds.</summary>
    long WaitFor(int host);
}

/// <summary>
/// Traces the hosts of a group, some at once. The first host of each /24 or /64 goes ahead, so that the others find the beginning of their
/// way in its trace:
/// routers near by are asked once, not once for each host; and of a port that is filtered on many hosts of it, the probes to the first are
/// followed.
/// </summary>
/// <remarks>
/// Linux sends six ICMP errors at once to a receiver, and then one a second (icmp(7), icmp_ratelimit). Where silence is to say that a probe
/// was dropped, no
/// router is asked faster than that.
/// </remarks>
internal sealed class TraceBoard
{
    private const int MostAtOnce = 64;
    private const double MostPerSecond = 1000;
    private const long ShortWait = 250_000_000;
    private const long Again = 10_000_000;
    private const double MostTokens = 5;
    private const double TokenTime = 1.05e9;

    private readonly HostGroup _group;
    private readonly LinkedList<TraceTask> _waiting;
    private readonly Dictionary<int, TraceTask> _active = [];
    private readonly Dictionary<UInt128, (int? Running, HostTrace? Trace)> _leaders = [];
    private readonly Dictionary<InternetAddress, (double Tokens, long At)> _routers = [];
    private readonly SharedHops _shared;
    private readonly long _interval;
    private readonly long _delay;
    private readonly int _count;
    private int _done;
    private long _sendAt;

    /// <summary>Prepares the traces of hosts.</summary>
    public TraceBoard(HostGroup group, IEnumerable<TraceTask> tasks, SharedHops shared, TimingSettings timing)
    {
        (_group, _shared, _waiting) = (group, shared, new LinkedList<TraceTask>(tasks));
        _count = _waiting.Count;
        _interval = (long)(1e9 / Math.Min(MostPerSecond, timing.MaxRate ?? MostPerSecond));
        _delay = timing.ScanDelay.Ticks * TimeSpan.NanosecondsPerTick;
    }

    /// <summary>The part of the hosts that is done, 0 to 1.</summary>
    public double Done => _count == 0 ? 1 : (double)_done / _count;

    /// <summary>Sends what is due.</summary>
    /// <param name="now">The time, in nanoseconds.</param>
    /// <param name="sender">Sends.</param>
    /// <param name="nextAt">When there is something to do again.</param>
    /// <returns><c>false</c> when all is done.</returns>
    public bool Step(long now, ITraceSender sender, out long nextAt)
    {
        Activate();
        nextAt = long.MaxValue;
        List<TraceTask>? ended = null;
        foreach (var task in _active.Values)
        {
            if (now < task.NotBefore)
            {
                nextAt = Math.Min(nextAt, task.NotBefore);
                continue;
            }

            while (task.TryNext(now, out var probe, out var search, out var ttl, out var attempt))
            {
                if (now < _sendAt)
                {
                    nextAt = Math.Min(nextAt, _sendAt);
                    break;
                }

                if (search.ResponderTo(ttl) is { } router && !TryTakeToken(router, now, out var tokenAt))
                {
                    nextAt = Math.Min(nextAt, tokenAt);
                    break;
                }

                if (!sender.TrySend(task.Host, probe, ttl, attempt, out var sentAt))
                {
                    nextAt = Math.Min(nextAt, now + Again);
                    break;
                }

                search.MarkSent(ttl, sentAt, Math.Max(ShortWait, sender.WaitFor(task.Host)));
                _sendAt = Math.Max(_sendAt, now - (20 * _interval)) + _interval;
                if (_delay > 0)
                {
                    task.NotBefore = now + _delay;
                    nextAt = Math.Min(nextAt, task.NotBefore);
                    break;
                }
            }

            if (task.Result is not null || !_group.IsActive(task.Host))
            {
                (ended ??= []).Add(task);
            }

            nextAt = Math.Min(nextAt, task.NextAt);
        }

        if (ended is not null)
        {
            ended.ForEach(End);
            nextAt = now;
        }

        return _active.Count > 0 || _waiting.Count > 0;
    }

    /// <summary>An answer came.</summary>
    public void Take(
        int host, TransportProtocol? protocol, PortNumber port, int ttl, int attempt, InternetAddress from, HopAnswer answer,
        long receivedAt)
    {
        if (_active.TryGetValue(host, out var task))
        {
            if (answer == HopAnswer.Exceeded)
            {
                TryTakeToken(from, receivedAt, out _);
            }

            task.Take(protocol, port, ttl, attempt, from, answer, receivedAt);
        }
    }

    /// <summary>The network that a host shares the beginning of its way with: its /24 or /64.</summary>
    public static UInt128 PrefixOf(InternetAddress address) =>
        address.IsIPv4 ? address.IPv4Bits >> 8 : new UInt128(address.UpperBits, 1UL << 63);

    private void Activate()
    {
        for (var node = _waiting.First; node is not null && _active.Count < MostAtOnce;)
        {
            var next = node.Next;
            var task = node.Value;
            var prefix = PrefixOf(_group.AddressOf(task.Host));
            var isLed = _leaders.TryGetValue(prefix, out var leader);
            if (leader.Running is null)
            {
                if (!isLed)
                {
                    _leaders.Add(prefix, (task.Host, null));
                }

                task.Leader = leader.Trace;
                _waiting.Remove(node);
                _active.Add(task.Host, task);
            }

            node = next;
        }
    }

    private void End(TraceTask task)
    {
        _done++;
        _active.Remove(task.Host);
        var prefix = PrefixOf(_group.AddressOf(task.Host));
        if (_leaders[prefix].Running == task.Host)
        {
            _leaders[prefix] = (null, task.Result);
        }

        if (task.Result is { } trace)
        {
            _shared.Add(trace.Hops);
            _group.SetTrace(task.Host, trace);
        }
    }

    // An answer takes a token too: it may have come to a probe that took none.
    private bool TryTakeToken(InternetAddress router, long now, out long nextAt)
    {
        var (tokens, at) = _routers.TryGetValue(router, out var known) ? known : (MostTokens, now);
        tokens = Math.Min(MostTokens, tokens + (Math.Max(0, now - at) / TokenTime));
        var isTaken = tokens >= 1;
        _routers[router] = (isTaken ? tokens - 1 : tokens, Math.Max(at, now));
        nextAt = now + (long)((1 - tokens) * TokenTime);
        return isTaken;
    }
}
