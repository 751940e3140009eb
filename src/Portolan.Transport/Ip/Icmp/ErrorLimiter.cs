using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>
/// Token buckets for error messages, one in all and one for each destination, in a table of fixed size: destinations whose hashes meet
/// share a bucket, and no peer can make it grow. A bucket is the time at which it will be full again (the "virtual scheduling" form of a
/// leaky bucket).
/// </summary>
internal sealed class ErrorLimiter(IcmpLimits limits, SipHash hash)
{
    private const int Buckets = 1024;
    private const long Second = 1_000_000_000;

    private readonly long[] _fullAt = new long[Buckets];
    private long _allFullAt;

    internal bool TryTake(InternetAddress destination, Instant now)
    {
        ref var one = ref _fullAt[(int)(hash.QuickOf(destination.UpperBits, destination.LowerBits) % Buckets)];
        if (!Has(one, limits.PerSecondToOne, limits.BurstToOne, now) || !Has(_allFullAt, limits.PerSecond, limits.Burst, now))
        {
            return false;
        }

        Take(ref one, limits.PerSecondToOne, now);
        Take(ref _allFullAt, limits.PerSecond, now);
        return true;
    }

    private static bool Has(long fullAt, int perSecond, int burst, Instant now) =>
        perSecond <= 0 || fullAt - now.Nanoseconds <= (burst - 1) * (Second / perSecond);

    private static void Take(ref long fullAt, int perSecond, Instant now)
    {
        if (perSecond > 0)
        {
            fullAt = Math.Max(fullAt, now.Nanoseconds) + (Second / perSecond);
        }
    }
}
