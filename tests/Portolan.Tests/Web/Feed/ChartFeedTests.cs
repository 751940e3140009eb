using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using Portolan.Tests.Reachability.Allowing;
using Portolan.Tests.Support;
using Portolan.Web.Api;
using Portolan.Web.Feed;

namespace Portolan.Tests.Web.Feed;

/// <summary>One reading of a machine for all who ask.</summary>
public sealed class ChartFeedTests : IDisposable
{
    private readonly SteppedTime _time = new();
    private readonly EventHub _hub = new("here");
    private readonly List<MachineConsole> _machines = [];
    private readonly List<Exception> _reported = [];
    private MachineBuilder _machine = Two();
    private int _readings;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _machines.ForEach(static m => m.Dispose());

    [Fact]
    public async Task Who_asks_at_once_or_soon_shares_a_reading()
    {
        var feed = Feed();

        var views = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => feed.GetAsync(Token)));
        _time.Advance(TimeSpan.FromSeconds(1));
        var later = await feed.GetAsync(Token);

        Assert.Equal(1, _readings);
        Assert.All(views, view => Assert.Same(views[0], view));
        Assert.Same(views[0], later);
        _time.Advance(ChartFeed.LeastAge);
        Assert.NotSame(later, await feed.GetAsync(Token));
        Assert.Equal(2, _readings);
    }

    [Fact]
    public async Task Nothing_is_read_that_nobody_asks_for()
    {
        var feed = Feed();
        using var end = new CancellationTokenSource();
        var running = feed.RunAsync(end.Token);

        _time.Advance(TimeSpan.FromMinutes(1));
        await end.CancelAsync();
        await running;

        Assert.Equal(0, _readings);
    }

    [Fact]
    public async Task A_change_is_told_once_and_no_change_not_at_all()
    {
        var feed = Feed();
        var first = await feed.GetAsync(Token);
        _time.Advance(ChartFeed.LeastAge);
        var same = await feed.GetAsync(Token);
        _machine = Two().Process(9, "redis-server");
        _machine.Listen("0.0.0.0:6379", 9);
        _time.Advance(ChartFeed.LeastAge);
        var other = await feed.GetAsync(Token);

        Assert.Equal((1, 1, 2), (first.Generation, same.Generation, other.Generation));
        Assert.Equal(2, _hub.Last);
        Assert.False(_hub.IsGone(2, out var frame, out _));
        Assert.Contains(
            "\"changes\":[{\"protocol\":\"tcp\",\"port\":6379,\"change\":\"port-opened\"}]", System.Text.Encoding.UTF8.GetString(frame!),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ports_are_there_before_their_verdicts_where_judging_takes_long()
    {
        using var gate = new ManualResetEventSlim();
        var feed = Judged((rules, host) => (query, token) =>
        {
            gate.Wait(token);
            return new FlowJudge(rules, host).Judge(query, token);
        });
        var soon = feed.GetSoonAsync(Token);
        var whole = feed.GetAsync(Token);
        while (!soon.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        var early = await soon;
        Assert.True(early.IsJudging);
        Assert.False(early.IsComplete);
        Assert.Equal(
            [PortExposure.Unknown, PortExposure.Local], early.Chart.Rows.Select(static r => r.Exposure));
        Assert.Empty(Attention.In(early));
        Assert.Null(feed.Latest);
        Assert.False(whole.IsCompleted);
        gate.Set();
        var judged = await whole;

        Assert.False(judged.IsJudging);
        Assert.Equal(PortExposure.Reachable, judged.Chart.Rows[0].Exposure);
        Assert.Same(judged, await feed.GetSoonAsync(Token));
        Assert.Equal(1, _readings);
        Assert.Equal(1, _hub.Last);
    }

    [Fact]
    public async Task Where_judging_is_quick_nobody_gets_ports_without_verdicts()
    {
        var feed = Judged(static (rules, host) => new FlowJudge(rules, host).Judge);

        Assert.False((await feed.GetSoonAsync(Token)).IsJudging);
    }

    [Fact]
    public async Task A_port_is_judged_again_when_rules_changed_and_only_then()
    {
        var asked = 0;
        var rules = PortBytecode.SetOf([443]) with { Generation = 1 };
        var feed = Judged(
            (rules, host) => (query, token) =>
            {
                asked++;
                return new FlowJudge(rules, host).Judge(query, token);
            },
            () => rules);
        _machine = Two();
        _machine.Listen("0.0.0.0:443", 6);
        var first = await feed.GetAsync(Token);
        var (once, ports) = (asked, first.Chart.Rows.Count);
        _machine.Listen("0.0.0.0:444", 6);
        _time.Advance(ChartFeed.LeastAge);
        var second = await feed.GetAsync(Token);
        var twice = asked;
        rules = PortBytecode.SetOf([444]) with { Generation = 2 };
        _time.Advance(ChartFeed.LeastAge);
        var third = await feed.GetAsync(Token);

        Assert.Equal((3, 4, 4), (ports, second.Chart.Rows.Count, third.Chart.Rows.Count));
        Assert.Equal(once + (once / 2), twice);
        Assert.Equal(twice + once + (once / 2), asked);
        Assert.Equal([443], second.Chart.In(ChartGroup.Reachable).Select(static r => (int)r.Port.Value));
        Assert.Equal([444], third.Chart.In(ChartGroup.Reachable).Select(static r => (int)r.Port.Value));
        Assert.Same(first.Firewall, second.Firewall);
        Assert.NotSame(second.Firewall, third.Firewall);
    }

    [Fact]
    public async Task A_reading_that_fails_is_told_to_who_asks_and_the_next_succeeds()
    {
        var fails = true;
        var feed = new ChartFeed(
            () => fails ? throw new PortolanException("no netlink", null, ExitCode.Failed) : Open(), _hub, _time, _reported.Add);

        await Assert.ThrowsAsync<PortolanException>(() => feed.GetAsync(Token));
        fails = false;

        Assert.Equal(2, (await feed.GetAsync(Token)).Chart.Rows.Count);
    }

    [Fact]
    public async Task Who_stops_waiting_stops_no_reading()
    {
        using var gate = new ManualResetEventSlim();
        var feed = new ChartFeed(
            () =>
            {
                gate.Wait(Token);
                return Open();
            },
            _hub, _time, _reported.Add);
        using var gone = new CancellationTokenSource();
        var one = feed.GetAsync(gone.Token);
        var other = feed.GetAsync(Token);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        gate.Set();

        Assert.Equal(2, (await other).Chart.Rows.Count);
        Assert.Equal(1, _readings);
    }

    [Theory]
    [InlineData(null, "22 80")]
    [InlineData("80", "80")]
    [InlineData("nginx", "80")]
    [InlineData("process = sshd or port = 80", "22 80")]
    [InlineData("port = 443", "")]
    [InlineData("not process = sshd", "80")]
    public async Task Rows_are_chosen_in_the_language_of_list(string? filter, string ports)
    {
        var view = await Feed().GetAsync(Token);

        Assert.Equal(ports, string.Join(' ', RowFilter.Apply(view, filter).Select(static r => r.Port.Value).Order()));
    }

    [Theory]
    [InlineData("prot = 80")]
    [InlineData("port = 80 and")]
    public async Task A_filter_that_is_wrong_says_where(string filter)
    {
        var view = await Feed().GetAsync(Token);

        Assert.Equal(ExitCode.Usage, Assert.Throws<PortolanException>(() => RowFilter.Apply(view, filter)).ExitCode);
    }

    [Fact]
    public async Task Rows_sort_by_each_column_both_ways()
    {
        var view = await Feed().GetAsync(Token);

        Assert.All(TableOrder.Columns, column =>
        {
            Assert.Equal(2, TableOrder.Sort(view.Chart.Rows, column, null).Count());
            Assert.Equal(2, TableOrder.Sort(view.Chart.Rows, column, "desc").Count());
        });
        Assert.Equal([80, 22], TableOrder.Sort(view.Chart.Rows, "port", "desc").Select(static r => (int)r.Port.Value));
        Assert.Equal([80, 22], TableOrder.Sort(view.Chart.Rows, "owner", "asc").Select(static r => (int)r.Port.Value));
        Assert.Throws<Portolan.Web.Api.ApiError>(() => TableOrder.Sort(view.Chart.Rows, "colour", null));
        Assert.Throws<Portolan.Web.Api.ApiError>(() => TableOrder.Sort(view.Chart.Rows, "port", "up"));
    }

    [Fact]
    public async Task Many_ports_of_one_owner_are_one_range_of_the_map()
    {
        _machine = new MachineBuilder().Process(7, "server").Process(8, "other");
        for (var port = 1000; port < 2000; port++)
        {
            _machine.Listen($"127.0.0.1:{port}", 7);
        }

        _machine.Listen("127.0.0.1:2000", 8);

        var map = PortMap.Of(await Feed().GetAsync(Token), static protocol => new()
        {
            Protocol = protocol,
            State = Portolan.Reachability.Allowing.AllowedState.NotRead,
        });

        var tcp = map.Layers[0];
        Assert.Equal(("tcp", "1000 2000", "1999 2000"), (tcp.Protocol, string.Join(' ', tcp.First), string.Join(' ', tcp.Last)));
        Assert.Equal(["server", "other"], map.Owners);
        Assert.Equal([0, 1], tcp.Owner);
        Assert.Null(tcp.Allowed);
        Assert.Equal(new PortSpan(32768, 60999), map.Ephemeral);
    }

    private static MachineBuilder Two()
    {
        var machine = new MachineBuilder().Process(5, "sshd").Process(6, "nginx");
        machine.Listen("0.0.0.0:22", 5);
        machine.Listen("127.0.0.1:80", 6);
        return machine;
    }

    private ChartFeed Feed() => new(Open, _hub, _time, _reported.Add);

    // Ports 22 and 443 are let in, unless other rules are given.
    private ChartFeed Judged(Func<Ruleset, HostFacts, Judgement> make, Func<Ruleset>? rules = null) => new(
        () =>
        {
            var now = rules?.Invoke() ?? PortBytecode.SetOf([22, 443]);
            return Open(new MachineConsole(_machine, rules: now, judgeOf: host => make(now, host)));
        },
        _hub, _time, _reported.Add);

    private Machine Open() => Open(new MachineConsole(_machine));

    private Machine Open(MachineConsole console)
    {
        Interlocked.Increment(ref _readings);
        _machines.Add(console);
        return console.Console.Context().Machine;
    }
}
