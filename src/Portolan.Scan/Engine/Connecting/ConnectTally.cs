using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>Counts over a whole run, by any thread.</summary>
internal sealed class ConnectTally
{
    private readonly Lock _gate = new();
    private long _sent;
    private long _retries;
    private long _notSent;
    private long _replies;
    private LossEstimate _loss;

    /// <summary>The balance so far.</summary>
    public ProbeBalance Balance
    {
        get
        {
            lock (_gate)
            {
                return new ProbeBalance(
                    Interlocked.Read(ref _sent), Interlocked.Read(ref _retries), Interlocked.Read(ref _notSent), Interlocked.Read(ref _replies),
                    _loss.ProbeLoss, _loss.MissRate);
            }
        }
    }

    /// <summary>An attempt left.</summary>
    public void CountSent(bool isRepeated)
    {
        Interlocked.Increment(ref _sent);
        if (isRepeated)
        {
            Interlocked.Increment(ref _retries);
        }
    }

    /// <summary>An attempt did not leave.</summary>
    public void CountNotSent() => Interlocked.Increment(ref _notSent);

    /// <summary>An answer came.</summary>
    public void CountReply() => Interlocked.Increment(ref _replies);

    /// <summary>A stage is over.</summary>
    public void Add(LossEstimate stage)
    {
        lock (_gate)
        {
            _loss += stage;
        }
    }
}
