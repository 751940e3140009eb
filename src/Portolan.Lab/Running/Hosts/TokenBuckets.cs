using Portolan.Transport;

namespace Portolan.Lab.Running.Hosts;

/// <summary>So many answers a second for each address; what is unused of a second may come at once.</summary>
/// <param name="most">Buckets that are remembered. A bucket that is full again need not be; when too many are not, those that are nearest
/// to it are forgotten.</param>
internal sealed class TokenBuckets(int most = TokenBuckets.Usual)
{
    private const int Usual = 65_536;
    private const long Second = 1_000_000_000;

    /// <summary>Of each bucket, when it will be full again: the "virtual scheduling" form of a leaky bucket.</summary>
    private readonly Dictionary<(InternetAddress Address, int Kind), Instant> _fullAt = [];

    /// <summary>Buckets that are remembered.</summary>
    internal int Count => _fullAt.Count;

    /// <summary>Whether one more answer may go.</summary>
    /// <param name="address">Whose.</param>
    /// <param name="kind">Of which bucket of his.</param>
    /// <param name="perSecond">How many a second, at least 1.</param>
    /// <param name="now">The time.</param>
    internal bool TryTake(InternetAddress address, int kind, int perSecond, Instant now)
    {
        var each = Math.Max(1, Second / perSecond);
        var fullAt = _fullAt.GetValueOrDefault((address, kind), now);
        fullAt = fullAt < now ? now : fullAt;
        if (fullAt.Nanoseconds - now.Nanoseconds > (perSecond - 1) * each)
        {
            return false;
        }

        if (_fullAt.Count >= most)
        {
            Forget(now);
        }

        _fullAt[(address, kind)] = new Instant(fullAt.Nanoseconds + each);
        return true;
    }

    private void Forget(Instant now)
    {
        foreach (var (key, fullAt) in _fullAt)
        {
            if (fullAt <= now)
            {
                _fullAt.Remove(key);
            }
        }

        // A quarter at once, so that not every answer must look for the fullest.
        var room = most - Math.Max(1, most / 4);
        if (_fullAt.Count > room)
        {
            foreach (var (key, _) in _fullAt.OrderBy(static b => b.Value).Take(_fullAt.Count - room).ToList())
            {
                _fullAt.Remove(key);
            }
        }
    }
}
