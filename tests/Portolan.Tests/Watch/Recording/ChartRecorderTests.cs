using Portolan.Store.Tables;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;
using static Portolan.Tests.Watch.Recording.HistoryStories;

namespace Portolan.Tests.Watch.Recording;

/// <summary>Charts in the store: what changed between them, and the rows that were valid at a time.</summary>
public sealed class ChartRecorderTests : IDisposable
{
    private readonly HistoryStories _history = new();

    public void Dispose() => _history.Dispose();

    [Fact]
    public void Owner_bind_and_reach_change_and_rows_are_valid_from_one_chart_to_another()
    {
        Add(1, Row(80, "nginx", "127.0.0.1", "local"));
        Add(2, Row(80, "nginx", "127.0.0.1", "local"));
        Add(3, Row(80, "nginx", "0.0.0.0", "reachable"), Row(81, "node", "0.0.0.0", "blocked"));
        Add(4, Row(81, "deno", "0.0.0.0", "blocked"));
        Assert.Equal(
            [
                "3 bind 80/tcp 127.0.0.1→0.0.0.0", "3 reach 80/tcp local→reachable", "3 opened 81/tcp closed→open",
                "4 closed 80/tcp open→closed", "4 owner 81/tcp node→deno",
            ],
            _history.Changes());
        Assert.Equal(["80 1-3", "80 3-4", "81 3-4", "81 4-"], Rows());
    }

    [Fact]
    public void Counters_make_no_new_row()
    {
        Add(1, Row(80, "nginx", "0.0.0.0", "reachable", connections: 1));
        Add(2, Row(80, "nginx", "0.0.0.0", "reachable", connections: 7));
        Assert.Equal(["80 1-"], Rows());
        Assert.Empty(_history.Changes());
    }

    [Fact]
    public void Between_two_charts_nobody_observed()
    {
        Add(1, Row(80, "nginx", "0.0.0.0", "reachable"));
        Add(3, Row(80, "nginx", "0.0.0.0", "reachable"));
        using var store = _history.Open();
        var host = Assert.Single(store.Hosts.List(isChart: true));
        Assert.Equal("@web-3/", host.Key);
        Assert.Equal(new ObservedSpan(Hour(1), Hour(1)), store.ChartRows.ObservedBefore(host.Id, Hour(2)));
        Assert.Equal(new ObservedSpan(Hour(3), Hour(3)), store.ChartRows.ObservedAfter(host.Id, Hour(2)));
        Assert.Null(store.ChartRows.ObservedBefore(host.Id, Hour(0)));
    }

    [Fact]
    public void Another_namespace_is_looked_at_only_where_a_chart_shows_it()
    {
        Add(1, Row(80, "nginx", "0.0.0.0", "reachable"), Row(90, "db", "0.0.0.0", "unknown", space: "blue"));
        Add(2, Row(80, "nginx", "0.0.0.0", "reachable"));
        Add(3, Row(80, "nginx", "0.0.0.0", "reachable"), Row(91, "db", "0.0.0.0", "unknown", space: "blue"));
        Assert.Equal(["3 closed 90/tcp open→closed", "3 opened 91/tcp closed→open"], _history.Changes());
    }

    [Fact]
    public void The_chart_of_a_moment_is_compared_with_another()
    {
        Add(1, Row(80, "nginx", "0.0.0.0", "reachable"));
        Add(2, Row(81, "node", "0.0.0.0", "reachable"));
        using var store = _history.Open();
        var reader = new MomentReader(store);
        var (a, b) = (reader.Read(Hour(2), "@a", "web-3")!, reader.Read(Hour(3), "@b", "web-3")!);
        Assert.False(reader.HasScans);
        Assert.Equal(
            ["closed 80/tcp open→closed", "opened 81/tcp closed→open"],
            Portolan.Watch.Changes.SnapshotComparer.Compare(a, b, DiffStories.Now).Words());
        Assert.Null(reader.Read(Hour(1), "@c", "web-3"));
        Assert.Null(reader.Read(Hour(3), "@d", "another"));
    }

    [Fact]
    public void What_a_chart_lacks_is_stored_with_its_codes_until_a_chart_has_it()
    {
        var fact = ChartTexts.Fact("sockets-unread", "tcp");
        Add(1, Row(80, "nginx", "0.0.0.0", "reachable"));
        AddLacking(2, [fact, ChartTexts.Fact("rules-unread", space: "red")]);
        AddLacking(3, [fact]);
        Add(4);

        Assert.Equal(["0 2-3", "0 2-4", "80 1-2"], Rows().Order(StringComparer.Ordinal));
        Assert.Equal(["4 closed 80/tcp open→closed"], _history.Changes());
        using var store = _history.Open();
        var host = store.Hosts.List(isChart: true)[0].Id;
        Assert.Equal(fact, store.Contents.TextOf(Assert.Single(store.ChartRows.At(host, Hour(3)), MissingRows.Is).Body));
        var (then, now) = (Moment(store, 3), Moment(store, 4));
        Assert.Equal((false, "@3 lacks something: some reason"), (then.IsComplete, Assert.Single(then.Notes)));
        Assert.Equal((true, 0), (now.IsComplete, now.Notes.Count));

        Snapshot Moment(Portolan.Store.HistoryStore at, int hour) =>
            new MomentReader(at).Read(Hour(hour).AddMinutes(1), $"@{hour}", "web-3")!;
    }

    private void Add(int hour, params string[] rows) => AddLacking(hour, [], rows);

    private void AddLacking(int hour, string[] missing, params string[] rows) =>
        _history.AddChart(hour, ChartTexts.Lacking(ChartTexts.Chart(rows), missing));

    private static string Row(int port, string owner, string bind, string exposure, int connections = 0, string? space = null) =>
        $$"""
        {"port":{{port}},"protocol":"tcp","binds":[{"address":"{{bind}}","family":"ipv4","dualStack":false,"interface":null}],
        "owner":{"kind":"process","name":"{{owner}}","activatedBy":null},"exposure":"{{exposure}}",
        "verdict":{"summary":null,"rule":null},"connections":{{connections}},"bytesIn":{{connections}},
        "namespace":{{(space is null ? "null" : $"\"{space}\"")}}}
        """;

    private string[] Rows()
    {
        using var store = _history.Open();
        var host = store.Hosts.List(isChart: true)[0];
        return [.. store.Connection.Read(
            "SELECT port, valid_from, valid_to FROM chart_row WHERE host = $1 ORDER BY port, valid_from", [host.Id],
            static row => $"{row.Number(0)} {(row.Time(1) - Start).TotalHours}-{(row.TimeOrNull(2) - Start)?.TotalHours}")];
    }
}
