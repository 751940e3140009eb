using Portolan.Model;
using Portolan.Watch.Alerts;
using Portolan.Watch.Snapshots;
using Portolan.Watch.Watching;
using static Portolan.Tests.Watch.ChartTexts;

namespace Portolan.Tests.Watch.Alerts;

/// <summary>Messages: events of ten seconds in one, again until accepted, under one id, none lost and none before its turn.</summary>
public sealed class AlertDeliveryTests : IDisposable
{
    private readonly AlertStory _story = new();

    public void Dispose() => _story.Dispose();

    [Fact]
    public void Events_of_ten_seconds_are_one_message()
    {
        _story.Run(async delivery =>
        {
            _story.Opens(80);
            delivery.Wake();
            await _story.After(4);
            _story.Opens(81);
            delivery.Wake();
            await _story.After(20);
            _story.Opens(82);
            delivery.Wake();
            await _story.After(20);
        });

        Assert.Equal(
            [(10, "web-3: 2 changes of ports"), (34, "web-3: 82/tcp opened (local)")],
            _story.Accepted.Select(static a => (a.Second, a.Subject)));
        Assert.Matches("^web-3-[0-9]+-1-2-admins$", _story.Accepted[0].Id);
    }

    [Fact]
    public void What_is_refused_is_sent_again_with_growing_pauses_under_its_id_and_what_follows_waits()
    {
        _story.Answer = static attempt => attempt < 4 ? new AlertRefusedException("it is full") : null;

        _story.Run(async delivery =>
        {
            _story.Opens(80);
            delivery.Wake();
            await _story.After(12);
            _story.Opens(81);
            delivery.Wake();
            await _story.After(200);
        });

        Assert.Equal([10, 15, 25, 45, 85, 95], _story.Tried.Select(static t => t.Second));
        Assert.Equal([_story.Tried[0].Id, _story.Tried[5].Id], _story.Accepted.Select(static a => a.Id));
        Assert.Single(_story.Tried.Take(5).Select(static t => t.Id).Distinct(StringComparer.Ordinal));
        Assert.Equal([5, 10, 20, 40], _story.Reports.Where(static r => r.Reason is not null).Select(static r => r.Retry.TotalSeconds));
    }

    [Fact]
    public void A_receiver_that_asks_for_a_pause_gets_it_up_to_an_hour()
    {
        TimeSpan[] asked = [TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2), TimeSpan.FromDays(1)];
        _story.Answer = attempt => attempt < asked.Length ? new AlertRefusedException("later", asked[attempt]) : null;

        _story.Run(async delivery =>
        {
            _story.Opens(80);
            delivery.Wake();
            await _story.After(10_000);
        });

        Assert.Equal([10, 15, 135, 3735], _story.Tried.Select(static t => t.Second));
    }

    [Fact]
    public void After_a_kill_between_acceptance_and_its_note_the_same_message_comes_once_more_and_nothing_is_lost()
    {
        // The receiver has it, and the program ends before it knows.
        _story.Answer = static attempt => attempt == 0 ? new OperationCanceledException() : null;
        _story.Run(async delivery =>
        {
            _story.Opens(80);
            delivery.Wake();
            await _story.After(15);
        });
        Assert.Single(_story.Tried);

        // What changed meanwhile is no part of the message that is repeated.
        _story.Opens(81);
        _story.Run(async _ => await _story.After(60));

        Assert.Equal(3, _story.Tried.Count);
        Assert.Equal(_story.Tried[0].Id, _story.Tried[1].Id);
        Assert.Equal(["web-3: 80/tcp opened (local)", "web-3: 81/tcp opened (local)"], _story.Accepted.Select(static a => a.Subject));
    }

    [Fact]
    public void An_end_while_events_are_gathered_loses_none()
    {
        _story.Run(async delivery =>
        {
            _story.Opens(80);
            delivery.Wake();
            await _story.After(3);
        });
        Assert.Empty(_story.Tried);

        _story.Run(async _ => await _story.After(30));

        Assert.Single(_story.Accepted);
    }

    [Fact]
    public void A_new_receiver_begins_at_the_newest_change_and_one_that_is_gone_is_forgotten()
    {
        _story.Opens(80);
        _story.Run(async _ => await _story.After(30), _story.Route("first"));
        Assert.Empty(_story.Accepted);

        _story.Opens(81);
        _story.Run(async _ => await _story.After(30), _story.Route("second"));
        Assert.Empty(_story.Accepted);

        using var store = _story.Open();
        Assert.Equal(["second"], store.Deliveries.All().Select(static record => record.Receiver));
    }

    [Fact]
    public void What_a_receiver_does_not_want_is_passed_over_and_read_once()
    {
        var route = _story.Route(filter: new AlertFilter { Ports = PortRanges.Of(new PortNumber(90)) });
        _story.Run(
            async delivery =>
            {
                _story.Opens(80, 81);
                delivery.Wake();
                await _story.After(1);
                using (var store = _story.Open())
                {
                    Assert.Equal(store.Changes.Newest, store.Deliveries.Find("admins")!.Accepted);
                }

                _story.Opens(90);
                delivery.Wake();
                await _story.After(30);
            },
            route);

        Assert.Equal(["web-3: 90/tcp opened (local)"], _story.Accepted.Select(static a => a.Subject));
    }

    [Fact]
    public void A_message_has_a_thousand_events_at_most()
    {
        _story.Run(async delivery =>
        {
            _story.Opens([.. Enumerable.Range(1000, 1200).Select(static port => Row(port, owner: $"p{port}"))]);
            delivery.Wake();
            await _story.After(60);
        });

        Assert.Equal(
            ["web-3: 1000 changes of ports", "web-3: 200 changes of ports"], _story.Accepted.Select(static a => a.Subject));
    }

    [Fact]
    public void Changes_that_are_pruned_leave_their_numbers_to_no_other()
    {
        _story.Run(async delivery =>
        {
            _story.Opens(80, 81);
            delivery.Wake();
            await _story.After(30);
        });
        using (var store = _story.Open())
        {
            Portolan.Watch.Recording.Retention.Of(store).Prune(DateTimeOffset.UnixEpoch.AddYears(100));
            Assert.Equal(0, store.Changes.Count(new Portolan.Store.Tables.ChangeFilter()));
        }

        _story.Run(async delivery =>
        {
            _story.Opens(82);
            delivery.Wake();
            await _story.After(30);
        });

        Assert.Equal("web-3: 82/tcp opened (local)", _story.Accepted[^1].Subject);
    }

    [Theory]
    [InlineData("local", "reachable", true)]
    [InlineData("reachable", "blocked", true)]
    [InlineData("local", "blocked", false)]
    [InlineData("unknown", "unknown", true)]
    public void A_change_of_reach_counts_by_both_its_sides_and_the_unknown_counts(string before, string after, bool isWanted)
    {
        var filter = new AlertFilter { Reach = new HashSet<string> { "reachable", "limited" } };
        var change = new Portolan.Watch.Changes.Change(Portolan.Watch.Changes.ChangeKind.Reach, new HostKey(default, ""))
        {
            Protocol = TransportProtocol.Tcp,
            Ports = PortRanges.Of(new PortNumber(80)),
            Before = Side(before),
            After = Side(after),
        };

        var one = WatchEvent.Of(new Portolan.Watch.Recording.StoredChange(change, default, null, "web-3"))!;

        Assert.Equal(isWanted, filter.Wants(one));
        Assert.False((filter with { Kinds = new HashSet<WatchEventKind> { WatchEventKind.PortOpened } }).Wants(one));
        Assert.False((filter with { Hosts = new HashSet<string> { "web-4" } }).Wants(one));

        static Portolan.Watch.Changes.Side Side(string exposure) =>
            new(exposure, null, new Endpoint { Reach = new ReachFacts(exposure, null, null) }, IsSilent: false);
    }
}
