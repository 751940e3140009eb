namespace Portolan.Web.Access;

/// <summary>How often a wrong password or token may be tried: a few at once, then one in six seconds, for all clients together.</summary>
/// <param name="clock">The clock.</param>
internal sealed class LoginLimit(TimeProvider clock)
{
    private const int AtOnce = 10;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(6);

    private readonly Lock _lock = new();
    private double _left = AtOnce;
    private long _since = clock.GetTimestamp();

    /// <summary>Whether another attempt is answered.</summary>
    internal bool MayTry
    {
        get
        {
            lock (_lock)
            {
                Refill();
                return _left >= 1;
            }
        }
    }

    /// <summary>Counts one that was wrong.</summary>
    internal void Failed()
    {
        lock (_lock)
        {
            Refill();
            _left = Math.Max(0, _left - 1);
        }
    }

    private void Refill()
    {
        var now = clock.GetTimestamp();
        _left = Math.Min(AtOnce, _left + (clock.GetElapsedTime(_since, now) / Between));
        _since = now;
    }
}
