using Portolan.Model;
using Portolan.Store.Tables;
using Portolan.Watch.Snapshots;
using static Portolan.Tests.Watch.Recording.HistoryStories;

namespace Portolan.Tests.Watch.Recording;

/// <summary>What is recorded of looks at hosts, and what is a change between them.</summary>
public sealed class HostRecorderTests : IDisposable
{
    private readonly HistoryStories _history = new();

    public void Dispose() => _history.Dispose();

    [Fact]
    public void The_first_look_is_no_change_and_later_ones_are_compared_with_it()
    {
        _history.Add(1, "20-90", "22 open", "80 open");
        Assert.Empty(_history.Changes());
        _history.Add(2, "20-90", "22 open", "80 open");
        _history.Add(3, "20-90", "80 open", "81 open");
        Assert.Equal(["3 closed 22/tcp open→closed", "3 opened 81/tcp closed→open"], _history.Changes());
    }

    [Fact]
    public void A_port_that_was_not_scanned_is_never_closed()
    {
        _history.Add(1, "20-90", "22 open", "80 open");
        _history.Add(2, "80-90", "80 open");
        _history.Add(3, "20-90", "22 open", "80 open");
        Assert.Empty(_history.Changes());
        Assert.Equal("open 1-3", _history.Port(22));
    }

    [Fact]
    public void A_port_that_was_scanned_for_the_first_time_is_not_opened()
    {
        _history.Add(1, "80-90", "80 open");
        _history.Add(2, "20-90", "22 open", "80 open");
        Assert.Empty(_history.Changes());
        Assert.Equal("open 2-2", _history.Port(22));
    }

    [Fact]
    public void Scans_of_different_ports_in_turn_find_each_change_once()
    {
        for (var hour = 0; hour < 12; hour += 2)
        {
            _history.Add(hour, "20-90", hour < 6 ? ["22 open", "80 open"] : ["80 open"]);
            _history.Add(hour + 1, "80-100", hour < 4 ? ["80 open"] : ["80 open", "100 open"]);
        }

        Assert.Equal(["5 opened 100/tcp closed→open", "6 closed 22/tcp open→closed"], _history.Changes());
        Assert.Equal(("closed 0-4", "open 0-11", "open 5-11"), (_history.Port(22), _history.Port(80), _history.Port(100)));
    }

    [Fact]
    public void A_service_that_one_scan_in_between_did_not_ask_for_is_compared_with_what_was_known()
    {
        _history.Add(1, "80", "80 open \"identified\":{\"protocol\":\"http\",\"product\":\"nginx\",\"version\":\"1.22.1\"}");
        _history.Add(2, "80", "80 open");
        Assert.Empty(_history.Changes());
        _history.Add(3, "80", "80 open \"identified\":{\"protocol\":\"http\",\"product\":\"nginx\",\"version\":\"1.24.0\"}");
        Assert.Equal(["3 version 80/tcp http nginx 1.22.1→http nginx 1.24.0"], _history.Changes());
    }

    [Fact]
    public void A_host_that_goes_down_and_comes_back_with_another_port_is_three_changes()
    {
        _history.Add(1, "20-90", "22 open");
        _history.AddDown(2);
        _history.AddDown(3);
        _history.Add(4, "20-90", "22 open", "80 open");
        Assert.Equal(
            ["2 host-down 22/tcp up→down ?", "4 host-up 22,80/tcp down→up", "4 opened 80/tcp closed→open"], _history.Changes());
        Assert.Equal("open 1-4", _history.Port(22));
    }

    [Fact]
    public void A_host_that_appears_where_the_last_scan_found_none_came_up()
    {
        _history.AddDown(1);
        Assert.Empty(_history.Changes());
        _history.Add(2, "20-90", "22 open");
        Assert.Equal(["2 host-up 22/tcp down→up"], _history.Changes());
    }

    [Fact]
    public void A_certificate_comes_near_its_end_though_nothing_else_changed()
    {
        string[] rows =
            ["443 open \"facts\":[{\"id\":\"ssl-cert\",\"output\":\"Subject: commonName=a\\nNot valid after: 2026-12-20T12:00:00\"}]"];
        _history.Add(0, "443", rows);
        _history.Add(24, "443", rows);
        _history.Add(48, "443", rows);
        Assert.Equal(
            ["24 expiring 443/tcp commonName=a, valid until 2026-12-20→commonName=a, valid until 2026-12-20"], _history.Changes());
    }

    [Fact]
    public void A_look_that_is_older_than_the_last_one_is_kept_and_changes_nothing()
    {
        _history.Add(5, "20-90", "22 open");
        _history.Add(3, "20-90", "80 open");
        Assert.Empty(_history.Changes());
        Assert.Equal("open 5-5", _history.Port(22));
        using var store = _history.Open();
        Assert.Equal(2, store.Looks.Count());
    }

    [Fact]
    public void Looks_alike_share_what_they_say()
    {
        for (var hour = 0; hour < 50; hour++)
        {
            _history.Add(hour, "1-65535", "22 open", "80 open");
        }

        using var store = _history.Open();
        Assert.Equal(50, store.Looks.Count());
        Assert.Equal(2, store.Connection.Number("SELECT count(*) FROM content"));
        Assert.Equal("open 0-49", _history.Port(22));
    }

    [Fact]
    public void Changes_are_found_by_port_time_and_kind()
    {
        _history.Add(1, "20-90", "22 open");
        _history.Add(2, "20-90", "80 open");
        _history.Add(3, "20-90", "22 open", "80 open");
        Assert.Equal(
            ["2 closed 22/tcp open→closed", "3 opened 22/tcp closed→open"],
            _history.Changes(new ChangeFilter { Port = new PortNumber(22) }));
        Assert.Equal(["3 opened 22/tcp closed→open"], _history.Changes(new ChangeFilter { Since = Hour(3) }));
        Assert.Equal(["2 opened 80/tcp closed→open"], _history.Changes(new ChangeFilter { Until = Hour(3), Kinds = [3] }));
        Assert.Equal(["3 opened 22/tcp closed→open"], _history.Changes(new ChangeFilter { Most = 1 }));
    }

    [Fact]
    public void What_is_read_back_is_what_was_stored()
    {
        var snapshot = DiffStories.Read(DiffStories.Json(
            "1-1000", ["22 open \"banner\":\"SSH-2.0-\\\"x\\\"\"", "80 filtered", "443 open"], more: ""));
        _history.AddSnapshot(1, snapshot);
        using var store = _history.Open();
        var known = Assert.Single(new Portolan.Watch.Recording.HistoryReader(store).FindHosts("198.18.0.1")).Known;
        var host = Assert.Single(snapshot.Hosts.Values);
        Assert.Equal(
            host.Spans.Select(static s => $"{s.Protocol} {s.Ports} {s.State}").Order(StringComparer.Ordinal),
            known.Spans.Select(static s => $"{s.Protocol} {s.Ports} {s.State}").Order(StringComparer.Ordinal));
        Assert.Equal(host.Endpoints.OrderBy(static e => e.Key.Port), known.Endpoints.OrderBy(static e => e.Key.Port));
        Assert.Equal(PossibleStates.Open, known.StateOf(new EndpointKey(TransportProtocol.Tcp, new PortNumber(443)))?.States);
    }
}
