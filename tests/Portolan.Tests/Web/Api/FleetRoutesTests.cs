using System.Text;
using Microsoft.AspNetCore.Http;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Settings;
using Portolan.Web.Access;
using Portolan.Web.Api;
using Portolan.Web.Feed;

namespace Portolan.Tests.Web.Api;

/// <summary>The routes of a fleet where there is none, or where it does not answer; FleetPageTests ask them of a real one.</summary>
public sealed class FleetRoutesTests
{
    [Theory]
    [InlineData("GET", "/api/fleet", null)]
    [InlineData("GET", "/api/fleet/jobs/{job}", null)]
    [InlineData("POST", "/api/check", """{"target": "127.0.0.1:9", "vantage": "all"}""")]
    public async Task Without_a_fleet_the_hint_says_how_to_show_one(string method, string path, string? body)
    {
        var refused = await RefusedAsync(null, method, path, body);
        Assert.Equal((404, "no-fleet"), (refused.Status, refused.Code));
        Assert.Contains("portolan serve --fleet-config FILE", refused.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/api/fleet", null)]
    [InlineData("GET", "/api/fleet/jobs/{job}", null)]
    [InlineData("POST", "/api/check", """{"target": "127.0.0.1:9", "vantage": "lan"}""")]
    public async Task A_database_that_is_away_is_named_with_what_to_do(string method, string path, string? body)
    {
        // Nothing listens on port 1.
        var settings = new FleetSettings(
            BrokerAddress.Parse("amqp://portolan@127.0.0.1:1/fleet", "secret"), new Uri("http://127.0.0.1:1"),
            "Host=127.0.0.1;Port=1;Username=portolan;Database=portolan;Timeout=5")
        {
            ForAgents = new Uri("amqp://127.0.0.1:1/fleet"),
        };
        await using var fleet = new FleetSource(settings, "my-fleet.yaml", TimeProvider.System);
        var refused = await RefusedAsync(fleet, method, path, body);
        Assert.Equal((503, "fleet-away"), (refused.Status, refused.Code));
        Assert.StartsWith("The fleet cannot be asked: the database does not work: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("see that PostgreSQL runs, and that my-fleet.yaml names it", refused.Hint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lan,dmz")]
    [InlineData("#")]
    public async Task A_vantage_is_one_zone_or_all(string vantage)
    {
        var refused = await RefusedAsync(null, "POST", "/api/check", $$"""{"target": "127.0.0.1:9", "vantage": "{{vantage}}"}""");
        Assert.Equal((400, "bad-vantage"), (refused.Status, refused.Code));
    }

    [Fact]
    public void A_check_from_a_zone_needs_the_scope_of_a_check_from_here() => Assert.Equal(
        Scope.Scan, Assert.Single(AllRoutes.Get(), static r => r.Path == "/api/check").Scope);

    private static async Task<ApiError> RefusedAsync(FleetSource? fleet, string method, string path, string? body)
    {
        var http = new DefaultHttpContext();
        http.Request.Method = method;
        http.Request.RouteValues["job"] = "1";
        http.Response.Body = Stream.Null;
        if (body is not null)
        {
            http.Request.ContentType = "application/json";
            http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        }

        IReadOnlyList<ApiRoute> routes = [.. new FleetRoutes(fleet).All, .. new CheckRoutes(null!, fleet).All];
        var route = Assert.Single(routes, r => r.Method == method && r.Path == path);
        return await Assert.ThrowsAsync<ApiError>(
            () => route.Handle(new ApiExchange(http, new Caller(Scope.Read | Scope.Scan, "test", null, null))));
    }
}
