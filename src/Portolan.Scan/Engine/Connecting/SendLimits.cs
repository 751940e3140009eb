using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// The rates that the person named, and the ceiling of routed prefixes: never more, and never held back by caution below <c>--min-rate</c>.
/// </summary>
internal sealed class SendLimits
{
    private const double NanosecondsPerSecond = 1e9;
    private readonly bool _hasLeast;
    private readonly int _shares;
    private bool _hasMost;
    private TokenBucket _most;
    private TokenBucket _least;

    /// <summary>Takes a worker's share of the rates.</summary>
    public SendLimits(TimingSettings timing, int shares)
    {
        _shares = shares;
        _hasLeast = timing.MinRate is > 0;
        _least = new TokenBucket((timing.MinRate ?? 1) / shares);
        SetCeiling(PaceLimits.OnLink.With(timing.MinRate, timing.MaxRate).Ceiling);
    }

    /// <summary>Takes the most probes per second of all workers together; <see cref="PaceLimits.NoCeiling"/> for no bound.</summary>
    public void SetCeiling(double ceiling)
    {
        _hasMost = ceiling < PaceLimits.NoCeiling;
        _most = new TokenBucket(ceiling / _shares);
    }

    /// <summary>Fewer were sent than the least rate asks for: whatever else says no, send.</summary>
    public bool IsBehind(long now)
    {
        if (!_hasLeast || _least.Take(now, 1) == 0)
        {
            return false;
        }

        _least.Return(1);
        return true;
    }

    /// <summary>How long until one more may be sent; zero for now.</summary>
    public TimeSpan WaitFor(long now)
    {
        if (!_hasMost)
        {
            return TimeSpan.Zero;
        }

        if (_most.Take(now, 1) == 1)
        {
            _most.Return(1);
            return TimeSpan.Zero;
        }

        return TimeSpan.FromSeconds(Math.Max(1, _most.ReadyAt(now, 1) - now) / NanosecondsPerSecond);
    }

    public void Sent(long now)
    {
        if (_hasMost)
        {
            _most.Take(now, 1);
        }

        if (_hasLeast)
        {
            _least.Take(now, 1);
        }
    }
}
