using System.Net;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Namespaces;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Sockets;

public sealed class AllNamespacesTests
{
    private const int Port = 4500;

    [Fact]
    public void A_listener_in_the_namespace_of_another_thread_is_found_there_and_nowhere_else() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.Listener(new IPEndPoint(IPAddress.Loopback, Port));
        var ownInode = Own().Inode;
        SocketSnapshot? snapshot = null;
        Netns.Run(() =>
        {
            using var inner = new TcpZoo();
            inner.Listener(new IPEndPoint(IPAddress.Loopback, Port + 1));
            snapshot = new KernelSocketSource().Read(Everywhere, TestContext.Current.CancellationToken);
        });
        var own = snapshot!.Namespaces[0];
        Assert.True(own.IsOwn);
        Assert.All(snapshot.Namespaces.Skip(1), space => Assert.False(space.IsOwn));
        Assert.Equal(snapshot.Namespaces.Count, snapshot.Namespaces.Select(space => space.Inode).Distinct().Count());
        Assert.Equal([Port + 1], PortsIn(snapshot, own.Inode));
        Assert.Equal([Port], PortsIn(snapshot, ownInode));
    });

    [Fact]
    public void Without_privilege_the_files_of_a_process_in_the_namespace_serve() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.Listener(new IPEndPoint(IPAddress.Loopback, Port));
        var inode = Own().Inode;
        using var neighbour = Tool.Start("sleep", "60");
        try
        {
            SocketSnapshot? snapshot = null;
            Netns.Run(() =>
            {
                ThreadPrivileges.Drop();
                snapshot = new KernelSocketSource().Read(Everywhere, TestContext.Current.CancellationToken);
            });
            var space = Assert.Single(snapshot!.Namespaces, space => space.Pid == neighbour.Id);
            Assert.Equal(inode, space.Inode);
            var entry = Assert.Single(snapshot.Entries(), entry => snapshot.Namespaces[entry.NamespaceIndex] == space);
            Assert.Equal((Port, SocketState.Listen, 0UL), (entry.LocalPort, entry.State, entry.Cookie));
            Assert.Contains(snapshot.Sources, note => note.Source == "/proc/net/tcp");
        }
        finally
        {
            neighbour.Kill();
            neighbour.End();
        }
    });

    [Fact]
    public void A_namespace_that_can_be_neither_entered_nor_looked_into_is_counted() => Netns.Run(() =>
    {
        SocketSnapshot? snapshot = null;
        Netns.Run(() =>
        {
            ThreadPrivileges.Drop();
            snapshot = new KernelSocketSource().Read(Everywhere, TestContext.Current.CancellationToken);
        });
        // The outer test's thread lives in a namespace without any process of its own.
        var missing = Assert.Single(snapshot!.Missing, fact => fact.What.Contains("other network namespace", StringComparison.Ordinal));
        Assert.Contains("CAP_SYS_ADMIN", missing.Why, StringComparison.Ordinal);
    });

    [Fact]
    public void A_namespace_that_is_only_held_open_is_found_and_entered() => Netns.Run(() =>
    {
        using var handle = File.OpenHandle("/proc/thread-self/ns/net", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var zoo = new TcpZoo();
        zoo.Listener(new IPEndPoint(IPAddress.Loopback, Port));
        var inode = Own().Inode;
        var found = NetworkNamespaceFinder.Find("/proc", TestContext.Current.CancellationToken);
        Assert.Single(found.Namespaces, space => space.Inode == inode);
        Assert.Equal(inode, found.Namespaces[0].Inode);
    });

    [Fact]
    public void Counting_sees_the_namespaces_of_processes_besides_the_own_one() => Netns.Run(() =>
    {
        // This thread's namespace has no process of its own; that of the test program is another one.
        Assert.InRange(NetworkNamespaceFinder.CountOthers("/proc", TestContext.Current.CancellationToken), 1, 10_000);
    });

    [Fact]
    public void Own_namespace_comes_first_and_is_entered_by_nobody_else() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.Listener(new IPEndPoint(IPAddress.Loopback, Port));
        var single = new KernelSocketSource().Read(Everywhere with { AllNamespaces = false }, TestContext.Current.CancellationToken);
        Assert.Equal(Own().Inode, Assert.Single(single.Namespaces).Inode);
        Assert.NotEqual(0UL, single.Namespaces[0].Inode);
    });

    [Fact]
    public void Running_in_a_namespace_leaves_the_callers_thread_where_it_was() => Netns.Run(() =>
    {
        var before = new FileInfo("/proc/thread-self/ns/net").LinkTarget;
        string? inside = null;
        NetworkNamespaceThread.Run("/proc/self/ns/net", () => inside = new FileInfo("/proc/thread-self/ns/net").LinkTarget);
        Assert.NotEqual(before, inside);
        Assert.Equal(before, new FileInfo("/proc/thread-self/ns/net").LinkTarget);
    });

    [Fact]
    public void A_path_that_is_no_namespace_is_an_error_and_runs_nothing()
    {
        var ran = false;
        Assert.Throws<NetworkNamespaceException>(() => NetworkNamespaceThread.Run("/proc/self/status", () => ran = true));
        Assert.Throws<NetworkNamespaceException>(() => NetworkNamespaceThread.Run("/proc/self/ns/no-such", () => ran = true));
        Assert.False(ran);
    }

    private static SocketQuery Everywhere => new() { Protocols = SocketProtocols.Tcp, AllNamespaces = true };

    private static NetworkNamespace Own() =>
        new KernelSocketSource().Read(Everywhere with { AllNamespaces = false }, TestContext.Current.CancellationToken).Namespaces[0];

    private static List<int> PortsIn(SocketSnapshot snapshot, ulong inode) =>
        [.. snapshot.Entries().Where(entry => snapshot.Namespaces[entry.NamespaceIndex].Inode == inode).Select(
            entry => (int)entry.LocalPort)];
}
