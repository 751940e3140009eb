using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Owners;

namespace Portolan.Kernel.Tests.Owners;

/// <summary>The second look at sockets whose owner may be hidden, through the kernel's own filter and without it.</summary>
[Collection(Alone.Name)]
public sealed class ClosedSocketsTests
{
    /// <summary>With few connections the kernel filters by their ports; with many it is not asked to.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(40)]
    public void Only_what_was_closed_after_the_listing_is_gone(int connections) => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.EveryState(IPAddress.Loopback);
        zoo.EveryState(IPAddress.IPv6Loopback);
        var listener = zoo.Listener(new IPEndPoint(IPAddress.Loopback, 0));
        var clients = Enumerable.Range(0, connections).Select(_ => zoo.Connected(listener).Client).ToList();
        var udp = zoo.Keep(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var query = new SocketQuery { Bound = true };
        var source = new KernelSocketSource();
        var snapshot = source.Read(query, TestContext.Current.CancellationToken);
        int[] inDoubt =
            [.. Enumerable.Range(0, snapshot.Sockets.Count).Where(i => connections > 2 || snapshot.Sockets[i].LocalAddress.IsIPv4)];

        // The servers' ends go on in CLOSE-WAIT and the datagram socket gets a peer: neither is gone.
        var closed = clients.ConvertAll(client => (ushort)((IPEndPoint)client.LocalEndPoint!).Port);
        clients.ForEach(client => client.Dispose());
        udp.Connect(IPAddress.Loopback, 9);
        var marked =
            ClosedSockets.Mark(snapshot, query, inDoubt, new OwnerMap([], [], "/proc", 1), source, TestContext.Current.CancellationToken);

        Assert.Equal(connections, marked);
        Assert.Equal(
            closed.Order(),
            inDoubt.Where(i => (snapshot.Sockets[i].Flags & Portolan.Sockets.SocketFlags.Closed) != 0)
                .Select(i => snapshot.Sockets[i].LocalPort).Order());
    });
}
