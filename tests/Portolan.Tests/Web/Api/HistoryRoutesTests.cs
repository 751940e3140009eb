using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Portolan.Model;
using Portolan.Tests.Watch.Recording;
using Portolan.Web.Access;
using Portolan.Web.Api;
using static Portolan.Tests.Watch.ChartTexts;

namespace Portolan.Tests.Web.Api;

/// <summary>What is stored of a machine, as the page asks for it: of a real store, through the handlers of the routes.</summary>
public sealed class HistoryRoutesTests : IDisposable
{
    private readonly HistoryStories _stories = new();
    private DateTimeOffset _now = HistoryStories.Hour(75);

    public void Dispose() => _stories.Dispose();

    [Fact]
    public async Task Without_a_store_the_table_is_empty_and_says_so()
    {
        using var page = await GetAsync("/api/history");
        Assert.Equal(JsonValueKind.Null, page.RootElement.GetProperty("store").ValueKind);
        Assert.True(page.RootElement.GetProperty("complete").GetBoolean());
        Assert.Empty(Rows(page));
        Assert.Equal("no-store", (await RefusedAsync("/api/export/history.csv")).Code);
        Assert.Equal("no-store", (await RefusedAsync("/api/export/history.json")).Code);
        Assert.Null(await ChangesAsync());
        Assert.False(File.Exists(_stories.Path));
    }

    [Fact]
    public async Task The_latest_change_comes_first_with_owner_and_reach_before_and_after()
    {
        Fill();
        using var page = await GetAsync("/api/history");
        var document = page.RootElement;
        Assert.Equal(
            [
                "2026-11-22T23:00:00.000Z closed tcp/443 nginx> reachable>", "2026-11-22T02:00:00.000Z opened tcp/8080 >node >blocked",
                "2026-11-20T02:00:00.000Z reach tcp/443 caddy>nginx local>reachable",
                "2026-11-20T02:00:00.000Z owner tcp/443 caddy>nginx local>reachable",
            ],
            Rows(page).Select(Words));
        Assert.Equal((4, 4, 0), (Number(document, "total"), Number(document, "matched"), Number(document, "offset")));
        Assert.Equal(
            ("web-3", _stories.Path, "2026-11-20T01:00:00.000Z", "2026-11-22T23:00:00.000Z"),
            (Text(document, "host"), Text(document, "store"), Text(document, "firstLook"), Text(document, "lastLook")));
        Assert.Equal("2026-11-22T02:00:00.000Z", Text(Rows(page)[0], "previousLook"));
        Assert.Equal("node, 0.0.0.0, blocked, was closed", Text(Rows(page)[1], "text"));
    }

    [Fact]
    public async Task Other_machines_and_scanned_hosts_are_not_this_machine()
    {
        Fill();
        _stories.Add(3, "1-100", "80 open");
        _stories.Add(4, "1-100");
        _stories.AddChart(5, Chart(Row(5)).Replace("web-3", "web-4", StringComparison.Ordinal));
        _stories.AddChart(6, Chart(Row(6)).Replace("web-3", "web-4", StringComparison.Ordinal));
        using var page = await GetAsync("/api/history");
        Assert.Equal((4, 4), (Number(page.RootElement, "total"), Rows(page).Count));
        using var port = await GetAsync("/api/ports/{port}/history", "80");
        Assert.Empty(Rows(port));
        Assert.Empty(port.RootElement.GetProperty("ports").EnumerateArray());
    }

    [Theory]
    [InlineData("port=443", "closed 443 reach 443 owner 443")]
    [InlineData("port=443/udp", "")]
    [InlineData("port=8080/tcp", "opened 8080")]
    [InlineData("change=opened,closed", "closed 443 opened 8080")]
    [InlineData("since=2026-11-22", "closed 443 opened 8080")]
    [InlineData("since=20h", "closed 443")]
    [InlineData("sort=port", "closed 443 reach 443 owner 443 opened 8080")]
    [InlineData("sort=port&order=desc", "opened 8080 closed 443 reach 443 owner 443")]
    [InlineData("sort=change", "opened 8080 closed 443 owner 443 reach 443")]
    [InlineData("sort=at&limit=1&offset=3", "closed 443")]
    [InlineData("order=asc&limit=1&offset=2", "opened 8080")]
    [InlineData("limit=2", "closed 443 opened 8080")]
    [InlineData("offset=9", "")]
    public async Task Changes_are_chosen_sorted_and_paged(string query, string expected)
    {
        Fill();
        using var page = await GetAsync($"/api/history?{query}");
        Assert.Equal(expected, string.Join(' ', Rows(page).Select(static r => $"{Text(r, "change")} {Number(r, "port")}")));
        Assert.Equal(4, Number(page.RootElement, "total"));
    }

    [Theory]
    [InlineData("sort=owner")]
    [InlineData("order=up")]
    [InlineData("limit=501")]
    [InlineData("limit=0")]
    [InlineData("offset=-1")]
    [InlineData("port=https")]
    [InlineData("port=70000")]
    [InlineData("port=53/icmp")]
    [InlineData("change=port-opened")]
    public async Task A_wrong_parameter_is_refused(string query)
    {
        Assert.Equal("bad-parameter", (await RefusedAsync($"/api/history?{query}")).Code);
    }

    [Fact]
    public async Task A_time_that_is_none_is_refused()
    {
        var error = await Assert.ThrowsAsync<PortolanException>(() => GetAsync("/api/history?since=soon"));
        Assert.Equal(ExitCode.Usage, error.ExitCode);
    }

    [Fact]
    public async Task A_damaged_store_is_missing_with_its_remedy()
    {
        Fill();
        byte[] damaged = [.. Encoding.ASCII.GetBytes("SQLite format 3\0"), .. new byte[4000]];
        await File.WriteAllBytesAsync(_stories.Path, damaged, TestContext.Current.CancellationToken);
        using var page = await GetAsync("/api/history");
        Assert.False(page.RootElement.GetProperty("complete").GetBoolean());
        var missing = Assert.Single(page.RootElement.GetProperty("missing").EnumerateArray());
        Assert.Equal("store-unread", Text(missing, "code"));
        Assert.Contains($"portolan --store={_stories.Path}", Text(missing, "why"), StringComparison.Ordinal);

        var changes = await ChangesAsync();
        Assert.Equal((null, "store-unread"), (changes!.Since, Assert.Single(changes.Missing).Code));
        await Assert.ThrowsAsync<PortolanException>(() => DownloadAsync("/api/export/history.csv"));
    }

    [Fact]
    public async Task An_export_has_all_that_is_chosen()
    {
        Fill();
        var csv = (await DownloadAsync("/api/export/history.csv?port=443&sort=at")).Split("\r\n");
        Assert.Equal("found_at,previous_look,protocol,ports,namespace,change,what,owner_before,owner,reach_before,reach", csv[0]);
        Assert.Equal(
            "2026-11-22T23:00:00.000Z,2026-11-22T02:00:00.000Z,tcp,443,,closed,"
            + "\"nginx, 127.0.0.1, reachable, now closed\",nginx,,reachable,",
            csv[3]);
        using var json = JsonDocument.Parse(await DownloadAsync("/api/export/history.json"));
        Assert.Equal(("portolan.history/1", 4), (Text(json.RootElement, "schema"), Rows(json).Count));
    }

    [Fact]
    public async Task The_overview_has_what_changed_since_the_last_look_that_is_a_day_old()
    {
        Fill();
        var changes = await ChangesAsync();
        Assert.Equal("2026-11-22T02:00:00.000Z", changes!.Since);
        Assert.Equal(["closed"], changes.Rows.Select(static r => r.Change));
        Assert.False(changes.More);

        _now = HistoryStories.Hour(2);
        changes = await ChangesAsync();
        Assert.Equal("2026-11-20T01:00:00.000Z", changes!.Since);
        Assert.Equal(4, changes.Rows.Count);
    }

    [Fact]
    public async Task The_overview_has_the_latest_changes_and_says_that_there_are_more()
    {
        _stories.AddChart(1, Chart());
        _stories.AddChart(60, Chart([.. Enumerable.Range(1, 60).Select(static p => Row(p * 10))]));
        var changes = await ChangesAsync();
        Assert.Equal((StoredHistory.MostRecent, true), (changes!.Rows.Count, changes.More));
    }

    // Hours 1 and 2 are Friday's, 50 and 71 Sunday's.
    private void Fill()
    {
        _stories.AddChart(1, Chart(Row(443, "caddy")));
        _stories.AddChart(2, Chart(Row(443, "nginx", "127.0.0.1", "reachable")));
        _stories.AddChart(50, Chart(Row(443, "nginx", "127.0.0.1", "reachable"), Row(8080, "node", "0.0.0.0", "blocked")));
        _stories.AddChart(71, Chart(Row(8080, "node", "0.0.0.0", "blocked")));
    }

    private StoredHistory History() => new(_stories.Path, "web-3", new Standing(_now));

    private Task<ChangesRecord?> ChangesAsync() => History().ChangesAsync(TestContext.Current.CancellationToken);

    private async Task<JsonDocument> GetAsync(string target, string? port = null) =>
        JsonDocument.Parse(await DownloadAsync(target, port));

    private async Task<ApiError> RefusedAsync(string target) => await Assert.ThrowsAsync<ApiError>(() => DownloadAsync(target));

    private async Task<string> DownloadAsync(string target, string? port = null)
    {
        var (path, query) = target.Split('?') is [var before, var after] ? (before, after) : (target, "");
        using var body = new MemoryStream();
        var http = new DefaultHttpContext();
        http.Request.Method = "GET";
        http.Request.QueryString = query.Length == 0 ? default : new QueryString($"?{query}");
        http.Request.RouteValues["port"] = port;
        http.Response.Body = body;
        var route = Assert.Single(new HistoryRoutes(History()).All, r => r.Path == path);
        await route.Handle(new ApiExchange(http, new Caller(Scope.Read, "test", null, null)));
        return Encoding.UTF8.GetString(body.ToArray());
    }

    private static List<JsonElement> Rows(JsonDocument document) => [.. document.RootElement.GetProperty("changes").EnumerateArray()];

    private static string Words(JsonElement row) =>
        $"{Text(row, "at")} {Text(row, "change")} {Text(row, "protocol")}/{Number(row, "port")} "
        + $"{Text(row, "ownerBefore")}>{Text(row, "owner")} {Text(row, "reachBefore")}>{Text(row, "reach")}";

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static int Number(JsonElement of, string name) => of.GetProperty(name).GetInt32();

    private sealed class Standing(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }
}
