using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Reachability.Composing;
using Portolan.Traffic;
using Portolan.Traffic.Grouping;
using Portolan.Web.Access;
using Portolan.Web.Api;
using Portolan.Web.Feed;

namespace Portolan.Tests.Web.Api;

/// <summary>What the routes about traffic answer, of this machine.</summary>
public sealed class TrafficRoutesTests : IDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly TrafficRoutes _routes;

    public TrafficRoutesTests() => _routes = new TrafficRoutes(
        new TrafficFeed(
            static () => new Machine { IsThisHost = true }, TimeProvider.System, static e => throw new InvalidOperationException("look", e),
            _ending.Token),
        ServiceRegistry.BuiltIn);

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    [Theory]
    [InlineData("port")]
    [InlineData("process")]
    [InlineData("unit")]
    [InlineData("container")]
    [InlineData("remote")]
    public async Task Each_grouping_is_answered_and_names_no_arguments(string by)
    {
        var text = await GetAsync("/api/traffic", $"?by={by}&limit=3");

        using var page = JsonDocument.Parse(text);
        Assert.Equal(by, page.RootElement.GetProperty("by").GetString());
        Assert.Contains(page.RootElement.GetProperty("method").GetString(), (string[])["tracepoints", "polling"]);
        Assert.True(page.RootElement.GetProperty("rows").GetArrayLength() <= 3);
        Assert.Equal(page.RootElement.GetProperty("missing").GetArrayLength() == 0, page.RootElement.GetProperty("complete").GetBoolean());
        Assert.DoesNotContain("\"command", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?by=colour", "by must be one of")]
    [InlineData("?by=connection", "by must be one of")]
    [InlineData("?limit=0", "limit must be")]
    [InlineData("?rates=301", "rates must be")]
    public async Task A_parameter_that_is_wrong_is_refused(string query, string message)
    {
        var error = await Assert.ThrowsAsync<ApiError>(() => GetAsync("/api/traffic", query));

        Assert.Equal(400, error.Status);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(query.Contains("by=", StringComparison.Ordinal), error.Hint is not null);
    }

    [Theory]
    [InlineData("/api/traffic")]
    [InlineData("/api/export/traffic.csv")]
    public async Task A_filter_that_is_wrong_is_a_mistake_of_the_caller_and_says_where(string path)
    {
        var error = await Assert.ThrowsAsync<PortolanException>(() => GetAsync(path, "?filter=prot%20%3D%2080"));

        Assert.Equal(ExitCode.Usage, error.ExitCode);
        Assert.Contains("no field is named", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public async Task Exports_begin_to_count_and_have_rates()
    {
        var csv = await GetAsync("/api/export/traffic.csv", "?by=remote");
        using var page = JsonDocument.Parse(await GetAsync("/api/export/traffic.json", "?by=remote"));

        Assert.StartsWith("protocol,port,role,service,name,pid,remote,owners,bytes_in_per_second,", csv, StringComparison.Ordinal);
        Assert.True(page.RootElement.GetProperty("look").GetInt32() > 1);
    }

    [Fact]
    public void A_picture_has_few_nodes_and_all_bytes()
    {
        var paths = Enumerable.Range(0, 100).ToDictionary(
            static i => new TrafficPath(
                $"program-{i % 30}", SocketProtocol.Tcp, new PortNumber((ushort)(443 + (i % 3))), FlowRole.Client,
                InternetAddress.FromIPv4(0xc0000200 + (uint)i)),
            static i => (ulong)i);
        var sum = (ulong)paths.Values.Sum(static b => (long)b);

        var picture = TrafficLinks.Of(paths, ServiceRegistry.BuiltIn);

        Assert.Equal([TrafficLinks.Most, 3, TrafficLinks.Most], picture.Nodes.GroupBy(static n => n.Stage).Select(static g => g.Count()));
        Assert.All(
            picture.Nodes.GroupBy(static n => n.Stage), group => Assert.Equal(sum, group.Aggregate(0UL, static (s, n) => s + n.Bytes)));
        Assert.Equal([19, 89], picture.Nodes.Where(static n => n.Others > 0).Select(static n => n.Others));
        Assert.Equal(2 * sum, picture.Links.Aggregate(0UL, static (s, l) => s + l.Bytes));
        Assert.All(picture.Nodes.Index().Where(static n => n.Item.Stage == "port"), node => Assert.Equal(
            node.Item.Bytes, picture.Links.Where(l => l.To == node.Index).Aggregate(0UL, static (s, l) => s + l.Bytes)));
        Assert.Contains(picture.Nodes, static n => n is { Port: 443, Service: "https", Role: "client" });
    }

    private async Task<string> GetAsync(string path, string query)
    {
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { RequestAborted = TestContext.Current.CancellationToken };
        http.Request.Method = "GET";
        http.Request.Path = path;
        http.Request.QueryString = new QueryString(query);
        http.Response.Body = body;
        await _routes.All.Single(r => r.Path == path).Handle(new ApiExchange(http, new Caller(Scope.Read, "test", null, null)));
        return Encoding.UTF8.GetString(body.ToArray());
    }
}
