using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>What a raw prober did over all its groups. Any thread.</summary>
internal sealed class RawCounters
{
    private readonly Lock _gate = new();
    private long _sent;
    private long _retries;
    private long _notSent;
    private long _replies;
    private long _dropped;
    private readonly LossLedger _finished = new();
    private Func<LossStratum>? _current;

    /// <summary>The balance.</summary>
    public ProbeBalance Balance
    {
        get
        {
            var losses = new LossLedger();
            LossStratum? unfinished;
            lock (_gate)
            {
                losses.Add(_finished);
                unfinished = _current?.Invoke();
            }

            return new ProbeBalance(Volatile.Read(ref _sent), Volatile.Read(ref _retries), Volatile.Read(ref _notSent), Volatile.Read(ref _replies))
            {
                Dropped = Volatile.Read(ref _dropped),
                Losses = losses,
                Unfinished = unfinished,
            };
        }
    }

    /// <summary>Probes sent.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Counts frames handed to a link.</summary>
    public void CountSent(int sent, int notSent)
    {
        Interlocked.Add(ref _sent, sent);
        if (notSent > 0)
        {
            Interlocked.Add(ref _notSent, notSent);
        }
    }

    /// <summary>Counts repeated probes and control probes among those sent.</summary>
    public void CountRetries(int count) => Interlocked.Add(ref _retries, count);

    /// <summary>Counts a valid reply.</summary>
    public void CountReply() => Interlocked.Increment(ref _replies);

    /// <summary>Counts frames that this host lost by itself: answers that nobody took in time, probes that a full queue of the interface dropped.</summary>
    public void CountDropped(long count) => Interlocked.Add(ref _dropped, count);

    /// <summary>A stage begins; what it has counted so far is asked for.</summary>
    public void BeginLosses(Func<LossStratum> soFar)
    {
        lock (_gate)
        {
            _current = soFar;
        }
    }

    /// <summary>The stage is over: its counts are kept.</summary>
    public void EndLosses()
    {
        lock (_gate)
        {
            if (_current?.Invoke() is { } stratum)
            {
                _finished.Add(stratum);
            }

            _current = null;
        }
    }

    /// <summary>Keeps counts of a host that was asked at a pace of its own.</summary>
    public void KeepLosses(in LossStratum stratum)
    {
        lock (_gate)
        {
            _finished.Add(stratum);
        }
    }

    /// <summary>Hosts limited their answers.</summary>
    public void KeepLimits(long hosts, long unsettledPorts)
    {
        lock (_gate)
        {
            _finished.AddLimits(hosts, unsettledPorts);
        }
    }
}
