using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Tcp.Buffers;
using Portolan.Transport.Tcp.Recovery;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>The parts under a connection, each against a plain model.</summary>
public sealed class TcpBufferTests
{
    private static TcpMemory Memory(out PacketPool pool, long limit = 1 << 22)
    {
        pool = new PacketPool(new PacketPoolOptions { Poison = true, SlabLength = 1 << 16 });
        return new TcpMemory(pool, limit);
    }

    private static byte At(long position) => (byte)(((ulong)position * 0x9e3779b97f4a7c15) >> 40);

    private static byte[] Stream(long start, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = At(start + i);
        }

        return bytes;
    }

    [Trait("Quick", "no")]
    [Fact]
    public void A_receive_buffer_is_the_set_of_the_bytes_that_came() => Fuzz.Run(300, (random, _) =>
    {
        var memory = Memory(out var pool);
        var buffer = new ReceiveBuffer(memory, 1 << 20);
        var came = new bool[40_000];
        long next = 0, read = 0;
        for (var step = 0; step < 300 && next < came.Length; step++)
        {
            var start = random.Next(3) == 0 ? next : Math.Min(came.Length - 1, next + random.Next(8000));
            var length = (int)Math.Min(random.Next(1, 3000), came.Length - start);
            Assert.True(buffer.Place(start, Stream(start, length)));
            came.AsSpan((int)start, length).Fill(true);
            while (next < came.Length && came[next])
            {
                next++;
            }

            Assert.Equal(next, buffer.Next);
            Assert.Equal(came[(int)next..].Count(static c => c), buffer.EarlyLength);
            var blocks = new TcpSackBlock[4];
            foreach (var block in blocks[..buffer.WriteBlocks(blocks, new SequenceNumber((uint)next))])
            {
                Assert.True(
                    came[block.Start] && came[block.End - 1] && !came[block.Start - 1] && (block.End == came.Length || !came[block.End]));
            }

            if (random.Next(2) == 0)
            {
                var part = new byte[random.Next(5000)];
                var count = buffer.Read(part);
                Assert.Equal(Stream(read, count), part[..count]);
                read += count;
            }
        }

        var rest = new byte[came.Length];
        var last = buffer.Read(rest);
        Assert.Equal(Stream(read, last), rest[..last]);
        buffer.Clear();
        Assert.Equal((0, 0L), (pool.InUse, memory.Used));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_lent_is_the_readers_when_the_rest_is_thrown_away(bool isDiscarded)
    {
        var memory = Memory(out var pool);
        var buffer = new ReceiveBuffer(memory, 1 << 20);
        Assert.True(buffer.Place(0, Stream(0, 3000)));
        var lent = buffer.Lend(0);
        if (isDiscarded)
        {
            buffer.Discard();
        }
        else
        {
            buffer.Clear();
        }

        Assert.Equal((0, 0L, 0), (pool.InUse, memory.Used, buffer.Readable));
        Assert.True(buffer.Place(3000, Stream(9000, 3000)));
        Assert.Equal(Stream(0, lent.Length), lent.ToArray());
        buffer.Consume(3000);
        Assert.Equal((0, 0L), (pool.InUse, memory.Used));
    }

    [Fact]
    public void The_first_block_of_SACK_is_the_one_that_changed_last() => Fuzz.Run(200, (random, _) =>
    {
        var buffer = new ReceiveBuffer(Memory(out var _), 1 << 20);
        for (var i = 0; i < 50; i++)
        {
            var start = 1 + random.Next(50_000);
            buffer.Place(start, Stream(start, 100));
            var blocks = new TcpSackBlock[4];
            var count = buffer.WriteBlocks(blocks, new SequenceNumber(0));
            Assert.InRange(count, 1, 4);
            Assert.True(blocks[0].Start <= start && blocks[0].End >= start + 100);
            Assert.Equal(count, blocks[..count].Distinct().Count());
        }
    });

    [Fact]
    public void A_send_buffer_gives_back_what_was_written_until_it_is_released() =>
        Check.QuickThrowOnFailure(Prop.ForAll<(int Write, int Release, int Look)[]>(steps =>
    {
        var memory = Memory(out var pool);
        var buffer = new SendBuffer(memory, 30_000);
        foreach (var (write, release, look) in steps)
        {
            var wanted = Math.Abs(write % 20_000);
            Assert.Equal(Math.Min(wanted, buffer.Free), buffer.Write(Stream(buffer.End, wanted)));
            if (buffer.Length > 0)
            {
                var at = buffer.Start + Math.Abs(look % buffer.Length);
                var part = new byte[Math.Min(1460, buffer.End - at)];
                buffer.CopyTo(at, part);
                Assert.Equal(Stream(at, part.Length), part);
            }

            buffer.Release(buffer.Start + Math.Abs(release % (buffer.Length + 1)));
        }

        buffer.Release(buffer.End);
        return pool.InUse == 0 && memory.Used == 0;
    }));

    [Fact]
    public void Buffers_never_take_more_memory_than_there_is() => Fuzz.Run(100, (random, _) =>
    {
        var memory = Memory(out var pool, limit: random.Next(300, 20_000));
        var (send, receive) = (new SendBuffer(memory, 1 << 20), new ReceiveBuffer(memory, 1 << 20));
        for (var i = 0; i < 200; i++)
        {
            send.Write(new byte[random.Next(5000)]);
            receive.Place(receive.Next + random.Next(5000), new byte[random.Next(3000)]);
            Assert.True(memory.Used <= memory.Limit);
            if (random.Next(10) == 0)
            {
                send.Release(send.End);
                receive.Read(new byte[100_000]);
            }
        }

        send.Clear();
        receive.Clear();
        Assert.Equal((0, 0L), (pool.InUse, memory.Used));
    });

    [Trait("Quick", "no")]
    [Fact]
    public void A_scoreboards_sums_are_those_of_its_segments() => Fuzz.Run(300, (random, _) =>
    {
        var queue = new SentQueue(Memory(out var _));
        var next = new SequenceNumber(0xffff_0000);
        for (var step = 0; step < 300; step++)
        {
            switch (random.Next(8))
            {
                case < 3:
                    var length = random.Next(1, 2000);
                    queue.Push(next, length, step);
                    next += (uint)length;
                    break;
                case 3 when queue.Count > 0:
                    queue.Pop();
                    break;
                case 4 when queue.Count > 0:
                    var sacked = random.Next(queue.Count);
                    if (!queue[sacked].Has(SentFlags.Sacked))
                    {
                        queue.MarkSacked(sacked);
                    }

                    break;
                case 5 when queue.Count > 0:
                    var lost = random.Next(queue.Count);
                    if (!queue[lost].Has(SentFlags.Sacked))
                    {
                        queue.MarkLost(lost);
                    }

                    break;
                case 6 when queue.NextLost() is var again && again >= 0:
                    Assert.Equal(
                        Enumerable.Range(0, queue.Count).First(
                            i => (queue[i].Flags & (SentFlags.Lost | SentFlags.Resent | SentFlags.Sacked)) == SentFlags.Lost), again);
                    queue.MarkResent(again, step);
                    break;
                case 7 when queue.Count > 0:
                    var split = random.Next(queue.Count);
                    if (queue[split].Length > 1)
                    {
                        queue.Split(split, random.Next(1, queue[split].Length));
                    }

                    break;
            }

            var all = Enumerable.Range(0, queue.Count).Select(i => queue[i]).ToArray();
            int Sum(Func<SentSegment, bool> which) => all.Where(which).Sum(static s => s.Length);
            Assert.Equal(
                (Sum(static _ => true), Sum(static s => s.Has(SentFlags.Sacked)), Sum(static s => s.Has(SentFlags.Lost)),
                    Sum(static s => s.Has(SentFlags.Resent))),
                (queue.Bytes, queue.SackedBytes, queue.LostBytes, queue.ResentBytes));
            Assert.Equal(
                (all.Count(static s => s.Has(SentFlags.Sacked)),
                    Sum(static s => (s.Flags & (SentFlags.Lost | SentFlags.Resent)) == SentFlags.Lost)),
                    (queue.SackedCount, queue.LostUnsentBytes));
            for (var i = 0; i < all.Length; i++)
            {
                if (all[i].Has(SentFlags.Sacked))
                {
                    var unsacked = queue.SkipSacked(i);
                    Assert.All(all[i..unsacked], static s => Assert.True(s.Has(SentFlags.Sacked)));
                }
            }
        }
    });

    [Fact]
    public void Timers_fire_at_their_time_or_before_and_none_is_lost() => Fuzz.Run(200, (random, _) =>
    {
        var wheel = new TimingWheel();
        var deadlines = new Dictionary<int, long>();
        var now = (long)random.Next() << 20;
        for (var step = 0; step < 500; step++)
        {
            var id = random.Next(40);
            switch (random.Next(4))
            {
                case 0:
                    var span = random.Next(4) switch
                    {
                        0 => random.Next(1000),
                        1 => random.Next(100_000_000),
                        2 => random.NextInt64(20_000_000_000),
                        _ => random.NextInt64(10_000_000_000_000),
                    };
                    deadlines[id] = now + span;
                    wheel.Arm(id, now + span, now);
                    break;
                case 1:
                    deadlines.Remove(id);
                    wheel.Disarm(id);
                    break;
                default:
                    Assert.True(deadlines.Count == 0 || wheel.Next <= deadlines.Values.Min());
                    now = random.Next(2) == 0
                        ? Math.Max(now, Math.Min(wheel.Next, now + random.NextInt64(30_000_000_000)))
                        : now + random.NextInt64(3_000_000_000);
                    while (wheel.TryFire(now, out var fired))
                    {
                        var deadline = Assert.Contains(fired, (IReadOnlyDictionary<int, long>)deadlines);
                        if (deadline <= now)
                        {
                            deadlines.Remove(fired);
                        }
                        else
                        {
                            wheel.Arm(fired, deadline, now);
                        }
                    }

                    Assert.All(deadlines.Values, deadline => Assert.True(deadline > now));
                    break;
            }
        }
    });

    [Trait("Quick", "no")]
    [Fact]
    public void A_table_of_pairs_finds_what_is_in_it_and_keeps_the_order_of_its_queues() => Fuzz.Run(60, (random, seed) =>
    {
        var table = new PairTable<int>(SipHash.FromSeed((ulong)seed), 3, 1500);
        var model = new Dictionary<int, int>();
        var queues = new List<int>[] { [], [], [] };
        var local = InternetAddress.FromIPv4(1);
        for (var step = 0; step < 4000; step++)
        {
            var pair = random.Next(3000);
            var remote = pair % 3 == 0
                ? InternetAddress.FromNumber((UInt128)(uint)pair << 64, isIPv4: false)
                : InternetAddress.FromIPv4((uint)pair);
            var key = new FlowEnds(pair % 3 == 0 ? InternetAddress.LoopbackIPv6 : local, new PortNumber(80), remote, new PortNumber(9), 1);
            var index = table.Find(key);
            Assert.Equal(model.ContainsKey(pair), index >= 0);
            if (index < 0 && random.Next(3) > 0)
            {
                var queue = random.Next(3);
                var added = table.Add(key, pair, queue);
                Assert.Equal(model.Count < 1500, added >= 0);
                if (added >= 0)
                {
                    model[pair] = queue;
                    queues[queue].Add(pair);
                }
            }
            else if (index >= 0 && random.Next(2) == 0)
            {
                Assert.Equal((pair, key with { Zone = 0 }), (table[index], table.EndsOf(index)));
                table.Remove(index);
                queues[model[pair]].Remove(pair);
                model.Remove(pair);
            }
            else if (index >= 0)
            {
                var queue = random.Next(3);
                table.Requeue(index, queue);
                queues[model[pair]].Remove(pair);
                queues[queue].Add(pair);
                model[pair] = queue;
            }

            for (var queue = 0; queue < 3; queue++)
            {
                var oldest = table.Oldest(queue);
                Assert.Equal(queues[queue].Count > 0 ? queues[queue][0] : -1, oldest >= 0 ? table[oldest] : -1);
            }
        }

        Assert.Equal(model.Count, table.Count);
    });
}
