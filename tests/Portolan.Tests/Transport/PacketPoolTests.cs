using Portolan.Tests.Support;
using Portolan.Transport.Buffers;

namespace Portolan.Tests.Transport;

/// <summary>Packet memory: who holds a handle owns the buffer, and nobody else ever does.</summary>
public sealed class PacketPoolTests
{
    [Fact]
    public void A_buffer_given_back_twice_is_found()
    {
        var pool = new PacketPool();
        Assert.True(pool.TryRent(100, out var handle));
        pool.Return(handle);
        Assert.Throws<PacketHandleException>(() => pool.Return(handle));

        // The same slot is lent anew; the old handle stays dead.
        Assert.True(pool.TryRent(100, out var again));
        Assert.Equal(handle.Place, again.Place);
        Assert.Throws<PacketHandleException>(() => pool.Return(handle));
        Assert.Equal(1, pool.InUse);
    }

    [Fact]
    public void A_buffer_used_after_it_was_given_back_is_found()
    {
        var pool = new PacketPool();
        Assert.True(pool.TryRent(100, out var handle));
        pool.Bytes(handle)[0] = 1;
        pool.Return(handle);
        Assert.False(pool.IsLent(handle));
        Assert.Throws<PacketHandleException>(() => pool.Bytes(handle)[0]);
        Assert.Throws<PacketHandleException>(() => pool.Buffer(handle));
        Assert.Throws<PacketHandleException>(() => pool.Bytes(PacketHandle.None)[0]);
        Assert.Throws<PacketHandleException>(() => pool.Return(new PacketHandle(uint.MaxValue, 1)));
    }

    [Fact]
    public void A_handle_outlives_its_slab_as_a_dead_one()
    {
        var pool = new PacketPool(new PacketPoolOptions { BufferLengths = [64, 256], SlabLength = 1024 });
        Assert.True(pool.TryRent(64, out var old));
        pool.Return(old);
        Assert.Equal(1024, pool.Trim());
        Assert.Equal(0, pool.MemoryUsed);
        Assert.False(pool.IsLent(old));
        Assert.Throws<PacketHandleException>(() => pool.Bytes(old)[0]);

        // The slab's number comes back with other buffers.
        Assert.True(pool.TryRent(200, out var other));
        Assert.Equal(old.Place >> 16, other.Place >> 16);
        Assert.Throws<PacketHandleException>(() => pool.Return(old));
        Assert.True(pool.IsLent(other));
    }

    [Fact]
    public void At_the_memory_limit_a_request_is_refused_and_nothing_is_lost()
    {
        var pool = new PacketPool(new PacketPoolOptions { BufferLengths = [256], SlabLength = 1024, MemoryLimit = 2500 });
        var handles = new List<PacketHandle>();
        while (pool.TryRent(256, out var handle))
        {
            handles.Add(handle);
        }

        Assert.Equal((9, 1L, 9 * 256L), (handles.Count, pool.Refused, pool.MemoryUsed));
        pool.Return(handles[4]);
        Assert.True(pool.TryRent(1, out _));
        Assert.False(pool.TryRent(257, out _));
    }

    [Fact]
    public void What_one_length_left_unused_another_may_have()
    {
        var pool = new PacketPool(new PacketPoolOptions { BufferLengths = [256, 1024], SlabLength = 1024, MemoryLimit = 1024 });
        Assert.True(pool.TryRent(256, out var small));
        Assert.False(pool.TryRent(1024, out _));
        pool.Return(small);
        Assert.True(pool.TryRent(1024, out _));
        Assert.Equal(1024, pool.MemoryUsed);
    }

    [Fact]
    public void A_short_request_may_have_a_longer_buffer_when_only_those_are_left()
    {
        var pool = new PacketPool(new PacketPoolOptions { BufferLengths = [256, 1024], SlabLength = 1024, MemoryLimit = 1024 });
        Assert.True(pool.TryRent(1024, out var large));
        Assert.False(pool.TryRent(1, out _));
        pool.Return(large);
        Assert.True(pool.TryRent(1, out var small));
        Assert.Equal(256, pool.Bytes(small).Length);
    }

    [Fact]
    public void No_two_handles_ever_share_a_byte() => Fuzz.Run(60, static (random, _) =>
    {
        var pool = new PacketPool(new PacketPoolOptions { BufferLengths = [32, 100, 500], SlabLength = 700, MemoryLimit = 6000 });
        var lent = new List<(PacketHandle Handle, byte Mark, int Length)>();
        var dead = new List<PacketHandle>();
        for (var step = 0; step < 600; step++)
        {
            switch (random.Next(20))
            {
                case < 11 when pool.TryRent(random.Next(501), out var handle):
                    var mark = (byte)random.Next(256);
                    pool.Bytes(handle).Fill(mark);
                    lent.Add((handle, mark, pool.Bytes(handle).Length));
                    break;
                case 19:
                    pool.Trim();
                    break;
                case > 10 when lent.Count > 0:
                    var index = random.Next(lent.Count);
                    Assert.Equal(-1, pool.Bytes(lent[index].Handle).IndexOfAnyExcept(lent[index].Mark));
                    pool.Return(lent[index].Handle);
                    dead.Add(lent[index].Handle);
                    lent.RemoveAt(index);
                    break;
            }

            Assert.Equal((lent.Count, (long)lent.Sum(static buffer => buffer.Length)), (pool.InUse, pool.BytesInUse));
            Assert.True(pool.MemoryUsed <= 6000 && pool.BytesInUse <= pool.MemoryUsed);
        }

        Assert.All(lent, buffer => Assert.Equal(-1, pool.Bytes(buffer.Handle).IndexOfAnyExcept(buffer.Mark)));
        Assert.All(dead, handle => Assert.False(pool.IsLent(handle)));
        Assert.Equal(lent.Count, lent.Select(static buffer => buffer.Handle.Place).Distinct().Count());
        lent.ForEach(buffer => pool.Return(buffer.Handle));
        pool.Trim();
        Assert.Equal((0, 0L, 0L), (pool.InUse, pool.BytesInUse, pool.MemoryUsed));
    });

    [Fact]
    public void Lending_allocates_nothing_once_the_slabs_are_there()
    {
        var pool = new PacketPool();
        var handles = new PacketHandle[500];
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < handles.Length; i++)
            {
                Assert.True(pool.TryRent(i % 3 == 0 ? 100 : 1500, out handles[i]));
                pool.Bytes(handles[i])[0] = 1;
            }

            foreach (var handle in handles)
            {
                pool.Return(handle);
            }
        }));
        Assert.Equal(0, pool.InUse);
    }

    [Fact]
    public void A_poisoned_pool_overwrites_what_came_back()
    {
        var pool = new PacketPool(new PacketPoolOptions { Poison = true });
        Assert.True(pool.TryRent(10, out var handle));
        var stale = pool.Buffer(handle);
        stale.Span.Fill(7);
        pool.Return(handle);
        Assert.Equal(-1, stale.Span.IndexOfAnyExcept((byte)0xde));
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 0 })]
    [InlineData(new[] { 256, 256 })]
    [InlineData(new[] { 512, 256 })]
    public void Lengths_that_do_not_ascend_are_refused(int[] lengths) =>
        Assert.Throws<ArgumentException>(() => new PacketPool(new PacketPoolOptions { BufferLengths = lengths }));
}
