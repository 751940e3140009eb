using Portolan.Scan.Pacing;

namespace Portolan.Tests.Scan.Pacing;

public sealed class RefillTimeTests
{
    private const long Millisecond = 1_000_000;
    private const long Longest = 1050 * Millisecond;

    [Theory]
    [InlineData(1000)]
    [InlineData(500)]
    [InlineData(40)]
    public void Soon_hardly_any_time_is_lost_and_few_probes_are_sent(int milliseconds)
    {
        var refill = new RefillTime(Longest);
        for (var refusal = 0; refusal < 12; refusal++)
        {
            Ask(refill, milliseconds * Millisecond);
        }

        long lost = 0, probes = 0;
        for (var refusal = 0; refusal < 20; refusal++)
        {
            var (answered, asked) = Ask(refill, milliseconds * Millisecond);
            lost += answered - (milliseconds * Millisecond);
            probes += asked;
        }

        Assert.InRange(lost / 20, 0, 10 * Millisecond);
        Assert.InRange(probes / 20.0, 1, 5);
    }

    [Fact]
    public void Six_saved_tokens_do_not_shorten_what_is_certain()
    {
        var refill = new RefillTime(Longest);
        for (var refusal = 0; refusal < 6; refusal++)
        {
            refill.Add(null, 20 * Millisecond);
        }

        Assert.False(refill.IsKnown);
        Assert.Equal(Longest, refill.Certain);
        Ask(refill, 1000 * Millisecond);
        Ask(refill, 1000 * Millisecond);
        Assert.True(refill.IsKnown);
        Assert.Equal(Longest, refill.Certain);
    }

    [Fact]
    public void A_fast_refill_is_soon_certain_and_one_that_failed_is_measured_anew()
    {
        var refill = new RefillTime(Longest);
        for (var refusal = 0; refusal < 8; refusal++)
        {
            Ask(refill, 5 * Millisecond);
        }

        Assert.InRange(refill.Certain, 5 * Millisecond, 100 * Millisecond);
        refill.Forget();
        Assert.Equal((Longest, 0), (refill.Certain, refill.Soonest));
        Assert.False(refill.IsKnown);
    }

    // Asks from the soonest on until the time has come; when that was, and how often.
    private static (long Answered, int Probes) Ask(RefillTime refill, long time)
    {
        long? notYet = null;
        var (at, probes) = (refill.Soonest, 1);
        for (; at < time; at += refill.Step, probes++)
        {
            notYet = at;
        }

        refill.Add(notYet, at);
        return (at, probes);
    }
}
