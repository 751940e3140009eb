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
    private LossEstimate _finished;
    private LossEstimate _current;

    /// <summary>The balance.</summary>
    public ProbeBalance Balance
    {
        get
        {
            LossEstimate loss;
            lock (_gate)
            {
                loss = _finished + _current;
            }

            return new ProbeBalance(
                Volatile.Read(ref _sent), Volatile.Read(ref _retries), Volatile.Read(ref _notSent), Volatile.Read(ref _replies), loss.ProbeLoss, loss.MissRate);
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

    /// <summary>What the stage that runs knows of loss so far.</summary>
    public void SetLoss(LossEstimate estimate)
    {
        lock (_gate)
        {
            _current = estimate;
        }
    }

    /// <summary>The stage is over: its estimate is kept.</summary>
    public void KeepLoss(LossEstimate estimate)
    {
        lock (_gate)
        {
            _finished += estimate;
            _current = default;
        }
    }
}
