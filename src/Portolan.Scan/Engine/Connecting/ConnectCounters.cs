using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>Counts over a whole run, by any thread.</summary>
internal sealed class ConnectCounters
{
    private readonly Lock _gate = new();
    private long _sent;
    private long _retries;
    private long _notSent;
    private long _replies;
    private long _besideSent;
    private long _besideRetries;
    private long _besideReplies;
    private readonly LossLedger _losses = new();
    private Func<LossStratum>? _current;

    /// <summary>The balance so far.</summary>
    public ProbeBalance Balance
    {
        get
        {
            var losses = new LossLedger();
            LossStratum? unfinished;
            lock (_gate)
            {
                losses.Add(_losses);
                unfinished = _current?.Invoke();
            }

            return new ProbeBalance(
                Interlocked.Read(ref _sent), Interlocked.Read(ref _retries), Interlocked.Read(ref _notSent), Interlocked.Read(ref _replies))
            {
                Beside = new BesideCounts(
                    Interlocked.Read(ref _besideSent), Interlocked.Read(ref _besideRetries), Interlocked.Read(ref _besideReplies)),
                Losses = losses,
                Unfinished = unfinished,
            };
        }
    }

    /// <summary>An attempt left.</summary>
    /// <param name="isRepeated">It is not the first.</param>
    /// <param name="isBeside">It is not to a port that is scanned, or only once more as a control.</param>
    public void CountSent(bool isRepeated, bool isBeside)
    {
        Interlocked.Increment(ref _sent);
        Interlocked.Add(ref _retries, isRepeated ? 1 : 0);
        if (isBeside)
        {
            Interlocked.Increment(ref _besideSent);
            Interlocked.Add(ref _besideRetries, isRepeated ? 1 : 0);
        }
    }

    /// <summary>An attempt did not leave.</summary>
    public void CountNotSent() => Interlocked.Increment(ref _notSent);

    /// <summary>An answer came.</summary>
    public void CountReply(bool isBeside)
    {
        Interlocked.Increment(ref _replies);
        Interlocked.Add(ref _besideReplies, isBeside ? 1 : 0);
    }

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
                _losses.Add(stratum);
            }

            _current = null;
        }
    }

    /// <summary>Keeps counts of hosts that lose far more or less than the rest.</summary>
    public void KeepLosses(in LossStratum stratum)
    {
        lock (_gate)
        {
            _losses.Add(stratum);
        }
    }

    /// <summary>Hosts limited their answers.</summary>
    public void KeepLimits(long hosts, long unsettledPorts)
    {
        lock (_gate)
        {
            _losses.AddLimits(hosts, unsettledPorts);
        }
    }
}
