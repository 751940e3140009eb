using System.Runtime.CompilerServices;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Tests.Transport;

/// <summary>The table of flows does what a dictionary does, within a bounded number of places.</summary>
public sealed class FlowTableTests
{
    private static readonly SipHash Hash = SipHash.FromSeed(1);

    [Fact]
    public void Any_sequence_of_operations_leaves_what_a_dictionary_would_hold() => Fuzz.Run(150, static (random, seed) =>
    {
        var table = new FlowTable<FlowKey4, int>(SipHash.FromSeed((ulong)seed));
        var model = new Dictionary<FlowKey4, int>();
        var range = random.Next(2, 400);
        for (var step = 0; step < 1500; step++)
        {
            var key = Key4(random.Next(range));
            switch (random.Next(5))
            {
                case 0 or 1:
                    Assert.Equal(model.TryAdd(key, step) ? FlowAddition.Added : FlowAddition.Exists, table.TryAdd(key, step));
                    break;
                case 2:
                    Assert.Equal(model.Remove(key, out var expected), table.TryRemove(key, out var removed));
                    Assert.Equal(expected, removed);
                    break;
                case 3:
                    Assert.Equal(model.ContainsKey(key), table.TryReplace(key, -step));
                    _ = model.ContainsKey(key) ? model[key] = -step : 0;
                    break;
                default:
                    Assert.Equal(model.TryGetValue(key, out var value), table.TryFind(key, out var found));
                    Assert.Equal(value, found);
                    break;
            }

            Assert.Equal(model.Count, table.Count);
        }

        var entries = new Dictionary<FlowKey4, int>();
        foreach (var (key, value) in table)
        {
            entries.Add(key, value);
        }

        Assert.Equal(model.OrderBy(static pair => pair.Value), entries.OrderBy(static pair => pair.Value));
    });

    /// <summary>Every hash falls on one of few places, as if a peer knew the key.</summary>
    [Fact]
    public void Even_with_the_worst_hash_it_is_right_or_says_that_it_is_full() => Fuzz.Run(150, static (random, _) =>
    {
        var table = new FlowTable<BadKey, int>(Hash, maxEntries: 1000);
        var model = new Dictionary<int, int>();
        for (var step = 0; step < 600; step++)
        {
            var number = random.Next(200);
            if (random.Next(3) > 0)
            {
                var added = table.TryAdd(new BadKey(number), step);
                Assert.True(added == FlowAddition.Full || added == (model.ContainsKey(number) ? FlowAddition.Exists : FlowAddition.Added));
                if (added == FlowAddition.Added)
                {
                    model.Add(number, step);
                }
            }
            else
            {
                Assert.Equal(model.Remove(number), table.TryRemove(new BadKey(number), out _));
            }

            Assert.True(table.LongestProbe <= FlowTable<BadKey, int>.MaxProbe);
        }

        Assert.Equal(model.Count, table.Count);
        Assert.All(model, pair => Assert.True(table.TryFind(new BadKey(pair.Key), out var value) && value == pair.Value));
    });

    [Fact]
    public void A_hundred_thousand_flows_are_found_in_few_places_and_removed_without_a_trace()
    {
        var table = new FlowTable<FlowKey6, int>(Hash);
        for (var i = 0; i < 100_000; i++)
        {
            Assert.Equal(FlowAddition.Added, table.TryAdd(Key6(i), i));
        }

        var longest = table.LongestProbe;
        var capacity = table.Capacity;
        Assert.InRange(longest, 2, 40);
        for (var i = 0; i < 100_000; i++)
        {
            Assert.True(table.TryFind(Key6(i), out var value) && value == i);
            Assert.False(table.TryFind(Key6(-1 - i), out _));
        }

        // Three times everything anew: with tombstones the probes would grow.
        for (var i = 0; i < 300_000; i++)
        {
            Assert.True(table.TryRemove(Key6(i), out _));
            Assert.Equal(FlowAddition.Added, table.TryAdd(Key6(i + 100_000), i));
        }

        Assert.Equal((100_000, capacity), (table.Count, table.Capacity));
        Assert.InRange(table.LongestProbe, 2, 40);
        for (var i = 300_000; i < 400_000; i++)
        {
            Assert.True(table.TryRemove(Key6(i), out _));
        }

        Assert.Equal((0, 0), (table.Count, table.LongestProbe));
    }

    [Fact]
    public void Nothing_is_allocated_once_the_table_has_its_size()
    {
        var table = new FlowTable<FlowKey4, int>(Hash, capacity: 2000);
        var capacity = table.Capacity;
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                table.TryAdd(Key4(i), i);
                table.TryFind(Key4(i / 2), out _);
            }

            for (var i = 0; i < 2000; i++)
            {
                table.TryRemove(Key4(i), out _);
            }
        }));
        Assert.Equal(capacity, table.Capacity);
    }

    [Fact]
    public void A_table_that_may_not_grow_says_so_and_stays_whole()
    {
        var table = new FlowTable<FlowKey4, int>(Hash, maxEntries: 12);
        var added = Enumerable.Range(0, 30).Where(i => table.TryAdd(Key4(i), i) == FlowAddition.Added).ToList();
        Assert.InRange(added.Count, 12, 24);
        Assert.Equal(FlowAddition.Full, table.TryAdd(Key4(100), 0));
        Assert.All(added, i => Assert.True(table.TryFind(Key4(i), out var value) && value == i));
        Assert.True(table.TryRemove(Key4(added[0]), out _));
        Assert.Equal(FlowAddition.Added, table.TryAdd(Key4(100), 0));
    }

    [Fact]
    public void Keys_have_12_and_36_bytes_and_give_back_their_parts()
    {
        Assert.Equal((12, 36), (Unsafe.SizeOf<FlowKey4>(), Unsafe.SizeOf<FlowKey6>()));
        var four = new FlowKey4(
            InternetAddress.FromIPv4(0xc6120001), new PortNumber(80), InternetAddress.FromIPv4(0xc6120002), new PortNumber(40000));
        Assert.Equal("198.18.0.1:80 < 198.18.0.2:40000", four.ToString());
        Assert.True(InternetAddress.TryParse("fe80::1", out var local));
        Assert.True(InternetAddress.TryParse("2001:db8::5", out var remote));
        var six = new FlowKey6(local, new PortNumber(80), remote, new PortNumber(40000), zone: 7);
        Assert.Equal("[fe80::1]:80 < [2001:db8::5]:40000", six.ToString());
        Assert.NotEqual(six, new FlowKey6(local, new PortNumber(80), remote, new PortNumber(40000), zone: 8));
        Assert.Equal(new FlowKey6(remote, default, remote, default, 7), new FlowKey6(remote, default, remote, default, 8));
    }

    private static FlowKey4 Key4(int number) =>
        new(
            InternetAddress.FromIPv4(0xc6120001), new PortNumber(80), InternetAddress.FromIPv4(0xc6120000u + (uint)(number % 7)),
            new PortNumber((ushort)number));

    private static FlowKey6 Key6(int number) => new(
        InternetAddress.LoopbackIPv6, new PortNumber(80), InternetAddress.FromNumber((uint)(number >> 8), isIPv4: false),
        new PortNumber((ushort)(number & 0xff)));

    private readonly record struct BadKey(int Number) : IFlowKey<BadKey>
    {
        public ulong Hash(in SipHash hash) => (ulong)(Number % 3);
    }
}
