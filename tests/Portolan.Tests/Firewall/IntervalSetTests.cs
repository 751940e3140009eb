using Portolan.Firewall.Intervals;

namespace Portolan.Tests.Firewall;

/// <summary>Sets of numbers against plain sets of numbers, small and large enough to be in many chunks.</summary>
public sealed class IntervalSetTests
{
    private const int Size = 3000;

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

    private static IntervalSet Set(IEnumerable<int> numbers) => IntervalSet.From(numbers.Select(static n => new Interval((uint)n, (uint)n)));

    private static void Check(HashSet<int> expected, IntervalSet actual)
    {
        Assert.Equal(Set(expected), actual);
        Assert.Equal(actual.Count, actual.Intervals.Length);
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
