using FsCheck;
using FsCheck.Fluent;
using Portolan.Scan.Order;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Order;

public sealed class IndexPermutationTests
{
    // Sizes of every magnitude, with the edges of powers of two among them.
    private static readonly Gen<ulong> Size =
        from bits in Gen.Choose(1, 64)
        from random in Gen.Choose(0, int.MaxValue)
        from more in Gen.Choose(-2, 2)
        from edge in Gen.Elements(true, false)
        let top = bits == 64 ? ulong.MaxValue : 1UL << bits
        let size = edge ? unchecked(top + (ulong)more) : unchecked((top >> 1) + ((ulong)random * 0x9e3779b97f4a7c15 % (top >> 1)))
        select size == 0 ? ulong.MaxValue : size;

    private static readonly Gen<ulong> Key =
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        select ((ulong)(uint)high << 32) | (uint)low;

    [Fact]
    public void Every_number_comes_once_at_every_small_size()
    {
        for (ulong size = 1; size <= 1100; size++)
        {
            AssertBijection(new IndexPermutation(size, key: size * 7919));
        }
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(65_535UL)]
    [InlineData(65_536UL)]
    [InlineData(65_537UL)]
    [InlineData(254_000UL)]
    [InlineData(1_000_003UL)]
    public void Every_number_comes_once_at_the_sizes_of_real_scans(ulong size) => AssertBijection(new IndexPermutation(size, key: 42));

    [Fact]
    public void A_position_is_found_again_at_any_size_up_to_the_largest()
        => Prop.ForAll(Size.ToArbitrary(), Key.ToArbitrary(), Key.ToArbitrary(), (size, key, some) =>
        {
            var permutation = new IndexPermutation(size, key);
            var (inside, last) = (some % size, size - 1);
            return permutation.At(inside) < size
                && permutation.PositionOf(permutation.At(inside)) == inside
                && permutation.At(permutation.PositionOf(inside)) == inside
                && permutation.PositionOf(permutation.At(last)) == last
                && permutation.PositionOf(permutation.At(0)) == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    // Where the 64-bit products of a cyclic group overflow, a Feistel network does not notice.
    [Trait("Quick", "no")]
    [Theory]
    [InlineData((1UL << 44) + 7)]
    [InlineData((1UL << 48) + 23)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue - 1)]
    [InlineData(ulong.MaxValue)]
    public void A_run_of_positions_above_2_to_the_44_leads_to_different_numbers_and_back(ulong size)
    {
        var permutation = new IndexPermutation(size, key: 99);
        foreach (var start in (ulong[])[0, size / 3, size - 200_000])
        {
            var seen = new HashSet<ulong>();
            for (var position = start; position < start + 200_000; position++)
            {
                var index = permutation.At(position);
                Assert.True(index < size && seen.Add(index));
                Assert.Equal(position, permutation.PositionOf(index));
            }
        }
    }

    [Fact]
    public void Shards_share_out_every_number_and_none_twice()
    {
        var random = new Random(4711);
        for (var round = 0; round < 200; round++)
        {
            var permutation = new IndexPermutation((ulong)random.Next(1, 3000), (ulong)random.NextInt64());
            var count = random.Next(1, 40);
            var seen = new bool[permutation.Size];
            for (var i = 0; i < count; i++)
            {
                var shard = permutation.Shard(i, count);
                for (ulong step = 0; step < shard.Count; step++)
                {
                    var index = shard.At(step);
                    Assert.False(seen[index]);
                    Assert.True(shard.Contains(index));
                    Assert.Equal((ulong)i, permutation.PositionOf(index) % (ulong)count);
                    seen[index] = true;
                }
            }

            Assert.DoesNotContain(false, seen);
        }
    }

    [Fact]
    public void Shards_of_the_largest_size_end_at_its_last_position()
    {
        var permutation = new IndexPermutation(ulong.MaxValue, key: 5);
        var total = default(UInt128);
        for (var i = 0; i < 1000; i++)
        {
            var shard = permutation.Shard(i, 1000);
            total += shard.Count;
            Assert.True(shard.PositionAt(shard.Count - 1) > ulong.MaxValue - 1001);
        }

        Assert.Equal(ulong.MaxValue, total);
    }

    [Fact]
    public void More_shards_than_numbers_leave_some_empty()
    {
        var permutation = new IndexPermutation(3, key: 1);
        Assert.Equal([1UL, 1, 1, 0, 0], Enumerable.Range(0, 5).Select(i => permutation.Shard(i, 5).Count));
        Assert.Throws<ArgumentOutOfRangeException>(() => permutation.Shard(3, 5).At(0));
    }

    [Fact]
    public void Different_keys_are_different_orders_and_the_same_key_the_same()
    {
        for (ulong key = 0; key < 500; key++)
        {
            var one = new IndexPermutation(100_000, key);
            var other = new IndexPermutation(100_000, key + 1);
            var same = new IndexPermutation(100_000, key);
            var equal = 0;
            for (ulong position = 0; position < 100; position++)
            {
                equal += one.At(position) == other.At(position) ? 1 : 0;
                Assert.Equal(one.At(position), same.At(position));
            }

            Assert.True(equal < 5, $"keys {key} and {key + 1} agree in {equal} of 100 positions");
        }
    }

    // Pearson's chi-square over cells; 3 standard deviations above its mean would come once in about a thousand honest trials.
    [Theory]
    [InlineData(1_000_000UL, 100, 1UL)]
    [InlineData(65_535UL * 256, 256, 2UL)]
    [InlineData((1UL << 44) + 7, 500, 3UL)]
    [InlineData(ulong.MaxValue, 1000, 4UL)]
    public void The_first_part_of_an_order_is_spread_evenly_over_everything(ulong size, int cells, ulong key)
    {
        const int Samples = 50_000;
        var permutation = new IndexPermutation(size, key);
        Assert.InRange(ChiSquare(cells, Samples, i => (int)((UInt128)permutation.At((ulong)i) * (UInt128)cells / size)), 0, Limit(cells));
        Assert.InRange(ChiSquare(cells, Samples, i => (int)(permutation.At((ulong)i) % (ulong)cells)), 0, Limit(cells));
    }

    [Theory]
    [InlineData(10_000_000UL, 128, 7UL)]
    [InlineData(ulong.MaxValue, 128, 8UL)]
    public void Neighbouring_positions_are_unrelated(ulong size, int cells, ulong key)
    {
        const int Samples = 50_000;
        var permutation = new IndexPermutation(size, key);
        Assert.InRange(
            ChiSquare(cells, Samples, i =>
            {
                var (first, second) = (permutation.At((ulong)i), permutation.At((ulong)i + 1));
                var distance = second >= first ? second - first : size - first + second;
                return (int)((UInt128)distance * (UInt128)cells / size);
            }),
            0,
            Limit(cells));
    }

    // A small permutation is a fair draw too: every number stands first about equally often over the keys.
    [Theory]
    [InlineData(2UL)]
    [InlineData(3UL)]
    [InlineData(10UL)]
    [InlineData(255UL)]
    public void Over_many_keys_every_number_comes_first_equally_often(ulong size)
        => Assert.InRange(ChiSquare((int)size, 50_000, i => (int)new IndexPermutation(size, (ulong)i).At(0)), 0, Limit((int)size));

    [Fact]
    public void Nothing_is_allocated()
    {
        var permutation = new IndexPermutation(1UL << 40, key: 3);
        var shard = permutation.Shard(1, 3);
        Assert.Equal(0, Allocations.Fewest(() => permutation.At(permutation.PositionOf(shard.At(12345)))));
    }

    [Fact]
    public void What_is_outside_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new IndexPermutation(0, 1));
        var permutation = new IndexPermutation(10, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => permutation.At(10));
        Assert.Throws<ArgumentOutOfRangeException>(() => permutation.PositionOf(10));
        Assert.Throws<ArgumentOutOfRangeException>(() => permutation.Shard(2, 2));
    }

    private static void AssertBijection(IndexPermutation permutation)
    {
        var seen = new bool[permutation.Size];
        for (ulong position = 0; position < permutation.Size; position++)
        {
            var index = permutation.At(position);
            Assert.False(seen[index], $"{index} comes twice at size {permutation.Size}");
            seen[index] = true;
            Assert.Equal(position, permutation.PositionOf(index));
        }
    }

    private static double ChiSquare(int cells, int samples, Func<int, int> cell)
    {
        var counts = new int[cells];
        for (var i = 0; i < samples; i++)
        {
            counts[cell(i)]++;
        }

        var expected = (double)samples / cells;
        return counts.Sum(count => (count - expected) * (count - expected) / expected);
    }

    // Mean plus four standard deviations of chi-square with cells - 1 degrees of freedom, and room for one degree.
    private static double Limit(int cells) => (cells - 1) + (4 * Math.Sqrt(2.0 * (cells - 1))) + 2;
}
