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
    private long _besideSent;
    private long _besideRetries;
    private long _besideReplies;
    private volatile bool _isPortStage;
    private readonly LossLedger _finished = new();
    private Func<LossStratum>? _current;

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

            return new ProbeBalance(
                Volatile.Read(ref _sent), Volatile.Read(ref _retries), Volatile.Read(ref _notSent), Volatile.Read(ref _replies))
            {
                Dropped = Volatile.Read(ref _dropped),
                Beside = new BesideCounts(
                    Volatile.Read(ref _besideSent), Volatile.Read(ref _besideRetries), Volatile.Read(ref _besideReplies)),
                Losses = losses,
                Unfinished = unfinished,
            };
        }
    }

    /// <summary>Probes sent.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>What is counted now is the ports' own, but for what says otherwise.</summary>
    public bool IsPortStage
    {
        get => _isPortStage;
        set => _isPortStage = value;
    }

    /// <summary>Counts frames handed to a link.</summary>
    /// <param name="sent">Those that the link took.</param>
    /// <param name="beside">Of those, probes that are not the ports' own though ports are probed now.</param>
    /// <param name="notSent">Those that it did not take.</param>
    public void CountSent(int sent, int beside, int notSent)
    {
        Interlocked.Add(ref _sent, sent);
        Interlocked.Add(ref _besideSent, _isPortStage ? beside : sent);
        if (notSent > 0)
        {
            Interlocked.Add(ref _notSent, notSent);
        }
    }

    /// <summary>Counts repeated probes and control probes among those sent.</summary>
    public void CountRetries(int count, bool areControls = false)
    {
        Interlocked.Add(ref _retries, count);
        if (areControls || !_isPortStage)
        {
            Interlocked.Add(ref _besideRetries, count);
        }
    }

    /// <summary>Counts a valid reply.</summary>
    public void CountReply(bool isControl = false)
    {
        Interlocked.Increment(ref _replies);
        if (isControl || !_isPortStage)
        {
            Interlocked.Increment(ref _besideReplies);
        }
    }

    /// <summary>
    /// Counts frames that this host lost by itself: answers that were not taken in time, probes that a full queue of the interface dropped.
    /// </summary>
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
