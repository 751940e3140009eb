using Portolan.Linux.Proc;
using Portolan.Sockets;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class OwnerFinderTests : IDisposable
{
    private readonly ProcRecording _proc = new ProcRecording().Add(1, "init", parent: 0);

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void Every_process_that_holds_a_socket_is_an_owner()
    {
        _proc.Add(200, "parent", descriptors: ["/dev/null", "socket:[777]"]).Add(
            300, "child", descriptors: ["socket:[777]", "socket:[888]"]);

        var map = Find(777, 888);

        Assert.Equal([200, 300], map.Pids(777).ToArray());
        Assert.Equal([300], map.Pids(888).ToArray());
        Assert.Equal([200, 300], map.AllPids.Order());
        Assert.Equal(0, map.HiddenProcesses);
    }

    [Fact]
    public void A_process_that_holds_a_socket_twice_is_named_once()
    {
        _proc.Add(200, "dup", descriptors: ["socket:[777]", "socket:[777]"]);

        Assert.Equal([200], Find(777).Pids(777).ToArray());
    }

    [Fact]
    public void Sockets_nobody_asked_about_are_left_out()
    {
        _proc.Add(200, "a", descriptors: ["socket:[777]", "socket:[999]", "pipe:[777]", "anon_inode:[eventpoll]", "socket:[0]"]);

        var map = Find(777);

        Assert.Empty(map.Pids(999).ToArray());
        Assert.Empty(map.Pids(0).ToArray());
        Assert.Equal([200], map.AllPids);
    }

    [Fact]
    public void A_list_of_processes_without_process_1_hides_some()
    {
        Directory.Delete(Path.Combine(_proc.Root, "1"), recursive: true);
        _proc.Add(200, "a", descriptors: ["socket:[777]"]);

        Assert.Equal(1, Find(777).HiddenProcesses);
    }

    [Fact]
    public void A_process_of_many_descriptors_is_read_whole_by_many_threads()
    {
        var links = Enumerable.Range(0, 1500).Select(i => $"socket:[{10_000 + i}]").ToArray();
        _proc.Add(200, "big", descriptors: links);

        var map = Find([.. Enumerable.Range(10_000, 1500).Select(i => (uint)i)]);

        Assert.All(Enumerable.Range(10_000, 1500), inode => Assert.Equal([200], map.Pids((uint)inode).ToArray()));
    }

    [Fact]
    public void A_process_younger_than_the_search_is_looked_at_again_before_it_is_named()
    {
        var young = BootClock.Ticks + 100_000;
        _proc.Add(200, "taken-over", startTicks: young).Add(300, "forked", startTicks: young, descriptors: ["socket:[777]"]);
        var table = new SocketTable();
        table.Add().Inode = 777;
        using var reader = new ProcessReader(_proc.Root);
        var finder = new FixedFinder(new OwnerMap([777, 777], [200, 300], "bpf", 0) { StartTicks = BootClock.Ticks });

        var owners = SocketOwners.Find(table, [0], finder, reader, ProcessFields.None, TestContext.Current.CancellationToken);

        Assert.Equal([300], owners.Pids(table[0]).ToArray());
        Assert.Equal("forked", owners.Processes[300].Name);
        Assert.False(owners.Processes.ContainsKey(200));
    }

    [Fact]
    public void A_process_that_ended_meanwhile_is_not_named()
    {
        var table = new SocketTable();
        table.Add().Inode = 777;
        using var reader = new ProcessReader(_proc.Root);

        var owners = SocketOwners.Find(
            table, [0], new FixedFinder(new OwnerMap([777], [4000], "/proc", 0)), reader, ProcessFields.None,
            TestContext.Current.CancellationToken);

        Assert.Empty(owners.Pids(table[0]).ToArray());
        Assert.Empty(owners.Processes);
    }

    [Fact]
    public void Inodes_to_ask_for_are_sorted_distinct_and_never_0()
    {
        var table = new SocketTable();
        foreach (var inode in (uint[])[9, 0, 5, 9, 7])
        {
            table.Add().Inode = inode;
        }

        Assert.Equal([5u, 9u], SocketInodes.Of(table, [0, 1, 2, 3]).ToArray());
    }

    private OwnerMap Find(params uint[] inodes)
    {
        using var reader = new ProcessReader(_proc.Root);
        return new OwnerFinder(reader).Find(inodes, TestContext.Current.CancellationToken);
    }

    private sealed class FixedFinder(OwnerMap map) : IOwnerFinder
    {
        public OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken) => map;
    }
}
