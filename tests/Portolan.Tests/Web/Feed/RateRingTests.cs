using Portolan.Web.Feed;

namespace Portolan.Tests.Web.Feed;

/// <summary>The last rates of rows, with their gaps.</summary>
public sealed class RateRingTests
{
    [Fact]
    public void A_row_that_comes_later_or_is_not_counted_has_gaps()
    {
        var ring = new RateRing<string>();
        ring.Add(1, [("a", 10)]);
        ring.Add(2, [("a", null), ("b", 5)]);
        ring.Add(3, [("a", 30), ("b", 6)]);

        Assert.Equal([1, 2, 3], ring.Times(10));
        Assert.Equal([10, null, 30], ring.Rates("a", 10));
        Assert.Equal([null, 5, 6], ring.Rates("b", 10));
        Assert.Equal([5, 6], ring.Rates("b", 2));
        Assert.Empty(ring.Rates("c", 10));
    }

    [Fact]
    public void The_oldest_looks_and_the_least_rows_are_left_out()
    {
        var ring = new RateRing<int>();
        for (var look = 0; look < 1000; look++)
        {
            ring.Add(look, Enumerable.Range(0, 1000).Select(i => (i, (double?)(look + i))));
        }

        Assert.Equal(Enumerable.Range(700, 300).Select(static i => (double)i), ring.Times(int.MaxValue));
        Assert.Equal(Enumerable.Range(700, 300).Select(static i => (double?)i), ring.Rates(0, int.MaxValue));
        Assert.Equal(RateRing<int>.Kept, ring.Rates(RateRing<int>.MostRows - 1, int.MaxValue).Count);
        Assert.Empty(ring.Rates(RateRing<int>.MostRows, int.MaxValue));
    }

    [Fact]
    public void A_look_without_rows_is_a_gap_and_a_row_that_comes_back_begins_anew()
    {
        var ring = new RateRing<string>();
        ring.Add(1, [("a", 10)]);
        ring.Add(2, []);
        ring.Add(3, [("a", 30)]);

        Assert.Equal([null, null, 30], ring.Rates("a", 10));
    }
}
