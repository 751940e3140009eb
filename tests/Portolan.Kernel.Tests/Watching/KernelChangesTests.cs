using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Bpf.Listening;
using Portolan.Linux.Changes;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Watching;

/// <summary>What this kernel reports listeners, rules and routes of a namespace.</summary>
public sealed class KernelChangesTests
{
    private const int Port = 4711;

    [Fact]
    public void A_TCP_listener_is_reported_when_it_begins_and_when_it_ends() => InNamespace(changes =>
    {
        using (var listener = new TcpListener(IPAddress.Loopback, Port))
        {
            listener.Start();
        }

        var steps = Hear(changes, static news => news.Steps.Any(static step => step.Step == ListenerStep.Ended)).Steps;

        var begun = Assert.Single(steps, static step => step.Step == ListenerStep.Listens);
        Assert.Equal((InternetAddress.LoopbackIPv4, (ushort)Port, 0), (begun.Address, begun.Port, begun.InterfaceIndex));
        Assert.Equal((Environment.ProcessId, 0U), (begun.ProcessId, begun.UserId));
        Assert.Equal(begun.Cookie, Assert.Single(steps, static step => step.Step == ListenerStep.Ended).Cookie);
    });

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void A_UDP_socket_is_reported_when_it_is_bound_and_when_it_closes(string text) => InNamespace(changes =>
    {
        var address = IPAddress.Parse(text);
        using (var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp))
        {
            socket.Bind(new IPEndPoint(address, Port));
        }

        var news = Hear(changes, static news => news.Closed.Count > 0);

        var bound = Assert.Single(news.Steps);
        Assert.Equal(
            (ListenerStep.Bound, InternetAddress.From(address), (ushort)Port, Environment.ProcessId),
            (bound.Step, bound.Address, bound.Port, bound.ProcessId));
        Assert.Equal(new ClosedSocket(bound.Cookie, Port), Assert.Single(news.Closed));
    });

    [Fact]
    public void Connections_and_other_namespaces_are_not_reported() => InNamespace(changes =>
    {
        Netns.Run(static () =>
        {
            using var elsewhere = new TcpListener(IPAddress.Loopback, Port + 1);
            elsewhere.Start();
            using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            bound.Bind(new IPEndPoint(IPAddress.Loopback, Port + 1));
        });
        using var listener = new TcpListener(IPAddress.Loopback, Port);
        listener.Start();
        for (var connection = 0; connection < 10; connection++)
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, Port);
            listener.AcceptTcpClient().Dispose();
        }

        listener.Stop();
        var news = Hear(changes, static news => news.Steps.Any(static step => step.Step == ListenerStep.Ended));

        Assert.Equal([ListenerStep.Listens, ListenerStep.Ended], news.Steps.Select(static step => step.Step));
        Assert.Empty(news.Closed);
    });

    [Fact]
    public void A_change_of_rules_is_reported_with_the_program_that_made_it() => InNamespace(static changes =>
    {
        Nft.Load("table inet t { chain c { type filter hook input priority 0; tcp dport 80 drop; }; }");

        var news = Hear(changes, static news => news.Author is not null);

        Assert.Contains(KernelSource.Rules, news.Sources);
        Assert.Equal("nft", news.Author!.Command);
    });

    [Fact]
    public void A_route_is_reported() => InNamespace(static changes =>
    {
        Tool.Lines("ip", "route", "add", "198.18.0.0/24", "dev", "lo");

        Hear(changes, static news => news.Sources.Contains(KernelSource.Routes));
    });

    [Fact]
    public void Without_privilege_sockets_that_close_and_routes_are_reported_and_the_rest_is_named() => Netns.Run(static () =>
    {
        ThreadPrivileges.Drop();
        using var changes = KernelChanges.Open();
        Assert.Equal([KernelSource.Listeners, KernelSource.Rules], changes.Unheard.Keys.Order());
        Assert.All(changes.Unheard.Values, static why => Assert.True(why.IsPermission));
        using (var listener = new TcpListener(IPAddress.Loopback, Port))
        {
            listener.Start();
        }

        var news = Hear(changes, static news => news.Closed.Count > 0);

        Assert.Equal(Port, Assert.Single(news.Closed).Port);
    });

    private static void InNamespace(Action<KernelChanges> body) => Netns.Run(() =>
    {
        using var changes = KernelChanges.Open();
        Assert.Empty(changes.Unheard);
        body(changes);
    });

    // All reports until something is there.
    private static KernelNews Hear(KernelChanges changes, Predicate<KernelNews> isThere)
    {
        var all = new KernelNews();
        while (!isThere(all))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            all.Add(changes.Wait(TimeSpan.FromMilliseconds(100)));
        }

        return all;
    }
}
