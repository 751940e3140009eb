using Portolan.Linux.Bpf.Listening;
using Portolan.Linux.Changes;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;
using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch;

/// <summary>Listeners that the kernel reports between two looks.</summary>
public sealed class ListenerBookTests
{
    private static readonly ProcessInfo Web = new(42, 7) { Name = "web" };

    private readonly ListenerBook _book = new(static pid => pid == 42 ? Web : null);

    [Fact]
    public void A_listener_that_ends_before_a_look_is_kept_for_it_once()
    {
        Assert.True(_book.Take(News(Step(ListenerStep.Listens, 1), Step(ListenerStep.Ended, 1))));

        var gone = Assert.Single(_book.TakeGone(Facts()));
        Assert.Equal((SocketProtocol.Tcp, (ushort)80, Web), (gone.Protocol, gone.Port, gone.Process));
        Assert.Empty(_book.TakeGone(Facts()));
    }

    [Fact]
    public void A_listener_that_a_look_saw_is_the_looks()
    {
        _book.Take(News(Step(ListenerStep.Listens, 1)));
        _book.TakeGone(Facts(1));

        Assert.True(_book.Take(News(Step(ListenerStep.Ended, 1))));
        Assert.Empty(_book.TakeGone(Facts()));
    }

    [Fact]
    public void A_listener_that_ended_during_a_look_is_kept_for_the_next()
    {
        _book.Take(News(Step(ListenerStep.Listens, 1)));
        Assert.Empty(_book.TakeGone(Facts()));

        _book.Take(News(Step(ListenerStep.Ended, 1)));
        Assert.Single(_book.TakeGone(Facts()));
    }

    [Fact]
    public void A_process_that_is_gone_is_named_as_the_kernel_reported()
    {
        _book.Take(News(Step(ListenerStep.Listens, 1) with { ProcessId = 43 }, Step(ListenerStep.Ended, 1)));

        var process = Assert.Single(_book.TakeGone(Facts())).Process;
        Assert.Equal((43, "nc", 1000U), (process.Pid, process.Name, process.UserId));
    }

    [Fact]
    public void UDP_sockets_at_ports_of_clients_are_not_worth_a_look()
    {
        var client = Step(ListenerStep.Bound, 1) with { Port = 50_000 };
        _book.TakeGone(Facts());

        Assert.False(_book.Take(News(client)));
        Assert.True(_book.Take(News(client with { Port = 53 })));
    }

    [Fact]
    public void A_socket_that_closes_is_worth_a_look_where_its_port_is_known()
    {
        _book.TakeGone(Facts(1));

        Assert.True(_book.Take(Closed(new ClosedSocket(9, 80))));
        Assert.False(_book.Take(Closed(new ClosedSocket(9, 81))));
    }

    [Fact]
    public void Gone_listeners_are_drawn_with_their_owner_and_leave_the_facts_as_they_were()
    {
        var facts = Facts(1);
        var gone = new GoneListener(SocketProtocol.Tcp, InternetAddress.LoopbackIPv4, 81, 0, Web);

        var chart = GoneListener.Draw(facts, [gone]);

        Assert.Equal([80, 81], chart.Rows.Select(static row => (int)row.Port.Value).Order());
        Assert.Equal("web", chart.Rows.Single(static row => row.Port.Value == 81).Owner.Name);
        Assert.Equal(80, Assert.Single(PortChart.Build(facts).Rows).Port.Value);
    }

    private static TracedListener Step(ListenerStep step, ulong cookie) =>
        new(step, cookie, 42, 1000, InternetAddress.LoopbackIPv4, 80, 0, "nc");

    private static KernelNews News(params ReadOnlySpan<TracedListener> steps)
    {
        var news = new KernelNews();
        foreach (var step in steps)
        {
            news.Add(step);
        }

        return news;
    }

    private static KernelNews Closed(ClosedSocket socket)
    {
        var news = new KernelNews();
        news.Add(socket);
        return news;
    }

    private static MachineFacts Facts(params ReadOnlySpan<ulong> cookies)
    {
        var sockets = new SocketTable();
        foreach (var cookie in cookies)
        {
            ref var entry = ref sockets.Add();
            (entry.Protocol, entry.State, entry.Cookie) = (SocketProtocol.Tcp, SocketState.Listen, cookie);
            (entry.LocalAddress, entry.LocalPort) = (InternetAddress.LoopbackIPv4, 80);
        }

        return new MachineFacts
        {
            Snapshot = new SocketSnapshot
            {
                Sockets = sockets,
                Namespaces = [new NetworkNamespace(1, null, 0, IsOwn: true)],
                Sources = [],
                Missing = [],
            },
            Ephemeral = new EphemeralRange(new PortRange(new PortNumber(32768), new PortNumber(60999)), new PortSet()),
        };
    }
}
