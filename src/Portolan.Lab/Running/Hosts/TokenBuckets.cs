using Portolan.Transport;

namespace Portolan.Lab.Running.Hosts;

/// <summary>So many answers a second for each address; what is unused of a second may come at once.</summary>
internal sealed class TokenBuckets
{
    /// <summary>Addresses that are remembered; when there are more all begin anew.</summary>
    private const int Most = 65_536;

    private const double NanosecondsPerSecond = 1e9;

    private readonly Dictionary<(InternetAddress Address, int Kind), (double Tokens, Instant At)> _buckets = [];

    /// <summary>Whether one more answer may go.</summary>
    internal bool TryTake(InternetAddress address, int kind, int perSecond, Instant now)
    {
        if (_buckets.Count >= Most)
        {
            _buckets.Clear();
        }

        var (tokens, at) = _buckets.GetValueOrDefault((address, kind), (perSecond, now));
        tokens = Math.Min(perSecond, tokens + ((now.Nanoseconds - at.Nanoseconds) / NanosecondsPerSecond * perSecond));
        var may = tokens >= 1;
        _buckets[(address, kind)] = (may ? tokens - 1 : tokens, now);
        return may;
    }
}
