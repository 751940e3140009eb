using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class KernelSocketsTests
{
    private readonly SocketTable _table = Table((10, 100), (20, 200), (0, 300));

    [Fact]
    public void A_socket_that_stays_and_that_nobody_holds_is_the_kernels()
    {
        Assert.Equal(1, Mark(Owners((10, 7)), Table((10, 100), (20, 200)), Owners((10, 7))));

        Assert.Equal([false, true, false], Marks());
    }

    [Fact]
    public void A_socket_that_is_gone_by_the_second_look_is_not()
    {
        Assert.Equal(0, Mark(Owners((10, 7)), Table((10, 100)), Owners()));
    }

    [Fact]
    public void A_socket_whose_inode_another_took_over_is_not()
    {
        Assert.Equal(0, Mark(Owners((10, 7)), Table((20, 999)), Owners()));
    }

    [Fact]
    public void A_socket_that_somebody_holds_by_the_second_look_is_not()
    {
        Assert.Equal(0, Mark(Owners((10, 7)), Table((20, 200)), Owners((20, 8))));
    }

    [Fact]
    public void Where_processes_are_hidden_nothing_is_called_the_kernels()
    {
        Assert.Equal(0, Mark(new OwnerMap([], [], "/proc", 3), Table((20, 200)), Owners()));
        Assert.Equal(0, Mark(Owners((10, 7)), Table((20, 200)), new OwnerMap([], [], "/proc", 1)));
    }

    [Fact]
    public void Nothing_is_read_again_when_every_socket_has_an_owner()
    {
        var source = new CountingSource(Table());

        KernelSockets.Mark(_table, [0, 2], Owners((10, 7)), source, new FixedFinder(Owners()), TestContext.Current.CancellationToken);

        Assert.Equal(0, source.Reads);
    }

    [Fact]
    public void The_second_look_asks_for_no_more_than_it_needs()
    {
        _table.Edit(1).Protocol = SocketProtocol.Udp;
        _table.Edit(1).State = SocketState.Unconnected;
        var source = new CountingSource(Table((20, 200)));

        KernelSockets.Mark(_table, [0, 1], Owners((10, 7)), source, new FixedFinder(Owners()), TestContext.Current.CancellationToken);

        Assert.Equal(SocketProtocols.Udp, source.Last!.Protocols);
        Assert.Equal(1u << (int)SocketState.Unconnected, source.Last.States);
        Assert.False(source.Last.AllNamespaces);
    }

    private int Mark(OwnerMap owners, SocketTable again, OwnerMap ownersAgain)
        => KernelSockets.Mark(
            _table, [0, 1, 2], owners, new CountingSource(again), new FixedFinder(ownersAgain), TestContext.Current.CancellationToken);

    private bool[] Marks() => [.. Enumerable.Range(0, _table.Count).Select(i => (_table[i].Flags & SocketFlags.KernelOwned) != 0)];

    private static OwnerMap Owners(params (uint Inode, int Pid)[] pairs)
        => new([.. pairs.Select(p => p.Inode)], [.. pairs.Select(p => p.Pid)], "bpf", 0) { SeesEveryProcess = true };

    private static SocketTable Table(params (uint Inode, ulong Cookie)[] sockets)
    {
        var table = new SocketTable();
        foreach (var (inode, cookie) in sockets)
        {
            ref var entry = ref table.Add();
            entry.Inode = inode;
            entry.Cookie = cookie;
            entry.State = SocketState.Listen;
        }

        return table;
    }

    private sealed class CountingSource(SocketTable table) : ISocketSource
    {
        public int Reads { get; private set; }

        public SocketQuery? Last { get; private set; }

        public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken)
        {
            Reads++;
            Last = query;
            return new SocketSnapshot { Sockets = table, Namespaces = [], Sources = [], Missing = [] };
        }
    }

    private sealed class FixedFinder(OwnerMap map) : IOwnerFinder
    {
        public OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken) => map;
    }
}
