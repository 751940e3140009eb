using Portolan.Scan.Pacing;

namespace Portolan.Tests.Scan.Pacing;

/// <summary>What lets probes through at a rate.</summary>
public sealed class TokenBucketTests
{
    [Fact]
    public void What_was_sent_without_leave_is_made_good()
    {
        const long Second = 1_000_000_000;
        var bucket = new TokenBucket(rate: 100);
        var sent = 0;
        for (long now = 0; now <= Second; now += Second / 1000)
        {
            if (bucket.Take(now, 1) == 1)
            {
                bucket.Charge(1);
                sent += 2;
            }
        }

        Assert.InRange(sent, 90, 102);
    }
}
