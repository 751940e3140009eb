using Portolan.Firewall.Intervals;

namespace Portolan.Tests.Firewall;

/// <summary>Sets of numbers against plain sets of numbers, small and large enough to be in many chunks.</summary>
public sealed class IntervalSetTests
{
    private const int Size = 3000;

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 400)]
    [InlineData(3, 1400)]
    [InlineData(4, 90)]
    public void Operations_are_those_of_sets(int seed, int count)
    {
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var (left, right) = (Numbers(random, count), Numbers(random, round % 3 == 0 ? 3 : count));
            var (a, b) = (Set(left), Set(right));
            Check([.. left.Where(right.Contains)], a.Intersect(b));
            Check([.. left.Where(n => !right.Contains(n))], a.Except(b));
            Check([.. left.Union(right)], a.Union(b));
            Assert.Equal(left.Overlaps(right), a.Overlaps(b));
            Assert.Same(a, a.Intersect(a.Union(b)));
            Assert.Same(a, a.Except(b.Except(a)));
            Assert.Equal(a, a.Except(b).Union(a.Intersect(b)));
            Check(left, IntervalSet.FromOrdered(left.Order().Select(static n => new Interval((uint)n, (uint)n))));
        }
    }

    [Fact]
    public void Much_is_taken_from_a_large_set_bit_by_bit()
    {
        var random = new Random(7);
        var numbers = Enumerable.Range(0, Size).ToHashSet();
        var set = Set(numbers);
        for (var i = 0; i < 1500; i++)
        {
            var first = random.Next(Size);
            var last = Math.Min(Size - 1, first + random.Next(4));
            set = set.Except(IntervalSet.Of((uint)first, (uint)last));
            numbers.ExceptWith(Enumerable.Range(first, last - first + 1));
        }

        Check(numbers, set);
    }

    [Fact]
    public void A_part_that_is_cut_out_shares_its_chunks_with_the_whole()
    {
        var whole = Set(Enumerable.Range(0, Size).Where(static n => n % 2 == 0));
        var other = Set(Enumerable.Range(100, Size).Where(static n => n % 2 == 0));
        Assert.Superset(whole.Intersect(other).Chunks.ToArray()[2..^2].ToHashSet(), whole.Chunks.ToArray().ToHashSet());
        var odd = Set(Enumerable.Range(0, Size / 2).Where(static n => n % 2 == 1).Append(Size / 2));
        Assert.Superset(whole.Except(odd).Chunks.ToArray()[..10].ToHashSet(), whole.Chunks.ToArray().ToHashSet());
    }

    [Fact]
    public void Sets_of_a_pool_are_equal_and_share_chunks()
    {
        var random = new Random(11);
        var pool = new IntervalPool();
        var chunks = new HashSet<IntervalChunk>();
        for (var i = 0; i < 50; i++)
        {
            var numbers = Enumerable.Range(0, 1000).Select(static n => n * 3).ToHashSet();
            numbers.Add((random.Next(900) * 3) + 1);
            var set = Set(numbers);
            var pooled = pool.Share(set);
            Assert.Equal(set, pooled);
            Check(numbers, pooled);
            Assert.Same(pooled, pool.Share(pooled));
            chunks.UnionWith(pooled.Chunks.ToArray());
        }

        Assert.InRange(chunks.Count, 16, 16 + 50);
    }

    [Fact]
    public void Intervals_are_gone_through_and_found_by_number()
    {
        var set = Set(Enumerable.Range(0, 1000).Where(static n => n % 3 == 0));
        var walked = new List<Interval>();
        foreach (var interval in set.Intervals)
        {
            walked.Add(interval);
        }

        var added = new List<Interval>();
        set.Intervals.AddTo(added);
        Assert.Equal(set.Intervals.ToArray(), walked);
        Assert.Equal(walked, added);
        Assert.Equal(walked, Enumerable.Range(0, set.Count).Select(i => set.Intervals[i]));
        Assert.Equal(walked[..4], set.Intervals.Take(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Intervals[set.Count]);
        Assert.Empty(IntervalSet.Empty.Intervals);
    }

    private static HashSet<int> Numbers(Random random, int count)
    {
        var result = new HashSet<int>();
        for (var i = 0; i < count; i++)
        {
            var first = random.Next(Size);
            result.UnionWith(Enumerable.Range(first, random.Next(1, count > 1000 ? 2 : 20)));
        }

        return result;
    }

    private static IntervalSet Set(IEnumerable<int> numbers) =>
        IntervalSet.From(numbers.Select(static n => new Interval((uint)n, (uint)n)));

    private static void Check(HashSet<int> expected, IntervalSet actual)
    {
        Assert.Equal(Set(expected), actual);
        Assert.Equal(actual.Count, actual.Intervals.Count);
        Assert.Equal(expected.Count, actual.Intervals.ToArray().Sum(static i => (int)(i.Last - i.First) + 1));
        for (var n = 0; n < Size; n += 7)
        {
            Assert.Equal(expected.Contains(n), actual.Contains((uint)n));
        }

        for (var i = 1; i < actual.Count; i++)
        {
            Assert.True(actual.Intervals[i].First > actual.Intervals[i - 1].Last + 1);
        }
    }
}
