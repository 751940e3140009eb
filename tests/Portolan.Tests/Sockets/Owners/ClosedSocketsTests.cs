using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

/// <summary>Where some process hides its descriptors, what was merely closed between listing and search has no hidden owner.</summary>
public sealed class ClosedSocketsTests
{
    private readonly List<SocketQuery> _asked = [];

    [Fact]
    public void A_connection_that_is_gone_by_the_second_look_has_no_hidden_owner()
    {
        var table = Table((10, 100, 80), (20, 200, 80), (30, 300, 80), (0, 400, 80));

        Assert.Equal(1, Mark(table, Hiding((10, 7)), again: Table((20, 200, 80))));

        Assert.Equal([false, false, true, false], Flags(table));
        Assert.True(KernelSockets.HasNoOwner(table[2]));
        Assert.False(KernelSockets.HasNoOwner(table[1]));
    }

    [Fact]
    public void A_socket_whose_inode_another_took_over_is_gone() =>
        Assert.Equal(1, Mark(Table((20, 200, 80)), Hiding(), again: Table((20, 999, 80))));

    [Fact]
    public void Nothing_is_read_again_when_every_socket_has_an_owner_or_no_owner_can_be_hidden()
    {
        Assert.Equal(0, Mark(Table((10, 100, 80), (0, 200, 80)), Hiding((10, 7)), again: Table()));
        Assert.Equal(0, Mark(Table((10, 100, 80)), new OwnerMap([], [], "bpf", 0) { SeesEveryProcess = true }, again: Table()));
        Assert.Empty(_asked);
    }

    [Fact]
    public void A_crowd_without_owners_is_hidden_and_not_looked_at_again()
    {
        var table = Table([.. Enumerable.Range(1, 5000).Select(i => ((uint)i, (ulong)i, (ushort)80))]);

        Assert.Equal(0, Mark(table, Hiding(), again: Table()));
        Assert.Empty(_asked);
    }

    [Fact]
    public void The_second_look_reads_connections_of_the_ports_in_doubt_in_every_state_that_a_process_may_hold()
    {
        Mark(Table((20, 200, 80)), Hiding(), again: Table());

        var query = Assert.Single(_asked);
        Assert.Equal(SocketProtocols.Tcp, query.Protocols);
        Assert.NotEqual(0u, query.States & (1u << (int)SocketState.CloseWait));
        Assert.Equal(0u, query.States & ((1u << (int)SocketState.TimeWait) | (1u << (int)SocketState.Listen)));
        Assert.False(query.Bytecode.IsEmpty);
        Assert.Equal((false, false, false), (query.TcpDetails, query.Memory, query.AllNamespaces));
    }

    [Fact]
    public void Listeners_in_doubt_do_not_make_it_read_connections()
    {
        var table = Table((20, 200, 80));
        table.Edit(0).State = SocketState.Listen;

        Mark(table, Hiding(), again: Table());

        Assert.Equal(1u << (int)SocketState.Listen, Assert.Single(_asked).States);
    }

    [Fact]
    public void What_cannot_be_read_this_time_is_not_gone() =>
        Assert.Equal(
            0, Mark(
                Table((20, 200, 80)), Hiding(), again: Table(),
                missing: [new MissingFact(MissingFactCode.SocketsUnread, "tcp sockets", "the kernel is out of memory")]));

    private int Mark(SocketTable table, OwnerMap owners, SocketTable again, IReadOnlyList<MissingFact>? missing = null) =>
        ClosedSockets.Mark(
        Snapshot(table, []),
        new SocketQuery { TcpDetails = true, Memory = true },
        [.. Enumerable.Range(0, table.Count)],
        owners,
        new Source(_asked, Snapshot(again, missing ?? [])),
        TestContext.Current.CancellationToken);

    private static bool[] Flags(SocketTable table) =>
        [.. Enumerable.Range(0, table.Count).Select(i => (table[i].Flags & SocketFlags.Closed) != 0)];

    private static OwnerMap Hiding(params (uint Inode, int Pid)[] pairs) =>
        new([.. pairs.Select(p => p.Inode)], [.. pairs.Select(p => p.Pid)], "/proc", 1);

    private static SocketSnapshot Snapshot(SocketTable table, IReadOnlyList<MissingFact> missing) =>
        new() { Sockets = table, Namespaces = [], Sources = [], Missing = missing };

    private static SocketTable Table(params (uint Inode, ulong Cookie, ushort Port)[] sockets)
    {
        var table = new SocketTable();
        foreach (var (inode, cookie, port) in sockets)
        {
            ref var entry = ref table.Add();
            (entry.Inode, entry.Cookie, entry.LocalPort) = (inode, cookie, port);
            entry.LocalAddress = entry.RemoteAddress = InternetAddress.AnyIPv4;
            entry.State = SocketState.Established;
        }

        return table;
    }

    private sealed class Source(List<SocketQuery> asked, SocketSnapshot snapshot) : ISocketSource
    {
        public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken)
        {
            asked.Add(query);
            return snapshot;
        }
    }
}
