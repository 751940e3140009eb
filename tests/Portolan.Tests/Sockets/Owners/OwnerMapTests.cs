using FsCheck;
using FsCheck.Fluent;
using Portolan.Linux.Proc;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class OwnerMapTests
{
    [Fact]
    public void Every_pair_gathered_is_found_and_no_other()
    {
        var pairs = Gen.Zip(Gen.Choose(1, 40), Gen.Choose(1, 30)).ListOf().ToArbitrary();
        Check.QuickThrowOnFailure(Prop.ForAll(pairs, list =>
        {
            var holders = new HolderList();
            foreach (var (inode, pid) in list)
            {
                holders.Add((uint)inode, pid);
            }

            var (inodes, pids) = holders.ToSorted();
            var map = new OwnerMap(inodes, pids, "test", 0);
            return Enumerable.Range(0, 42).All(
                inode => map.Pids((uint)inode).ToArray().SequenceEqual(
                    list.Where(p => p.Item1 == inode).Select(p => p.Item2).Distinct().Order()));
        }));
    }

    [Fact]
    public void An_inode_set_holds_what_it_was_given_and_nothing_else()
    {
        var numbers = Gen.Choose(0, 3000).Select(n => n % 7 == 0 ? uint.MaxValue - (uint)n : (uint)n).ListOf().ToArbitrary();
        Check.QuickThrowOnFailure(Prop.ForAll(numbers, list =>
        {
            var set = new InodeSet([.. list]);
            var expected = list.Where(n => n != 0).ToHashSet();
            return set.Count == expected.Count
                && list.All(n => set.Contains(n) == (n != 0))
                && Enumerable.Range(0, 3100).All(n => set.Contains((uint)n) == expected.Contains((uint)n));
        }));
    }

    [Fact]
    public void Lists_of_several_threads_become_one()
    {
        var first = new HolderList { HiddenProcesses = 1 };
        var second = new HolderList { HiddenProcesses = 2 };
        for (var i = 0; i < 1000; i++)
        {
            first.Add((uint)i + 1, 10);
            second.Add((uint)i + 1, 5);
        }

        first.Merge(second);
        var (inodes, pids) = first.ToSorted();

        Assert.Equal(2000, inodes.Length);
        Assert.Equal([5, 10, 5, 10], pids[..4]);
        Assert.Equal(3, first.HiddenProcesses);
    }

    [Fact]
    public void Without_a_process_its_pairs_are_gone_and_the_rest_stays()
    {
        var map = new OwnerMap([1, 1, 2], [5, 6, 5], "bpf", 4) { StartTicks = 9, SeesEveryProcess = true }.Without(new HashSet<int> { 5 });

        Assert.Equal([6], map.Pids(1).ToArray());
        Assert.Empty(map.Pids(2).ToArray());
        Assert.Equal((4, 9ul, true, "bpf"), (map.HiddenProcesses, map.StartTicks, map.SeesEveryProcess, map.Source));
    }

    [Fact]
    public void The_sockets_of_a_process_are_listed()
    {
        Assert.Equal([1u, 2u], new OwnerMap([1, 1, 2], [5, 6, 5], "bpf", 0).Inodes(5));
    }
}
